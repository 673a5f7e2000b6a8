//! Gradients against slopes, against PyTorch's, and against themselves.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use serde::Deserialize;

use super::batch::Batch;
use super::chunk::Text;
use super::dropout::Dropout;
use super::model::Model;
use super::output::{HeadSlot, Output};
use super::parameters::HEAD;
use super::pass::{Activations, Memory, Pass};
use super::start::Start;
use super::{Task, TokenList, TokenPair};
use crate::encoder::{Base, Encoder, LORA_A, LORA_B};
use crate::{Bias, CrossAdapter, CrossEncoder, LoraAdapter, Loss, PairIds, Pooling, ScoreLoss};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[derive(Deserialize)]
struct Expected {
    batch: usize,
    texts: Vec<Vec<u32>>,
    losses: Vec<f64>,
}

fn expected(folder: &str) -> Expected {
    let text = std::fs::read_to_string(format!("{GOLDEN}/{folder}/expected.json")).unwrap();
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

fn start(adapter: &LoraAdapter) -> Start<'static> {
    Start::Adapter(Box::new(adapter.clone()))
}

fn model<'a>(base: impl Into<Base<'a>>, start: &Start<'_>) -> Model<'a> {
    let base = base.into();
    Model {
        slots: start.slots(base.config()),
        output: Output::Embeddings {
            pooling: Pooling::Mean,
            hidden: base.config().hidden,
        },
        base,
        activations: Activations::Keep,
    }
}

/// The loss and gradient of a golden training's first batch.
fn golden_batch(
    model: &Model<'_>,
    folder: &str,
    pass: Pass<'_>,
    memory: Memory,
) -> (f64, Vec<f32>) {
    let expected = expected(folder);
    let task = task(&expected.texts[..2 * expected.batch], Loss::Symmetric);
    let picks: Vec<usize> = (0..expected.batch).collect();
    let batch = Batch::new(&task, &picks, &[]);
    model.gradient(pass, &batch.texts, memory, |embeddings| {
        let value = batch.value(embeddings);
        (value.loss, value.gradient)
    })
}

fn first_batch(model: &Model<'_>, pass: Pass<'_>, memory: Memory) -> (f64, Vec<f32>) {
    golden_batch(model, "train", pass, memory)
}

fn plain(values: &[f32]) -> Pass<'_> {
    Pass {
        values,
        dropout: None,
    }
}

/// Compares the first gradient of a golden training, in whose file `theirs` names the tensors.
fn check_first_gradient(start: &Start<'_>, folder: &str, theirs: impl Fn(&str) -> String) {
    let encoder = base();
    let model = model(&encoder, start);
    let values = start.values(&model.slots);
    let (own, gradient) = golden_batch(&model, folder, plain(&values), Memory::Keep);
    let loss = expected(folder).losses[0];
    assert!((own - loss).abs() < 1e-5, "{own}, {loss}");
    let file = format!("{GOLDEN}/{folder}/gradient.safetensors");
    let known = check_gradient(&file, &model, &gradient, theirs);
    assert_eq!(known, model.slots.by_name().len());
}

/// Compares with the gradient that PyTorch wrote, within 1e-4 of the greatest value. Returns how
/// many tensors the file has.
fn check_gradient(
    path: &str,
    model: &Model<'_>,
    gradient: &[f32],
    theirs: impl Fn(&str) -> String,
) -> usize {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let greatest = gradient.iter().fold(0.0_f32, |top, g| top.max(g.abs()));
    let names = model.slots.by_name().iter();
    for (name, range) in names.filter(|(name, _)| *name != HEAD) {
        let theirs = file.tensor(&theirs(name)).unwrap();
        let theirs = theirs.data().as_chunks::<4>().0;
        assert_eq!(theirs.len(), range.len());
        for (ours, theirs) in gradient[range.clone()].iter().zip(theirs) {
            let difference = (ours - f32::from_le_bytes(*theirs)).abs();
            assert!(difference < 1e-4 * greatest, "{name}: {difference}");
        }
    }
    file.len()
}

#[test]
fn the_first_gradient_is_that_of_pytorch() {
    let start = start(&adapter());
    let name = |name: &str| format!("base_model.model.{name}");
    check_first_gradient(&start, "train", name);
}

#[test]
fn the_first_gradient_of_dora_and_biases_is_that_of_pytorch() {
    let adapter = LoraAdapter::read(format!("{GOLDEN}/dora/before")).unwrap();
    // PEFT names the layers that it wraps.
    let name = |name: &str| match name.strip_suffix(".bias") {
        Some(path) if adapter.layers().contains_key(path) => {
            format!("base_model.model.{path}.base_layer.bias")
        }
        _ => format!("base_model.model.{name}"),
    };
    check_first_gradient(&start(&adapter), "dora", name);
}

#[test]
fn the_first_gradient_of_all_weights_is_that_of_pytorch() {
    let encoder = base();
    check_first_gradient(&Start::Encoder(&encoder), "full", str::to_owned);
}

#[test]
fn the_first_gradient_of_other_families_is_that_of_pytorch() {
    #[derive(Deserialize)]
    struct First {
        batch: Vec<Vec<u32>>,
        loss: f64,
    }
    for family in ["roberta", "mpnet"] {
        let folder = format!("{GOLDEN}/families/{family}");
        let encoder = Encoder::read(&folder).unwrap();
        let adapter = LoraAdapter::read(format!("{folder}/adapter")).unwrap();
        let text = std::fs::read_to_string(format!("{folder}/expected.json")).unwrap();
        let expected: First = serde_json::from_str(&text).unwrap();
        let start = start(&adapter);
        let model = model(&encoder, &start);
        let values = start.values(&model.slots);
        let task = task(&expected.batch, Loss::Symmetric);
        let batch = Batch::new(&task, &[0, 1, 2, 3], &[]);
        let (loss, gradient) =
            model.gradient(plain(&values), &batch.texts, Memory::Keep, |embeddings| {
                let value = batch.value(embeddings);
                (value.loss, value.gradient)
            });
        assert!((loss - expected.loss).abs() < 1e-5, "{loss}");
        let file = format!("{folder}/gradient.safetensors");
        let name = |name: &str| format!("base_model.model.{name}");
        check_gradient(&file, &model, &gradient, name);
    }
}

#[test]
fn the_first_gradient_of_a_cross_encoder_is_that_of_pytorch() {
    let folder = format!("{GOLDEN}/cross/bert");
    let cross = CrossEncoder::read(&folder).unwrap();
    let before = CrossAdapter::read(format!("{folder}/before"), &cross).unwrap();
    let text = std::fs::read_to_string(format!("{folder}/expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let number = |value: &serde_json::Value| value.as_u64().unwrap() as usize;
    let list = |pair: &serde_json::Value| {
        let ids = pair["ids"].as_array().unwrap().iter();
        let ids = ids.map(|id| number(id) as u32).collect();
        TokenList {
            score: Some(pair["label"].as_f64().unwrap() as f32),
            ..TokenList::new(PairIds::new(ids, number(&pair["second"])))
        }
    };
    let lists = expected["pairs"].as_array().unwrap().iter().map(list);
    let picks: Vec<usize> = (0..number(&expected["batch"])).collect();
    let task = Task::scores(lists.collect(), ScoreLoss::BinaryCrossEntropy);
    let batch = Batch::new(&task, &picks, &[]);
    let adapter = start(before.adapter());
    let mut model = model(&cross.encoder, &adapter);
    let mut values = adapter.values(&model.slots);
    let head = model.slots.append(HEAD, cross.head.values().len());
    let (start, hidden) = (head.start, cross.head.hidden());
    model.output = Output::Scores(HeadSlot { start, hidden });
    values.extend(cross.head.values());
    let (loss, gradient) = model.gradient(plain(&values), &batch.texts, Memory::Keep, |scores| {
        let value = batch.value(scores);
        (value.loss, value.gradient)
    });
    assert!(
        (loss - expected["losses"][0].as_f64().unwrap()).abs() < 1e-5,
        "{loss}"
    );
    let file = format!("{folder}/gradient.safetensors");
    let name = |name: &str| format!("base_model.model.bert.{name}");
    check_gradient(&file, &model, &gradient, name);
    let bytes = std::fs::read(file).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let names = [
        "bert.pooler.dense.weight",
        "bert.pooler.dense.bias",
        "classifier.weight",
        "classifier.bias",
    ];
    let names = names.map(|name| format!("base_model.model.{name}"));
    let theirs = names
        .iter()
        .flat_map(|name| file.tensor(name).unwrap().data().as_chunks::<4>().0);
    let theirs: Vec<f32> = theirs.map(|four| f32::from_le_bytes(*four)).collect();
    assert_eq!(theirs.len(), gradient.len() - start);
    for (ours, theirs) in gradient[start..].iter().zip(theirs) {
        assert!((ours - theirs).abs() < 1e-5, "{ours} {theirs}");
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

/// Every trained tensor's gradient is the slope of the loss.
fn check_slopes<'a>(base: impl Into<Base<'a>>, start: &Start<'_>, dropout: Option<Dropout>) {
    let model = model(base, start);
    let values = start.values(&model.slots);
    let dora = start.adapter().is_some_and(|a| a.config().is_dora());
    let at = |values: &[f32]| first_batch(&model, Pass { values, dropout }, Memory::Keep);
    let (_, gradient) = at(&values);
    for (name, range) in model.slots.by_name() {
        if dora && (name.ends_with(LORA_A) || name.ends_with(LORA_B)) {
            continue;
        }
        // Along its own gradient, scaled to unit length, the slope is the length.
        let own = &gradient[range.clone()];
        let length = own
            .iter()
            .map(|&g| f64::from(g).powi(2))
            .sum::<f64>()
            .sqrt();
        // A shift of the keys adds the same to all scores of a token.
        if name.ends_with("self.key.bias") {
            assert!(length < 1e-5, "{name}: {length}");
            continue;
        }
        let mut direction = vec![0.0; values.len()];
        for (d, g) in direction[range.clone()].iter_mut().zip(own) {
            *d = g / length as f32;
        }
        let slope = slope(|values| at(values).0, &values, &direction);
        let distance = (slope - length).abs() / length;
        assert!(distance < 1e-3, "{name}: {slope}, {length}");
    }
}

#[test]
fn the_gradient_of_every_kind_of_layer_is_its_slope() {
    for dropout in [None, Dropout::new(0.3, 7)] {
        check_slopes(&base(), &start(&adapter()), dropout);
    }
}

#[test]
fn gradients_through_nf4_are_slopes() {
    let quantized = base().quantize().unwrap();
    for dropout in [None, Dropout::new(0.3, 7)] {
        check_slopes(&quantized, &start(&adapter()), dropout);
    }
}

/// The factors get the gradient for constant row norms, so only magnitudes and biases have slopes.
#[test]
fn the_gradient_of_every_magnitude_is_its_slope() {
    let dora = LoraAdapter::read(format!("{GOLDEN}/dora/before")).unwrap();
    for dropout in [None, Dropout::new(0.3, 7)] {
        check_slopes(&base(), &start(&dora), dropout);
    }
}

#[test]
fn the_gradient_of_every_weight_is_its_slope() {
    check_slopes(&base(), &Start::Encoder(&base()), None);
}

#[test]
fn the_gradient_of_every_bias_is_its_slope() {
    let config = adapter().config().clone().with_bias(Bias::All);
    let biases = Base::from(&base())
        .biases()
        .into_iter()
        .map(|(path, b)| (path, b.to_vec()))
        .collect();
    let with = LoraAdapter::new(config, adapter().layers().clone()).unwrap();
    check_slopes(&base(), &start(&with.with_biases(biases).unwrap()), None);
}

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
