//! Weights as signed bytes, with one scale for every few of them.

/// The greatest code. −128 is left out, so that the codes are symmetric.
const TOP: f32 = 127.0;

/// Value `i` is approximated by `codes[i] * scales[i / block]`.
pub(super) struct Quantized {
    pub(super) codes: Vec<i8>,
    pub(super) scales: Vec<f32>,
}

/// Quantises blocks of `block` values, each with the scale that just holds its greatest value.
///
/// A smaller scale that clips the greatest values has a smaller squared error, but not a smaller
/// error of the embedding: a transformer's greatest weights matter most. Measured on
/// all-MiniLM-L6-v2, scales of least squared error were no better for the worst text.
pub(super) fn blocks(values: &[f32], block: usize) -> Quantized {
    let mut codes = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len().div_ceil(block));
    for block in values.chunks(block) {
        let scale = scale(block);
        codes.extend(block.iter().map(|&value| code(value, scale)));
        scales.push(scale);
    }
    Quantized { codes, scales }
}

fn scale(block: &[f32]) -> f32 {
    let greatest = block
        .iter()
        .fold(0.0_f32, |top, value| top.max(value.abs()));
    // Below the least normal scale every code is 0; above the greatest, 127 times it would overflow.
    (greatest / TOP).clamp(f32::MIN_POSITIVE, f32::MAX / 128.0)
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

    #[test]
    fn extremes_survive() {
        assert_eq!(restored(&[0.0, f32::from_bits(1)], 2), [0.0; 2]);
        let back = restored(&[f32::MAX, -f32::MAX], 2);
        assert!(back[0] > 3.3e38 && back[0].is_finite(), "{}", back[0]);
        assert_eq!(back[0], -back[1]);
    }
}
