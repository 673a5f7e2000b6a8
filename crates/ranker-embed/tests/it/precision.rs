//! Embeddings in 8 bits: close to the exact ones, and never taken for them.

use std::error::Error as _;

use ranker_embed::{Backend, Embedder, Kernels, LoadError, OnnxEmbedder, Precision, Role};

use crate::support::{MODEL, Tiny, embedders, mixed_texts, runtime};

fn fast() -> OnnxEmbedder {
    let builder = OnnxEmbedder::builder(MODEL);
    builder.precision(Precision::Fast).build().unwrap()
}

/// The texts of the bundled jobs, and of every fortieth of the bundled profiles.
fn real_texts() -> Vec<String> {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/bundled");
    let read = |file: &str, step: usize| {
        let lines = std::fs::read_to_string(format!("{data}/{file}")).unwrap();
        let text = |line: &str| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            format!(
                "{}\n{}",
                record["title"].as_str().unwrap(),
                record["text"].as_str().unwrap()
            )
        };
        lines.lines().step_by(step).map(text).collect::<Vec<_>>()
    };
    [read("jobs.jsonl", 1), read("profiles.jsonl", 40)].concat()
}

#[test]
fn real_texts_stay_close_to_their_exact_embeddings() {
    let (fast, texts) = (fast(), real_texts());
    assert!(texts.len() > 20);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let embed = |embedder: &OnnxEmbedder| embedder.embed(&texts, Role::Document).unwrap();
    let (found, exact) = (embed(&fast), embed(&embedders()[0]));
    let cosines = found.iter().zip(&exact).map(|(found, exact)| {
        assert_eq!(found.usage, exact.usage);
        found.embedding.cosine(&exact.embedding).unwrap()
    });
    let cosines: Vec<f32> = cosines.collect();
    let least = cosines.iter().copied().fold(1.0, f32::min);
    let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
    println!(
        "{} texts: cosine {mean:.5} in the mean, {least:.5} at the least",
        texts.len()
    );
    assert!(mean > 0.995 && least > 0.99, "{mean}, {least}");
    assert!(mean < 0.999_99, "these are the exact ones");
}

#[test]
fn a_text_does_not_depend_on_its_batch_and_gives_its_tokens_in_the_same_pass() {
    let (fast, texts) = (fast(), mixed_texts());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = fast.embed_with_tokens(&texts, Role::Document).unwrap();
    for (text, together) in texts.iter().zip(together) {
        let alone = fast.embed_with_tokens(&[text], Role::Document).unwrap();
        assert_eq!(alone[0].embedded, together.embedded);
        assert_eq!(alone[0].tokens, together.tokens);
        let embedded = fast.embed(&[text], Role::Document).unwrap();
        assert_eq!(embedded[0], together.embedded);
        let tokens = fast.embed_tokens(&[text], Role::Document).unwrap();
        assert_eq!(tokens[0], together.tokens);
    }
}

#[test]
fn it_has_an_id_and_an_engine_of_its_own() {
    runtime();
    let (fast, exact) = (fast(), &embedders()[0]);
    assert_ne!(fast.model_id(), exact.model_id());
    assert!(fast.backend().contains("8 bits"), "{}", fast.backend());
    let builder = OnnxEmbedder::builder(MODEL);
    let said = builder.precision(Precision::Exact).build().unwrap();
    assert_eq!(said.model_id(), exact.model_id());
    assert_eq!(
        said.backend(),
        OnnxEmbedder::from_dir(MODEL).unwrap().backend()
    );
}

#[test]
fn what_cannot_be_fast_is_refused() {
    let builder = || OnnxEmbedder::builder(MODEL).precision(Precision::Fast);
    let refused = builder().backend(Backend::OnnxRuntime).build().unwrap_err();
    let named = matches!(
        &refused,
        LoadError::Setting {
            setting: "precision",
            ..
        }
    );
    assert!(named, "{refused}");

    // A family that our own engine does not know.
    let tiny = Tiny::new();
    let config = std::fs::read_to_string(tiny.path("config.json")).unwrap();
    tiny.write("config.json", config.replace("\"bert\"", "\"deberta\""));
    let refused = tiny
        .builder()
        .precision(Precision::Fast)
        .build()
        .unwrap_err();
    let source = refused.source().unwrap().to_string();
    assert!(
        source.contains("deberta") && source.contains("ONNX Runtime"),
        "{refused}: {source}"
    );
}

#[test]
fn every_instruction_set_gives_the_same_embeddings() {
    let texts = mixed_texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let exact = embedders()[0].embed(&texts, Role::Document).unwrap();
    for kernels in Kernels::all() {
        let embedder = OnnxEmbedder::builder(MODEL).kernels(kernels).build();
        let embedder = embedder.unwrap();
        let name = kernels.name();
        assert!(embedder.backend().contains(name), "{}", embedder.backend());
        assert_eq!(embedder.model_id(), embedders()[0].model_id());
        let found = embedder.embed(&texts, Role::Document).unwrap();
        for (found, exact) in found.iter().zip(&exact) {
            let cosine = found.embedding.cosine(&exact.embedding).unwrap();
            assert!(cosine > 0.999_999, "{name}: {cosine}");
        }
    }
    let builder = OnnxEmbedder::builder(MODEL).kernels(Kernels::best());
    let refused = builder.backend(Backend::OnnxRuntime).build().unwrap_err();
    assert!(
        matches!(
            &refused,
            LoadError::Setting {
                setting: "kernels",
                ..
            }
        ),
        "{refused}"
    );
}
