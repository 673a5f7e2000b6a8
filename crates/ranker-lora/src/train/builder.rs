use std::path::PathBuf;

use ranker_folder::Pooling;

use super::error::TrainError;
use super::model::Model;
use super::output::Output;
use super::pass::Activations;
use super::reference::{Reference, neutral};
use super::schedule::Schedule;
use super::settings::{EarlyStopping, Settings};
use super::start::{Start, Trainable};
use super::state::State;
use super::task::{Anchor, Examples, Task};
use super::trainer::Trainer;
use crate::base::Base;
use crate::cross::{CrossEncoder, Head};
use crate::digest::{Digest, Fingerprint};
use crate::encoder::MAGNITUDE;
use crate::error::LoraError;
use crate::lora::{LoraAdapter, LoraConfig};

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

impl<'a> Trainer<'a> {
    /// Prepares to train an adapter with a configuration, for an [`Encoder`](crate::Encoder), a
    /// [`Decoder`](crate::Decoder) or one of them in 4 bits ([`QuantizedEncoder`](crate::QuantizedEncoder),
    /// [`QuantizedDecoder`](crate::QuantizedDecoder)), or with [`Trainable::Full`] a whole encoder.
    pub fn builder(
        base: impl Into<Base<'a>>,
        trainable: impl Into<Trainable>,
    ) -> TrainerBuilder<'a> {
        TrainerBuilder::new(base.into(), trainable.into())
    }

    /// Prepares to train a cross-encoder: an adapter with this configuration for its encoder, and
    /// the whole of its head. Its tasks are [`Task::scores`](crate::Task::scores).
    pub fn cross_encoder(cross: &'a CrossEncoder, config: LoraConfig) -> TrainerBuilder<'a> {
        let head = cross.encoder.config.family.head;
        // PEFT would adapt the head's own first map otherwise.
        let config = config.with_excluded(head.dense);
        let base = Base::from(&cross.encoder);
        TrainerBuilder::new(base, config.into()).head(cross.head.clone())
    }
}

impl<'a> TrainerBuilder<'a> {
    fn new(base: Base<'a>, trainable: Trainable) -> Self {
        let settings = Settings::new(&trainable);
        Self {
            base,
            trainable,
            start: None,
            head: None,
            settings,
        }
    }

    fn head(mut self, head: Head) -> Self {
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
        self.settings.check(self.base)?;
        self.check_kinds()?;
        let first = First {
            start: self.start()?,
            head: self.head.as_ref(),
            untrained: self.start.is_none(),
        };
        let mut slots = first.start.slots(self.base);
        if slots.count() == 0 {
            let (rule, targets) = (
                "it must name a layer that embeddings depend on",
                first.start.targets(),
            );
            return Err(LoraError::setting("target_modules", targets, rule).into());
        }
        let output = match first.head {
            Some(head) => Output::scores(head, &mut slots),
            None => Output::Embeddings {
                pooling: self.settings.pooling,
                hidden: self.base.hidden_size(),
            },
        };
        let model = Model {
            base: self.base,
            slots,
            output,
            activations: self.settings.activations,
        };
        let fingerprint = first.fingerprint(&self.settings, self.base);
        let resumed = match &self.settings.checkpoint {
            Some((folder, _)) => State::read(folder, fingerprint, model.slots.count())?,
            None => None,
        };
        let state = resumed.unwrap_or_else(|| State::new(first.values(&model)));
        Ok(Trainer {
            reference: Reference::new(&model, &self.settings),
            start: first.start,
            model,
            settings: self.settings,
            state,
            fingerprint,
        })
    }

    fn start(&self) -> Result<Start<'a>, TrainError> {
        match &self.trainable {
            Trainable::Lora(config) => Ok(Start::Adapter(Box::new(self.first_adapter(config)?))),
            Trainable::Full if self.start.is_some() => {
                let rule = "a full training starts from the encoder; merge the adapter first";
                Err(LoraError::setting("start_from", "an adapter", rule).into())
            }
            Trainable::Full => Ok(Start::Encoder(self.base.full()?)),
        }
    }

    fn first_adapter(&self, config: &LoraConfig) -> Result<LoraAdapter, TrainError> {
        let adapter = match &self.start {
            Some(adapter) if adapter.config() != config => {
                let rule = "it must be the configuration of the adapter to start from";
                return Err(LoraError::setting("config", "another", rule).into());
            }
            Some(adapter) => adapter.clone(),
            None => LoraAdapter::untrained(config.clone(), self.base, self.settings.seed)?,
        };
        adapter.check(self.base)?;
        check_ranks(&adapter)?;
        Ok(adapter)
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

/// What a training begins with.
struct First<'a, 'h> {
    start: Start<'a>,
    head: Option<&'h Head>,
    /// Whether the adapter is new.
    untrained: bool,
}

impl First<'_, '_> {
    /// The values of the start; magnitudes of an untrained adapter are the row norms of the weights in
    /// the form in which training keeps them.
    fn values(&self, model: &Model<'_>) -> Vec<f32> {
        let mut values = self.start.values(&model.slots);
        if let (Output::Scores(slot), Some(head)) = (model.output, self.head) {
            values[slot.range()].copy_from_slice(&head.values());
        }
        if self.untrained && model.slots.norms() > 0 {
            let neutral = neutral(model);
            let names = model.slots.by_name().iter();
            for (_, range) in names.filter(|(name, _)| name.ends_with(MAGNITUDE)) {
                values[range.clone()].copy_from_slice(&neutral[range.clone()]);
            }
        }
        values
    }

    /// What two trainings must share so that one can go on with the other's checkpoint.
    fn fingerprint(&self, settings: &Settings, base: Base<'_>) -> Fingerprint {
        let mut digest = Digest::default();
        settings.digest(&mut digest);
        base.digest(&mut digest);
        if let Some(adapter) = self.start.adapter() {
            digest.text("adapter");
            adapter.config().digest(&mut digest);
            for (name, values) in adapter.tensors() {
                digest.text(&name).floats(values);
            }
        }
        if let Some(head) = self.head {
            digest.text("head").floats(&head.values());
        }
        digest.finish()
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
