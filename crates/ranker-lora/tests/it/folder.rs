use ranker_lora::{Encoder, LoraError, Precision};
use safetensors::tensor::Dtype;
use serde_json::Value;

use crate::tiny::{self, REAL, SMALL};

fn source() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let model = tiny::safetensors(&tiny::tensors(SMALL, 1), Dtype::F32);
    tiny::write(folder.path(), SMALL, &model);
    folder
}

fn json(folder: &tempfile::TempDir, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.path().join(name)).unwrap()).unwrap()
}

#[test]
fn writes_what_a_loader_needs() {
    let (source, out) = (source(), tempfile::tempdir().unwrap());
    let encoder = Encoder::read(source.path()).unwrap();
    encoder
        .write_folder(source.path(), out.path(), Precision::Int8)
        .unwrap();
    let model = std::fs::read(out.path().join("model.onnx")).unwrap();
    assert_eq!(model, encoder.to_onnx(Precision::Int8).unwrap());
    assert_eq!(json(&out, "config.json"), json(&source, "config.json"));
    assert_eq!(
        json(&out, "tokenizer.json"),
        json(&source, "tokenizer.json")
    );
    assert_eq!(json(&out, "modules.json")[1]["path"], "1_Pooling");
    assert_eq!(
        json(&out, "1_Pooling/config.json")["pooling_mode_mean_tokens"],
        true
    );
    assert_eq!(
        json(&out, "1_Pooling/config.json")["word_embedding_dimension"],
        32
    );
    // This encoder has only 24 positions.
    assert_eq!(
        json(&out, "sentence_bert_config.json")["max_seq_length"],
        24
    );
}

#[test]
fn keeps_the_pooling_of_the_source() {
    let (source, out) = (source(), tempfile::tempdir().unwrap());
    let pooling = r#"{ "pooling_mode_cls_token": true }"#;
    std::fs::create_dir(source.path().join("1_Pooling")).unwrap();
    std::fs::write(source.path().join("1_Pooling/config.json"), pooling).unwrap();
    let encoder = Encoder::read(source.path()).unwrap();
    encoder
        .write_folder(source.path(), out.path(), Precision::Float32)
        .unwrap();
    assert_eq!(
        json(&out, "1_Pooling/config.json")["pooling_mode_cls_token"],
        true
    );
}

#[test]
fn an_error_leaves_nothing_behind() {
    let (source, out) = (source(), tempfile::tempdir().unwrap());
    let encoder = Encoder::read(source.path()).unwrap();
    std::fs::remove_file(source.path().join("tokenizer.json")).unwrap();
    let error = encoder
        .write_folder(source.path(), out.path(), Precision::Float32)
        .unwrap_err();
    assert!(error.to_string().contains("tokenizer.json"), "{error}");
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);

    let other = tiny::encoder(REAL, 1);
    let error = other
        .write_folder(source.path(), out.path(), Precision::Float32)
        .unwrap_err();
    assert!(matches!(error, LoraError::Setting { .. }), "{error}");
}
