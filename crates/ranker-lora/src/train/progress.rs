use std::time::Duration;

use super::{StepRecord, TrainingLog, Tuned};

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
    /// The value of the metric after this step, where it was measured.
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
    /// What there is after the last step, or what had the greatest metric.
    pub tuned: Tuned,
    /// Every step.
    pub log: TrainingLog,
    /// The step that it is from.
    pub step: usize,
}
