//! Trainings that cannot go on: numbers that are not finite, and nothing learned.

use super::error::TrainError;
use super::log::StepRecord;
use super::reference::neutral;
use super::state::FILE;
use super::trainer::Trainer;

/// How many steps may pass without any gradient.
const PATIENCE: usize = 10;
/// How many steps a training needs before it is checked whether it learned something.
const ENOUGH: usize = 20;

impl Trainer<'_> {
    pub(super) fn diverged(&self, what: &'static str) -> TrainError {
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
    pub(super) fn check_gradients(&self) -> Result<(), TrainError> {
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

    pub(super) fn check_learning(&self) -> Result<(), TrainError> {
        if self.state.step == 0 {
            return Ok(());
        }
        let still = |record: &StepRecord| record.gradient_norm == 0.0;
        if self.state.log.steps.iter().all(still) {
            return Err(self.learns_nothing("the gradient was zero in every step"));
        }
        let before = neutral(&self.model);
        if self.model.slots.untouched(&self.state.values, &before) {
            return Err(self
                .learns_nothing("the encoder is as before; every B of an adapter is still zero"));
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
