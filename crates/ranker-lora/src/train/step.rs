//! One step: the gradient of its batches, and the update.

use super::adamw::{Rates, clip};
use super::batch::Batch;
use super::chunk::Text;
use super::dropout::{Dropout, mix};
use super::error::TrainError;
use super::log::StepRecord;
use super::pass::{Memory, Pass};
use super::schedule::Span;
use super::settings::Settings;
use super::trainer::Trainer;
use crate::loss::{Value, distance};

impl Trainer<'_> {
    /// One step: gradients, a check, an update.
    pub(super) fn advance(&mut self) -> Result<StepRecord, TrainError> {
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
        let factor = self.settings.schedule.factor(step, Span { warmup, steps });
        let record = StepRecord {
            step: step + 1,
            loss,
            learning_rate: self.settings.learning_rate * factor,
            gradient_norm: norm,
            tokens,
        };
        let rates = Rates {
            learning: record.learning_rate,
            decay: self.settings.weight_decay,
        };
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
        if count == 1 {
            return self.batch_gradient(step);
        }
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
            .map(|(number, task)| {
                let margins = &self.reference.margins[number];
                Batch::new(task, &self.task_picks(number, index), margins)
            })
            .collect();
        let anchored: Vec<Vec<usize>> = (tasks.len()..)
            .zip(anchors)
            .map(|(number, anchor)| anchor.picks(index, mix(seed ^ mix(number as u64))))
            .collect();
        let mut texts: Vec<Text<'_>> = batches
            .iter()
            .flat_map(|b| b.texts.iter().copied())
            .collect();
        for (anchor, picks) in anchors.iter().zip(&anchored) {
            let own = picks.iter().map(|&pick| &anchor.texts[pick][..]);
            texts.extend(own.map(Text::from));
        }
        let tokens = texts.iter().map(|text| text.ids.len()).sum::<usize>();
        let memory = match tokens > *token_budget {
            true => Memory::Recompute,
            false => Memory::Keep,
        };
        let p = self.start.dropout();
        let pass = Pass {
            values: &self.state.values,
            dropout: Dropout::new(p, mix(seed ^ mix(!(index as u64)))),
        };
        let loss = |outputs: &[f32]| self.loss(outputs, &batches, &anchored);
        let (loss, gradient) = self.model.gradient(pass, &texts, memory, loss);
        (loss, gradient, tokens as u64)
    }

    pub(super) fn task_picks(&self, number: usize, index: usize) -> Vec<usize> {
        let seed = mix(self.settings.seed ^ mix(number as u64));
        self.settings.tasks[number].picks(index, seed)
    }

    /// The weighted sum of all losses, and the gradient of every embedding or score.
    fn loss(
        &self,
        outputs: &[f32],
        batches: &[Batch<'_>],
        anchored: &[Vec<usize>],
    ) -> (f64, Vec<f32>) {
        let width = self.model.width();
        let mut gradient = Vec::with_capacity(outputs.len());
        let mut sum = 0.0;
        let mut add = |value: Value, weight: f32| {
            sum += value.loss * f64::from(weight);
            gradient.extend(value.gradient.into_iter().map(|g| g * weight));
        };
        let mut rest = outputs;
        for (batch, task) in batches.iter().zip(&self.settings.tasks) {
            let (own, after) = rest.split_at(batch.texts.len() * width);
            add(batch.value(own), task.weight);
            rest = after;
        }
        let known = self.settings.anchors.iter().zip(&self.reference.targets);
        for (picks, (anchor, targets)) in anchored.iter().zip(known) {
            let (own, after) = rest.split_at(picks.len() * width);
            let target = |&pick: &usize| &targets[pick * width..(pick + 1) * width];
            let targets: Vec<f32> = picks.iter().flat_map(target).copied().collect();
            add(distance(own, &targets, width), anchor.weight);
            rest = after;
        }
        (sum, gradient)
    }
}
