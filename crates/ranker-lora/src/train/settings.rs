//! The settings of a training.

use std::path::PathBuf;

use ranker_folder::Pooling;

use super::error::TrainError;
use super::pass::Activations;
use super::schedule::Schedule;
use super::start::Trainable;
use super::task::{Anchor, Task};
use crate::base::Base;
use crate::digest::Digest;
use crate::error::LoraError;

/// The hyperparameters of a training, and what it learns from.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) tasks: Vec<Task>,
    pub(super) anchors: Vec<Anchor>,
    pub(super) pooling: Pooling,
    pub(super) epochs: usize,
    pub(super) max_steps: usize,
    pub(super) learning_rate: f64,
    pub(super) warmup: f64,
    pub(super) schedule: Schedule,
    pub(super) weight_decay: f64,
    pub(super) clip: f64,
    pub(super) accumulate: usize,
    pub(super) token_budget: usize,
    pub(super) activations: Activations,
    pub(super) seed: u64,
    pub(super) stopping: Option<EarlyStopping>,
    pub(super) checkpoint: Option<(PathBuf, usize)>,
}

/// When to measure a training, and when to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EarlyStopping {
    /// How many steps lie between two measurements.
    pub(super) every: usize,
    /// How many measurements may pass without a better one.
    pub(super) patience: usize,
}

impl Settings {
    pub(super) fn new(trainable: &Trainable) -> Self {
        Self {
            tasks: Vec::new(),
            anchors: Vec::new(),
            pooling: Pooling::default(),
            epochs: 1,
            max_steps: usize::MAX,
            learning_rate: match trainable {
                Trainable::Lora(_) => 1e-3,
                Trainable::Full => 2e-5,
            },
            warmup: 0.1,
            schedule: Schedule::default(),
            weight_decay: 0.01,
            clip: 1.0,
            accumulate: 1,
            token_budget: 16_384,
            activations: Activations::default(),
            seed: 0,
            stopping: None,
            checkpoint: None,
        }
    }

    pub(super) fn check(&self, base: Base<'_>) -> Result<(), TrainError> {
        let positive = [
            ("tasks", self.tasks.len()),
            ("epochs", self.epochs),
            ("max_steps", self.max_steps),
            ("accumulate", self.accumulate),
            ("token_budget", self.token_budget),
            (
                "checkpoint every",
                self.checkpoint.as_ref().map_or(1, |(_, every)| *every),
            ),
            (
                "early stopping every",
                self.stopping.map_or(1, |stopping| stopping.every),
            ),
            (
                "patience",
                self.stopping.map_or(1, |stopping| stopping.patience),
            ),
        ];
        for (name, value) in positive {
            if value == 0 {
                return Err(LoraError::setting(name, value, "it must be at least 1").into());
            }
        }
        let within = [
            ("learning_rate", self.learning_rate, f64::MIN_POSITIVE..=1e3),
            ("warmup", self.warmup, 0.0..=1.0),
            ("weight_decay", self.weight_decay, 0.0..=1e3),
            ("clip", self.clip, f64::MIN_POSITIVE..=f64::INFINITY),
        ];
        for (name, value, range) in within {
            if !range.contains(&value) {
                let rule = "it must be positive, and not past any use; a share is at most 1";
                return Err(LoraError::setting(name, value, rule).into());
            }
        }
        for (number, task) in self.tasks.iter().enumerate() {
            task.check(number, base)?;
        }
        for (number, anchor) in self.anchors.iter().enumerate() {
            anchor.check(self.tasks.len() + number, base)?;
        }
        Ok(())
    }

    /// How many steps there are in all.
    pub(super) fn steps(&self) -> usize {
        let task = &self.tasks[0];
        let count = task.examples.len();
        let batches = count / task.batch.min(count);
        let all = (batches * self.epochs).div_ceil(self.accumulate);
        all.min(self.max_steps)
    }

    /// Adds everything that two trainings must share so that one can go on with the other's
    /// checkpoint.
    pub(super) fn digest(&self, digest: &mut Digest) {
        digest.number(self.tasks.len() as u64);
        self.tasks.iter().for_each(|task| task.digest(digest));
        digest.number(self.anchors.len() as u64);
        self.anchors.iter().for_each(|anchor| anchor.digest(digest));
        digest.text(self.pooling.name());
        for value in [
            self.learning_rate,
            self.warmup,
            self.weight_decay,
            self.clip,
        ] {
            digest.real(value);
        }
        digest.number(self.accumulate as u64).number(self.seed);
        digest.number(self.steps() as u64);
        digest.number(self.schedule.code());
        let stopping = self.stopping;
        digest.optional(stopping.map(|stopping| stopping.every as u64));
        digest.optional(stopping.map(|stopping| stopping.patience as u64));
    }
}
