//! The tiny model's hidden states are known, so what is made of them is computed here by hand.

use ranker_core::{Embedding, ValueError};
use ranker_embed::{Backend, EmbedError, Embedder, OnnxEmbedder, Pooling, Role};

use crate::support::{Tiny, backends, gap};

const CONFIG: &str = "1_Pooling/config.json";
const PROMPTS: &str = "config_sentence_transformers.json";

fn mean(ids: &[u32]) -> Vec<f32> {
    let component = |c: usize| ids.iter().map(|&id| Tiny::row(id)[c]).sum::<f32>();
    (0..4).map(|c| component(c) / ids.len() as f32).collect()
}

fn check(embedder: &OnnxEmbedder, (text, role): (&str, Role), expected: Vec<f32>) {
    let found = embedder.embed(&[text], role).unwrap();
    let expected = Embedding::normalized(expected).unwrap();
    let gap = gap(found[0].embedding.as_slice(), expected.as_slice());
    assert!(gap < 2e-6, "{text:?}: {found:?}, expected {expected:?}");
}

#[test]
fn each_pooling_is_done_as_the_folder_says() {
    let ids = [Tiny::CLS, Tiny::RUST, Tiny::NURSE, Tiny::SEP];
    let most = |c: usize| {
        ids.map(|id| Tiny::row(id)[c])
            .into_iter()
            .fold(f32::MIN, f32::max)
    };
    for backend in backends() {
        for (key, pooling, expected) in [
            ("mean_tokens", Pooling::Mean, mean(&ids)),
            ("cls_token", Pooling::Cls, Tiny::row(Tiny::CLS).to_vec()),
            (
                "lasttoken",
                Pooling::LastToken,
                Tiny::row(Tiny::SEP).to_vec(),
            ),
            ("max_tokens", Pooling::Max, (0..4).map(most).collect()),
        ] {
            let tiny = Tiny::new();
            tiny.write(CONFIG, format!(r#"{{"pooling_mode_{key}": true}}"#));
            let embedder = tiny.builder().backend(backend).build().unwrap();
            assert_eq!(embedder.pooling(), pooling);
            assert!(!embedder.pooling_is_assumed());
            check(&embedder, ("rust nurse", Role::Query), expected.clone());
            // With a longer text beside it, the same: padding takes no part.
            let beside = embedder.embed(&["rust nurse", "rust rust rust rust"], Role::Query);
            let expected = Embedding::normalized(expected).unwrap();
            let gap = gap(beside.unwrap()[0].embedding.as_slice(), expected.as_slice());
            assert!(gap < 2e-6, "{key}");
        }
    }
}

#[test]
fn without_a_word_on_pooling_the_mean_is_assumed_and_said() {
    let tiny = Tiny::new();
    tiny.remove("modules.json");
    let named = tiny.builder().build().unwrap();
    assert!(
        !named.pooling_is_assumed(),
        "the pooling's config is in its usual place"
    );
    tiny.remove(CONFIG);
    let assumed = tiny.builder().build().unwrap();
    assert!(assumed.pooling_is_assumed());
    assert_eq!(assumed.pooling(), Pooling::Mean);
    assert_eq!(
        assumed.model_id(),
        named.model_id(),
        "the embeddings are the same"
    );

    let chosen = tiny.builder().pooling(Pooling::Cls).build().unwrap();
    assert!(!chosen.pooling_is_assumed());
    assert_ne!(chosen.model_id(), assumed.model_id());
    check(
        &chosen,
        ("rust", Role::Query),
        Tiny::row(Tiny::CLS).to_vec(),
    );
}

#[test]
fn prompts_go_by_role() {
    let tiny = Tiny::new();
    let plain = tiny.builder().build().unwrap();
    tiny.write(
        PROMPTS,
        r#"{"prompts": {"query": "query: ", "document": ""}}"#,
    );
    let prompted = tiny.builder().build().unwrap();
    assert_eq!(prompted.prompt(Role::Query), "query: ");
    assert_ne!(prompted.model_id(), plain.model_id());
    let ids = [Tiny::CLS, Tiny::QUERY, Tiny::COLON, Tiny::RUST, Tiny::SEP];
    check(&prompted, ("rust", Role::Query), mean(&ids));
    check(
        &prompted,
        ("rust", Role::Document),
        mean(&[Tiny::CLS, Tiny::RUST, Tiny::SEP]),
    );
    let usage = prompted.embed(&["rust"], Role::Query).unwrap()[0].usage;
    assert_eq!(
        (usage.tokens, usage.used),
        (5, 5),
        "the prompt's tokens count"
    );

    let other = tiny.builder().prompt(Role::Query, "").build().unwrap();
    assert_eq!(other.model_id(), plain.model_id());
}

#[test]
fn a_prompt_may_be_kept_out_of_the_pooling() {
    let tiny = Tiny::new();
    tiny.write(PROMPTS, r#"{"prompts": {"query": "query: "}}"#);
    tiny.write(
        CONFIG,
        r#"{"pooling_mode_mean_tokens": true, "include_prompt": false}"#,
    );
    let embedder = tiny.builder().build().unwrap();
    check(
        &embedder,
        ("rust", Role::Query),
        mean(&[Tiny::RUST, Tiny::SEP]),
    );
    check(
        &embedder,
        ("rust", Role::Document),
        mean(&[Tiny::CLS, Tiny::RUST, Tiny::SEP]),
    );
}

#[test]
fn the_first_components_can_stand_for_all() {
    let tiny = Tiny::new();
    let embedder = tiny.builder().dimension(2).build().unwrap();
    assert_eq!(embedder.dimension(), 2);
    let mut expected = mean(&[Tiny::CLS, Tiny::RUST, Tiny::SEP]);
    expected.truncate(2);
    check(&embedder, ("rust", Role::Query), expected);
    assert_ne!(
        embedder.model_id(),
        tiny.builder().build().unwrap().model_id()
    );
}

#[test]
fn lower_case_is_applied_where_asked_for() {
    let tiny = Tiny::new();
    let upper = mean(&[Tiny::CLS, Tiny::UNK, Tiny::SEP]);
    check(
        &tiny.builder().build().unwrap(),
        ("RUST", Role::Query),
        upper,
    );
    tiny.write(
        "sentence_bert_config.json",
        r#"{"max_seq_length": 10, "do_lower_case": true}"#,
    );
    let lower = mean(&[Tiny::CLS, Tiny::RUST, Tiny::SEP]);
    check(
        &tiny.builder().build().unwrap(),
        ("RUST", Role::Query),
        lower,
    );
}

#[test]
fn graphs_differ_in_their_inputs_and_outputs() {
    let expected = mean(&[Tiny::CLS, Tiny::RUST, Tiny::SEP]);
    for backend in backends() {
        let tiny = Tiny::new();
        std::fs::rename(tiny.path("pooled_first.onnx"), tiny.path("model.onnx")).unwrap();
        let embedder = tiny.builder().backend(backend).build().unwrap();
        check(&embedder, ("rust", Role::Query), expected.clone());
    }
}

#[test]
fn what_is_no_number_is_no_embedding() {
    let tiny = Tiny::new();
    for backend in backends() {
        let embedder = tiny.builder().backend(backend).build().unwrap();
        for error in [
            embedder.embed(&["rust", "nan"], Role::Query).unwrap_err(),
            embedder
                .embed_tokens(&["rust", "nan"], Role::Query)
                .unwrap_err(),
        ] {
            let EmbedError::Output { index: 1, source } = error else {
                panic!("{error:?}");
            };
            assert!(matches!(source, ValueError::NotFinite { .. }), "{source:?}");
        }
    }
}

#[test]
fn unknown_and_invisible_characters_are_no_error() {
    let tiny = Tiny::new();
    let embedder = tiny.builder().backend(Backend::Native).build().unwrap();
    check(
        &embedder,
        ("⚡", Role::Query),
        mean(&[Tiny::CLS, Tiny::UNK, Tiny::SEP]),
    );
    // Control characters are no white space, but the tokeniser drops them.
    check(
        &embedder,
        ("\u{1}\u{2}", Role::Query),
        mean(&[Tiny::CLS, Tiny::SEP]),
    );
}
