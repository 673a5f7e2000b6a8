use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::adamw::clip;
use super::builder::{EarlyStopping, Settings};
use super::dropout::{Dropout, mix};
use super::log::StepRecord;
use super::model::{Memory, Model, Pass};
use super::state::{Best, FILE, State};
use super::task::Batch;
use super::{TrainError, TrainerBuilder, TrainingLog};
use crate::error::Source;
use crate::loss::distance;
use crate::{Base, LoraAdapter, LoraConfig};

/// Trains an adapter for an encoder, whose own weights stay as they are.
///
/// The same data, settings and seed give the same bytes on any number of threads of one kind of
/// processor.
///
/// ```no_run
/// use std::ops::ControlFlow;
///
/// use ranker_lora::{Encoder, LoraConfig, Loss, Task, TextTokenizer, Trainer, read_pairs};
///
/// let encoder = Encoder::read("all-MiniLM-L6-v2")?;
/// let tokenizer = TextTokenizer::read("all-MiniLM-L6-v2")?;
/// let pairs = tokenizer.pairs(&read_pairs("pairs.jsonl")?)?;
/// let config = LoraConfig::new(16, 32.0, ["query", "key", "value", "dense"])?;
/// let mut trainer = Trainer::builder(&encoder, config)
///     .task(Task::new(pairs, Loss::Symmetric).batch(128))
///     .max_steps(200)
///     .checkpoint("checkpoint", 50)
///     .build()?;
/// let trained = trainer.run(|progress| {
///     println!("{progress}");
///     ControlFlow::Continue(())
/// })?;
/// trained.adapter.write("adapter")?;
/// std::fs::write("loss.svg", trained.log.to_svg())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Trainer<'a> {
    model: Model<'a>,
    settings: Settings,
    state: State,
    fingerprint: u64,
    /// Where the untrained encoder has every text of every anchor.
    targets: Vec<Vec<f32>>,
}

/// A step that was just done.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The step's loss, learning rate and gradient.
    pub record: StepRecord,
    /// How many steps there will be.
    pub steps: usize,
    /// Tokens a second, on average since the run began.
    pub tokens_per_second: f64,
    /// How long the rest should take.
    pub remaining: Duration,
    /// What the metric said after this step, where it was asked.
    pub metric: Option<f64>,
}

impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let StepRecord {
            step,
            loss,
            learning_rate,
            ..
        } = self.record;
        let (steps, speed) = (self.steps, self.tokens_per_second);
        let left = self.remaining.as_secs();
        write!(
            f,
            "step {step}/{steps}: loss {loss:.4}, learning rate {learning_rate:.2e}, "
        )?;
        write!(f, "{speed:.0} tokens/s, {left} s left")?;
        match self.metric {
            Some(metric) => write!(f, ", metric {metric:.4}"),
            None => Ok(()),
        }
    }
}

/// What a training gives.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trained {
    /// The adapter after the last step, or the one with the greatest metric.
    pub adapter: LoraAdapter,
    /// Every step.
    pub log: TrainingLog,
    /// The step that the adapter is from.
    pub step: usize,
}

/// How many steps may pass without any gradient.
const PATIENCE: usize = 10;
/// How many steps a training needs before it is asked whether it learned something.
const ENOUGH: usize = 20;

impl<'a> Trainer<'a> {
    /// Prepares to train an adapter with this configuration, for an [`Encoder`](crate::Encoder) or a
    /// [`QuantizedEncoder`](crate::QuantizedEncoder).
    pub fn builder(base: impl Into<Base<'a>>, config: LoraConfig) -> TrainerBuilder<'a> {
        TrainerBuilder::new(base.into(), config)
    }

    pub(super) fn new(
        model: Model<'a>,
        settings: Settings,
        (state, fingerprint): (State, u64),
    ) -> Self {
        let zeros = vec![0.0; state.values.len()];
        let pass = Pass {
            values: &zeros,
            dropout: None,
        };
        let targets = settings.anchors.iter().map(|anchor| {
            let texts: Vec<&[u32]> = anchor.texts.iter().map(Vec::as_slice).collect();
            model.embed(pass, &texts)
        });
        Self {
            targets: targets.collect(),
            model,
            settings,
            state,
            fingerprint,
        }
    }

    /// How many values are trained.
    pub fn parameters(&self) -> usize {
        self.model.slots.count()
    }

    /// How many steps are done: above 0 where a checkpoint was found.
    pub fn step(&self) -> usize {
        self.state.step
    }

    /// How many steps there are in all.
    pub fn steps(&self) -> usize {
        self.settings.steps()
    }

    /// The adapter as it is now.
    ///
    /// # Errors
    /// [`LoraError::NotFinite`](crate::LoraError::NotFinite), which a finished step never leaves.
    pub fn adapter(&self) -> Result<LoraAdapter, TrainError> {
        Ok(self.model.slots.adapter(&self.state.values)?)
    }

    /// The embeddings that the encoder has with the adapter as it is now: a row of unit length for
    /// each text of token ids.
    pub fn embed(&self, texts: &[&[u32]]) -> Vec<f32> {
        let pass = Pass {
            values: &self.state.values,
            dropout: None,
        };
        self.model.embed(pass, texts)
    }

    /// Trains to the end, or until `progress`, which is told of every step, breaks.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] where a loss is not finite, [`TrainError::LearnsNothing`] where the
    /// adapter would change nothing, and what writing a checkpoint gives.
    pub fn run(
        &mut self,
        progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Trained, TrainError> {
        self.settings.stopping = None;
        self.run_measured(|_| Ok(0.0), progress)
    }

    /// Trains as [`Trainer::run`] does and measures the adapter on the way, as
    /// [`TrainerBuilder::early_stopping`] says; a greater metric is better. What comes out is the
    /// adapter with the greatest one.
    ///
    /// # Errors
    /// As for [`Trainer::run`], and [`TrainError::Metric`] where the metric fails.
    pub fn run_measured(
        &mut self,
        mut metric: impl FnMut(&LoraAdapter) -> Result<f64, Source>,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Trained, TrainError> {
        let clock = (Instant::now(), self.state.step);
        while self.state.step < self.steps() && !self.is_stopped() {
            let record = self.advance()?;
            let measured = match self.settings.stopping {
                Some(stopping) if self.state.step.is_multiple_of(stopping.every) => {
                    Some(self.measure(&mut metric)?)
                }
                _ => None,
            };
            self.write_checkpoint()?;
            if progress(&self.progress(record, measured, clock)).is_break() {
                break;
            }
        }
        self.check_learning()?;
        self.trained()
    }

    fn trained(&self) -> Result<Trained, TrainError> {
        let (values, step) = match &self.state.best {
            Some(best) => (&best.values, best.step),
            None => (&self.state.values, self.state.step),
        };
        Ok(Trained {
            adapter: self.model.slots.adapter(values)?,
            log: self.state.log.clone(),
            step,
        })
    }

    /// One step: gradients, a check, an update.
    fn advance(&mut self) -> Result<StepRecord, TrainError> {
        let step = self.state.step;
        let (loss, mut gradient, tokens) = self.gradient(step);
        let norm = clip(&mut gradient, self.settings.clip);
        for (what, value) in [("loss", loss), ("gradient", norm)] {
            if !value.is_finite() {
                return Err(self.diverged(what));
            }
        }
        let steps = self.steps();
        let warmup = (self.settings.warmup * steps as f64).round() as usize;
        let factor = self.settings.schedule.factor(step, (warmup, steps));
        let record = StepRecord {
            step: step + 1,
            loss,
            learning_rate: self.settings.learning_rate * factor,
            gradient_norm: norm,
            tokens,
        };
        let rates = (record.learning_rate, self.settings.weight_decay);
        self.state
            .adam
            .update(&mut self.state.values, &gradient, rates);
        self.state.step += 1;
        self.state.log.steps.push(record);
        self.check_gradients()?;
        Ok(record)
    }

    /// The loss, the gradient and the number of tokens of one step's batches.
    fn gradient(&self, step: usize) -> (f64, Vec<f32>, u64) {
        let count = self.settings.accumulate;
        let mut sum = vec![0.0; self.model.slots.count()];
        let (mut loss, mut tokens) = (0.0, 0);
        for index in step * count..(step + 1) * count {
            let (own, gradient, read) = self.batch_gradient(index);
            loss += own / count as f64;
            crate::kernel::sums::add_scaled(&mut sum, (count as f32).recip(), &gradient);
            tokens += read;
        }
        (loss, sum, tokens)
    }

    /// All tasks' and anchors' batches with this number, through the encoder at once.
    fn batch_gradient(&self, index: usize) -> (f64, Vec<f32>, u64) {
        let Settings {
            tasks,
            anchors,
            seed,
            token_budget,
            ..
        } = &self.settings;
        let batches: Vec<Batch<'_>> = (0..)
            .zip(tasks)
            .map(|(number, task)| Batch::new(task, &self.task_picks(number, index)))
            .collect();
        let anchored: Vec<Vec<usize>> = (tasks.len()..)
            .zip(anchors)
            .map(|(number, anchor)| anchor.picks(index, mix(seed ^ mix(number as u64))))
            .collect();
        let mut texts: Vec<&[u32]> = batches
            .iter()
            .flat_map(|b| b.texts.iter().copied())
            .collect();
        for (anchor, picks) in anchors.iter().zip(&anchored) {
            texts.extend(picks.iter().map(|&pick| &anchor.texts[pick][..]));
        }
        let tokens = texts.iter().map(|text| text.len()).sum::<usize>();
        let memory = match tokens > *token_budget {
            true => Memory::Recompute,
            false => Memory::Keep,
        };
        let p = self.model.slots.config().lora_dropout;
        let pass = Pass {
            values: &self.state.values,
            dropout: Dropout::new(p, mix(seed ^ mix(!(index as u64)))),
        };
        let loss = |embeddings: &[f32]| self.loss(embeddings, &batches, &anchored);
        let (loss, gradient) = self.model.gradient(pass, (&texts, memory), loss);
        (loss, gradient, tokens as u64)
    }

    fn task_picks(&self, number: usize, index: usize) -> Vec<usize> {
        let seed = mix(self.settings.seed ^ mix(number as u64));
        self.settings.tasks[number].picks(index, seed)
    }

    /// The weighted sum of all losses, and the gradient of every embedding.
    fn loss(
        &self,
        embeddings: &[f32],
        batches: &[Batch<'_>],
        anchored: &[Vec<usize>],
    ) -> (f64, Vec<f32>) {
        let width = self.model.base.config.hidden;
        let mut gradient = Vec::with_capacity(embeddings.len());
        let mut sum = 0.0;
        let mut add = |value: crate::loss::Value, weight: f32| {
            sum += value.loss * f64::from(weight);
            gradient.extend(value.gradient.into_iter().map(|g| g * weight));
        };
        let mut rest = embeddings;
        for (batch, task) in batches.iter().zip(&self.settings.tasks) {
            let (own, after) = rest.split_at(batch.texts.len() * width);
            add(batch.value(own), task.weight);
            rest = after;
        }
        let known = self.settings.anchors.iter().zip(&self.targets);
        for (picks, (anchor, targets)) in anchored.iter().zip(known) {
            let (own, after) = rest.split_at(picks.len() * width);
            let target = |&pick: &usize| &targets[pick * width..(pick + 1) * width];
            let targets: Vec<f32> = picks.iter().flat_map(target).copied().collect();
            add(distance(own, &targets, width), anchor.weight);
            rest = after;
        }
        (sum, gradient)
    }

    fn measure(
        &mut self,
        metric: &mut impl FnMut(&LoraAdapter) -> Result<f64, Source>,
    ) -> Result<f64, TrainError> {
        let step = self.state.step;
        let failed = |source| TrainError::Metric { step, source };
        let value = metric(&self.adapter()?).map_err(failed)?;
        if value.is_nan() {
            return Err(failed("it is not a number".into()));
        }
        if self
            .state
            .best
            .as_ref()
            .is_none_or(|best| value > best.metric)
        {
            self.state.best = Some(Best {
                step,
                metric: value,
                values: self.state.values.clone(),
            });
        }
        Ok(value)
    }

    /// Whether the metric has not risen for as long as the patience lasts.
    fn is_stopped(&self) -> bool {
        match (self.settings.stopping, &self.state.best) {
            (Some(EarlyStopping { every, patience }), Some(best)) => {
                self.state.step >= best.step + every * patience
            }
            _ => false,
        }
    }

    fn write_checkpoint(&self) -> Result<(), TrainError> {
        match &self.settings.checkpoint {
            Some((folder, every))
                if self.state.step.is_multiple_of(*every) || self.state.step == self.steps() =>
            {
                self.state.write(folder, self.fingerprint)
            }
            _ => Ok(()),
        }
    }

    fn progress(
        &self,
        record: StepRecord,
        metric: Option<f64>,
        (began, first): (Instant, usize),
    ) -> Progress {
        let seconds = began.elapsed().as_secs_f64().max(1e-9);
        let done = &self.state.log.steps[first.min(self.state.log.steps.len())..];
        let tokens: u64 = done.iter().map(|record| record.tokens).sum();
        let left = (self.steps() - self.state.step) as f64;
        Progress {
            record,
            steps: self.steps(),
            tokens_per_second: tokens as f64 / seconds,
            remaining: Duration::from_secs_f64(seconds / done.len().max(1) as f64 * left),
            metric,
        }
    }

    fn diverged(&self, what: &'static str) -> TrainError {
        let index = self.state.step * self.settings.accumulate;
        let batches = index..index + self.settings.accumulate;
        let file = self
            .settings
            .checkpoint
            .as_ref()
            .map(|(folder, _)| folder.join(FILE));
        TrainError::Diverged {
            what,
            step: self.state.step + 1,
            pairs: batches
                .flat_map(|index| self.task_picks(0, index))
                .collect(),
            checkpoint: file.filter(|path| path.exists()),
        }
    }

    /// A gradient of zero for some steps will not come back.
    fn check_gradients(&self) -> Result<(), TrainError> {
        let steps = &self.state.log.steps;
        let last = &steps[steps.len().saturating_sub(PATIENCE)..];
        if last.len() == PATIENCE && last.iter().all(|record| record.gradient_norm == 0.0) {
            return Err(self.learns_nothing(
                "the gradient has been zero for 10 steps; look for pairs without negatives, such \
                 as all of one group",
            ));
        }
        Ok(())
    }

    fn check_learning(&self) -> Result<(), TrainError> {
        if self.state.step == 0 {
            return Ok(());
        }
        if self.model.slots.untouched(&self.state.values) {
            return Err(self.learns_nothing("every B of the adapter is still zero"));
        }
        let losses = self.state.log.steps.iter().map(|record| record.loss);
        let (least, most) = losses.fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)));
        if self.state.step >= ENOUGH && most - least <= 1e-6 * most.abs() {
            return Err(self.learns_nothing("the loss was the same in every step"));
        }
        Ok(())
    }

    fn learns_nothing(&self, problem: &'static str) -> TrainError {
        TrainError::LearnsNothing {
            step: self.state.step,
            problem,
        }
    }
}
