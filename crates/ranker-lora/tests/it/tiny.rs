//! Small encoders with seeded weights, written as Hugging Face folders.

use std::collections::BTreeMap;
use std::path::Path;

use half::{bf16, f16};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use ranker_lora::{Encoder, LoraAdapter, LoraConfig, LoraLayer, Matrix};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

/// The sizes of an encoder.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) intermediate: usize,
    pub(crate) vocabulary: usize,
}

/// Quick to compute with.
pub(crate) const SMALL: Size = Size {
    hidden: 32,
    layers: 2,
    heads: 4,
    intermediate: 64,
    vocabulary: 50,
};
/// Layers of the shapes that MiniLM has.
pub(crate) const REAL: Size = Size {
    hidden: 384,
    layers: 1,
    heads: 12,
    intermediate: 1536,
    vocabulary: 20,
};
const POSITIONS: usize = 24;

pub(crate) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// The tensors of an encoder, of about the spread that trained ones have.
pub(crate) fn tensors(size: Size, seed: u64) -> Tensors {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut tensors = Tensors::new();
    for (name, shape) in shapes(size) {
        let center = if name.ends_with("LayerNorm.weight") {
            1.0
        } else {
            0.0
        };
        let spread = (shape[shape.len() - 1] as f32).sqrt().recip();
        let count = shape.iter().product();
        let draw = |_| center + random.random_range(-1.0f32..1.0) * spread;
        let values = (0..count).map(draw).collect();
        tensors.insert(name, (shape, values));
    }
    tensors
}

fn shapes(size: Size) -> Vec<(String, Vec<usize>)> {
    let Size {
        hidden,
        layers,
        intermediate,
        vocabulary,
        ..
    } = size;
    let mut shapes = vec![
        (
            "embeddings.word_embeddings.weight".to_owned(),
            vec![vocabulary, hidden],
        ),
        (
            "embeddings.position_embeddings.weight".to_owned(),
            vec![POSITIONS, hidden],
        ),
        (
            "embeddings.token_type_embeddings.weight".to_owned(),
            vec![2, hidden],
        ),
    ];
    let linear = |shapes: &mut Vec<_>, path: String, out: usize, columns: usize| {
        shapes.push((format!("{path}.weight"), vec![out, columns]));
        shapes.push((format!("{path}.bias"), vec![out]));
    };
    let norm = |shapes: &mut Vec<_>, path: String| {
        shapes.push((format!("{path}.weight"), vec![hidden]));
        shapes.push((format!("{path}.bias"), vec![hidden]));
    };
    norm(&mut shapes, "embeddings.LayerNorm".to_owned());
    for layer in 0..layers {
        let at = format!("encoder.layer.{layer}");
        for part in ["self.query", "self.key", "self.value", "output.dense"] {
            linear(
                &mut shapes,
                format!("{at}.attention.{part}"),
                hidden,
                hidden,
            );
        }
        linear(
            &mut shapes,
            format!("{at}.intermediate.dense"),
            intermediate,
            hidden,
        );
        linear(
            &mut shapes,
            format!("{at}.output.dense"),
            hidden,
            intermediate,
        );
        norm(&mut shapes, format!("{at}.attention.output.LayerNorm"));
        norm(&mut shapes, format!("{at}.output.LayerNorm"));
    }
    linear(&mut shapes, "pooler.dense".to_owned(), hidden, hidden);
    shapes
}

/// Tensors as the bytes of a safetensors file.
pub(crate) fn safetensors(tensors: &Tensors, dtype: Dtype) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> = tensors
        .values()
        .map(|(_, values)| to_bytes(values, dtype))
        .collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, (shape, _)), bytes)| {
            (name, TensorView::new(dtype, shape.clone(), bytes).unwrap())
        });
    safetensors::serialize(views, None).unwrap()
}

fn to_bytes(values: &[f32], dtype: Dtype) -> Vec<u8> {
    match dtype {
        Dtype::F16 => values
            .iter()
            .flat_map(|&v| f16::from_f32(v).to_le_bytes())
            .collect(),
        Dtype::BF16 => values
            .iter()
            .flat_map(|&v| bf16::from_f32(v).to_le_bytes())
            .collect(),
        _ => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
    }
}

pub(crate) fn write_config(folder: &Path, size: Size) {
    let config = json!({
        "model_type": "bert", "hidden_size": size.hidden, "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads, "intermediate_size": size.intermediate,
        "vocab_size": size.vocabulary, "max_position_embeddings": POSITIONS,
        "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_act": "gelu",
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

/// Writes the folder of an encoder.
pub(crate) fn write(folder: &Path, size: Size, model: &[u8]) {
    write_config(folder, size);
    std::fs::write(folder.join("model.safetensors"), model).unwrap();
    std::fs::write(folder.join("tokenizer.json"), "{}").unwrap();
}

/// An encoder with seeded weights.
pub(crate) fn encoder(size: Size, seed: u64) -> Encoder {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        size,
        &safetensors(&tensors(size, seed), Dtype::F32),
    );
    Encoder::read(folder.path()).unwrap()
}

/// An adapter whose values are all drawn at random, as after a training.
pub(crate) fn trained(config: LoraConfig, encoder: &Encoder, seed: u64) -> LoraAdapter {
    let untrained = LoraAdapter::untrained(config.clone(), encoder, seed).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed + 1);
    let layers = untrained.layers().iter().map(|(path, layer)| {
        let (rows, columns) = layer.b().shape();
        let values = (0..rows * columns)
            .map(|_| random.random_range(-0.1..0.1))
            .collect();
        let b = Matrix::new(rows, columns, values).unwrap();
        let mut new = LoraLayer::new(layer.a().clone(), b).unwrap();
        if let Some(magnitude) = layer.magnitude() {
            let change = |m: &f32| m * random.random_range(0.8..1.2);
            new = new
                .with_magnitude(magnitude.iter().map(change).collect())
                .unwrap();
        }
        (path.clone(), new)
    });
    let adapter = LoraAdapter::new(config, layers.collect()).unwrap();
    let mut shift = |bias: &[f32]| -> Vec<f32> {
        bias.iter()
            .map(|b| b + random.random_range(-0.1..0.1))
            .collect()
    };
    let biases = untrained.biases().iter();
    let biases = biases.map(|(path, bias)| (path.clone(), shift(bias)));
    adapter.with_biases(biases.collect()).unwrap()
}

/// The greatest difference of two matrices of one shape.
pub(crate) fn distance(a: &Matrix, b: &Matrix) -> f32 {
    assert_eq!(a.shape(), b.shape());
    a.values()
        .iter()
        .zip(b.values())
        .fold(0.0, |top, (x, y)| top.max((x - y).abs()))
}
