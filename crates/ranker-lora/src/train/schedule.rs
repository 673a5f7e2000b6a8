/// How the learning rate goes down after the warm-up, during which it rises in a straight line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Schedule {
    /// Straight down to zero.
    #[default]
    Linear,
    /// Along half a cosine, down to zero.
    Cosine,
    /// Not at all.
    Constant,
}

/// The length of a training.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// The number of steps at the beginning in which the learning rate rises.
    pub(super) warmup: usize,
    /// The number of all steps.
    pub(super) steps: usize,
}

impl Schedule {
    /// The number that stands for it in a checkpoint's fingerprint.
    pub(super) fn code(self) -> u64 {
        match self {
            Self::Linear => 0,
            Self::Cosine => 1,
            Self::Constant => 2,
        }
    }

    /// The share of the greatest learning rate in a step, counted from 0.
    pub(super) fn factor(self, step: usize, Span { warmup, steps }: Span) -> f64 {
        if step < warmup {
            return (step + 1) as f64 / warmup as f64;
        }
        let left = steps.saturating_sub(step) as f64 / steps.saturating_sub(warmup).max(1) as f64;
        match self {
            Self::Linear => left,
            Self::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * (1.0 - left)).cos()),
            Self::Constant => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_and_falls() {
        let span = |warmup, steps| Span { warmup, steps };
        let factor = |step| Schedule::Linear.factor(step, span(2, 6));
        let factors: Vec<f64> = (0..7).map(factor).collect();
        assert_eq!(factors, [0.5, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0]);
        assert_eq!(Schedule::Cosine.factor(0, span(0, 4)), 1.0);
        assert!((Schedule::Cosine.factor(2, span(0, 4)) - 0.5).abs() < 1e-9);
        assert_eq!(Schedule::Constant.factor(5, span(0, 4)), 1.0);
    }
}
