//! Weights as signed bytes, with one scale for every few of them.

/// The greatest code. −128 is left out, so that the codes are symmetric.
const TOP: f32 = 127.0;

/// Value `i` is approximated by `codes[i] * scales[i / block]`.
pub(super) struct Quantized {
    pub(super) codes: Vec<i8>,
    pub(super) scales: Vec<f32>,
}

/// Quantises blocks of `block` values, each with the scale that just holds its greatest value, or, where the
/// values are already multiples of an eighth of that, with this: weights that were rounded to 4 bits before are
/// kept as they are.
///
/// A smaller scale that clips the greatest values has a smaller squared error, but not a smaller
/// error of the embedding: a transformer's greatest weights matter most. Measured on
/// all-MiniLM-L6-v2, scales of least squared error were no better for the worst text.
pub(super) fn blocks(values: &[f32], block: usize) -> Quantized {
    let mut codes = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len().div_ceil(block));
    for block in values.chunks(block) {
        let scale = coarse_scale(block).unwrap_or_else(|| scale(block));
        codes.extend(block.iter().map(|&value| code(value, scale)));
        scales.push(scale);
    }
    Quantized { codes, scales }
}

fn scale(block: &[f32]) -> f32 {
    // Below the least normal scale every code is 0; above the greatest, 127 times it would overflow.
    (greatest(block) / TOP).clamp(f32::MIN_POSITIVE, f32::MAX / 128.0)
}

/// The scale of values that 4 bits hold, from -8 to 7 times the scale, one of them the former.
fn coarse_scale(block: &[f32]) -> Option<f32> {
    let scale = greatest(block) / 8.0;
    let whole = |value: &f32| (value / scale).fract() == 0.0;
    (scale.is_normal() && block.iter().all(whole)).then_some(scale)
}

fn greatest(block: &[f32]) -> f32 {
    let all = block.iter();
    all.fold(0.0, |top: f32, value| top.max(value.abs()))
}

fn code(value: f32, scale: f32) -> i8 {
    (value / scale).round_ties_even().clamp(-TOP, TOP) as i8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn restored(values: &[f32], block: usize) -> Vec<f32> {
        let Quantized { codes, scales } = blocks(values, block);
        codes
            .iter()
            .enumerate()
            .map(|(i, &code)| f32::from(code) * scales[i / block])
            .collect()
    }

    proptest! {
        #[test]
        fn no_value_moves_by_more_than_half_a_step(
            values in prop::collection::vec((-10_000_i16..=10_000).prop_map(|x| f32::from(x) / 10.0), 1..200), block in 1usize..50,
        ) {
            for (block, back) in values.chunks(block).zip(restored(&values, block).chunks(block)) {
                let step = block.iter().fold(0f32, |top, v| top.max(v.abs())) / 127.0;
                for (value, back) in block.iter().zip(back) {
                    prop_assert!((value - back).abs() <= step * 0.5001 + 1e-30);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn values_of_four_bits_are_kept(
            codes in prop::collection::vec(-8_i8..8, 1..64), scale in 1_u16..2048, power in -20_i32..20,
        ) {
            let scale = f32::from(scale) * 2.0_f32.powi(power);
            let mut values: Vec<f32> = codes.iter().map(|&code| f32::from(code) * scale).collect();
            values[0] = -8.0 * scale;
            prop_assert_eq!(restored(&values, 64), values);
        }
    }

    #[test]
    fn extremes_survive() {
        assert_eq!(restored(&[0.0, f32::from_bits(1)], 2), [0.0; 2]);
        let back = restored(&[f32::MAX, -f32::MAX], 2);
        assert!(back[0] > 3.3e38 && back[0].is_finite(), "{}", back[0]);
        assert_eq!(back[0], -back[1]);
    }
}
