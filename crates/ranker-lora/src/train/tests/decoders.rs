//! Decoders: gradients against those that PyTorch wrote (`scripts/golden_tuned_decoders.py`), against slopes, and
//! against themselves.

use ranker_folder::Pooling;
use serde::Deserialize;

use super::super::batch::Batch;
use super::super::chunk::Text;
use super::super::dropout::Dropout;
use super::super::model::Model;
use super::super::output::Output;
use super::super::pass::{Activations, Memory, Pass};
use super::super::start::Start;
use super::pytorch::check_gradient;
use super::slopes::check_slopes_of;
use super::{GOLDEN, plain, start, task};
use crate::base::Base;
use crate::decoder::Decoder;
use crate::{LoraAdapter, Loss};

const SHAPES: [&str; 4] = ["llama", "mistral", "qwen2", "qwen3"];

#[derive(Deserialize)]
struct Expected {
    batch: Vec<Vec<u32>>,
    loss: f64,
    mean_loss: f64,
}

fn folder(shape: &str) -> String {
    format!("{GOLDEN}/decoders/{shape}")
}

fn decoder(shape: &str) -> Decoder {
    Decoder::read(folder(shape)).unwrap()
}

fn adapter(shape: &str) -> LoraAdapter {
    LoraAdapter::read(format!("{}/before", folder(shape))).unwrap()
}

fn expected(shape: &str) -> Expected {
    let text = std::fs::read_to_string(format!("{}/expected.json", folder(shape))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn model<'a>(base: impl Into<Base<'a>>, start: &Start<'_>, pooling: Pooling) -> Model<'a> {
    let base = base.into();
    let hidden = base.hidden_size();
    Model {
        output: Output::Embeddings { pooling, hidden },
        ..super::model(base, start)
    }
}

fn run(model: &Model<'_>, ids: &[Vec<u32>], pass: Pass<'_>, memory: Memory) -> (f64, Vec<f32>) {
    let task = task(ids, Loss::Symmetric);
    let batch = Batch::new(&task, &(0..ids.len() / 2).collect::<Vec<_>>(), &[]);
    model.gradient(pass, &batch.texts, memory, |embeddings| {
        let value = batch.value(embeddings);
        (value.loss, value.gradient)
    })
}

#[test]
fn the_first_gradient_of_every_map_is_that_of_pytorch() {
    for shape in SHAPES {
        let (decoder, adapter, expected) = (decoder(shape), adapter(shape), expected(shape));
        assert_eq!(adapter.layers().len(), 14, "{shape}");
        let start = start(&adapter);
        let last = model(&decoder, &start, Pooling::LastToken);
        let values = start.values(&last.slots);
        let (loss, gradient) = run(&last, &expected.batch, plain(&values), Memory::Keep);
        assert!((loss / expected.loss - 1.0).abs() < 1e-5, "{shape}: {loss}");
        let file = format!("{}/gradient.safetensors", folder(shape));
        let name = |name: &str| format!("base_model.model.{name}");
        let known = check_gradient(&file, &last, &gradient, name);
        assert_eq!(known, last.slots.by_name().len(), "{shape}");
        let mean = model(&decoder, &start, Pooling::Mean);
        let (loss, _) = run(&mean, &expected.batch, plain(&values), Memory::Keep);
        assert!(
            (loss / expected.mean_loss - 1.0).abs() < 1e-5,
            "{shape}: {loss}"
        );
    }
}

#[test]
fn the_first_gradient_of_dora_is_that_of_pytorch() {
    let folder = format!("{}/dora", folder("mistral"));
    let adapter = LoraAdapter::read(format!("{folder}/before")).unwrap();
    let (decoder, start) = (decoder("mistral"), start(&adapter));
    let model = model(&decoder, &start, Pooling::LastToken);
    let values = start.values(&model.slots);
    let batch = expected("mistral").batch;
    let (loss, gradient) = run(&model, &batch, plain(&values), Memory::Keep);
    let text = std::fs::read_to_string(format!("{folder}/expected.json")).unwrap();
    let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(
        (loss / theirs["loss"].as_f64().unwrap() - 1.0).abs() < 1e-5,
        "{loss}"
    );
    let file = format!("{folder}/gradient.safetensors");
    let name = |name: &str| format!("base_model.model.{name}");
    let known = check_gradient(&file, &model, &gradient, name);
    assert_eq!(known, model.slots.by_name().len());
}

#[test]
fn gradients_are_slopes_beside_weights_and_their_codes() {
    for shape in SHAPES {
        let (decoder, adapter, batch) = (decoder(shape), adapter(shape), expected(shape).batch);
        let (quantized, start) = (decoder.quantize().unwrap(), start(&adapter));
        for base in [Base::from(&decoder), Base::from(&quantized)] {
            for (pooling, dropout) in [
                (Pooling::LastToken, None),
                (Pooling::Mean, Dropout::new(0.3, 7)),
            ] {
                let model = model(base, &start, pooling);
                let texts: Vec<Text<'_>> = batch.iter().map(|ids| ids[..].into()).collect();
                // A plain sum of components, over short steps: what random weights compute bends much.
                let at = |values: &[f32]| {
                    let pass = Pass { values, dropout };
                    model.gradient(pass, &texts, Memory::Keep, |embeddings| {
                        let factor = |i: usize| ((i * 37) % 11) as f32 / 5.0 - 1.0;
                        let factors: Vec<f32> = (0..embeddings.len()).map(factor).collect();
                        let both = embeddings.iter().zip(&factors);
                        let sum = both.map(|(e, f)| f64::from(e * f)).sum();
                        (sum, factors)
                    })
                };
                check_slopes_of(&model, &start, 0.003, at);
            }
        }
    }
}

#[test]
fn gradients_through_nf4_are_those_beside_what_it_stands_for() {
    for shape in SHAPES {
        let (adapter, batch) = (adapter(shape), expected(shape).batch);
        let quantized = decoder(shape).quantize().unwrap();
        let (dense, start) = (quantized.dequantize(), start(&adapter));
        let gradient = |base: Base<'_>| {
            let model = model(base, &start, Pooling::LastToken);
            let values = start.values(&model.slots);
            run(&model, &batch, plain(&values), Memory::Keep).1
        };
        let (codes, plain) = (gradient((&quantized).into()), gradient((&dense).into()));
        let greatest = plain.iter().fold(0.0_f32, |top, g| top.max(g.abs()));
        for (a, b) in codes.iter().zip(&plain) {
            assert!((a - b).abs() < 1e-5 * greatest, "{shape}: {a} {b}");
        }
    }
}

#[test]
fn computing_twice_gives_the_same_gradient() {
    for shape in ["llama", "qwen3"] {
        let (decoder, adapter, batch) = (decoder(shape), adapter(shape), expected(shape).batch);
        let start = start(&adapter);
        let mut model = model(&decoder, &start, Pooling::LastToken);
        let values = start.values(&model.slots);
        // Enough tokens for several chunks.
        let texts: Vec<Vec<u32>> = (0..6).flat_map(|_| batch.clone()).collect();
        for dropout in [None, Dropout::new(0.2, 3)] {
            let values = &values;
            let pass = Pass { values, dropout };
            let kept = run(&model, &texts, pass, Memory::Keep);
            assert_eq!(kept, run(&model, &texts, pass, Memory::Recompute));
            model.activations = Activations::Checkpoint;
            assert_eq!(kept, run(&model, &texts, pass, Memory::Keep));
            assert_eq!(kept, run(&model, &texts, pass, Memory::Recompute));
            model.activations = Activations::Keep;
        }
    }
}

#[test]
fn an_adapter_of_the_last_layer_alone_has_the_same_gradient_there() {
    let (decoder, whole, batch) = (decoder("llama"), adapter("llama"), expected("llama").batch);
    let is_last = |path: &String| path.starts_with("layers.1.");
    // Of layer 0 with B = 0, so that layer 1 sees the same input with and without.
    let silent = whole.layers().iter().map(|(path, layer)| {
        let b = crate::Matrix::zeros(layer.b().rows(), layer.b().columns());
        let silent = crate::LoraLayer::new(layer.a().clone(), b).unwrap();
        (
            path.clone(),
            if is_last(path) { layer.clone() } else { silent },
        )
    });
    let both = LoraAdapter::new(whole.config().clone(), silent.collect()).unwrap();
    let others = whole.layers().keys().filter(|path| !is_last(path));
    let config = others.fold(whole.config().clone(), |config, path| {
        config.with_excluded(path)
    });
    let own = whole.layers().iter().filter(|(path, _)| is_last(path));
    let own = own.map(|(path, layer)| (path.clone(), layer.clone()));
    let one = LoraAdapter::new(config, own.collect()).unwrap();
    let gradient = |adapter: &LoraAdapter| {
        let start = start(adapter);
        let model = model(&decoder, &start, Pooling::LastToken);
        let values = start.values(&model.slots);
        let (_, gradient) = run(&model, &batch, plain(&values), Memory::Keep);
        start.tuned(&model.slots, &gradient).unwrap()
    };
    let (one, both) = (gradient(&one), gradient(&both));
    for (path, layer) in one.adapter().unwrap().layers() {
        assert_eq!(layer, &both.adapter().unwrap().layers()[path], "{path}");
    }
}

#[test]
fn a_text_embeds_alike_alone_and_beside_others() {
    for shape in SHAPES {
        let (decoder, adapter, batch) = (decoder(shape), adapter(shape), expected(shape).batch);
        let start = start(&adapter);
        let model = model(&decoder, &start, Pooling::LastToken);
        let values = start.values(&model.slots);
        let texts: Vec<Text<'_>> = batch.iter().map(|ids| ids[..].into()).collect();
        let all = model.run(plain(&values), &texts);
        for (text, row) in texts.iter().zip(all.chunks(model.width())) {
            let alone = model.run(plain(&values), std::slice::from_ref(text));
            for (a, b) in alone.iter().zip(row) {
                assert!((a - b).abs() < 1e-5, "{shape}: {a} {b}");
            }
        }
    }
}
