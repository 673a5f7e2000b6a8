//! Gradients against slopes, against PyTorch's, and against themselves.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use serde::Deserialize;

use super::dropout::Dropout;
use super::frozen::FrozenEncoder;
use super::model::{Activations, Memory, Model, Pass};
use super::parameters::Slots;
use super::task::Batch;
use super::{Task, TokenPair};
use crate::family::Part;
use crate::{Base, Encoder, LoraAdapter, Loss, Pooling};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[derive(Deserialize)]
struct Expected {
    batch: usize,
    texts: Vec<Vec<u32>>,
    losses: Vec<f64>,
}

fn expected() -> Expected {
    let text = std::fs::read_to_string(format!("{GOLDEN}/train/expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn task(texts: &[Vec<u32>], loss: Loss) -> Task {
    let (queries, positives) = texts.split_at(texts.len() / 2);
    let pairs = queries.iter().zip(positives);
    let pairs = pairs.map(|(query, positive)| TokenPair::new(query.clone(), positive.clone()));
    Task::new(pairs.collect(), loss)
}

fn base() -> Encoder {
    Encoder::read(format!("{GOLDEN}/peft")).unwrap()
}

fn adapter() -> LoraAdapter {
    LoraAdapter::read(format!("{GOLDEN}/train/before")).unwrap()
}

fn model<'a>(base: impl Into<Base<'a>>, adapter: &LoraAdapter) -> Model<'a> {
    let base = base.into();
    let path = |layer, part: Part| base.config().family.part(layer, part);
    Model {
        base: FrozenEncoder::new(base),
        slots: Slots::new(adapter, base.config().layers, path),
        pooling: Pooling::Mean,
        activations: Activations::Keep,
    }
}

/// The loss and gradient of the golden training's first batch.
fn first_batch(model: &Model<'_>, pass: Pass<'_>, memory: Memory) -> (f64, Vec<f32>) {
    let expected = expected();
    let task = task(&expected.texts[..2 * expected.batch], Loss::Symmetric);
    let picks: Vec<usize> = (0..expected.batch).collect();
    let batch = Batch::new(&task, &picks);
    model.gradient(pass, (&batch.texts, memory), |embeddings| {
        let value = batch.value(embeddings);
        (value.loss, value.gradient)
    })
}

fn plain(values: &[f32]) -> Pass<'_> {
    Pass {
        values,
        dropout: None,
    }
}

#[test]
fn the_first_gradient_is_that_of_pytorch() {
    let (encoder, adapter) = (base(), adapter());
    let model = model(&encoder, &adapter);
    let values = model.slots.values_of(&adapter);
    let (loss, gradient) = first_batch(&model, plain(&values), Memory::Keep);
    assert!((loss - expected().losses[0]).abs() < 1e-5, "{loss}");
    let bytes = std::fs::read(format!("{GOLDEN}/train/gradient.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let ours = model.slots.adapter(&gradient).unwrap();
    let greatest = gradient.iter().fold(0.0_f32, |top, g| top.max(g.abs()));
    for (path, layer) in ours.layers() {
        for (factor, ours) in [("A", layer.a()), ("B", layer.b())] {
            let name = format!("base_model.model.{path}.lora_{factor}.weight");
            let theirs = file.tensor(&name).unwrap();
            let theirs = theirs.data().as_chunks::<4>().0;
            for (ours, theirs) in ours.values().iter().zip(theirs) {
                let difference = (ours - f32::from_le_bytes(*theirs)).abs();
                assert!(difference < 1e-4 * greatest, "{name}: {difference}");
            }
        }
    }
}

/// The slope of the loss along `direction`, from four points (error of the fourth order).
fn slope(loss: impl Fn(&[f32]) -> f64, values: &[f32], direction: &[f32]) -> f64 {
    let at = |step: f32| {
        let moved = values.iter().zip(direction).map(|(v, d)| v + step * d);
        loss(&moved.collect::<Vec<_>>())
    };
    let h = 0.02;
    (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * f64::from(h))
}

#[test]
fn the_gradient_of_every_kind_of_layer_is_its_slope() {
    let (encoder, adapter) = (base(), adapter());
    check_slopes(&model(&encoder, &adapter), &adapter);
}

#[test]
fn gradients_through_nf4_are_slopes() {
    let (encoder, adapter) = (base().quantize().unwrap(), adapter());
    check_slopes(&model(&encoder, &adapter), &adapter);
}

fn check_slopes(model: &Model<'_>, adapter: &LoraAdapter) {
    let values = model.slots.values_of(adapter);
    for dropout in [None, Dropout::new(0.3, 7)] {
        let loss = |values: &[f32]| first_batch(model, Pass { values, dropout }, Memory::Keep).0;
        let start = Pass {
            values: &values,
            dropout,
        };
        let (_, gradient) = first_batch(model, start, Memory::Keep);
        for (layer, part) in (0..2).flat_map(|layer| Part::ALL.map(|part| (layer, part))) {
            let slot = model.slots.get(layer, part).unwrap();
            for range in [slot.a.clone(), slot.b.clone()] {
                // Along its own gradient, scaled to unit length, the slope is the length.
                let own = &gradient[range.clone()];
                let length = own
                    .iter()
                    .map(|&g| f64::from(g).powi(2))
                    .sum::<f64>()
                    .sqrt();
                let mut direction = vec![0.0; values.len()];
                for (d, g) in direction[range].iter_mut().zip(own) {
                    *d = g / length as f32;
                }
                let slope = slope(loss, &values, &direction);
                let distance = (slope - length).abs() / length;
                assert!(
                    distance < 1e-3,
                    "layer {layer}, {part:?}: {slope}, {length}"
                );
            }
        }
    }
}

#[test]
fn computing_twice_gives_the_same_gradient() {
    let (encoder, adapter) = (base(), adapter());
    let mut model = model(&encoder, &adapter);
    let values = model.slots.values_of(&adapter);
    let texts: Vec<Vec<u32>> = expected().texts;
    // Enough tokens for several chunks.
    let task = task(&texts[..400], Loss::Symmetric);
    let batch = Batch::new(&task, &(0..200).collect::<Vec<_>>());
    for dropout in [None, Dropout::new(0.2, 3)] {
        let pass = Pass {
            values: &values,
            dropout,
        };
        let run = |model: &Model<'_>, memory| {
            model.gradient(pass, (&batch.texts, memory), |embeddings| {
                let value = batch.value(embeddings);
                (value.loss, value.gradient)
            })
        };
        model.activations = Activations::Keep;
        let kept = run(&model, Memory::Keep);
        assert_eq!(kept, run(&model, Memory::Recompute));
        model.activations = Activations::Checkpoint;
        assert_eq!(kept, run(&model, Memory::Keep));
        assert_eq!(kept, run(&model, Memory::Recompute));
    }
}

#[test]
fn embeddings_are_those_of_the_plain_forward_pass() {
    let (encoder, adapter) = (base(), adapter());
    let model = model(&encoder, &adapter);
    let values = model.slots.values_of(&adapter);
    let texts = expected().texts;
    let texts: Vec<&[u32]> = texts[..60].iter().map(Vec::as_slice).collect();
    let embeddings = model.embed(plain(&values), &texts);
    let adapted = encoder.with_adapter(&adapter).unwrap();
    for (ids, row) in texts.iter().zip(embeddings.chunks(32)) {
        let hidden = adapted.forward(ids).unwrap();
        let mut mean = [0.0_f64; 32];
        for token in hidden.values().chunks(32) {
            mean.iter_mut()
                .zip(token)
                .for_each(|(m, t)| *m += f64::from(*t));
        }
        let length = mean.iter().map(|m| m * m).sum::<f64>().sqrt();
        for (ours, mean) in row.iter().zip(mean) {
            assert!((f64::from(*ours) - mean / length).abs() < 1e-5);
        }
    }
}

#[test]
fn an_adapter_of_some_layers_has_the_gradient_of_the_whole_there() {
    let (encoder, whole) = (base(), adapter());
    let full = model(&encoder, &whole);
    let values = full.slots.values_of(&whole);
    let (_, gradient) = first_batch(&full, plain(&values), Memory::Keep);
    let gradient = full.slots.adapter(&gradient).unwrap();
    // Layer 0's factors are merged, so that layer 1 sees the same input.
    let (mut low, mut high) = (BTreeMap::new(), BTreeMap::new());
    for (path, layer) in whole.layers() {
        let part = if path.contains("layer.0.") {
            &mut low
        } else {
            &mut high
        };
        part.insert(path.clone(), layer.clone());
    }
    let mut merged = base();
    let part = |layers: BTreeMap<_, _>| {
        let others = whole
            .layers()
            .keys()
            .filter(|path| !layers.contains_key(*path));
        let config = others.fold(whole.config().clone(), |config, path| config.exclude(path));
        LoraAdapter::new(config, layers).unwrap()
    };
    part(low).merge(&mut merged).unwrap();
    let high = part(high);
    let model = model(&merged, &high);
    let values = model.slots.values_of(&high);
    let (_, own) = first_batch(&model, plain(&values), Memory::Keep);
    for (path, own) in model.slots.adapter(&own).unwrap().layers() {
        let all = &gradient.layers()[path];
        for (a, b) in own.a().values().iter().zip(all.a().values()) {
            assert!((a - b).abs() < 1e-4, "{path}: {a} {b}");
        }
    }
}
