//! The chances of one comparison's outcomes.

/// The chances of one comparison.
///
/// With `d = s_a - s_b`, Davidson's model (Davidson, On extending the Bradley-Terry model to
/// accommodate ties in paired comparison experiments, 1970, eq. 2.2) is the exponential family
/// `P(a) : P(tie) : P(b) = e^{d/2} : ν : e^{-d/2}`; with `ν = 0` it is Bradley and Terry's. Its
/// log-partition function is jointly convex in `d` and `θ = log ν`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Odds {
    /// The first's score less the second's.
    pub(super) difference: f64,
    /// `log ν`, where ties are modelled.
    theta: Option<f64>,
    log_partition: f64,
    first: f64,
    second: f64,
    tie: f64,
}

impl Odds {
    pub(super) fn new(difference: f64, theta: Option<f64>) -> Self {
        let half = difference / 2.0;
        let most = half.abs().max(theta.unwrap_or(f64::NEG_INFINITY));
        let [first, second] = [half, -half].map(|x| (x - most).exp());
        let tie = theta.map_or(0.0, |theta| (theta - most).exp());
        let sum = first + second + tie;
        Self {
            difference,
            theta,
            log_partition: most + sum.ln(),
            first: first / sum,
            second: second / sum,
            tie: tie / sum,
        }
    }

    /// `-log P(outcome)`.
    pub(super) fn loss(&self, tie: bool) -> f64 {
        let energy = if tie {
            // Without a model of ties they do not occur.
            self.theta.unwrap_or(f64::NEG_INFINITY)
        } else {
            self.difference / 2.0
        };
        self.log_partition - energy
    }

    /// The derivatives of [`Odds::loss`] by the difference and by θ.
    pub(super) fn slopes(&self, tie: bool) -> (f64, f64) {
        if tie {
            let lean = (self.first - self.second) / 2.0;
            return (lean, -(self.first + self.second));
        }
        // 1 - P(a), written without a difference of nearly equal numbers.
        (-(self.second + self.tie / 2.0), self.tie)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_sum_to_one_and_stay_finite() {
        for difference in [0.0, 1.0, -3.0, 1e3, -1e300] {
            for theta in [None, Some(0.5), Some(-700.0), Some(700.0)] {
                let odds = Odds::new(difference, theta);
                assert!((odds.first + odds.second + odds.tie - 1.0).abs() < 1e-12);
                assert!(odds.loss(false).is_finite());
                assert!(theta.is_none() || odds.loss(true).is_finite());
            }
        }
        assert_eq!(Odds::new(2.0, None).first, 1.0 / (1.0 + (-2.0_f64).exp()));
    }
}
