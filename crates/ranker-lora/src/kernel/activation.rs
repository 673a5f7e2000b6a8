//! The exponential, the softmax, GELU and gated SiLU, without branches, so that compilers can vectorise them.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

use super::{sums, vectorised};

/// eˣ to 2 units in the last place, for x ≤ 0 or not far above it. Below −87 it is 0.
///
/// x = n ln 2 + r with |r| ≤ ln 2 / 2, and eʳ by the minimax polynomial of Cephes (`expf`).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    /// ln 2 in two parts, so that n ln 2 is subtracted without rounding.
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    /// Adding and subtracting 1.5 · 2²³ rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let clamped = if x < -87.0 { -87.0 } else { x };
    let clamped = if clamped > 88.0 { 88.0 } else { clamped };
    let n = (clamped * LOG2_E + ROUND) - ROUND;
    let r = clamped - n * HIGH - n * LOW;
    let p = 1.987_569_1e-4_f32;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let value = p * r * r + r + 1.0;
    let power = f32::from_bits((((n as i32) + 127) as u32) << 23);
    // NaN must stay NaN: a diverging training is noticed by it.
    let result = value * power;
    if x < -87.0 { 0.0 } else { result }
}

/// erf(x) to 5e-7, as a quotient of polynomials on |x| ≤ 4, beyond which it is ±1 in `f32`. The
/// coefficients are those of Eigen (`generic_fast_erf_float`).
#[inline(always)]
fn erf(x: f32) -> f32 {
    let x = if x > 4.0 { 4.0 } else { x };
    let x = if x < -4.0 { -4.0 } else { x };
    let y = x * x;
    let p = -2.726_142_4e-10_f32;
    let p = p * y + 2.770_681_4e-8;
    let p = p * y - 2.101_024e-6;
    let p = p * y - 5.692_506_5e-5;
    let p = p * y - 7.349_906e-4;
    let p = p * y - 2.954_6e-3;
    let p = p * y - 1.609_603_3e-2;
    let q = -1.456_607_2e-5_f32;
    let q = q * y - 2.133_740_6e-4;
    let q = q * y - 1.682_827e-3;
    let q = q * y - 7.373_329e-3;
    let q = q * y - 1.426_473_9e-2;
    x * p / q
}

/// `out = x/2 · (1 + erf(x / √2))`
pub(crate) fn gelu(out: &mut [f32], x: &[f32]) {
    vectorised(|| {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = 0.5 * x * (1.0 + erf(x * FRAC_1_SQRT_2));
        }
    });
}

/// The gradient through [`gelu`]: `gradient` is multiplied by Φ(x) + x φ(x).
pub(crate) fn gelu_backward(gradient: &mut [f32], x: &[f32]) {
    /// 1 / √(2π)
    const DENSITY: f32 = 0.398_942_3;
    vectorised(|| {
        for (gradient, &x) in gradient.iter_mut().zip(x) {
            let below = 0.5 * (1.0 + erf(x * FRAC_1_SQRT_2));
            *gradient *= below + x * DENSITY * exp(-0.5 * x * x);
        }
    });
}

/// `out = silu(gate) ⊙ up`, with silu(x) = x / (1 + e⁻ˣ) (Shazeer 2020, <https://arxiv.org/abs/2002.05202>).
pub(crate) fn gated(out: &mut [f32], gate: &[f32], up: &[f32]) {
    vectorised(|| {
        for (out, (&gate, &up)) in out.iter_mut().zip(gate.iter().zip(up)) {
            *out = gate * sigmoid(gate) * up;
        }
    });
}

/// The gradient through [`gated`]: that of `gate` comes back, and `gradient` becomes that of `up`.
pub(crate) fn gated_backward(gradient: &mut [f32], gate: &[f32], up: &[f32]) -> Vec<f32> {
    let mut of_gate = vec![0.0; gradient.len()];
    vectorised(|| {
        let both = gradient.iter_mut().zip(&mut of_gate);
        for ((gradient, of_gate), (&gate, &up)) in both.zip(gate.iter().zip(up)) {
            let open = sigmoid(gate);
            *of_gate = *gradient * up * (open + gate * open * (1.0 - open));
            *gradient *= gate * open;
        }
    });
    of_gate
}

/// 1 / (1 + e⁻ˣ), from the exponential of a number that is not above 0.
#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    let small = exp(-x.abs());
    let least = small / (1.0 + small);
    if x < 0.0 { least } else { 1.0 - least }
}

/// Turns row `i` of `columns` scores, times `scale`, into weights that sum to 1 over the first `i + 1` of them, and
/// are 0 behind: a token reads itself and those before it.
pub(crate) fn softmax_before(scores: &mut [f32], columns: usize, scale: f32) {
    vectorised(|| {
        for (index, row) in scores.chunks_exact_mut(columns).enumerate() {
            let (read, behind) = row.split_at_mut(index + 1);
            weigh(read, scale);
            behind.fill(0.0);
        }
    });
}

/// Turns every row of `columns` scores, times `scale`, into weights that sum to 1.
pub(crate) fn softmax(scores: &mut [f32], columns: usize, scale: f32) {
    vectorised(|| {
        for row in scores.chunks_exact_mut(columns) {
            weigh(row, scale);
        }
    });
}

#[inline(always)]
fn weigh(row: &mut [f32], scale: f32) {
    let top = sums::max(row);
    for score in row.iter_mut() {
        *score = exp((*score - top) * scale);
    }
    let factor = sums::sum(row).recip();
    for weight in row {
        *weight *= factor;
    }
}

/// The gradient through [`softmax`], row by row: `gradient = scale · w ⊙ (gradient − w · gradient)`.
pub(crate) fn softmax_backward(gradient: &mut [f32], weights: &[f32], columns: usize, scale: f32) {
    vectorised(|| {
        let rows = gradient.chunks_exact_mut(columns);
        for (gradient, weights) in rows.zip(weights.chunks_exact(columns)) {
            let mean = sums::dot(gradient, weights);
            for (gradient, weight) in gradient.iter_mut().zip(weights) {
                *gradient = scale * weight * (*gradient - mean);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_and_error_functions_are_right_to_rounding() {
        for i in -9_000..9_000_i16 {
            let x = f32::from(i) / 103.0;
            let exact = f64::from(x).exp();
            if x > -87.0 {
                assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7, "{x}");
            }
            let exact = libm::erf(f64::from(x));
            assert!((f64::from(erf(x)) - exact).abs() < 5e-7, "{x}");
        }
        assert_eq!((exp(0.0), exp(-1e30)), (1.0, 0.0));
        assert!(exp(f32::NAN).is_nan());
    }

    fn check(function: impl Fn(f32) -> f32, derivative: impl Fn(f32) -> f32) {
        for i in -60..60_i8 {
            let x = f32::from(i) / 10.0;
            let slope = (function(x + 0.01) - function(x - 0.01)) / 0.02;
            assert!(
                (slope - derivative(x)).abs() < 1e-3,
                "{x}: {slope}, {}",
                derivative(x)
            );
        }
    }

    #[test]
    fn the_slope_of_gelu() {
        let value = |x: f32| {
            let mut out = [0.0];
            gelu(&mut out, &[x]);
            out[0]
        };
        let slope = |x: f32| {
            let mut gradient = [1.0];
            gelu_backward(&mut gradient, &[x]);
            gradient[0]
        };
        check(value, slope);
    }

    #[test]
    fn the_slopes_of_gated_silu() {
        let value = |gate: f32, up: f32| {
            let mut out = [0.0];
            gated(&mut out, &[gate], &[up]);
            out[0]
        };
        assert!((value(1.0, 2.0) - 2.0 / (1.0 + (-1f32).exp())).abs() < 1e-6);
        assert!(value(-80.0, 1.0).abs() < 1e-6 && (value(80.0, 1.0) - 80.0).abs() < 1e-4);
        let slopes = |gate: f32, up: f32| {
            let mut gradient = [1.0];
            let of_gate = gated_backward(&mut gradient, &[gate], &[up]);
            (of_gate[0], gradient[0])
        };
        check(|gate| value(gate, 0.7), |gate| slopes(gate, 0.7).0);
        check(|up| value(-1.3, up), |up| slopes(-1.3, up).1);
    }

    #[test]
    fn weights_are_of_what_stands_before() {
        let mut scores = [0.3, 9.0, 9.0, 0.1, -0.2, 9.0, 1.0, 2.0, 3.0];
        softmax_before(&mut scores, 3, 0.5);
        assert_eq!(
            (scores[0], &scores[1..3], scores[5]),
            (1.0, &[0.0; 2][..], 0.0)
        );
        for row in scores.chunks(3) {
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
        assert!((scores[3] / scores[4] - 0.15_f32.exp()).abs() < 1e-5);
    }

    #[test]
    fn the_slope_of_softmax() {
        let row = |x: f32| [x, 0.3, -0.7, 1.1];
        let first = |x: f32| {
            let mut row = row(x);
            softmax(&mut row, 4, 0.5);
            row[0]
        };
        let slope = |x: f32| {
            let (mut weights, mut gradient) = (row(x), [1.0, 0.0, 0.0, 0.0]);
            softmax(&mut weights, 4, 0.5);
            softmax_backward(&mut gradient, &weights, 4, 0.5);
            gradient[0]
        };
        check(first, slope);
    }
}
