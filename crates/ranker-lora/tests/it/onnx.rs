//! Exported graphs run under ONNX Runtime and give what the plain forward pass gives. Where its library
//! cannot be had, these tests say so and check nothing.

use std::path::Path;
use std::sync::OnceLock;

use ort::session::Session;
use ort::value::Tensor;
use ranker_embed::onnxruntime;
use ranker_lora::{Encoder, Matrix, Precision};

use crate::tiny::{self, SMALL};

/// A session over a graph; `None`, which is said, where there is no ONNX Runtime on this machine.
#[allow(clippy::print_stderr)]
pub(crate) fn session(onnx: &[u8]) -> Option<Session> {
    static LOADED: OnceLock<bool> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| {
        let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/onnxruntime");
        let found = || onnxruntime::find(&[Path::new(target)]);
        match onnxruntime::path_from_env().or_else(found) {
            Some(library) => onnxruntime::load(&library).is_ok(),
            None => {
                eprintln!("no ONNX Runtime: exported graphs are not run");
                false
            }
        }
    });
    let environment = loaded.then(onnxruntime::environment)??;
    let mut builder = Session::builder(&environment).unwrap();
    Some(builder.commit_from_memory(onnx).unwrap())
}

/// A matrix of ids as a graph takes it.
pub(crate) fn input(shape: [usize; 2], values: Vec<i64>) -> Tensor<i64> {
    Tensor::from_array((shape, values)).unwrap()
}

/// Runs a graph on rows of ids, each padded to the longest; returns the rows' own tokens.
pub(crate) fn run(onnx: &[u8], rows: &[&[u32]]) -> Option<Vec<Matrix>> {
    let mut session = session(onnx)?;
    let length = rows.iter().map(|ids| ids.len()).max().unwrap();
    let padded = |value: fn(u32) -> i64, padding: i64| {
        let row = |ids: &&[u32]| -> Vec<i64> {
            let own = ids.iter().map(|&id| value(id));
            own.chain(std::iter::repeat(padding)).take(length).collect()
        };
        input([rows.len(), length], rows.iter().flat_map(row).collect())
    };
    // Padding ids that are real tokens must not matter.
    let mut inputs = vec![
        ("input_ids", padded(i64::from, 7)),
        ("attention_mask", padded(|_| 1, 0)),
        ("token_type_ids", padded(|_| 0, 0)),
    ];
    inputs.truncate(session.inputs().len());
    let output = session.run(inputs).unwrap();
    let (shape, values) = output[0].try_extract_tensor::<f32>().unwrap();
    let size = usize::try_from(shape[2]).unwrap();
    let texts = values.chunks_exact(length * size).zip(rows);
    let texts = texts.map(|(values, ids)| {
        let own = values[..ids.len() * size].to_vec();
        Matrix::new(ids.len(), size, own).unwrap()
    });
    Some(texts.collect())
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
    let Some(together) = run(&onnx, &TEXTS) else {
        return;
    };
    for (ids, in_batch) in TEXTS.iter().zip(&together) {
        let expected = encoder.forward(ids).unwrap();
        let alone = run(&onnx, &[ids]).unwrap().remove(0);
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
    for (ids, row) in TEXTS.iter().zip(run(&int8, &TEXTS).unwrap_or_default()) {
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
    let onnx = encoder.to_onnx(Precision::Int8).unwrap();
    let Some(rows) = run(&onnx, &TEXTS[..1]) else {
        return;
    };
    assert!(cosine(&encoder.forward(TEXTS[0]).unwrap(), &rows[0]) > 0.999);
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
        let ours = back.forward(TEXTS[0]).unwrap();
        for theirs in run(&onnx, &[TEXTS[0]]).unwrap_or_default() {
            assert!(tiny::distance(&ours, &theirs) < 1e-4);
        }
        assert!(cosine(&ours, &plain) > least, "{precision:?}");
        std::fs::write(out.path().join("model.onnx"), &onnx[..onnx.len() / 2]).unwrap();
        Encoder::read_onnx(out.path()).unwrap_err();
    }
}
