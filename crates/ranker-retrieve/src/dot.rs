//! The inner product that every vector index computes.

/// Independent sums: enough for the compiler to keep several vector registers busy.
const LANES: usize = 32;

/// Inner product of two vectors of one length; the shorter length counts otherwise.
///
/// The sums are always formed in the same order, so a pair has one score wherever it is computed.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    fold(sums) + rest
}

/// Adds the lanes by halves: one after the other, each sum would wait for the last, and that would
/// take as long as the products of a short vector.
fn fold(mut sums: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::dot;

    proptest! {
        #[test]
        fn agrees_with_a_sum_in_f64(pairs in prop::collection::vec((-1000_i16..=1000, -1000_i16..=1000).prop_map(|(a, b)| (f32::from(a) / 1e3, f32::from(b) / 1e3)), 0..200)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let plain: f64 = pairs.iter().map(|&(a, b)| f64::from(a) * f64::from(b)).sum();
            prop_assert!((f64::from(dot(&a, &b)) - plain).abs() < 1e-4);
        }
    }
}
