//! The values of codes.

use std::sync::LazyLock;

/// The value of a code of 4 bits, in units of its block's greatest absolute value: quantiles of
/// the normal distribution, with an exact 0 (QLoRA, appendix E; the constants of bitsandbytes).
pub(super) const NF4: [f32; 16] = [
    -1.0,
    -0.696_192_8,
    -0.525_073_05,
    -0.394_917_5,
    -0.284_441_38,
    -0.184_773_43,
    -0.091_050_036,
    0.0,
    0.079_580_3,
    0.160_930_2,
    0.246_112_3,
    0.337_915_24,
    0.440_709_83,
    0.562_617,
    0.722_956_84,
    1.0,
];

/// Both values of a byte of two codes; the first is in the high half.
pub(super) static PAIRS: LazyLock<[[f32; 2]; 256]> =
    LazyLock::new(|| std::array::from_fn(|byte| [NF4[byte >> 4], NF4[byte & 15]]));

/// The value of a byte in the signed dynamic map of 8 bits, which the blocks' greatest values are
/// kept in (Dettmers 2015, <https://arxiv.org/abs/1511.04561>; `create_dynamic_map` of bitsandbytes).
pub(super) static DYNAMIC: LazyLock<[f32; 256]> = LazyLock::new(dynamic);

/// The borders between neighbours of [`DYNAMIC`]; one past the last, nothing is.
pub(super) static DYNAMIC_BORDERS: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|i| match DYNAMIC.get(i + 1) {
        Some(next) => f32::midpoint(DYNAMIC[i], *next),
        None => f32::INFINITY,
    })
});

/// 0, 1, and for each of seven powers of ten twice as many fractions as for the one below, with
/// both signs.
fn dynamic() -> [f32; 256] {
    let mut values = vec![0.0, 1.0];
    for power in 0..7_u8 {
        let count = 1_usize << power;
        let scale = 10_f64.powi(i32::from(power) - 6) as f32;
        for i in 0..count {
            let mean = f32::midpoint(border(i, count), border(i + 1, count));
            values.extend([scale * mean, -(scale * mean)]);
        }
    }
    values.sort_unstable_by(f32::total_cmp);
    std::array::from_fn(|i| values[i])
}

/// Value `i` of `count + 1` evenly spaced ones from 0.1 to 1, rounded as PyTorch's `linspace` does:
/// the lower half is counted from below, the upper one from above.
fn border(i: usize, count: usize) -> f32 {
    let step = (1.0 - 0.1_f32) / count as f32;
    match i < count.div_ceil(2) {
        true => step.mul_add(i as f32, 0.1),
        false => (-step).mul_add((count - i) as f32, 1.0),
    }
}

/// The code of a value between −1 and 1: the nearest, and the lower one of two as near.
#[inline(always)]
pub(super) fn nf4_code(value: f32) -> u8 {
    let borders = NF4.iter().zip(&NF4[1..]);
    borders
        .map(|(low, high)| u8::from(value > (low + high) / 2.0))
        .sum()
}

/// The byte of a value between −1 and 1 in the dynamic map.
pub(super) fn dynamic_code(value: f32) -> u8 {
    let below = DYNAMIC_BORDERS.partition_point(|&border| border < value);
    below.min(255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_own_code() {
        for (code, value) in (0..).zip(NF4) {
            assert_eq!(nf4_code(value), code);
        }
        for (code, value) in (0..=255).zip(*DYNAMIC) {
            assert_eq!(dynamic_code(value), code);
        }
        assert!(DYNAMIC.is_sorted());
    }

    #[test]
    fn between_two_values_the_lower_one_is_taken() {
        for code in 0..15_u8 {
            let low = NF4[usize::from(code)];
            let border = (low + NF4[usize::from(code) + 1]) / 2.0;
            assert_eq!(nf4_code(border), code);
            assert_eq!(nf4_code(border.next_up()), code + 1);
        }
    }
}
