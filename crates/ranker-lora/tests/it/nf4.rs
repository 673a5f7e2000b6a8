//! Encoders in NF4, as files: bitsandbytes' (`scripts/golden_nf4.py`) and ours.

use std::collections::BTreeMap;
use std::path::Path;

use ranker_lora::{Encoder, LoraError, Matrix, Precision, QuantizedEncoder};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde::Deserialize;

use crate::tiny::{self, SMALL};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[derive(Deserialize)]
struct Expected {
    texts: Vec<Vec<u32>>,
    embeddings: Vec<Vec<f32>>,
}

fn embedding(hidden: &Matrix) -> Vec<f32> {
    let mut mean = vec![0.0_f32; hidden.columns()];
    for row in hidden.values().chunks(hidden.columns()) {
        mean.iter_mut().zip(row).for_each(|(m, v)| *m += v);
    }
    let length = mean.iter().map(|m| m * m).sum::<f32>().sqrt();
    mean.into_iter().map(|m| m / length).collect()
}

fn theirs() -> QuantizedEncoder {
    QuantizedEncoder::read(format!("{GOLDEN}/nf4/model")).unwrap()
}

#[test]
fn an_encoder_saved_by_transformers_embeds_as_there() {
    let text = std::fs::read_to_string(format!("{GOLDEN}/nf4/expected.json")).unwrap();
    let expected: Expected = serde_json::from_str(&text).unwrap();
    let (encoder, dense) = (theirs(), theirs().dequantize());
    // The usual reader restores the weights.
    assert_eq!(Encoder::read(format!("{GOLDEN}/nf4/model")).unwrap(), dense);
    for (ids, expected) in expected.texts.iter().zip(&expected.embeddings) {
        for hidden in [encoder.forward(ids).unwrap(), dense.forward(ids).unwrap()] {
            for (ours, theirs) in embedding(&hidden).iter().zip(expected) {
                assert!((ours - theirs).abs() < 1e-5, "{ours} {theirs}");
            }
        }
    }
}

/// Type, shape and bytes of every tensor; a state's JSON as its values.
fn tensors(folder: &Path) -> BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> {
    let bytes = std::fs::read(folder.join("model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = file.iter().map(|(name, view)| {
        let (mut shape, mut data) = (view.shape().to_vec(), view.data().to_vec());
        if name.contains("quant_state") {
            let state: serde_json::Value = serde_json::from_slice(&data).unwrap();
            data = state.to_string().into_bytes();
            shape.clear();
        }
        (name.to_owned(), (view.dtype(), shape, data))
    });
    tensors.collect()
}

#[test]
fn what_we_write_is_what_transformers_wrote() {
    let source = format!("{GOLDEN}/nf4/model");
    let out = tempfile::tempdir().unwrap();
    theirs().write_folder(&source, out.path()).unwrap();
    assert_eq!(tensors(Path::new(&source)), tensors(out.path()));
    assert_eq!(QuantizedEncoder::read(out.path()).unwrap(), theirs());
    let config = |folder: &Path| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap()
    };
    assert_eq!(config(out.path()), config(Path::new(&source)));
    // From a folder that says nothing of quantisation.
    theirs()
        .write_folder(format!("{GOLDEN}/peft"), out.path())
        .unwrap();
    let key = "quantization_config";
    assert_eq!(config(out.path())[key], config(Path::new(&source))[key]);
}

/// `cargo test -p ranker-lora --test it writes_a_folder -- --ignored`, and then
/// `scripts/golden_nf4.py check crates/ranker-lora/tests/golden target/nf4`.
#[test]
#[ignore = "writes a folder for golden_nf4.py"]
fn writes_a_folder_for_bitsandbytes_to_read() {
    let out = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/nf4");
    let base = format!("{GOLDEN}/peft");
    let encoder = QuantizedEncoder::read(&base).unwrap();
    encoder.write_folder(&base, out).unwrap();
}

#[test]
fn a_folder_is_read_tensor_by_tensor_as_at_once() {
    let tensors = tiny::tensors(SMALL, 4);
    for kind in [Dtype::F32, Dtype::F16, Dtype::BF16] {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), SMALL, &tiny::safetensors(&tensors, kind));
        let small = QuantizedEncoder::read(folder.path()).unwrap();
        let dense = Encoder::read(folder.path()).unwrap();
        let at_once = dense.quantize().unwrap();
        assert_eq!(small.dequantize(), at_once.dequantize());
        assert!(small.bytes() <= at_once.bytes());
        let out = tempfile::tempdir().unwrap();
        small.write_folder(folder.path(), out.path()).unwrap();
        assert_eq!(QuantizedEncoder::read(out.path()).unwrap(), small);
    }
}

#[test]
fn a_folder_in_8_bits_can_be_read() {
    let source = tempfile::tempdir().unwrap();
    let bytes = tiny::safetensors(&tiny::tensors(SMALL, 5), Dtype::F32);
    tiny::write(source.path(), SMALL, &bytes);
    for precision in [Precision::Int8, Precision::Float32] {
        let folder = tempfile::tempdir().unwrap();
        let encoder = Encoder::read(source.path()).unwrap();
        encoder
            .write_folder(source.path(), folder.path(), precision)
            .unwrap();
        if precision == Precision::Float32 {
            // What would be read otherwise; it has a pooler, and a graph has none.
            std::fs::remove_file(folder.path().join("model.safetensors")).unwrap();
        }
        let small = QuantizedEncoder::read(folder.path()).unwrap();
        let dense = Encoder::read_onnx(folder.path()).unwrap();
        assert_eq!(small.dequantize(), dense.quantize().unwrap().dequantize());
    }
}

#[test]
fn a_truncated_file_and_one_of_another_encoder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = format!("{GOLDEN}/nf4/model");
    theirs().write_folder(&source, folder.path()).unwrap();
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let error = QuantizedEncoder::read(folder.path()).unwrap_err();
    assert!(matches!(error, LoraError::Format { .. }), "{error}");
    tiny::write_config(folder.path(), SMALL);
    let error = theirs()
        .write_folder(folder.path(), folder.path())
        .unwrap_err();
    assert!(matches!(error, LoraError::Setting { .. }), "{error}");
    std::fs::write(&path, &bytes).unwrap();
    let error = QuantizedEncoder::read(folder.path()).unwrap_err();
    assert!(matches!(error, LoraError::TensorShape { .. }), "{error}");
}
