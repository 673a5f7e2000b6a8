//! Encoders whose linear maps are products of bytes.

use std::path::Path;

use ranker_encoder::{Encoder, Kernels, Precision};
use rayon::ThreadPoolBuilder;

use crate::support::{ENCODER, GOLDEN, MODEL, hidden, texts};

fn fast() -> Encoder {
    let folder = Path::new(MODEL);
    let (config, weights) = (folder.join("config.json"), folder.join("model.onnx"));
    Encoder::read_with(config, weights, Precision::Fast).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn a_text_does_not_depend_on_its_batch_nor_on_threads_in_any_bit() {
    let (encoder, texts) = (fast(), texts());
    assert_eq!(encoder.precision(), Precision::Fast);
    let together = hidden(&encoder, &texts);
    for (text, together) in texts.iter().zip(&together) {
        assert_eq!(&hidden(&encoder, std::slice::from_ref(text))[0], together);
    }
    for threads in [1, 5] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.unwrap();
        let alone = pool.install(|| hidden(&encoder, &texts));
        assert_eq!(alone, together, "{threads}");
    }
}

#[test]
fn tokens_stay_close_to_the_exact_ones_on_every_instruction_set() {
    let texts = &texts()[..4];
    let exact = hidden(&ENCODER, texts);
    for kernels in Kernels::all() {
        let encoder = fast().with_kernels(kernels);
        for (found, exact) in hidden(&encoder, texts).iter().zip(&exact) {
            assert_ne!(found, exact);
            for (found, exact) in found.chunks(384).zip(exact.chunks(384)) {
                let cosine = cosine(found, exact);
                assert!(cosine > 0.97, "{}: {cosine}", kernels.name());
            }
        }
    }
}

#[test]
fn families_are_close_to_themselves() {
    for family in ["roberta", "mpnet"] {
        let folder = Path::new(GOLDEN).join("families").join(family);
        let read = |precision| {
            let (config, weights) = (folder.join("config.json"), folder.join("model.safetensors"));
            Encoder::read_with(config, weights, precision).unwrap()
        };
        let texts: Vec<Vec<u32>> = vec![vec![5, 6, 7, 8, 9], vec![5, 12, 9]];
        let exact = hidden(&read(Precision::Exact), &texts);
        for (found, exact) in hidden(&read(Precision::Fast), &texts).iter().zip(&exact) {
            assert!(cosine(found, exact) > 0.999, "{family}");
        }
    }
}
