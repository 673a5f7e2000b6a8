//! Platt scaling.

/// `P = σ(slope · score + intercept)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Platt {
    slope: f64,
    intercept: f64,
}

/// Scores are standardised for the solver; the ridge there, in rows, only matters where no finite
/// slope is best.
const RIDGE: f64 = 1e-3;

impl Platt {
    /// Logistic regression on the score, with targets drawn in by one imagined row of either class
    /// (Platt 1999), by Newton's method.
    pub(super) fn fit(rows: &[(f64, f64)]) -> Self {
        let n = rows.len() as f64;
        let mean = rows.iter().map(|row| row.0).sum::<f64>() / n;
        let variance = rows.iter().map(|row| (row.0 - mean).powi(2)).sum::<f64>() / n;
        let scale = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        let good: f64 = rows.iter().map(|row| row.1).sum();
        let (high, low) = ((good + 1.0) / (good + 2.0), 1.0 / (n - good + 2.0));
        let rows = rows
            .iter()
            .map(|&(score, label)| ((score - mean) / scale, label * high + (1.0 - label) * low));
        let rows: Vec<(f64, f64)> = rows.collect();
        let (slope, intercept) = newton(&rows);
        // A score says that a candidate is better, never that it is worse.
        if slope < 0.0 {
            let share = rows.iter().map(|row| row.1).sum::<f64>() / n;
            return Self {
                slope: 0.0,
                intercept: (share / (1.0 - share)).ln(),
            };
        }
        Self {
            slope: slope / scale,
            intercept: intercept - slope * mean / scale,
        }
    }

    pub(super) fn probability(&self, score: f64) -> f64 {
        sigmoid(self.slope * score + self.intercept)
    }

    pub(super) fn numbers(&self) -> Vec<f64> {
        vec![self.slope, self.intercept]
    }
}

fn newton(rows: &[(f64, f64)]) -> (f64, f64) {
    let loss = |(a, b): (f64, f64)| {
        let row = |&(x, target): &(f64, f64)| {
            let m = a * x + b;
            // -target·log σ(m) - (1 - target)·log σ(-m), without overflow.
            m.max(0.0) - target * m + (-m.abs()).exp().ln_1p()
        };
        rows.iter().map(row).sum::<f64>() + 0.5 * RIDGE * a * a
    };
    let mut at = (0.0, 0.0);
    for _ in 0..100 {
        let (mut g, mut h) = ((RIDGE * at.0, 0.0), (RIDGE, 0.0, 1e-12));
        for &(x, target) in rows {
            let p = sigmoid(at.0 * x + at.1);
            let curvature = p * (1.0 - p);
            g = (g.0 + (p - target) * x, g.1 + p - target);
            h = (
                h.0 + curvature * x * x,
                h.1 + curvature * x,
                h.2 + curvature,
            );
        }
        let determinant = h.0 * h.2 - h.1 * h.1;
        let step = (
            (h.2 * g.0 - h.1 * g.1) / determinant,
            (h.0 * g.1 - h.1 * g.0) / determinant,
        );
        let here = loss(at);
        let shorter = (0..40).map(|halvings| 0.5_f64.powi(halvings));
        let tried = shorter.map(|s| (at.0 - s * step.0, at.1 - s * step.1));
        let Some(next) = tried.into_iter().find(|&next| loss(next) < here) else {
            break;
        };
        at = next;
    }
    at
}

fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        x.exp() / (1.0 + x.exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_probability_is_the_mean_target() {
        let rows: Vec<(f64, f64)> = (0..200)
            .map(|n| (f64::from(n) / 40.0, (n * 7) % 200 < n))
            .map(|(x, y)| (x, if y { 1.0 } else { 0.0 }))
            .collect();
        let fit = Platt::fit(&rows);
        let mean = rows.iter().map(|row| fit.probability(row.0)).sum::<f64>() / 200.0;
        let share = rows.iter().map(|row| row.1).sum::<f64>() / 200.0;
        assert!((mean - share).abs() < 0.01, "{mean} {share}");
        assert!(fit.probability(4.0) > fit.probability(1.0));
    }

    #[test]
    fn perfectly_apart_and_backwards_scores_stay_finite() {
        let apart: Vec<(f64, f64)> = (0..10)
            .map(|n| (f64::from(n), f64::from(u8::from(n > 4))))
            .collect();
        assert!(Platt::fit(&apart).slope.is_finite());
        let backwards: Vec<(f64, f64)> = apart.iter().map(|&(x, y)| (x, 1.0 - y)).collect();
        assert_eq!(Platt::fit(&backwards).slope, 0.0);
    }
}
