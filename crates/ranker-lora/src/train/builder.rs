use std::path::PathBuf;

use super::frozen::FrozenEncoder;
use super::model::{Activations, Model};
use super::parameters::Slots;
use super::state::State;
use super::task::hash;
use super::{Anchor, Schedule, Task, TrainError, Trainer};
use crate::{Base, EncoderConfig, LoraAdapter, LoraConfig, LoraError, Pooling};

/// Sets up a [`Trainer`]; made by [`Trainer::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct TrainerBuilder<'a> {
    pub(super) base: Base<'a>,
    pub(super) config: LoraConfig,
    pub(super) start: Option<LoraAdapter>,
    pub(super) settings: Settings,
}

/// What a trainer is told, with its defaults.
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

/// When to measure an adapter in training, and when to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EarlyStopping {
    /// How many steps lie between two measurements.
    pub(super) every: usize,
    /// How many measurements may pass without a better one.
    pub(super) patience: usize,
}

impl<'a> TrainerBuilder<'a> {
    pub(super) fn new(base: Base<'a>, config: LoraConfig) -> Self {
        let settings = Settings {
            tasks: Vec::new(),
            anchors: Vec::new(),
            pooling: Pooling::default(),
            epochs: 1,
            max_steps: usize::MAX,
            learning_rate: 5e-4,
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
        };
        Self {
            base,
            config,
            start: None,
            settings,
        }
    }

    /// Adds pairs to learn from. At least one task is needed.
    pub fn task(mut self, task: Task) -> Self {
        self.settings.tasks.push(task);
        self
    }

    /// Adds texts whose embeddings should stay where they are. Default: none.
    pub fn anchor(mut self, anchor: Anchor) -> Self {
        self.settings.anchors.push(anchor);
        self
    }

    /// Starts from an adapter of the same configuration instead of an untrained one.
    pub fn start_from(mut self, adapter: LoraAdapter) -> Self {
        self.start = Some(adapter);
        self
    }

    /// Sets how tokens become an embedding. Default: the mean.
    pub fn pooling(mut self, pooling: Pooling) -> Self {
        self.settings.pooling = pooling;
        self
    }

    /// Sets how often the first task's pairs are gone through. Default: 1.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.settings.epochs = epochs;
        self
    }

    /// Sets the greatest number of steps. Default: as many as the epochs have.
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.settings.max_steps = steps;
        self
    }

    /// Sets the greatest learning rate. Default: 5e-4.
    pub fn learning_rate(mut self, rate: f64) -> Self {
        self.settings.learning_rate = rate;
        self
    }

    /// Sets the share of all steps in which the learning rate rises. Default: 0.1.
    pub fn warmup(mut self, share: f64) -> Self {
        self.settings.warmup = share;
        self
    }

    /// Sets how the learning rate goes down. Default: [`Schedule::Linear`].
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.settings.schedule = schedule;
        self
    }

    /// Sets AdamW's weight decay. Default: 0.01.
    pub fn weight_decay(mut self, decay: f64) -> Self {
        self.settings.weight_decay = decay;
        self
    }

    /// Sets the greatest length of a gradient. Default: 1.
    pub fn clip(mut self, length: f64) -> Self {
        self.settings.clip = length;
        self
    }

    /// Sets how many batches' gradients are averaged for one step. Default: 1.
    pub fn accumulate(mut self, batches: usize) -> Self {
        self.settings.accumulate = batches;
        self
    }

    /// Sets how many tokens' activations may be in memory. A batch with more tokens is computed
    /// twice, part by part (GradCache), with the same result: the memory no longer grows with the
    /// batch, and a step takes about 1.5 times as long. Default: 16,384.
    pub fn token_budget(mut self, tokens: usize) -> Self {
        self.settings.token_budget = tokens;
        self
    }

    /// Sets what is kept of every layer until its gradient is computed. Default:
    /// [`Activations::Keep`].
    pub fn activations(mut self, activations: Activations) -> Self {
        self.settings.activations = activations;
        self
    }

    /// Sets the seed of the adapter's first values, of the order of the pairs, and of dropout.
    /// Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Has the adapter measured after every `every` steps by [`Trainer::run_measured`], and ends
    /// the training after `patience` measurements without a better one. Default: no measuring.
    pub fn early_stopping(mut self, every: usize, patience: usize) -> Self {
        self.settings.stopping = Some(EarlyStopping { every, patience });
        self
    }

    /// Writes a checkpoint to `folder` after every `every` steps and at the end. Where the folder
    /// has one of the same training, the training goes on from there, and ends with the same bytes
    /// as if it had never been interrupted. Default: none.
    pub fn checkpoint(mut self, folder: impl Into<PathBuf>, every: usize) -> Self {
        self.settings.checkpoint = Some((folder.into(), every));
        self
    }

    /// Checks everything and prepares the training, or finds its checkpoint.
    ///
    /// # Errors
    /// [`LoraError::Setting`] for a setting that makes no sense, targets that match nothing that
    /// an embedding depends on, or a rank above a layer's size; [`TrainError::Pair`] for a pair
    /// that cannot be trained on; [`TrainError::Checkpoint`] for one of another training.
    pub fn build(self) -> Result<Trainer<'a>, TrainError> {
        self.settings.check(self.base.config())?;
        let adapter = match self.start {
            Some(adapter) if *adapter.config() != self.config => {
                let rule = "it must be the configuration of the adapter to start from";
                return Err(LoraError::setting("config", "another", rule).into());
            }
            Some(adapter) => adapter,
            None => LoraAdapter::untrained(self.config, self.base, self.settings.seed)?,
        };
        adapter.check(self.base)?;
        check_ranks(&adapter)?;
        let encoder = self.base.config();
        let path = |layer, part| encoder.family.part(layer, part);
        let slots = Slots::new(&adapter, encoder.layers, path);
        if !slots.any_used() {
            let rule = "it must name a layer that embeddings depend on";
            let names = format!("{:?}", adapter.config().target_modules());
            return Err(LoraError::setting("target_modules", names, rule).into());
        }
        let values = slots.values_of(&adapter);
        let fingerprint = self.settings.fingerprint(&adapter, self.base);
        let resumed = match &self.settings.checkpoint {
            Some((folder, _)) => State::read(folder, fingerprint, slots.count())?,
            None => None,
        };
        let model = Model {
            base: FrozenEncoder::new(self.base),
            slots,
            pooling: self.settings.pooling,
            activations: self.settings.activations,
        };
        let state = resumed.unwrap_or_else(|| State::new(values));
        Ok(Trainer::new(model, self.settings, (state, fingerprint)))
    }
}

/// An adapter above a layer's own rank has values that no product needs.
fn check_ranks(adapter: &LoraAdapter) -> Result<(), LoraError> {
    for (path, layer) in adapter.layers() {
        let (out, columns) = layer.shape();
        if layer.rank() > out.min(columns) {
            return Err(LoraError::layer(
                path,
                "the rank is above the layer's size; lower it",
            ));
        }
    }
    Ok(())
}

impl Settings {
    fn check(&self, encoder: &EncoderConfig) -> Result<(), TrainError> {
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
            task.check(number, encoder)?;
        }
        for (number, anchor) in self.anchors.iter().enumerate() {
            anchor.check(self.tasks.len() + number, encoder)?;
        }
        Ok(())
    }

    /// How many steps there are in all.
    pub(super) fn steps(&self) -> usize {
        let task = &self.tasks[0];
        let batches = task.pairs.len() / task.batch.min(task.pairs.len());
        let all = (batches * self.epochs).div_ceil(self.accumulate);
        all.min(self.max_steps)
    }

    /// What two trainings must share so that one can go on with the other's checkpoint.
    fn fingerprint(&self, adapter: &LoraAdapter, base: Base<'_>) -> u64 {
        let tasks = self.tasks.iter().map(|task| {
            let pairs = task.pairs.iter().map(|pair| {
                let rest = format!("{:?} {:?} {}", pair.group, pair.score, pair.weight);
                hash(&(&pair.query, &pair.positive, &pair.negatives, rest))
            });
            let rest = format!(
                "{:?} {} {} {}",
                task.loss, task.batch, task.weight, task.shuffled
            );
            hash(&(pairs.collect::<Vec<_>>(), rest))
        });
        let anchors = self
            .anchors
            .iter()
            .map(|anchor| hash(&(&anchor.texts, anchor.batch, anchor.weight.to_bits())));
        let numbers = [
            self.learning_rate,
            self.warmup,
            self.weight_decay,
            self.clip,
        ];
        let counts = (self.accumulate, self.seed, self.steps(), self.schedule);
        let rest = format!(
            "{numbers:?} {counts:?} {:?} {:?}",
            self.pooling, self.stopping
        );
        let bits = |values: &[f32]| hash(&values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
        let factors = adapter
            .layers()
            .values()
            .flat_map(|layer| [layer.a(), layer.b()]);
        let factors: Vec<u64> = factors.map(|matrix| bits(matrix.values())).collect();
        let data: Vec<u64> = tasks.chain(anchors).collect();
        hash(&(
            data,
            rest,
            factors,
            base.fingerprint(),
            format!("{:?}", adapter.config()),
        ))
    }
}
