//! An encoder that is tuned with its folder's prompts is served with them: training and serving embed
//! alike.

use std::path::Path;

use ranker_embed::{Backend, Embedder as _, OnnxEmbedder};
use ranker_lora::{
    Encoder, LoraConfig, LoraError, Loss, Pair, Precision, Role, Task, TextTokenizer, TrainError,
    Trainer,
};
use safetensors::tensor::Dtype;

use crate::tiny::{self, SMALL};
use crate::train::go_on;

const TOKENIZER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../ranker-embed/tests/tiny/tokenizer.json"
);
const PROMPTS: &str = r#"{"prompts": {"query": "query: ", "passage": "text: rust "}}"#;

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

/// A folder with prompts, a limit of 12 tokens and its pooling in a place of its own.
fn source(pooling: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let model = tiny::safetensors(&tiny::tensors(SMALL, 1), Dtype::F32);
    tiny::write(folder.path(), SMALL, &model);
    std::fs::copy(TOKENIZER, folder.path().join("tokenizer.json")).unwrap();
    write(folder.path(), "config_sentence_transformers.json", PROMPTS);
    let lengths = r#"{"max_seq_length": 12, "do_lower_case": true}"#;
    write(folder.path(), "sentence_bert_config.json", lengths);
    let modules =
        r#"[{"path": "", "type": "m.Transformer"}, {"path": "pooling", "type": "m.Pooling"}]"#;
    write(folder.path(), "modules.json", modules);
    std::fs::create_dir(folder.path().join("pooling")).unwrap();
    let config = format!(r#"{{"pooling_mode": "{pooling}"}}"#);
    write(folder.path(), "pooling/config.json", &config);
    folder
}

fn pairs() -> Vec<Pair> {
    vec![
        Pair::new("rust search engine", "search engines"),
        Pair::new("nurse", "text nurse nurse"),
        Pair::new("query engine", "engine : rust"),
        Pair::new("text search", "search text query"),
    ]
}

fn trainer<'a>(encoder: &'a Encoder, tokenizer: &TextTokenizer) -> Trainer<'a> {
    let config = LoraConfig::new(4, 8.0, ["query", "value"]).unwrap();
    let pairs = tokenizer.pairs(&pairs()).unwrap();
    Trainer::builder(encoder, config)
        .task(Task::new(pairs, Loss::Symmetric).with_batch(4))
        .pooling(tokenizer.pooling())
        .epochs(4)
        .build()
        .unwrap()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max)
}

#[test]
fn a_tuned_folder_is_served_as_it_was_trained() {
    let long = "Rust search engines ".repeat(9);
    for pooling in ["mean", "cls", "lasttoken", "max"] {
        let (source, out) = (source(pooling), tempfile::tempdir().unwrap());
        let encoder = Encoder::read(source.path()).unwrap();
        let tokenizer = TextTokenizer::read(source.path()).unwrap();
        let mut trainer = trainer(&encoder, &tokenizer);
        let trained = trainer.run(go_on).unwrap();
        let tuned = trained.tuned.encoder(&encoder).unwrap();
        tuned
            .write_folder(source.path(), out.path(), Precision::Float32)
            .unwrap();
        let served = OnnxEmbedder::builder(out.path())
            .backend(Backend::Native)
            .build()
            .unwrap();
        assert_eq!(served.prompt(Role::Query), "query: ");
        assert_eq!(served.prompt(Role::Document), "text: rust ");
        assert_eq!(served.max_tokens(), 12);
        for text in ["nurse", "NURSE text", "rust query engine", &long] {
            let rows = [Role::Query, Role::Document].map(|role| {
                let ids = tokenizer.ids(text, role).unwrap();
                let row = trainer.embed(&[&ids]);
                let embedded = served.embed(&[text], role).unwrap();
                assert_eq!(embedded[0].usage.used, ids.len());
                let gap = distance(&row, embedded[0].embedding.as_slice());
                assert!(gap < 1e-4, "{pooling}, {text:?} as {role:?}: {gap}");
                row
            });
            // The prompts are there: without them both roles would be one.
            assert!(distance(&rows[0], &rows[1]) > 1e-2, "{pooling}, {text:?}");
        }
    }
}

#[test]
fn queries_and_documents_have_their_own_prompts() {
    let source = source("mean");
    let tokenizer = TextTokenizer::read(source.path()).unwrap();
    let pair = Pair {
        negatives: vec!["search".to_owned()],
        ..Pair::new("nurse", "engine")
    };
    let tokens = &tokenizer.pairs(&[pair]).unwrap()[0];
    // [CLS] query : nurse [SEP]
    assert_eq!(tokens.query, [2, 10, 11, 5, 3]);
    // [CLS] text : rust engine [SEP]
    assert_eq!(tokens.positive, [2, 12, 11, 4, 7, 3]);
    assert_eq!(tokens.negatives, [[2, 12, 11, 4, 6, 3]]);
    // Cross-encoders are served without prompts.
    let joined = tokenizer.pair_ids("nurse", "engine").unwrap();
    assert_eq!(joined.ids(), [2, 5, 3, 7, 3]);
}

#[test]
fn what_training_would_do_differently_from_serving_is_refused() {
    let source = source("mean");
    let config = r#"{"pooling_mode": "mean", "include_prompt": false}"#;
    write(source.path(), "pooling/config.json", config);
    let error = TextTokenizer::read(source.path()).unwrap_err();
    assert!(error.to_string().contains("include_prompt"), "{error}");
    // Without prompts there is nothing to leave out.
    write(source.path(), "config_sentence_transformers.json", "{}");
    assert!(TextTokenizer::read(source.path()).is_ok());

    for bad in [r#"{"prompts": 3}"#, "{", ""] {
        write(source.path(), "config_sentence_transformers.json", bad);
        let error = TextTokenizer::read(source.path()).unwrap_err();
        let folder = matches!(error, TrainError::Lora(LoraError::Folder(_)));
        assert!(folder, "{error}");
        let named = error.to_string().contains("config_sentence_transformers");
        assert!(named, "{error}");
    }
}

#[test]
fn a_folder_without_lengths_keeps_the_limit_of_its_source() {
    let (source, out) = (source("mean"), tempfile::tempdir().unwrap());
    std::fs::remove_file(source.path().join("sentence_bert_config.json")).unwrap();
    write(
        source.path(),
        "tokenizer_config.json",
        r#"{"model_max_length": 9}"#,
    );
    let encoder = Encoder::read(source.path()).unwrap();
    encoder
        .write_folder(source.path(), out.path(), Precision::Int8)
        .unwrap();
    let long = "rust ".repeat(30);
    for folder in [source.path(), out.path()] {
        let tokenizer = TextTokenizer::read(folder).unwrap();
        assert_eq!(tokenizer.ids(&long, Role::Query).unwrap().len(), 9);
    }
}
