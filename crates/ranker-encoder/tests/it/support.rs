//! Encoders that the tests share.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use ranker_encoder::{Encoder, Tokens};

/// The repository's model: all-MiniLM-L6-v2 with weights in 8 bits.
pub(crate) const MODEL: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/all-MiniLM-L6-v2");

/// Small models of `transformers`, with what it gives for them.
pub(crate) const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ranker-lora/tests/golden");

pub(crate) static ENCODER: LazyLock<Encoder> = LazyLock::new(|| {
    let folder = Path::new(MODEL);
    Encoder::read(folder.join("config.json"), folder.join("model.onnx")).unwrap()
});

/// A folder's encoder out of safetensors.
pub(crate) fn read(folder: &str) -> Encoder {
    let folder = PathBuf::from(GOLDEN).join(folder);
    Encoder::read(folder.join("config.json"), folder.join("model.safetensors")).unwrap()
}

/// Ids of texts of several lengths, more than one block of rows, queries and depth among them.
pub(crate) fn texts() -> Vec<Vec<u32>> {
    let text = |length: u32| (0..length).map(move |i| 1000 + (i * 7919 + length) % 20_000);
    [5, 1, 130, 17, 300, 2, 64]
        .map(|length| text(length).collect())
        .into()
}

/// Hidden states of texts of one type, text by text.
pub(crate) fn hidden(encoder: &Encoder, texts: &[Vec<u32>]) -> Vec<Vec<f32>> {
    let types: Vec<Vec<u32>> = texts.iter().map(|ids| vec![0; ids.len()]).collect();
    let tokens = texts.iter().zip(&types);
    let tokens: Vec<Tokens<'_>> = tokens.map(|(ids, types)| Tokens::new(ids, types)).collect();
    let hidden = encoder.hidden_states(&tokens).unwrap();
    (0..texts.len())
        .map(|text| hidden.text(text).to_vec())
        .collect()
}

/// The greatest difference of two values.
pub(crate) fn gap(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, f32::max)
}
