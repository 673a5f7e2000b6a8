//! One pass against another: recomputed, plain, and of a part of the layers.

use std::collections::BTreeMap;

use super::super::batch::Batch;
use super::super::chunk::Text;
use super::super::dropout::Dropout;
use super::super::model::Model;
use super::super::pass::{Activations, Memory, Pass};
use super::{adapter, base, expected, first_batch, model, plain, start, task};
use crate::{LoraAdapter, Loss};

#[test]
fn computing_twice_gives_the_same_gradient() {
    let (encoder, adapter) = (base(), adapter());
    let start = start(&adapter);
    let mut model = model(&encoder, &start);
    let values = start.values(&model.slots);
    let texts: Vec<Vec<u32>> = expected("train").texts;
    // Enough tokens for several chunks.
    let task = task(&texts[..400], Loss::Symmetric);
    let batch = Batch::new(&task, &(0..200).collect::<Vec<_>>(), &[]);
    for dropout in [None, Dropout::new(0.2, 3)] {
        let pass = Pass {
            values: &values,
            dropout,
        };
        let run = |model: &Model<'_>, memory| {
            model.gradient(pass, &batch.texts, memory, |embeddings| {
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
    let start = start(&adapter);
    let model = model(&encoder, &start);
    let values = start.values(&model.slots);
    let texts = expected("train").texts;
    let texts: Vec<&[u32]> = texts[..60].iter().map(Vec::as_slice).collect();
    let all: Vec<Text<'_>> = texts.iter().map(|&ids| ids.into()).collect();
    let embeddings = model.run(plain(&values), &all);
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
    let whole_start = start(&whole);
    let full = model(&encoder, &whole_start);
    let values = whole_start.values(&full.slots);
    let (_, gradient) = first_batch(&full, plain(&values), Memory::Keep);
    let gradient = whole_start.tuned(&full.slots, &gradient).unwrap();
    let gradient = gradient.adapter().unwrap();
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
        let config = others.fold(whole.config().clone(), |config, path| {
            config.with_excluded(path)
        });
        LoraAdapter::new(config, layers).unwrap()
    };
    part(low).merge(&mut merged).unwrap();
    let high = part(high);
    let start = start(&high);
    let model = model(&merged, &start);
    let values = start.values(&model.slots);
    let (_, own) = first_batch(&model, plain(&values), Memory::Keep);
    let own = start.tuned(&model.slots, &own).unwrap();
    for (path, own) in own.adapter().unwrap().layers() {
        let all = &gradient.layers()[path];
        for (a, b) in own.a().values().iter().zip(all.a().values()) {
            assert!((a - b).abs() < 1e-4, "{path}: {a} {b}");
        }
    }
}
