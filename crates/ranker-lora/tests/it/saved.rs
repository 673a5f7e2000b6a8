//! `model.safetensors` of ours: what transformers would have written, and read again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use ranker_lora::{
    CrossAdapter, CrossEncoder, Encoder, LoraAdapter, LoraConfig, Loss, Precision,
    QuantizedEncoder, Task, TokenPair, Trainable, Trainer, Tuned,
};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde_json::{Value, json};

use crate::tiny::{self, SMALL};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
const MODEL: &str = "model.safetensors";
/// A folder of every family, as transformers saved it.
const ENCODERS: [&str; 3] = ["peft", "families/roberta", "families/mpnet"];
const CROSS: [&str; 2] = ["cross/bert", "cross/roberta"];

/// Type, shape and bytes of every tensor.
fn tensors(folder: &Path) -> BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> {
    let bytes = std::fs::read(folder.join(MODEL)).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let of = |(name, view): (&str, safetensors::tensor::TensorView<'_>)| {
        let values = (view.dtype(), view.shape().to_vec(), view.data().to_vec());
        (name.to_owned(), values)
    };
    file.iter().map(of).collect()
}

/// A copy of a golden folder, with the tokenizer that it lacks.
fn source(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", MODEL] {
        std::fs::copy(format!("{GOLDEN}/{name}/{file}"), folder.path().join(file)).unwrap();
    }
    std::fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
    folder
}

fn written(encoder: &Encoder, source: &Path) -> tempfile::TempDir {
    let out = tempfile::tempdir().unwrap();
    encoder
        .write_folder(source, out.path(), Precision::Float32)
        .unwrap();
    out
}

#[test]
fn an_encoder_is_saved_as_transformers_saves_it() {
    for name in ENCODERS {
        let source = source(name);
        let encoder = Encoder::read(source.path()).unwrap();
        let out = written(&encoder, source.path());
        assert_eq!(tensors(source.path()), tensors(out.path()), "{name}");
        assert_eq!(Encoder::read(out.path()).unwrap(), encoder, "{name}");
    }
}

#[test]
fn a_cross_encoder_is_saved_as_transformers_saves_it() {
    for name in CROSS {
        let source = source(name);
        let cross = CrossEncoder::read(source.path()).unwrap();
        let out = tempfile::tempdir().unwrap();
        cross
            .write_folder(source.path(), out.path(), Precision::Float32)
            .unwrap();
        assert_eq!(tensors(source.path()), tensors(out.path()), "{name}");
        assert_eq!(CrossEncoder::read(out.path()).unwrap(), cross, "{name}");
        let small = tempfile::tempdir().unwrap();
        cross
            .write_folder(source.path(), small.path(), Precision::Int8)
            .unwrap();
        assert!(!small.path().join(MODEL).exists());
    }
}

fn pairs(count: u32) -> Vec<TokenPair> {
    let text = |i: u32, turn: u32| (0..4 + i % 9).map(move |j| (i * 7 + (j + turn) % 3 * 11) % 50);
    let pair = |i| TokenPair::new(text(i, 0).collect(), text(i, 1).collect());
    (0..count).map(pair).collect()
}

fn tuned(encoder: &Encoder, trainable: impl Into<Trainable>) -> Tuned {
    let builder = Trainer::builder(encoder, trainable);
    let builder = builder.task(Task::new(pairs(24), Loss::Symmetric).with_batch(12));
    let mut trainer = builder.learning_rate(1e-3).build().unwrap();
    trainer.run(|_| ControlFlow::Continue(())).unwrap().tuned
}

#[test]
fn a_tuning_goes_on_from_what_another_wrote() {
    let source = tempfile::tempdir().unwrap();
    let bytes = tiny::safetensors(&tiny::tensors(SMALL, 6), Dtype::F16);
    tiny::write(source.path(), SMALL, &bytes);
    let config = || LoraConfig::new(2, 4.0, ["query", "value"]).unwrap();
    let mut encoder = Encoder::read(source.path()).unwrap();
    for trainable in [Trainable::Full, config().into(), Trainable::Full] {
        let made = tuned(&encoder, trainable).encoder(&encoder).unwrap();
        assert_ne!(made, encoder);
        let out = written(&made, source.path());
        encoder = Encoder::read(out.path()).unwrap();
        // All weights are the same, and so is every embedding.
        assert_eq!(encoder, made);
        let ids = [3, 1, 4, 1, 5, 9];
        assert_eq!(encoder.forward(&ids).unwrap(), made.forward(&ids).unwrap());
        let small = QuantizedEncoder::read(out.path()).unwrap();
        assert_eq!(small.dequantize(), made.quantize().unwrap().dequantize());
        // The graph beside it holds the same, without the pooler, which it does not need.
        let onnx = Encoder::read_onnx(out.path()).unwrap();
        assert_eq!(onnx.forward(&ids).unwrap(), made.forward(&ids).unwrap());
    }
}

#[test]
fn the_configuration_says_that_all_is_f32() {
    let source = tempfile::tempdir().unwrap();
    for file in ["config.json", MODEL] {
        let nf4 = format!("{GOLDEN}/nf4/model/{file}");
        std::fs::copy(nf4, source.path().join(file)).unwrap();
    }
    std::fs::write(source.path().join("tokenizer.json"), "{}").unwrap();
    let path = source.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert!(config["quantization_config"].is_object());
    config["torch_dtype"] = json!("float16");
    std::fs::write(&path, config.to_string()).unwrap();
    let encoder = Encoder::read(source.path()).unwrap();
    let out = written(&encoder, source.path());
    let config = std::fs::read(out.path().join("config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["torch_dtype"], "float32");
    assert!(config.get("quantization_config").is_none());
    assert_eq!(Encoder::read(out.path()).unwrap(), encoder);
}

/// Writes the tiny BERT of `scripts/golden_peft.py` with each adapter merged, and that of
/// `scripts/golden_cross.py`, to `target/merged-written`, where `golden_peft.py merged` and
/// `golden_cross.py merged` have transformers read them.
#[test]
#[ignore = "its result is for transformers"]
fn write_merged_for_transformers() {
    let out = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/merged-written");
    let bert = source("peft");
    for name in ["query-value", "all-linear-rslora", "dora", "dora-bias-all"] {
        let mut encoder = Encoder::read(bert.path()).unwrap();
        let adapter = LoraAdapter::read(format!("{GOLDEN}/peft/{name}")).unwrap();
        adapter.merge(&mut encoder).unwrap();
        encoder
            .write_folder(bert.path(), format!("{out}/{name}"), Precision::Float32)
            .unwrap();
    }
    let bert = source("cross/bert");
    let mut cross = CrossEncoder::read(bert.path()).unwrap();
    let adapter = CrossAdapter::read(format!("{GOLDEN}/cross/bert/after"), &cross).unwrap();
    adapter.merge(&mut cross).unwrap();
    cross
        .write_folder(bert.path(), format!("{out}/cross"), Precision::Float32)
        .unwrap();
}
