use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::chunk::Text;
use super::error::TrainError;
use super::log::StepRecord;
use super::model::Model;
use super::output::Output;
use super::pass::Pass;
use super::progress::{Progress, Trained};
use super::reference::Reference;
use super::settings::{EarlyStopping, Settings};
use super::start::{Start, Tuned};
use super::state::{Best, State};
use crate::cross::PairIds;
use crate::digest::Fingerprint;
use crate::error::{LoraError, Source};
use crate::lora::CrossAdapter;

/// When a run began, and with which step.
#[derive(Clone, Copy)]
struct Clock {
    start: Instant,
    first: usize,
}

/// Trains an adapter for an encoder, whose own weights stay as they are, or a copy of the whole
/// encoder ([`Trainable`](crate::Trainable)).
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
///     .task(Task::new(pairs, Loss::Symmetric).with_batch(128))
///     .pooling(tokenizer.pooling())
///     .max_steps(200)
///     .checkpoint("checkpoint", 50)
///     .build()?;
/// let trained = trainer.run(|progress| {
///     println!("{progress}");
///     ControlFlow::Continue(())
/// })?;
/// if let Some(adapter) = trained.tuned.adapter() {
///     adapter.write("adapter")?;
/// }
/// std::fs::write("loss.svg", trained.log.to_svg())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Trainer<'a> {
    pub(super) model: Model<'a>,
    pub(super) start: Start<'a>,
    pub(super) settings: Settings,
    pub(super) state: State,
    pub(super) fingerprint: Fingerprint,
    pub(super) reference: Reference,
}

impl Trainer<'_> {
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

    /// The adapter or encoder as it is now; of a cross-encoder, adapter and head.
    ///
    /// # Errors
    /// [`LoraError::NotFinite`], which a finished step never leaves.
    pub fn tuned(&self) -> Result<Tuned, TrainError> {
        Ok(self.made(&self.state.values)?)
    }

    /// What these values make.
    fn made(&self, values: &[f32]) -> Result<Tuned, LoraError> {
        let tuned = self.start.tuned(&self.model.slots, values)?;
        match (tuned, self.model.output) {
            (Tuned::Adapter(adapter), Output::Scores(slot)) => {
                let cross = CrossAdapter::new(*adapter, slot.head(values)?);
                Ok(Tuned::Cross(Box::new(cross)))
            }
            (tuned, _) => Ok(tuned),
        }
    }

    /// The embeddings that the encoder has as it is now, with its adapter: a row of unit length for
    /// each text of token ids. Of a cross-encoder, the score of each text.
    pub fn embed(&self, texts: &[&[u32]]) -> Vec<f32> {
        self.outputs(texts.iter().map(|&ids| ids.into()).collect())
    }

    /// The scores that the cross-encoder gives with adapter and head as they are now. Of an encoder,
    /// embeddings, as [`Trainer::embed`].
    pub fn scores(&self, pairs: &[PairIds]) -> Vec<f32> {
        self.outputs(pairs.iter().map(Text::from).collect())
    }

    fn outputs(&self, texts: Vec<Text<'_>>) -> Vec<f32> {
        let pass = Pass {
            values: &self.state.values,
            dropout: None,
        };
        self.model.run(pass, &texts)
    }

    /// Trains to the end, or until `progress`, which is called after every step, breaks.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] where a loss is not finite, [`TrainError::LearnsNothing`] where
    /// nothing would change, and what writing a checkpoint gives.
    pub fn run(
        &mut self,
        progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Trained, TrainError> {
        self.settings.stopping = None;
        self.run_measured(|_| Ok(0.0), progress)
    }

    /// Trains as [`Trainer::run`] does and measures what it has on the way, as
    /// [`TrainerBuilder::early_stopping`](crate::TrainerBuilder::early_stopping) says; a greater metric is better. What comes out is the
    /// one with the greatest metric. A cross-encoder is measured by [`CrossAdapter::scores`].
    ///
    /// # Errors
    /// As for [`Trainer::run`], and [`TrainError::Metric`] where the metric fails.
    pub fn run_measured(
        &mut self,
        mut metric: impl FnMut(&Tuned) -> Result<f64, Source>,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Trained, TrainError> {
        let clock = Clock {
            start: Instant::now(),
            first: self.state.step,
        };
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
            tuned: self.made(values)?,
            log: self.state.log.clone(),
            step,
        })
    }

    fn measure(
        &mut self,
        metric: &mut impl FnMut(&Tuned) -> Result<f64, Source>,
    ) -> Result<f64, TrainError> {
        let step = self.state.step;
        let failed = |source| TrainError::Metric { step, source };
        let value = metric(&self.tuned()?).map_err(failed)?;
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

    fn progress(&self, record: StepRecord, metric: Option<f64>, clock: Clock) -> Progress {
        let seconds = clock.start.elapsed().as_secs_f64().max(1e-9);
        let done = &self.state.log.steps[clock.first.min(self.state.log.steps.len())..];
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
}
