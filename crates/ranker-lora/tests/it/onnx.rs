//! Exported graphs run under tract and give what the plain forward pass gives.

use ranker_lora::{Encoder, Matrix, Precision};
use tract_onnx::prelude::*;

use crate::tiny::{self, SMALL};

/// Runs a graph on rows of ids, each padded to the longest; returns the rows' own tokens.
pub(crate) fn run(onnx: &[u8], rows: &[&[u32]]) -> Vec<Matrix> {
    run_with(3, onnx, rows)
}

/// The same, of a graph with so many inputs: ids, mask, types.
pub(crate) fn run_with(count: usize, onnx: &[u8], rows: &[&[u32]]) -> Vec<Matrix> {
    let model = tract_onnx::onnx().model_for_read(&mut &onnx[..]).unwrap();
    let model = model.into_optimized().unwrap().into_runnable().unwrap();
    let length = rows.iter().map(|ids| ids.len()).max().unwrap();
    let padded = |value: fn(u32) -> i64, padding: i64| -> TValue {
        let cell =
            |(row, column): (usize, usize)| rows[row].get(column).map_or(padding, |&id| value(id));
        let tensor: Tensor =
            tract_ndarray::Array2::from_shape_fn((rows.len(), length), cell).into();
        tensor.into()
    };
    // Padding ids that are real tokens must not matter.
    let mut inputs = tvec!(padded(i64::from, 7), padded(|_| 1, 0), padded(|_| 0, 0));
    inputs.truncate(count);
    let output = model.run(inputs).unwrap();
    let hidden = output[0].to_plain_array_view::<f32>().unwrap();
    let size = hidden.shape()[2];
    let rows = rows.iter().enumerate().map(|(row, ids)| {
        let values = hidden.index_axis(tract_ndarray::Axis(0), row);
        let values = values.iter().take(ids.len() * size).copied().collect();
        Matrix::new(ids.len(), size, values).unwrap()
    });
    rows.collect()
}

fn cosine(a: &Matrix, b: &Matrix) -> f64 {
    let dot = |x: &Matrix, y: &Matrix| -> f64 {
        x.values()
            .iter()
            .zip(y.values())
            .map(|(x, y)| f64::from(*x) * f64::from(*y))
            .sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

const TEXTS: [&[u32]; 4] = [
    &[1, 7, 3, 49, 0, 2],
    &[1],
    &[9; 24],
    &[4, 8, 15, 16, 23, 42, 11, 30, 21],
];

fn encoder() -> Encoder {
    tiny::encoder(SMALL, 3)
}

#[test]
fn full_precision_equals_the_plain_forward_pass_alone_and_in_a_batch() {
    let encoder = encoder();
    let onnx = encoder.to_onnx(Precision::Float32).unwrap();
    let together = run(&onnx, &TEXTS);
    for (ids, in_batch) in TEXTS.iter().zip(&together) {
        let expected = encoder.forward(ids).unwrap();
        let alone = run(&onnx, &[ids]).remove(0);
        assert!(tiny::distance(&expected, &alone) < 1e-5);
        assert!(tiny::distance(&expected, in_batch) < 1e-5);
    }
}

#[test]
fn int8_is_close_and_less_than_half_the_size() {
    let encoder = encoder();
    let (full, int8) = (
        encoder.to_onnx(Precision::Float32).unwrap(),
        encoder.to_onnx(Precision::Int8).unwrap(),
    );
    assert!(
        int8.len() * 2 < full.len(),
        "{} of {}",
        int8.len(),
        full.len()
    );
    for (ids, row) in TEXTS.iter().zip(run(&int8, &TEXTS)) {
        let cosine = cosine(&encoder.forward(ids).unwrap(), &row);
        assert!(cosine > 0.9995 && cosine < 1.0, "{cosine}");
    }
}

#[test]
fn layers_that_blocks_do_not_divide_are_exported_too() {
    let size = tiny::Size {
        hidden: 24,
        intermediate: 40,
        ..SMALL
    };
    let encoder = tiny::encoder(size, 4);
    let row = run(&encoder.to_onnx(Precision::Int8).unwrap(), &TEXTS[..1]).remove(0);
    assert!(cosine(&encoder.forward(TEXTS[0]).unwrap(), &row) > 0.999);
}

#[test]
fn the_same_weights_give_the_same_bytes() {
    for precision in [Precision::Float32, Precision::Int8] {
        let [first, second] = [(); 2].map(|()| encoder().to_onnx(precision).unwrap());
        assert!(first == second);
    }
}

#[test]
fn weights_are_read_back_from_an_exported_folder() {
    let source = tempfile::tempdir().unwrap();
    let model = tiny::safetensors(&tiny::tensors(SMALL, 1), safetensors::tensor::Dtype::F32);
    tiny::write(source.path(), SMALL, &model);
    let encoder = Encoder::read(source.path()).unwrap();
    let plain = encoder.forward(TEXTS[0]).unwrap();
    for (precision, least) in [(Precision::Float32, 1.0 - 1e-9), (Precision::Int8, 0.999)] {
        let out = tempfile::tempdir().unwrap();
        encoder
            .write_folder(source.path(), out.path(), precision)
            .unwrap();
        let back = Encoder::read_onnx(out.path()).unwrap();
        // What is restored is exactly what a runtime computes with.
        let onnx = std::fs::read(out.path().join("model.onnx")).unwrap();
        assert_eq!(back.linear_layers().len(), 12);
        let (ours, theirs) = (back.forward(TEXTS[0]).unwrap(), run(&onnx, &[TEXTS[0]]));
        assert!(tiny::distance(&ours, &theirs[0]) < 1e-4);
        assert!(cosine(&ours, &plain) > least, "{precision:?}");
        std::fs::write(out.path().join("model.onnx"), &onnx[..onnx.len() / 2]).unwrap();
        Encoder::read_onnx(out.path()).unwrap_err();
    }
}
