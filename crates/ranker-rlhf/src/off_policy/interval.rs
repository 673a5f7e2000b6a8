//! Intervals around means of skewed numbers.

use crate::stats::{normal_quantile, t_quantile};

/// The mean of what each unit (a list, a job) moves an estimate by, in standard errors, and how
/// skewed that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) error: f64,
    skewness: f64,
    units: usize,
}

impl Spread {
    /// Of the influence of each unit on the estimate: how far it is off if that unit is taken for
    /// all. The influences must have mean 0.
    pub(crate) fn of(influences: &[f64]) -> Self {
        let units = influences.len();
        let n = units as f64;
        let moment = |power: i32| influences.iter().map(|e| e.powi(power)).sum::<f64>() / n;
        let variance = moment(2);
        let skewness = if variance > 0.0 {
            moment(3) / variance.powf(1.5)
        } else {
            0.0
        };
        Self {
            error: (variance / (n - 1.0)).sqrt(),
            skewness,
            units,
        }
    }

    /// The interval that holds the true value with this confidence.
    ///
    /// Student's t with Hall's correction for skewness (Hall, On the removal of skewness by
    /// transformation, 1992, eq. 2.1 with the cubic term): inverse propensities make a long right
    /// tail, and an interval that ignores it is too short above.
    pub(crate) fn interval(&self, estimate: f64, confidence: f64) -> (f64, f64) {
        let tail = (1.0 - confidence) / 2.0;
        let low = self.bound(estimate, 1.0 - tail);
        (low, self.bound(estimate, tail))
    }

    /// What the true value exceeds with chance `p`: for a great `p`, a lower bound.
    pub(crate) fn bound(&self, estimate: f64, p: f64) -> f64 {
        estimate - self.error * self.studentised(p)
    }

    /// The quantile of (estimate - truth) / error.
    fn studentised(&self, p: f64) -> f64 {
        let n = self.units as f64;
        let normal = normal_quantile(p);
        let excess = t_quantile(p, n - 1.0) - normal;
        // g(t) = t + (a t² + b) + (a t)²·t / 3 is normal, with a = γ / (3√n) and b = γ / (6√n).
        let a = self.skewness / (3.0 * n.sqrt());
        let corrected = if a.abs() < 1e-9 {
            normal
        } else {
            let cube = 1.0 + 3.0 * a * (normal - a / 2.0);
            (cube.cbrt() - 1.0) / a
        };
        corrected + excess
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_skewness_it_is_students() {
        let spread = Spread::of(&[-1.0, 1.0, -2.0, 2.0]);
        let (low, high) = spread.interval(5.0, 0.95);
        let half = 3.182_446_305_284 * (2.5_f64 / 3.0).sqrt();
        assert!((low - (5.0 - half)).abs() < 1e-9 && (high - (5.0 + half)).abs() < 1e-9);
    }

    #[test]
    fn a_right_tail_stretches_the_interval_upwards() {
        let mut influences = vec![-1.0; 99];
        influences.push(99.0);
        let (low, high) = Spread::of(&influences).interval(0.0, 0.95);
        assert!(high > -low, "{low} {high}");
    }

    #[test]
    fn equal_values_have_no_width() {
        assert_eq!(Spread::of(&[0.0; 5]).interval(2.0, 0.95), (2.0, 2.0));
    }
}
