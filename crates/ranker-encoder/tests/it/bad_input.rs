//! Files and texts that must be refused, each with an error that says what is wrong.

use std::fs;
use std::path::Path;

use ranker_encoder::{Encoder, EncoderError, Tokens};

use crate::support::{ENCODER, GOLDEN, MODEL};

/// Reads changed bytes in the place of a folder's model file.
fn changed(folder: &str, file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> EncoderError {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join(file);
    fs::write(&path, change(fs::read(format!("{folder}/{file}")).unwrap())).unwrap();
    let error = Encoder::read(format!("{folder}/config.json"), &path).unwrap_err();
    assert!(error.to_string().contains(file), "{error}");
    error
}

#[test]
fn files_that_are_cut_or_foreign_are_refused() {
    let roberta = format!("{GOLDEN}/families/roberta");
    for share in 0..20 {
        let cut = |bytes: Vec<u8>| bytes[..bytes.len() * share / 20].to_vec();
        changed(MODEL, "model.onnx", cut);
        let error = changed(&roberta, "model.safetensors", cut);
        assert!(matches!(error, EncoderError::Damaged { .. }), "{error}");
    }
    for bytes in [&b"no model"[..], &[0xFF; 4096], &[0; 100]] {
        changed(MODEL, "model.onnx", |_| bytes.to_vec());
    }
    let gone = Encoder::read(format!("{MODEL}/config.json"), "/no/such/model.onnx").unwrap_err();
    assert!(matches!(gone, EncoderError::Read { .. }), "{gone}");
}

/// Whatever a damaged byte makes of a file: an encoder or an error, and no panic. Steps are prime, so
/// that every kind of field is met.
#[test]
fn a_damaged_byte_is_no_panic() {
    let tiny = concat!(env!("CARGO_MANIFEST_DIR"), "/../ranker-embed/tests/tiny");
    let reranker = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../ranker-embed/tests/rerankers/bert"
    );
    let out = tempfile::tempdir().unwrap();
    let text = Tokens::new(&[2, 4, 3], &[0, 0, 0]);
    for (folder, step) in [(tiny, 11), (reranker, 97)] {
        for file in ["config.json", "model.onnx"] {
            let copy = |name: &str| fs::copy(format!("{folder}/{name}"), out.path().join(name));
            copy("config.json").unwrap();
            copy("model.onnx").unwrap();
            let read = || {
                Encoder::read(
                    out.path().join("config.json"),
                    out.path().join("model.onnx"),
                )
            };
            read().unwrap();
            let whole = fs::read(out.path().join(file)).unwrap();
            for at in (0..whole.len()).step_by(step) {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << (at % 8);
                fs::write(out.path().join(file), &damaged).unwrap();
                if let Ok(encoder) = read() {
                    let _ = encoder.hidden_states(&[text]);
                    let _ = encoder.scores(&[text]);
                }
            }
        }
    }
}

#[test]
fn weights_of_another_model_are_refused_by_their_tensor() {
    let (bert, mpnet) = (
        format!("{GOLDEN}/cross/bert"),
        format!("{GOLDEN}/families/mpnet"),
    );
    let other = |config: &str, weights: &str| {
        let config = Path::new(config).join("config.json");
        Encoder::read(config, Path::new(weights).join("model.safetensors")).unwrap_err()
    };
    let error = other(&mpnet, &bert);
    assert!(
        matches!(
            error,
            EncoderError::MissingTensor { .. } | EncoderError::Shape { .. }
        ),
        "{error}"
    );
    let error = other(MODEL, &bert);
    assert!(matches!(error, EncoderError::Shape { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("embeddings.word_embeddings.weight"),
        "{error}"
    );
}

#[test]
fn texts_that_cannot_be_read_are_named() {
    let long = [5; 600];
    let types = [0; 600];
    for (text, what) in [
        (Tokens::new(&[], &[]), "tokens"),
        (Tokens::new(&long, &types), "tokens"),
        (Tokens::new(&[5, 40_000], &[0, 0]), "token id 40000"),
        (Tokens::new(&[5, 6], &[0]), "types"),
        (Tokens::new(&[5, 6], &[0, 0]).attending(0), "attended"),
        (Tokens::new(&[5, 6], &[0, 0]).attending(3), "attended"),
    ] {
        let good = Tokens::new(&[5], &[0]);
        let error = ENCODER.hidden_states(&[good, text]).unwrap_err();
        assert!(
            matches!(error, EncoderError::Text { index: 1, .. }),
            "{error}"
        );
        assert!(error.to_string().contains(what), "{error}");
    }
    assert!(ENCODER.hidden_states(&[]).unwrap().into_values().is_empty());
}
