//! Against `transformers`: `scripts/golden_families.py`, `golden_cross.py` and `golden_lora.py`, which
//! share no code with this crate.

use std::fs;

use ranker_encoder::{Encoder, Tokens};
use serde::Deserialize;

use crate::support::{ENCODER, GOLDEN, gap, hidden, read};

#[derive(Deserialize)]
struct Family {
    texts: Vec<Vec<u32>>,
    /// Means of the hidden states, of unit length.
    base: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Cross {
    pairs: Vec<Pair>,
    base: Vec<f32>,
}

#[derive(Deserialize)]
struct Pair {
    ids: Vec<u32>,
    second: usize,
}

#[derive(Deserialize)]
struct MiniLm {
    ids: Vec<u32>,
    embedding: Vec<f64>,
}

fn json<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    serde_json::from_slice(&fs::read(format!("{GOLDEN}/{file}")).unwrap()).unwrap()
}

/// The mean of the tokens, scaled to unit length.
fn pooled(rows: &[f32], size: usize) -> Vec<f64> {
    let mut mean = vec![0.0; size];
    for row in rows.chunks_exact(size) {
        mean.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let length = mean.iter().map(|value| value * value).sum::<f64>().sqrt();
    mean.iter().map(|value| value / length).collect()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn families_out_of_safetensors_are_those_of_transformers() {
    for family in ["roberta", "mpnet"] {
        let encoder = read(&format!("families/{family}"));
        let golden: Family = json(&format!("families/{family}/expected.json"));
        for (rows, expected) in hidden(&encoder, &golden.texts).iter().zip(&golden.base) {
            for (found, expected) in pooled(rows, encoder.hidden_size()).iter().zip(expected) {
                assert!(
                    (found - expected).abs() < 1e-5,
                    "{family}: {found}, {expected}"
                );
            }
        }
    }
}

#[test]
fn scores_of_heads_are_those_of_transformers() {
    for family in ["bert", "roberta"] {
        let encoder = read(&format!("cross/{family}"));
        let golden: Cross = json(&format!("cross/{family}/expected.json"));
        // The first pairs have scores; the others are for training.
        let pairs = &golden.pairs[..golden.base.len()];
        let types = pairs.iter().map(|pair| {
            let kind = |token| u32::from(token >= pair.second);
            (0..pair.ids.len()).map(kind).collect::<Vec<_>>()
        });
        let types: Vec<Vec<u32>> = types.collect();
        let texts = pairs.iter().zip(&types);
        let texts: Vec<Tokens<'_>> = texts
            .map(|(pair, types)| Tokens::new(&pair.ids, types))
            .collect();
        let scores = encoder.scores(&texts).unwrap();
        assert!(gap(&scores, &golden.base) < 1e-5, "{family}");
        let refused = encoder.hidden_states(&texts).unwrap_err();
        assert!(
            refused.to_string().contains("one score a text"),
            "{refused}"
        );
    }
}

#[test]
fn the_bundled_model_is_close_to_the_original() {
    let golden: Vec<MiniLm> = json("all-MiniLM-L6-v2.json");
    let texts: Vec<Vec<u32>> = golden.iter().map(|golden| golden.ids.clone()).collect();
    for (rows, golden) in hidden(&ENCODER, &texts).iter().zip(&golden) {
        let cosine = cosine(&pooled(rows, 384), &golden.embedding);
        assert!(cosine > 0.999, "{cosine}");
    }
    let refused = ENCODER.scores(&[]).unwrap_err();
    assert!(refused.to_string().contains("hidden states"), "{refused}");
}

#[test]
fn halves_are_widened() {
    let folder = format!("{GOLDEN}/families/roberta");
    let bytes = fs::read(format!("{folder}/model.safetensors")).unwrap();
    let golden: Family = json("families/roberta/expected.json");
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("model.safetensors");
    for brain in [false, true] {
        fs::write(&path, halved(&bytes, brain)).unwrap();
        let encoder = Encoder::read(format!("{folder}/config.json"), &path).unwrap();
        for (rows, expected) in hidden(&encoder, &golden.texts).iter().zip(&golden.base) {
            let cosine = cosine(&pooled(rows, encoder.hidden_size()), expected);
            assert!(cosine > 0.999 && cosine < 1.0 - 1e-12, "{cosine}");
        }
    }
}

/// A file of the same tensors in f16 or bf16.
fn halved(bytes: &[u8], brain: bool) -> Vec<u8> {
    use half::{bf16, f16};
    use safetensors::tensor::{Dtype, TensorView};
    let file = safetensors::SafeTensors::deserialize(bytes).unwrap();
    let half = |four: &[u8; 4]| match f32::from_le_bytes(*four) {
        value if brain => bf16::from_f32(value).to_le_bytes(),
        value => f16::from_f32(value).to_le_bytes(),
    };
    let tensors = file.tensors().into_iter().map(|(name, view)| {
        assert_eq!(view.dtype(), Dtype::F32);
        let data: Vec<u8> = view
            .data()
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(half)
            .collect();
        (name, view.shape().to_vec(), data)
    });
    let tensors: Vec<_> = tensors.collect();
    let kind = if brain { Dtype::BF16 } else { Dtype::F16 };
    let views = tensors.iter().map(|(name, shape, data)| {
        (
            name.clone(),
            TensorView::new(kind, shape.clone(), data).unwrap(),
        )
    });
    safetensors::serialize(views, None).unwrap()
}
