//! An adapter's folder and its encoder's become one that is served.

use std::path::Path;

use ranker_lora::{Encoder, LoraAdapter, LoraConfig, LoraError, Precision, merge_folder};
use safetensors::tensor::Dtype;
use tempfile::TempDir;

use crate::tiny::{self, SMALL};

struct Folders {
    base: TempDir,
    adapter: TempDir,
    out: TempDir,
}

impl Folders {
    fn new() -> Self {
        let [base, adapter, out] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let model = tiny::safetensors(&tiny::tensors(SMALL, 1), Dtype::F32);
        tiny::write(base.path(), SMALL, &model);
        let folders = Self { base, adapter, out };
        folders.train(2);
        folders
    }

    /// Writes another adapter.
    fn train(&self, seed: u64) {
        let config = LoraConfig::new(4, 8.0, ["query", "value"]).unwrap();
        let encoder = Encoder::read(self.base.path()).unwrap();
        let adapter = tiny::trained(config, &encoder, seed);
        adapter.write(self.adapter.path()).unwrap();
    }

    fn merge(&self) -> Result<(), LoraError> {
        let (base, adapter) = (self.base.path(), self.adapter.path());
        merge_folder(base, adapter, self.out.path(), Precision::Float32)
    }
}

fn model(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("model.onnx")).unwrap()
}

#[test]
fn what_is_written_computes_what_the_adapter_does() {
    let folders = Folders::new();
    folders.merge().unwrap();
    let (base, merged) = (folders.base.path(), folders.out.path());
    let adapter = LoraAdapter::read(folders.adapter.path()).unwrap();
    let ids = [1, 7, 3];
    let base = Encoder::read(base).unwrap();
    let beside = base.with_adapter(&adapter).unwrap().forward(&ids).unwrap();
    let merged = Encoder::read(merged).unwrap().forward(&ids).unwrap();
    assert!(tiny::distance(&beside, &merged) < 1e-4);
    assert!(tiny::distance(&base.forward(&ids).unwrap(), &merged) > 1e-3);
}

#[test]
fn nothing_is_written_twice_and_another_adapter_is_seen() {
    let folders = Folders::new();
    folders.merge().unwrap();
    let first = model(folders.out.path());
    // Would be mended if anything were written.
    std::fs::write(folders.out.path().join("model.onnx"), "as it is").unwrap();
    folders.merge().unwrap();
    assert_eq!(model(folders.out.path()), b"as it is");
    folders.train(3);
    folders.merge().unwrap();
    let second = model(folders.out.path());
    assert!(second.len() == first.len() && second != first);
}

#[test]
fn the_base_may_be_in_8_bits() {
    let folders = Folders::new();
    let eight = tempfile::tempdir().unwrap();
    let encoder = Encoder::read(folders.base.path()).unwrap();
    let written = encoder.write_folder(folders.base.path(), eight.path(), Precision::Int8);
    written.unwrap();
    let (adapter, out) = (folders.adapter.path(), folders.out.path());
    merge_folder(eight.path(), adapter, out, Precision::Int8).unwrap();
    let mut rounded = Encoder::read_onnx(eight.path()).unwrap();
    LoraAdapter::read(adapter)
        .unwrap()
        .merge(&mut rounded)
        .unwrap();
    assert_eq!(model(out), rounded.to_onnx(Precision::Int8).unwrap());
}

#[test]
fn a_missing_or_damaged_adapter_leaves_the_folder_as_it_was() {
    let folders = Folders::new();
    folders.merge().unwrap();
    let first = model(folders.out.path());
    let weights = folders.adapter.path().join("adapter_model.safetensors");
    std::fs::write(&weights, "cut").unwrap();
    assert!(matches!(folders.merge(), Err(LoraError::Format { .. })));
    std::fs::remove_file(&weights).unwrap();
    assert!(matches!(folders.merge(), Err(LoraError::Io { .. })));
    let nowhere = folders.base.path().join("nowhere");
    let refused = merge_folder(nowhere, &weights, folders.out.path(), Precision::Int8);
    assert!(matches!(refused, Err(LoraError::Io { .. })));
    assert_eq!(model(folders.out.path()), first);
}
