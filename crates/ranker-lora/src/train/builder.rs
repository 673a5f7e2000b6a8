use std::path::PathBuf;

use super::frozen::FrozenEncoder;
use super::model::{Activations, Model};
use super::output::Output;
use super::parameters::Slots;
use super::reference::neutral;
use super::start::Start;
use super::state::State;
use super::task::{Examples, hash};
use super::{Anchor, Schedule, Task, TrainError, Trainable, Trainer};
use crate::cross::Head;
use crate::weights::MAGNITUDE;
use crate::{Base, EncoderConfig, LoraAdapter, LoraConfig, LoraError, Pooling};

/// Sets up a [`Trainer`]; made by [`Trainer::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct TrainerBuilder<'a> {
    pub(super) base: Base<'a>,
    pub(super) trainable: Trainable,
    pub(super) start: Option<LoraAdapter>,
    /// Of a cross-encoder.
    head: Option<Head>,
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

/// When to measure a training, and when to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EarlyStopping {
    /// How many steps lie between two measurements.
    pub(super) every: usize,
    /// How many measurements may pass without a better one.
    pub(super) patience: usize,
}

impl<'a> TrainerBuilder<'a> {
    pub(super) fn new(base: Base<'a>, trainable: Trainable) -> Self {
        let settings = Settings {
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
        };
        Self {
            base,
            trainable,
            start: None,
            head: None,
            settings,
        }
    }

    pub(super) fn head(mut self, head: Head) -> Self {
        self.head = Some(head);
        self
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

    /// Starts from an adapter of the same configuration instead of an untrained one. It means
    /// nothing for [`Trainable::Full`], and is refused there.
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

    /// Sets the greatest learning rate. Default: 1e-3, or 2e-5 for [`Trainable::Full`].
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

    /// Has [`Trainer::run_measured`] measure after every `every` steps, and ends
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
        self.check_kinds()?;
        let untrained = self.start.is_none();
        let start = match self.trainable {
            Trainable::Lora(config) => {
                let seed = self.settings.seed;
                let adapter = first_adapter(config, self.start, (self.base, seed))?;
                Start::Adapter(Box::new(adapter))
            }
            Trainable::Full if self.start.is_some() => {
                let rule = "a full training starts from the encoder; merge the adapter first";
                return Err(LoraError::setting("start_from", "an adapter", rule).into());
            }
            Trainable::Full => Start::Encoder(self.base.full()?),
        };
        let mut slots = Slots::new(&start, self.base.config());
        if slots.count() == 0 {
            let rule = "it must name a layer that embeddings depend on";
            return Err(LoraError::setting("target_modules", start.targets(), rule).into());
        }
        let output = match &self.head {
            Some(head) => Output::scores(head, &mut slots),
            None => Output::Embeddings(self.settings.pooling),
        };
        let model = Model {
            base: FrozenEncoder::new(self.base),
            slots,
            output,
            activations: self.settings.activations,
        };
        let known = (&start, self.head.as_ref());
        let fingerprint = self.settings.fingerprint(known, self.base);
        let resumed = match &self.settings.checkpoint {
            Some((folder, _)) => State::read(folder, fingerprint, model.slots.count())?,
            None => None,
        };
        let state = resumed.unwrap_or_else(|| State::new(first_values(known, &model, untrained)));
        let parts = (model, start);
        Ok(Trainer::new(parts, self.settings, (state, fingerprint)))
    }

    /// A cross-encoder learns from scores, and an encoder from embeddings.
    fn check_kinds(&self) -> Result<(), LoraError> {
        let Settings { tasks, anchors, .. } = &self.settings;
        let lists = |task: &Task| matches!(task.examples, Examples::Lists(..));
        if self.head.is_none() {
            return match tasks.iter().any(lists) {
                true => {
                    let rule = "lists are for cross-encoders: begin with Trainer::cross_encoder";
                    Err(LoraError::setting("task", "Task::scores", rule))
                }
                false => Ok(()),
            };
        }
        if !tasks.iter().all(lists) || !anchors.is_empty() {
            let rule = "a cross-encoder has no embeddings: give it tasks made with Task::scores";
            return Err(LoraError::setting("task", "Task::new or an anchor", rule));
        }
        Ok(())
    }
}

fn first_adapter(
    config: LoraConfig,
    given: Option<LoraAdapter>,
    (encoder, seed): (Base<'_>, u64),
) -> Result<LoraAdapter, TrainError> {
    let adapter = match given {
        Some(adapter) if *adapter.config() != config => {
            let rule = "it must be the configuration of the adapter to start from";
            return Err(LoraError::setting("config", "another", rule).into());
        }
        Some(adapter) => adapter,
        None => LoraAdapter::untrained(config, encoder, seed)?,
    };
    adapter.check(encoder)?;
    check_ranks(&adapter)?;
    Ok(adapter)
}

/// The values of the start; magnitudes of an untrained adapter are the row norms of the weights in
/// the form in which training keeps them.
fn first_values(
    (start, head): (&Start<'_>, Option<&Head>),
    model: &Model<'_>,
    untrained: bool,
) -> Vec<f32> {
    let mut values = start.values(&model.slots);
    if let (Output::Scores(slot), Some(head)) = (model.output, head) {
        values[slot.range()].copy_from_slice(&head.values());
    }
    if untrained && model.slots.norms() > 0 {
        let neutral = neutral(model);
        let names = model.slots.by_name().iter();
        for (_, range) in names.filter(|(name, _)| name.ends_with(MAGNITUDE)) {
            values[range.clone()].copy_from_slice(&neutral[range.clone()]);
        }
    }
    values
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
        let count = task.examples.len();
        let batches = count / task.batch.min(count);
        let all = (batches * self.epochs).div_ceil(self.accumulate);
        all.min(self.max_steps)
    }

    /// What two trainings must share so that one can go on with the other's checkpoint.
    fn fingerprint(&self, (start, head): (&Start<'_>, Option<&Head>), base: Base<'_>) -> u64 {
        let tasks = self.tasks.iter().map(|task| {
            let rest = format!("{} {} {}", task.batch, task.weight, task.shuffled);
            hash(&(task.examples.fingerprint(), rest))
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
        let config = start.adapter().map(LoraAdapter::config);
        let bits = |values: &[f32]| hash(&values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
        let head = head.map(|head| bits(&head.values()));
        hash(&(
            tasks.chain(anchors).collect::<Vec<u64>>(),
            rest,
            start
                .adapter()
                .map(|adapter| hash_tensors(adapter.tensors())),
            base.fingerprint(),
            format!("{config:?} {head:?}"),
        ))
    }
}

fn hash_tensors(tensors: Vec<(String, &[f32])>) -> u64 {
    let bits = |values: &[f32]| hash(&values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
    let all = tensors.iter().map(|(_, values)| bits(values));
    hash(&all.collect::<Vec<u64>>())
}
