//! AdamW (Loshchilov and Hutter 2019, <https://arxiv.org/abs/1711.05101>), as PyTorch computes it.

use crate::kernel::vectorised;

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// The moments of every trained value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AdamW {
    pub(crate) first: Vec<f32>,
    pub(crate) second: Vec<f32>,
    /// How many updates there were.
    pub(crate) updates: u64,
}

/// The hyperparameters of one update.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    pub(crate) learning: f64,
    pub(crate) decay: f64,
}

impl AdamW {
    pub(crate) fn new(count: usize) -> Self {
        Self {
            first: vec![0.0; count],
            second: vec![0.0; count],
            updates: 0,
        }
    }

    /// One update of all values, with weight decay apart from the gradient.
    pub(crate) fn update(
        &mut self,
        values: &mut [f32],
        gradient: &[f32],
        Rates { learning, decay }: Rates,
    ) {
        self.updates += 1;
        let t = self.updates.min(i32::MAX as u64) as i32;
        let bias1 = 1.0 - f64::from(BETA1).powi(t);
        let bias2 = (1.0 - f64::from(BETA2).powi(t)).sqrt() as f32;
        let (step, keep) = ((learning / bias1) as f32, (1.0 - learning * decay) as f32);
        let moments = self.first.iter_mut().zip(&mut self.second);
        let all = values.iter_mut().zip(gradient).zip(moments);
        vectorised(|| {
            for ((value, &g), (m, v)) in all {
                *m += (1.0 - BETA1) * (g - *m);
                *v = BETA2 * *v + (1.0 - BETA2) * g * g;
                *value = keep * *value - step * *m / (v.sqrt() / bias2 + EPSILON);
            }
        });
    }
}

/// Scales a gradient down to a length of at most `limit`; returns its length before.
pub(crate) fn clip(gradient: &mut [f32], limit: f64) -> f64 {
    let norm = gradient
        .iter()
        .map(|&g| f64::from(g).powi(2))
        .sum::<f64>()
        .sqrt();
    if norm > limit {
        let factor = (limit / (norm + 1e-6)) as f32;
        gradient.iter_mut().for_each(|g| *g *= factor);
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_updates_by_hand() {
        // m̂ / √v̂ is the gradient's sign at first, so each value moves by the rate against it.
        let (mut values, mut adam) = (vec![1.0, -2.0], AdamW::new(2));
        let rates = |learning, decay| Rates { learning, decay };
        adam.update(&mut values, &[0.5, -3.0], rates(0.1, 0.0));
        assert!((values[0] - 0.9).abs() < 1e-6 && (values[1] + 1.9).abs() < 1e-6);
        let mut decayed = vec![1.0];
        AdamW::new(1).update(&mut decayed, &[0.0], rates(0.1, 0.5));
        assert!((decayed[0] - 0.95).abs() < 1e-6);
    }

    #[test]
    fn clipping_keeps_the_direction() {
        let mut gradient = vec![3.0, -4.0];
        assert_eq!(clip(&mut gradient, 1.0), 5.0);
        assert!((gradient[0] - 0.6).abs() < 1e-5 && (gradient[1] + 0.8).abs() < 1e-5);
        let mut short = vec![0.3];
        clip(&mut short, 1.0);
        assert_eq!(short, [0.3]);
    }
}
