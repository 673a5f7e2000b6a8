//! What is done to whole rows. Compilers vectorise these loops; each instruction set has them compiled
//! for itself, with or without fused multiply-add.

use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

use super::packed::LANES;

/// Layer normalisation's scale and shift, each of the row's length, and what is added to the variance.
#[derive(Debug, Clone)]
pub(crate) struct Norm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) epsilon: f32,
}

/// a b + c, in one rounding where the instruction set has it.
#[inline(always)]
pub(super) fn fused<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// p x + c for each coefficient c in turn: Horner's rule.
#[inline(always)]
fn horner<const FUSED: bool>(x: f32, coefficients: &[f32]) -> f32 {
    let mut sum = 0.0;
    for &coefficient in coefficients {
        sum = fused::<FUSED>(sum, x, coefficient);
    }
    sum
}

/// eˣ to 2 units in the last place, for x up to 88. Below −87 it is 0.
///
/// x = n ln 2 + r with |r| ≤ ln 2 / 2, and eʳ by the minimax polynomial of Cephes (`expf`).
#[inline(always)]
pub(super) fn exp<const FUSED: bool>(x: f32) -> f32 {
    /// ln 2 in two parts, so that n ln 2 is subtracted without rounding.
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    /// Adding and subtracting 1.5 · 2²³ rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    const SERIES: [f32; 6] = [
        1.987_569_1e-4,
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ];
    // What is no number becomes one here, and is put back in the end.
    let clamped = if x > -87.0 { x } else { -87.0 };
    let clamped = if clamped < 88.0 { clamped } else { 88.0 };
    let n = (clamped * LOG2_E + ROUND) - ROUND;
    let r = clamped - n * HIGH - n * LOW;
    let value = fused::<FUSED>(horner::<FUSED>(r, &SERIES), r * r, r + 1.0);
    // SAFETY: n lies between -126 and 127.
    let whole = unsafe { n.to_int_unchecked::<i32>() };
    let power = f32::from_bits(((whole + 127) as u32) << 23);
    let result = if x < -87.0 { 0.0 } else { value * power };
    if x.is_nan() { x } else { result }
}

/// erf(x) to 5e-7, as a quotient of polynomials on |x| ≤ 4, beyond which it is ±1 in `f32`. The
/// coefficients are those of Eigen (`generic_fast_erf_float`).
#[inline(always)]
pub(super) fn erf<const FUSED: bool>(x: f32) -> f32 {
    const ABOVE: [f32; 7] = [
        -2.726_142_4e-10,
        2.770_681_4e-8,
        -2.101_024e-6,
        -5.692_506_5e-5,
        -7.349_906e-4,
        -2.954_6e-3,
        -1.609_603_3e-2,
    ];
    const BELOW: [f32; 5] = [
        -1.456_607_2e-5,
        -2.133_740_6e-4,
        -1.682_827e-3,
        -7.373_329e-3,
        -1.426_473_9e-2,
    ];
    let x = if x > 4.0 { 4.0 } else { x };
    let x = if x < -4.0 { -4.0 } else { x };
    let y = x * x;
    x * horner::<FUSED>(y, &ABOVE) / horner::<FUSED>(y, &BELOW)
}

#[inline(always)]
pub(super) fn gelu<const FUSED: bool>(values: &mut [f32]) {
    for value in values {
        let x = *value;
        *value = 0.5 * x * (1.0 + erf::<FUSED>(x * FRAC_1_SQRT_2));
    }
}

/// What `term` gives for all values, joined in [`LANES`] accumulators, which are joined by halves.
#[inline(always)]
fn joined(
    values: &[f32],
    start: f32,
    term: impl Fn(f32) -> f32,
    join: impl Fn(f32, f32) -> f32,
) -> f32 {
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut lanes = [start; LANES];
    for chunk in whole {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = join(*lane, term(value));
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane = join(*lane, term(value));
    }
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = join(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}

#[inline(always)]
fn sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    joined(values, 0.0, term, |a, b| a + b)
}

#[inline(always)]
fn greatest(values: &[f32]) -> f32 {
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    joined(values, f32::NEG_INFINITY, |value| value, greater)
}

#[inline(always)]
pub(super) fn softmax<const FUSED: bool>(scores: &mut [f32], scale: f32) {
    let top = greatest(scores);
    for score in scores.iter_mut() {
        *score = exp::<FUSED>((*score - top) * scale);
    }
    let factor = sum(scores, |weight| weight).recip();
    for weight in scores {
        *weight *= factor;
    }
}

#[inline(always)]
pub(super) fn normalise(row: &mut [f32], norm: &Norm) {
    let size = row.len() as f32;
    let mean = sum(row, |value| value) / size;
    for value in row.iter_mut() {
        *value -= mean;
    }
    let variance = sum(row, |value| value * value) / size;
    let factor = (variance + norm.epsilon).sqrt().recip();
    let parameters = norm.weight.iter().zip(&norm.bias);
    for (value, (weight, bias)) in row.iter_mut().zip(parameters) {
        *value = *value * factor * weight + bias;
    }
}
