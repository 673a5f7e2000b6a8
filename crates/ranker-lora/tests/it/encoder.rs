use ranker_lora::{Encoder, LoraError};
use safetensors::tensor::Dtype;

use crate::tiny::{self, SMALL, Tensors};

const IDS: [u32; 6] = [1, 7, 3, 49, 0, 2];

fn read(change: impl FnOnce(&mut Tensors)) -> Result<Encoder, LoraError> {
    let mut tensors = tiny::tensors(SMALL, 1);
    change(&mut tensors);
    let folder = tempfile::tempdir().unwrap();
    tiny::write(
        folder.path(),
        SMALL,
        &tiny::safetensors(&tensors, Dtype::F32),
    );
    Encoder::read(folder.path())
}

fn rename(tensors: &mut Tensors, change: impl Fn(&str) -> String) {
    *tensors = std::mem::take(tensors)
        .into_iter()
        .map(|(name, t)| (change(&name), t))
        .collect();
}

#[test]
fn names_with_a_prefix_a_head_or_of_old_give_the_same_encoder() {
    let plain = read(|_| ()).unwrap();
    let prefixed = read(|tensors| {
        rename(tensors, |name| format!("bert.{name}"));
        tensors.insert("cls.predictions.bias".to_owned(), (vec![1], vec![0.0]));
        tensors.insert(
            "bert.embeddings.position_ids".to_owned(),
            (vec![1], vec![0.0]),
        );
    });
    let old = read(|tensors| {
        rename(tensors, |name| {
            let name = name.replace("LayerNorm.weight", "LayerNorm.gamma");
            name.replace("LayerNorm.bias", "LayerNorm.beta")
        });
    });
    assert_eq!(plain, prefixed.unwrap());
    assert_eq!(plain, old.unwrap());
}

#[test]
fn the_pooler_may_be_absent() {
    let encoder = read(|tensors| tensors.retain(|name, _| !name.starts_with("pooler")));
    let (with, without) = (read(|_| ()).unwrap(), encoder.unwrap());
    assert_eq!(with.linear_layers().len(), 13);
    assert_eq!(without.linear_layers().len(), 12);
    assert_eq!(with.forward(&IDS).unwrap(), without.forward(&IDS).unwrap());
}

#[test]
fn half_precision_is_widened() {
    let tensors = tiny::tensors(SMALL, 1);
    let full = read(|_| ()).unwrap().forward(&IDS).unwrap();
    for (dtype, tolerance) in [(Dtype::F16, 0.02), (Dtype::BF16, 0.15)] {
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), SMALL, &tiny::safetensors(&tensors, dtype));
        let half = Encoder::read(folder.path()).unwrap().forward(&IDS).unwrap();
        let distance = tiny::distance(&full, &half);
        assert!(
            distance > 0.0 && distance < tolerance,
            "{dtype:?}: {distance}"
        );
    }
}

#[test]
fn every_missing_tensor_is_named() {
    for gone in tiny::tensors(SMALL, 1).into_keys() {
        let error = read(|tensors| drop(tensors.remove(&gone))).unwrap_err();
        // Without its weight the pooler counts as absent, and the bias that is left is unknown.
        let named = match &error {
            LoraError::MissingTensor { tensor, .. } => tensor == &gone,
            LoraError::UnknownTensor { tensor, .. } => tensor == "pooler.dense.bias",
            _ => false,
        };
        assert!(named, "{gone}: {error}");
    }
}

#[test]
fn wrong_shapes_unknown_tensors_and_nan_are_named() {
    let name = "encoder.layer.1.intermediate.dense.weight";
    // The values are as many, but turned.
    let error = read(|tensors| tensors.get_mut(name).unwrap().0.reverse()).unwrap_err();
    assert!(
        matches!(&error, LoraError::TensorShape { tensor, .. } if tensor == name),
        "{error}"
    );

    let error = read(|tensors| tensors.get_mut(name).unwrap().1[5] = f32::NAN).unwrap_err();
    assert!(
        matches!(&error, LoraError::NotFinite { name: n } if n.contains(name)),
        "{error}"
    );

    let extra = "encoder.layer.2.output.dense.bias";
    let error =
        read(|tensors| drop(tensors.insert(extra.to_owned(), (vec![1], vec![0.0])))).unwrap_err();
    assert!(
        matches!(&error, LoraError::UnknownTensor { tensor, .. } if tensor == extra),
        "{error}"
    );
}

#[test]
fn forward_refuses_bad_tokens() {
    let encoder = tiny::encoder(SMALL, 1);
    for ids in [&[][..], &[50], &[0; 25]] {
        assert!(
            matches!(encoder.forward(ids), Err(LoraError::Token { .. })),
            "{ids:?}"
        );
    }
    assert_eq!(encoder.forward(&[0; 24]).unwrap().shape(), (24, 32));
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Encoder::read(folder.path()).unwrap_err();
    assert!(missing.to_string().contains("config.json"), "{missing}");
    tiny::write_config(folder.path(), SMALL);
    let missing = Encoder::read(folder.path()).unwrap_err();
    assert!(
        missing.to_string().contains("model.safetensors"),
        "{missing}"
    );
}
