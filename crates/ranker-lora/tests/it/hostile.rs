//! Damaged and lying files are errors, and never panics.

use std::path::Path;

use proptest::prelude::*;
use ranker_lora::{Encoder, LoraAdapter, LoraConfig, LoraError};
use safetensors::tensor::Dtype;

use crate::tiny::{self, SMALL, Size, Tensors};

const TINY: Size = Size {
    hidden: 4,
    layers: 1,
    heads: 2,
    intermediate: 4,
    vocabulary: 3,
};
const WEIGHTS: &str = "adapter_model.safetensors";

fn adapter_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let encoder = tiny::encoder(TINY, 1);
    let config = LoraConfig::new(2, 3.0, ["query", "value"]).unwrap();
    tiny::trained(config, &encoder, 1)
        .write(folder.path())
        .unwrap();
    folder
}

fn read_with(folder: &Path, file: &str, bytes: &[u8]) -> Result<LoraAdapter, LoraError> {
    std::fs::write(folder.join(file), bytes).unwrap();
    LoraAdapter::read(folder)
}

#[test]
fn an_adapter_cut_at_any_byte_is_an_error() {
    let folder = adapter_folder();
    for file in [WEIGHTS, "adapter_config.json"] {
        let whole = std::fs::read(folder.path().join(file)).unwrap();
        // The configuration ends in a line break that it can do without.
        for length in 0..whole.len() - 1 {
            let error = read_with(folder.path(), file, &whole[..length]).unwrap_err();
            assert!(
                matches!(error, LoraError::Format { .. }),
                "{file} at {length}: {error}"
            );
        }
        assert!(read_with(folder.path(), file, &whole).is_ok());
    }
}

#[test]
fn weights_cut_at_any_byte_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let whole = tiny::safetensors(&tiny::tensors(TINY, 1), Dtype::F16);
    tiny::write(folder.path(), TINY, &whole);
    assert!(Encoder::read(folder.path()).is_ok());
    for length in 0..whole.len() {
        std::fs::write(folder.path().join("model.safetensors"), &whole[..length]).unwrap();
        let error = Encoder::read(folder.path()).unwrap_err();
        assert!(
            matches!(error, LoraError::Format { .. }),
            "{length}: {error}"
        );
    }
}

proptest! {
    #[test]
    fn bytes_that_were_changed_never_panic(position in 0usize..4000, value in any::<u8>()) {
        let folder = adapter_folder();
        for file in [WEIGHTS, "adapter_config.json"] {
            let mut bytes = std::fs::read(folder.path().join(file)).unwrap();
            let position = position % bytes.len();
            let original = std::mem::replace(&mut bytes[position], value);
            if let Ok(adapter) = read_with(folder.path(), file, &bytes) {
                // What is read is sound, whatever it is.
                let finite = adapter.layers().values().all(|layer| {
                    layer.a().values().iter().chain(layer.b().values()).all(|v| v.is_finite())
                });
                prop_assert!(finite);
            }
            bytes[position] = original;
            prop_assert!(read_with(folder.path(), file, &bytes).is_ok());
        }
    }
}

/// The adapter of [`adapter_folder`] with other tensors.
fn read_changed(change: impl FnOnce(&mut Tensors)) -> Result<LoraAdapter, LoraError> {
    let folder = adapter_folder();
    let mut tensors = Tensors::new();
    for layer in ["query", "value"] {
        tensors.insert(name(layer, "A"), (vec![2, 4], vec![0.5; 8]));
        tensors.insert(name(layer, "B"), (vec![4, 2], vec![0.5; 8]));
    }
    change(&mut tensors);
    read_with(
        folder.path(),
        WEIGHTS,
        &tiny::safetensors(&tensors, Dtype::F32),
    )
}

fn name(layer: &str, factor: &str) -> String {
    format!("base_model.model.encoder.layer.0.attention.self.{layer}.lora_{factor}.weight")
}

#[test]
fn wrong_tensors_are_named() {
    assert!(read_changed(|_| ()).is_ok());
    let shape = |new: [usize; 2]| {
        read_changed(|tensors| tensors.get_mut(&name("query", "A")).unwrap().0 = new.to_vec())
    };
    for new in [[4, 2], [1, 8], [8, 1]] {
        assert!(
            matches!(shape(new), Err(LoraError::TensorShape { .. })),
            "{new:?}"
        );
    }
    let flat = read_changed(|tensors| tensors.get_mut(&name("query", "B")).unwrap().0 = vec![8]);
    assert!(matches!(flat, Err(LoraError::TensorShape { .. })));
    let nan = read_changed(|tensors| tensors.get_mut(&name("value", "B")).unwrap().1[3] = f32::NAN);
    assert!(matches!(nan, Err(LoraError::NotFinite { .. })));
    for factor in ["A", "B"] {
        let gone = read_changed(|tensors| drop(tensors.remove(&name("query", factor))));
        assert!(
            matches!(gone, Err(LoraError::MissingTensor { .. })),
            "{factor}"
        );
    }
}

#[test]
fn tensors_that_match_no_layer_are_errors() {
    let with = |extra: &str, shape: [usize; 2]| {
        let values = (shape.to_vec(), vec![0.0; shape[0] * shape[1]]);
        read_changed(|tensors| drop(tensors.insert(extra.to_owned(), values)))
    };
    for extra in [
        "base_model.model.encoder.layer.0.attention.self.query.lora_magnitude_vector",
        "base_model.model.pooler.dense.weight",
        "encoder.layer.0.attention.self.query.lora_A.weight",
        "base_model.model.encoder.layer.0.attention.self.query.lora_A.default.weight",
        "base_model.model.embeddings.word_embeddings.lora_embedding_A",
    ] {
        let error = with(extra, [1, 1]).unwrap_err();
        assert!(matches!(&error, LoraError::UnknownTensor { tensor, .. } if tensor == extra));
    }
    // Well formed, but not what target_modules says.
    let error = read_changed(|tensors| {
        tensors.insert(name("key", "A"), (vec![2, 4], vec![0.5; 8]));
        tensors.insert(name("key", "B"), (vec![4, 2], vec![0.5; 8]));
    });
    assert!(matches!(error, Err(LoraError::Layer { .. })));
    // The same layer under both of its names.
    let twice = read_changed(|tensors| {
        for factor in ["A", "B"] {
            let copy = tensors[&name("query", factor)].clone();
            tensors.insert(
                name("query", factor).replace(".encoder", ".bert.encoder"),
                copy,
            );
        }
    });
    assert!(matches!(twice, Err(LoraError::Layer { .. })));
}

#[test]
fn a_wrapped_model_s_names_are_understood() {
    let adapter = read_changed(|tensors| {
        *tensors = std::mem::take(tensors)
            .into_iter()
            .map(|(name, tensor)| (name.replace(".encoder", ".bert.encoder"), tensor))
            .collect();
    });
    let adapter = adapter.unwrap();
    assert!(
        adapter
            .layers()
            .contains_key("encoder.layer.0.attention.self.query")
    );
    assert!(adapter.check(&tiny::encoder(TINY, 1)).is_ok());
    assert!(adapter.check(&tiny::encoder(SMALL, 1)).is_err());
}

#[test]
fn writing_to_an_impossible_place_is_an_error() {
    let folder = adapter_folder();
    let adapter = LoraAdapter::read(folder.path()).unwrap();
    let error = adapter
        .write(folder.path().join(WEIGHTS).join("below"))
        .unwrap_err();
    assert!(matches!(error, LoraError::Io { .. }), "{error}");
}
