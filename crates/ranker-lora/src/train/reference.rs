//! What the untrained encoder says, where a training needs it.

use super::builder::Settings;
use super::model::{Model, Pass};
use super::start::copy_known;
use super::task::Task;
use crate::Loss;
use crate::kernel::sums;

/// Computed once, before the first step.
#[derive(Debug)]
pub(super) struct Reference {
    /// The embeddings of every anchor's texts.
    pub(super) targets: Vec<Vec<f32>>,
    /// cos(q, p) − cos(q, n) for every pair and negative of each task, or nothing for a task whose
    /// loss does not ask.
    pub(super) margins: Vec<Vec<Vec<f32>>>,
}

/// How many pairs are embedded at once.
const PAIRS: usize = 256;

/// The trained values with which the encoder computes as if nothing was trained.
pub(super) fn neutral(model: &Model<'_>) -> Vec<f32> {
    let mut values = vec![0.0; model.slots.count()];
    copy_known(&mut values, model.base.encoder.tensors(), &model.slots);
    let norms = model.row_norms(&values);
    for (_, _, factors) in model.slots.factors() {
        if let Some(magnitude) = &factors.magnitude {
            values[magnitude.values.clone()].copy_from_slice(&norms[magnitude.norms.clone()]);
        }
    }
    values
}

impl Reference {
    pub(super) fn new(model: &Model<'_>, settings: &Settings) -> Self {
        let asked = |task: &Task| matches!(task.loss, Loss::Preference { .. });
        if settings.anchors.is_empty() && !settings.tasks.iter().any(asked) {
            return Self {
                targets: Vec::new(),
                margins: vec![Vec::new(); settings.tasks.len()],
            };
        }
        let values = neutral(model);
        let pass = Pass {
            values: &values,
            dropout: None,
        };
        let targets = settings.anchors.iter().map(|anchor| {
            let texts: Vec<&[u32]> = anchor.texts.iter().map(Vec::as_slice).collect();
            model.embed(pass, &texts)
        });
        let margins = settings.tasks.iter().map(|task| match asked(task) {
            true => margins(model, pass, task),
            false => Vec::new(),
        });
        Self {
            targets: targets.collect(),
            margins: margins.collect(),
        }
    }
}

fn margins(model: &Model<'_>, pass: Pass<'_>, task: &Task) -> Vec<Vec<f32>> {
    let width = model.base.encoder.config.hidden;
    let mut margins = Vec::with_capacity(task.pairs.len());
    for pairs in task.pairs.chunks(PAIRS) {
        let texts = pairs.iter().flat_map(|pair| {
            let two = [&pair.query, &pair.positive].into_iter();
            two.chain(&pair.negatives).map(Vec::as_slice)
        });
        let rows = model.embed(pass, &texts.collect::<Vec<_>>());
        let mut rows = rows.chunks_exact(width);
        for pair in pairs {
            let mut next = || rows.next().unwrap_or_default();
            let (query, positive) = (next(), next());
            let cosine = sums::dot(query, positive);
            let negatives = pair.negatives.iter();
            margins.push(
                negatives
                    .map(|_| cosine - sums::dot(query, next()))
                    .collect(),
            );
        }
    }
    margins
}
