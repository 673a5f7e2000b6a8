//! The encoder in `models/`, against embeddings that numpy computed from the original weights
//! (`scripts/compare_encoders.py --golden`).

use ranker_lora::{EncoderConfig, Matrix};
use serde::Deserialize;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/all-MiniLM-L6-v2");
const GOLDEN: &str = include_str!("../golden/all-MiniLM-L6-v2.json");

#[derive(Deserialize)]
struct Golden {
    ids: Vec<u32>,
    /// Of unit length.
    embedding: Vec<f64>,
}

/// Mean of the tokens, scaled to unit length.
pub(crate) fn pooled(hidden: &Matrix) -> Vec<f64> {
    let mut mean = vec![0.0; hidden.columns()];
    for row in hidden.values().chunks(hidden.columns()) {
        mean.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let length = mean.iter().map(|value| value * value).sum::<f64>().sqrt();
    mean.iter().map(|value| value / length).collect()
}

#[test]
fn the_model_in_8_bits_embeds_like_the_original() {
    let onnx = std::fs::read(format!("{MODEL}/model.onnx")).unwrap();
    let golden: Vec<Golden> = serde_json::from_str(GOLDEN).unwrap();
    let rows: Vec<&[u32]> = golden.iter().map(|golden| golden.ids.as_slice()).collect();
    let found = crate::onnx::run(&onnx, &rows).unwrap_or_default();
    for (hidden, golden) in found.iter().zip(&golden) {
        let embedding = pooled(hidden);
        let cosine: f64 = embedding
            .iter()
            .zip(&golden.embedding)
            .map(|(a, b)| a * b)
            .sum();
        assert!(cosine > 0.999, "{cosine}");
    }
}

#[test]
fn its_configuration_is_that_of_minilm() {
    let config = EncoderConfig::read(format!("{MODEL}/config.json")).unwrap();
    let sizes = (
        config.layers(),
        config.hidden_size(),
        config.heads(),
        config.intermediate_size(),
    );
    assert_eq!(sizes, (6, 384, 12, 1536));
}
