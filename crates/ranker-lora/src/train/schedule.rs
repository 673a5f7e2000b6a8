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

impl Schedule {
    /// The share of the greatest learning rate in a step, counted from 0, of `steps`, the first
    /// `warmup` of which rise.
    pub(super) fn factor(self, step: usize, (warmup, steps): (usize, usize)) -> f64 {
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
        let factor = |step| Schedule::Linear.factor(step, (2, 6));
        let factors: Vec<f64> = (0..7).map(factor).collect();
        assert_eq!(factors, [0.5, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0]);
        assert_eq!(Schedule::Cosine.factor(0, (0, 4)), 1.0);
        assert!((Schedule::Cosine.factor(2, (0, 4)) - 0.5).abs() < 1e-9);
        assert_eq!(Schedule::Constant.factor(5, (0, 4)), 1.0);
    }
}
