//! s = w · tanh(W h + b) + c

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use ranker_folder::HeadNames;

use crate::encoder::{Linear, Tensors};
use crate::error::LoraError;
use crate::kernel::sums;
use crate::matrix::Matrix;

/// The two maps of a head.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Head {
    /// `[hidden, hidden]`
    pub(crate) dense: Linear,
    /// `[1, hidden]`
    pub(crate) out: Linear,
}

/// The spread of untrained weights.
const SPREAD: f32 = 0.02;

impl Head {
    pub(super) fn new(hidden: usize, dense: Option<Linear>, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut linear = |out: usize| Linear {
            weight: normal(&mut random, out, hidden),
            bias: vec![0.0; out],
        };
        let out = linear(1);
        Self {
            dense: dense.unwrap_or_else(|| linear(hidden)),
            out,
        }
    }

    pub(super) fn take(
        tensors: &mut Tensors<'_>,
        names: HeadNames,
        hidden: usize,
    ) -> Result<Self, LoraError> {
        let mut linear = |path: &str, out: usize| -> Result<Linear, LoraError> {
            Ok(Linear {
                weight: tensors.matrix(&format!("{path}.weight"), (out, hidden))?,
                bias: tensors.vector(&format!("{path}.bias"), out)?,
            })
        };
        Ok(Self {
            dense: linear(names.dense, hidden)?,
            out: linear(names.out, 1)?,
        })
    }

    pub(crate) fn hidden(&self) -> usize {
        self.dense.bias.len()
    }

    pub(super) fn score(&self, first: &[f32]) -> f32 {
        let rows = self.dense.weight.values().chunks_exact(self.hidden());
        let active = rows
            .zip(&self.dense.bias)
            .map(|(row, bias)| libm::tanhf(sums::dot(row, first) + bias));
        let weights = self.out.weight.values().iter();
        self.out.bias[0] + active.zip(weights).map(|(a, w)| a * w).sum::<f32>()
    }

    /// All values: W, b, w, c.
    pub(crate) fn values(&self) -> Vec<f32> {
        let Self { dense, out } = self;
        let parts = [
            dense.weight.values(),
            &dense.bias,
            out.weight.values(),
            &out.bias,
        ];
        parts.concat()
    }

    /// The head of the size `hidden` with these values.
    pub(crate) fn of_values(hidden: usize, values: &[f32]) -> Result<Self, LoraError> {
        let (weight, rest) = values.split_at(hidden * hidden);
        let (bias, rest) = rest.split_at(hidden);
        let (out, last) = rest.split_at(hidden);
        Ok(Self {
            dense: Linear {
                weight: Matrix::new(hidden, hidden, weight.to_vec())?,
                bias: bias.to_vec(),
            },
            out: Linear {
                weight: Matrix::new(1, hidden, out.to_vec())?,
                bias: last.to_vec(),
            },
        })
    }
}

/// Normally distributed values by the method of Box and Muller (1958).
fn normal(random: &mut ChaCha8Rng, rows: usize, columns: usize) -> Matrix {
    let mut draw = || {
        // Above 0, so that its logarithm is finite.
        let radius = 1.0 - random.random::<f64>();
        let turn = std::f64::consts::TAU * random.random::<f64>();
        (libm::sqrt(-2.0 * libm::log(radius)) * libm::cos(turn)) as f32
    };
    let values = (0..rows * columns).map(|_| SPREAD * draw()).collect();
    // The values are finite and as many as the sizes say.
    Matrix::new(rows, columns, values).unwrap_or_else(|_| Matrix::zeros(rows, columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_weights_have_their_spread_and_values_come_back() {
        let head = Head::new(64, None, 1);
        let values = head.dense.weight.values();
        let count = values.len() as f32;
        let mean = values.iter().sum::<f32>() / count;
        let spread = (values.iter().map(|v| v * v).sum::<f32>() / count).sqrt();
        assert!(
            mean.abs() < 1e-3 && (spread - 0.02).abs() < 1e-3,
            "{mean} {spread}"
        );
        assert_eq!(Head::of_values(64, &head.values()).unwrap(), head);
        assert_ne!(Head::new(64, None, 2), head);
    }
}
