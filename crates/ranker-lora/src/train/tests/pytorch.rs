//! The first gradients of golden trainings against those that PyTorch wrote.

use safetensors::SafeTensors;
use serde::Deserialize;

use super::super::batch::Batch;
use super::super::model::Model;
use super::super::output::{HeadSlot, Output};
use super::super::parameters::HEAD;
use super::super::pass::Memory;
use super::super::start::Start;
use super::super::{Task, TokenList};
use super::{GOLDEN, adapter, base, expected, golden_batch, model, plain, start, task};
use crate::encoder::Encoder;
use crate::{CrossAdapter, CrossEncoder, LoraAdapter, Loss, PairIds, ScoreLoss};

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
pub(super) fn check_gradient(
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
