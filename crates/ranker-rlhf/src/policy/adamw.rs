//! AdamW.

const DECAY: (f64, f64) = (0.9, 0.999);
const TINY: f64 = 1e-8;

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019): here the weights decay towards
/// where they began, which is the serving model's, not towards 0.
#[derive(Debug)]
pub(super) struct AdamW {
    rate: f64,
    decay: f64,
    centre: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
}

impl AdamW {
    pub(super) fn new(start: &[f64], rate: f64, decay: f64) -> Self {
        Self {
            rate,
            decay,
            centre: start.to_vec(),
            first: vec![0.0; start.len()],
            second: vec![0.0; start.len()],
            steps: 0,
        }
    }

    /// One step uphill; `share` scales the rate.
    pub(super) fn ascend(&mut self, x: &mut [f64], gradient: &[f64], share: f64) {
        self.steps += 1;
        let (b1, b2) = DECAY;
        let unbias = [b1, b2].map(|b| 1.0 - b.powi(self.steps));
        let rate = self.rate * share;
        for (at, &g) in gradient.iter().enumerate() {
            self.first[at] = b1 * self.first[at] + (1.0 - b1) * g;
            self.second[at] = b2 * self.second[at] + (1.0 - b2) * g * g;
            let (first, second) = (self.first[at] / unbias[0], self.second[at] / unbias[1]);
            x[at] += rate * first / (second.sqrt() + TINY);
            x[at] -= rate * self.decay * (x[at] - self.centre[at]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn climbs_a_hill() {
        let mut x = [5.0, -3.0];
        let mut adam = AdamW::new(&x, 0.1, 0.0);
        for step in 0..2_000 {
            let gradient = [1.0 - x[0], 4.0 * (2.0 - x[1])];
            adam.ascend(&mut x, &gradient, 1.0 - f64::from(step) / 2_000.0);
        }
        assert!(
            (x[0] - 1.0).abs() < 1e-3 && (x[1] - 2.0).abs() < 1e-3,
            "{x:?}"
        );
    }
}
