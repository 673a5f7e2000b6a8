//! y = W x + b + s · B (A x), whether merged or not.

use proptest::prelude::*;
use ranker_lora::{LoraAdapter, LoraConfig, LoraError, LoraLayer, Matrix, Precision, Scaling};

use crate::tiny::{self, REAL, SMALL};

const IDS: [u32; 5] = [1, 7, 3, 19, 2];

fn configs() -> impl Strategy<Value = LoraConfig> {
    let scaling = prop_oneof![Just(Scaling::Standard), Just(Scaling::RankStabilized)];
    // Alpha is never r, so that a forgotten or doubled scale is seen.
    (1usize..9, 1u32..40, scaling).prop_map(|(r, alpha, scaling)| {
        let targets = ["query", "key", "value", "dense"];
        let config = LoraConfig::new(r, f64::from(alpha) + 0.5, targets)
            .unwrap()
            .with_scaling(scaling);
        config
            .with_alpha_pattern("output.dense", f64::from(alpha) / 3.0)
            .unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn merged_equals_unmerged_on_layers_of_real_shapes(config in configs(), seed in 0u64..1000) {
        let mut encoder = tiny::encoder(REAL, seed);
        let original = encoder.clone();
        let adapter = tiny::trained(config, &encoder, seed);
        let input = tiny::encoder(REAL, seed + 1).forward(&IDS).unwrap();
        adapter.merge(&mut encoder).unwrap();
        let nothing = LoraAdapter::untrained(adapter.config().clone(), &encoder, 0).unwrap();
        for path in adapter.layers().keys().filter(|path| !path.ends_with("output.dense")) {
            let beside = original.with_adapter(&adapter).unwrap().linear(path, &input).unwrap();
            let merged = encoder.with_adapter(&nothing).unwrap().linear(path, &input).unwrap();
            let before = original.with_adapter(&nothing).unwrap().linear(path, &input).unwrap();
            prop_assert!(tiny::distance(&beside, &merged) < 2e-4, "{path}");
            prop_assert!(tiny::distance(&beside, &before) > 1e-2, "{path} did not change");
        }
        let beside = original.with_adapter(&adapter).unwrap().forward(&IDS).unwrap();
        prop_assert!(tiny::distance(&beside, &encoder.forward(&IDS).unwrap()) < 5e-4);
    }

    #[test]
    fn undoing_gives_the_same_weights_back(config in configs(), seed in 0u64..1000) {
        let original = tiny::encoder(SMALL, seed);
        let adapter = tiny::trained(config, &original, seed);
        let mut encoder = original.clone();
        let merged = adapter.merge(&mut encoder).unwrap();
        prop_assert!(encoder != original);
        merged.undo(&mut encoder).unwrap();
        prop_assert!(encoder == original);
    }
}

#[test]
fn the_change_is_the_equation_by_hand() {
    let encoder = tiny::encoder(SMALL, 5);
    let config = LoraConfig::new(2, 3.0, ["query"]).unwrap();
    let adapter = tiny::trained(config, &encoder, 5);
    let path = "encoder.layer.1.attention.self.query";
    let input = encoder.forward(&[4]).unwrap();
    let x = input.values();
    let with = encoder
        .with_adapter(&adapter)
        .unwrap()
        .linear(path, &input)
        .unwrap();
    let nothing = LoraAdapter::untrained(adapter.config().clone(), &encoder, 0).unwrap();
    let without = encoder
        .with_adapter(&nothing)
        .unwrap()
        .linear(path, &input)
        .unwrap();
    let layer = &adapter.layers()[path];
    for (row, (after, before)) in with.values().iter().zip(without.values()).enumerate() {
        let narrow = |k: usize| -> f32 {
            layer
                .a()
                .row(k)
                .unwrap()
                .iter()
                .zip(x)
                .map(|(a, x)| a * x)
                .sum()
        };
        let b = layer.b().row(row).unwrap();
        let change = 3.0 / 2.0 * (b[0] * narrow(0) + b[1] * narrow(1));
        assert!((after - before - change).abs() < 1e-5);
    }
}

#[test]
fn an_untrained_adapter_changes_nothing() {
    let encoder = tiny::encoder(SMALL, 6);
    let config = LoraConfig::new(4, 8.0, ["query", "value"]).unwrap();
    let adapter = LoraAdapter::untrained(config, &encoder, 1).unwrap();
    assert_eq!(adapter.parameters(), 2 * 2 * 4 * (32 + 32));
    let with = encoder
        .with_adapter(&adapter)
        .unwrap()
        .forward(&IDS)
        .unwrap();
    assert_eq!(with, encoder.forward(&IDS).unwrap());
}

#[test]
fn a_merged_encoder_is_exported_as_it_computes() {
    let mut encoder = tiny::encoder(SMALL, 7);
    let config = LoraConfig::new(4, 10.0, ["query", "value", "dense"]).unwrap();
    let adapter = tiny::trained(config, &encoder, 7);
    let expected = encoder
        .with_adapter(&adapter)
        .unwrap()
        .forward(&IDS)
        .unwrap();
    adapter.merge(&mut encoder).unwrap();
    let onnx = encoder.to_onnx(Precision::Float32).unwrap();
    for exported in crate::onnx::run(&onnx, &[&IDS]).unwrap_or_default() {
        assert!(tiny::distance(&expected, &exported) < 1e-4);
    }
}

#[test]
fn a_failed_merge_leaves_the_encoder_alone() {
    let original = tiny::encoder(SMALL, 8);
    let path = "encoder.layer.0.attention.self.query";
    let config = || LoraConfig::new(1, 1.0, ["query"]).unwrap();
    let layer = |path: &str, (out, columns): (usize, usize), value: f32| {
        let a = Matrix::new(1, columns, vec![value; columns]).unwrap();
        let b = Matrix::new(out, 1, vec![value; out]).unwrap();
        (path.to_owned(), LoraLayer::new(a, b).unwrap())
    };
    let second = "encoder.layer.1.attention.self.query";
    for layers in [
        vec![layer(path, (32, 32), 0.1)], // the other targeted layer has no factors
        vec![layer(path, (32, 32), 0.1), layer(second, (64, 32), 0.1)], // wrong size
        vec![layer(path, (32, 32), 0.1), layer("x.query", (32, 32), 0.1)], // unknown layer
        vec![layer(path, (32, 32), 0.1), layer(second, (32, 32), 1e30)], // overflow
    ] {
        let adapter = LoraAdapter::new(config(), layers.into_iter().collect()).unwrap();
        let mut encoder = original.clone();
        let error = adapter.merge(&mut encoder).unwrap_err();
        assert!(matches!(
            error,
            LoraError::Layer { .. } | LoraError::Shape { .. } | LoraError::NotFinite { .. }
        ));
        assert!(encoder == original);
    }
}

#[test]
fn linear_refuses_unknown_paths_and_other_widths() {
    let encoder = tiny::encoder(SMALL, 9);
    let config = LoraConfig::new(1, 2.0, ["query"]).unwrap();
    let adapter = LoraAdapter::untrained(config, &encoder, 1).unwrap();
    let adapted = encoder.with_adapter(&adapter).unwrap();
    let unknown = adapted.linear("encoder.layer.9.output.dense", &Matrix::zeros(1, 64));
    assert!(matches!(unknown, Err(LoraError::Layer { .. })));
    let narrow = adapted.linear("encoder.layer.0.output.dense", &Matrix::zeros(1, 32));
    assert!(matches!(narrow, Err(LoraError::Shape { .. })));
}
