//! Gradients against slopes, against PyTorch's, and against themselves.

mod decoders;
mod passes;
mod pytorch;
mod slopes;

use serde::Deserialize;

use super::batch::Batch;
use super::model::Model;
use super::output::Output;
use super::pass::{Activations, Memory, Pass};
use super::start::Start;
use super::{Task, TokenPair};
use crate::base::Base;
use crate::encoder::Encoder;
use crate::{LoraAdapter, Loss, Pooling};

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
        slots: start.slots(base),
        output: Output::Embeddings {
            pooling: Pooling::Mean,
            hidden: base.hidden_size(),
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
