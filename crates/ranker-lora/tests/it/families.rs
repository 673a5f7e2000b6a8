//! RoBERTa and MPNet give what transformers and PEFT give (`scripts/golden_families.py`).

use ranker_lora::{Encoder, LoraAdapter, Matrix, Precision};
use serde::Deserialize;

use crate::onnx::run;
use crate::repository_model::pooled;
use crate::tiny;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/families");
const FAMILIES: [&str; 2] = ["roberta", "mpnet"];

#[derive(Deserialize)]
struct Expected {
    texts: Vec<Vec<u32>>,
    /// Embeddings of unit length, alone and with the adapter.
    base: Vec<Vec<f64>>,
    adapter: Vec<Vec<f64>>,
}

fn expected(family: &str) -> Expected {
    let text = std::fs::read_to_string(format!("{FOLDER}/{family}/expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn read(family: &str) -> (Encoder, LoraAdapter) {
    let folder = format!("{FOLDER}/{family}");
    let adapter = LoraAdapter::read(format!("{folder}/adapter")).unwrap();
    (Encoder::read(&folder).unwrap(), adapter)
}

fn check(what: &str, (ours, theirs): (&Matrix, &[f64])) {
    for (ours, theirs) in pooled(ours).iter().zip(theirs) {
        assert!(
            (ours - theirs).abs() < 1e-5,
            "{what}: {ours} is not {theirs}"
        );
    }
}

#[test]
fn embeddings_are_those_of_transformers_and_peft() {
    for family in FAMILIES {
        let (base, adapter) = read(family);
        let adapted = base.with_adapter(&adapter).unwrap();
        let mut merged = base.clone();
        adapter.merge(&mut merged).unwrap();
        let expected = expected(family);
        for (index, ids) in expected.texts.iter().enumerate() {
            let (plain, tuned) = (&expected.base[index][..], &expected.adapter[index][..]);
            check(family, (&base.forward(ids).unwrap(), plain));
            check(family, (&adapted.forward(ids).unwrap(), tuned));
            check(family, (&merged.forward(ids).unwrap(), tuned));
        }
    }
}

#[test]
fn exported_graphs_equal_the_plain_forward_pass_alone_and_in_a_batch() {
    for family in FAMILIES {
        let (encoder, _) = read(family);
        let texts = expected(family).texts;
        let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let onnx = encoder.to_onnx(Precision::Float32).unwrap();
        let Some(together) = run(&onnx, &texts) else {
            return;
        };
        let alone = texts.iter().map(|ids| run(&onnx, &[ids]).unwrap());
        for (ids, (in_batch, alone)) in texts.iter().zip(together.iter().zip(alone)) {
            let expected = encoder.forward(ids).unwrap();
            assert!(tiny::distance(&expected, in_batch) < 1e-5, "{family}");
            assert!(tiny::distance(&expected, &alone[0]) < 1e-5, "{family}");
        }
    }
}

#[test]
fn weights_in_8_bits_are_what_is_read_back() {
    for family in FAMILIES {
        let (encoder, _) = read(family);
        let source = format!("{FOLDER}/{family}");
        let folder = tempfile::tempdir().unwrap();
        for name in ["config.json", "model.safetensors"] {
            std::fs::copy(format!("{source}/{name}"), folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
        let out = tempfile::tempdir().unwrap();
        encoder
            .write_folder(folder.path(), out.path(), Precision::Int8)
            .unwrap();
        let limits = std::fs::read_to_string(out.path().join("sentence_bert_config.json")).unwrap();
        assert!(limits.contains("\"max_seq_length\": 64"), "{limits}");
        let back = Encoder::read_onnx(out.path()).unwrap();
        let onnx = std::fs::read(out.path().join("model.onnx")).unwrap();
        for ids in expected(family).texts {
            let ours = back.forward(&ids).unwrap();
            for theirs in run(&onnx, &[&ids]).unwrap_or_default() {
                assert!(tiny::distance(&ours, &theirs) < 1e-4, "{family}");
            }
            assert!(
                tiny::distance(&ours, &encoder.forward(&ids).unwrap()) < 0.2,
                "{family}"
            );
        }
    }
}

#[test]
fn an_adapter_is_written_under_the_names_of_its_family() {
    for (family, path) in [
        ("roberta", "encoder.layer.0.attention.self.query"),
        ("mpnet", "encoder.layer.0.attention.attn.q"),
    ] {
        let (_, adapter) = read(family);
        assert!(adapter.layers().contains_key(path), "{family}");
        let folder = tempfile::tempdir().unwrap();
        adapter.write(folder.path()).unwrap();
        assert_eq!(LoraAdapter::read(folder.path()).unwrap(), adapter);
    }
}

/// CamemBERT is RoBERTa with other weights: one row in the table of families says so.
#[test]
fn camembert_computes_as_roberta_does() {
    let (roberta, _) = read("roberta");
    let folder = tempfile::tempdir().unwrap();
    let config = std::fs::read_to_string(format!("{FOLDER}/roberta/config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    config["model_type"] = "camembert".into();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let model = "model.safetensors";
    std::fs::copy(
        format!("{FOLDER}/roberta/{model}"),
        folder.path().join(model),
    )
    .unwrap();
    let camembert = Encoder::read(folder.path()).unwrap();
    for ids in expected("roberta").texts {
        assert_eq!(
            camembert.forward(&ids).unwrap(),
            roberta.forward(&ids).unwrap()
        );
    }
}
