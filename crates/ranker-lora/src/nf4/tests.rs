//! What bitsandbytes makes of the same matrices (`scripts/golden_nf4.py`), and files that lie.

use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, View as _};
use serde_json::{Value, json};

use super::Nf4Matrix;
use crate::encoder::{Form as _, Tensors};
use crate::error::LoraError;
use crate::matrix::Matrix;

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/golden/nf4/matrices.safetensors"
);
const NAMES: [&str; 7] = ["one", "odd", "rows", "wide", "zeros", "huge", "evenly"];

fn near(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
}

#[test]
fn codes_are_those_of_bitsandbytes() {
    let bytes = std::fs::read(GOLDEN).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut tensors = Tensors::open(Path::new(GOLDEN)).unwrap();
    for name in NAMES {
        let shape = file.tensor(&format!("{name}.input")).unwrap();
        let shape = (shape.shape()[0], shape.shape()[1]);
        let mut matrix = |part: &str| tensors.matrix(&format!("{name}.{part}"), shape).unwrap();
        let (input, restored) = (matrix("input"), matrix("restored"));
        let theirs = Nf4Matrix::take(&mut tensors, &format!("{name}.weight"), shape).unwrap();
        assert!(theirs.dequantize() == restored, "{name}");
        let ours = Nf4Matrix::quantize(&input).unwrap();
        assert_eq!(ours.codes, theirs.codes, "{name}");
        assert_eq!(ours.scales, theirs.scales, "{name}");
        // A mean in single precision depends on the order of its sum.
        assert!(near(ours.offset, theirs.offset), "{name}");
        for (ours, theirs) in ours.nested.iter().zip(&theirs.nested) {
            assert!((ours - theirs).abs() <= 1e-6 * theirs.abs().max(input_scale(&input)));
        }
        for (ours, theirs) in ours.dequantize().values().iter().zip(restored.values()) {
            assert!(
                (ours - theirs).abs() <= 1e-5 * input_scale(&input),
                "{name}"
            );
        }
    }
    tensors.finish().unwrap();
}

fn input_scale(input: &Matrix) -> f32 {
    let values = input.values().iter();
    values.fold(0.0, |top, value| top.max(value.abs()))
}

/// A tensor to write: its name, type, shape and bytes.
type Part = (String, Dtype, Vec<usize>, Vec<u8>);

/// The tensors of a small weight.
fn parts() -> Vec<Part> {
    let small = small();
    let parts = small.parts("w").into_iter();
    parts
        .map(|(name, tensor)| {
            let shape = tensor.shape().to_vec();
            (name, tensor.dtype(), shape, tensor.data().into_owned())
        })
        .collect()
}

fn file(parts: &[Part]) -> Vec<u8> {
    let views = parts.iter().map(|(name, kind, shape, bytes)| {
        (name, TensorView::new(*kind, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn read(parts: &[Part]) -> Result<Nf4Matrix, LoraError> {
    let bytes = file(parts);
    let mut tensors = Tensors::parse(Path::new("f"), &bytes)?;
    let matrix = Nf4Matrix::take(&mut tensors, "w", (2, 100))?;
    tensors.finish()?;
    Ok(matrix)
}

fn small() -> Nf4Matrix {
    let values = (0..200).map(|i| (i as f32 * 0.7).sin()).collect();
    Nf4Matrix::quantize(&Matrix::new(2, 100, values).unwrap()).unwrap()
}

#[test]
fn what_is_written_is_read() {
    let parts = parts();
    assert_eq!(read(&parts).unwrap(), small());
    let bytes = file(&parts);
    let mut tensors = Tensors::parse(Path::new("f"), &bytes).unwrap();
    let dense = Matrix::take(&mut tensors, "w", (2, 100)).unwrap();
    assert_eq!(dense, small().dequantize());
}

/// The parts with one of them changed; without it where `change` says so.
fn changed(name: &str, change: impl Fn(&mut Part) -> bool) -> Result<Nf4Matrix, LoraError> {
    let mut parts = parts();
    parts.retain_mut(|part| part.0 != name || change(part));
    read(&parts)
}

fn with_state(setting: &str, value: Value) -> Result<Nf4Matrix, LoraError> {
    changed("w.quant_state.bitsandbytes__nf4", |part| {
        let mut state: Value = serde_json::from_slice(&part.3).unwrap();
        state[setting] = value.clone();
        part.3 = state.to_string().into_bytes();
        part.2 = vec![part.3.len()];
        true
    })
}

#[test]
fn a_state_that_is_not_honoured_is_refused() {
    for (setting, value) in [
        ("quant_type", json!("fp4")),
        ("blocksize", json!(128)),
        ("nested_blocksize", json!(64)),
        ("nested_offset", Value::Null),
    ] {
        let error = with_state(setting, value).unwrap_err();
        assert!(matches!(error, LoraError::Unsupported { .. }), "{error}");
    }
    for value in [json!([100, 2]), json!([200]), json!([u64::MAX, 2])] {
        let error = with_state("shape", value).unwrap_err();
        assert!(matches!(error, LoraError::TensorShape { .. }), "{error}");
    }
    let error = with_state("nested_offset", json!(1e300)).unwrap_err();
    assert!(matches!(error, LoraError::NotFinite { .. }), "{error}");
    let error = with_state("blocksize", json!("many")).unwrap_err();
    assert!(matches!(error, LoraError::Format { .. }), "{error}");
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    for (part, _, _, _) in parts() {
        let result = changed(&part, |_| false);
        assert!(result.is_err(), "without {part}");
        let shorter = changed(&part, |part| {
            let size = if part.1 == Dtype::F32 { 4 } else { 1 };
            part.3.truncate(part.3.len() - size);
            part.2 = vec![part.3.len() / size];
            true
        });
        assert!(shorter.is_err(), "with less of {part}");
    }
    let other = |name: &str| {
        changed(name, |part| {
            part.3[..4].copy_from_slice(&0.5_f32.to_le_bytes());
            true
        })
    };
    for map in ["w.quant_map", "w.nested_quant_map"] {
        let error = other(map).unwrap_err();
        assert!(matches!(error, LoraError::Unsupported { .. }), "{error}");
    }
    let nan = changed("w.nested_absmax", |part| {
        part.3 = f32::NAN.to_le_bytes().to_vec();
        true
    });
    assert!(matches!(nan, Err(LoraError::NotFinite { .. })));
    let other_form = changed("w.quant_state.bitsandbytes__nf4", |part| {
        part.0 = "w.quant_state.bitsandbytes__fp4".to_owned();
        true
    });
    assert!(matches!(other_form, Err(LoraError::Unsupported { .. })));
}
