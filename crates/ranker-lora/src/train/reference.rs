//! What the untrained encoder computes, where a training needs it.

use super::TokenPair;
use super::chunk::Text;
use super::model::Model;
use super::pass::Pass;
use super::settings::Settings;
use super::start::copy_known;
use super::task::{Examples, Task};
use crate::kernel::sums;
use crate::loss::Loss;

/// Computed once, before the first step.
#[derive(Debug)]
pub(super) struct Reference {
    /// The embeddings of every anchor's texts.
    pub(super) targets: Vec<Vec<f32>>,
    /// cos(q, p) − cos(q, n) for every pair and negative of each task, or nothing for a task whose
    /// loss does not need them.
    pub(super) margins: Vec<Vec<Vec<f32>>>,
}

/// How many pairs are embedded at once.
const PAIRS: usize = 256;

/// The trained values with which the encoder computes as if nothing was trained.
pub(super) fn neutral(model: &Model<'_>) -> Vec<f32> {
    let mut values = vec![0.0; model.slots.count()];
    copy_known(&mut values, model.base.tensors(), &model.slots);
    let norms = model.row_norms(&values);
    for map in model.slots.factors() {
        if let Some(magnitude) = &map.factors.magnitude {
            values[magnitude.values.clone()].copy_from_slice(&norms[magnitude.norms.clone()]);
        }
    }
    values
}

impl Reference {
    pub(super) fn new(model: &Model<'_>, settings: &Settings) -> Self {
        if settings.anchors.is_empty() && settings.tasks.iter().all(|task| compared(task).is_none())
        {
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
            let texts: Vec<Text<'_>> = anchor.texts.iter().map(|ids| ids[..].into()).collect();
            model.run(pass, &texts)
        });
        let margins = settings
            .tasks
            .iter()
            .map(|task| compared(task).map_or_else(Vec::new, |pairs| margins(model, pass, pairs)));
        Self {
            targets: targets.collect(),
            margins: margins.collect(),
        }
    }
}

/// The pairs of a task whose loss compares margins with the untrained encoder's.
fn compared(task: &Task) -> Option<&[TokenPair]> {
    match &task.examples {
        Examples::Pairs(pairs, Loss::Preference { .. }) => Some(pairs),
        _ => None,
    }
}

fn margins(model: &Model<'_>, pass: Pass<'_>, pairs: &[TokenPair]) -> Vec<Vec<f32>> {
    let width = model.width();
    let mut margins = Vec::with_capacity(pairs.len());
    for pairs in pairs.chunks(PAIRS) {
        let texts = pairs.iter().flat_map(|pair| {
            let two = [&pair.query, &pair.positive].into_iter();
            two.chain(&pair.negatives).map(|ids| ids[..].into())
        });
        let rows = model.run(pass, &texts.collect::<Vec<Text<'_>>>());
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
