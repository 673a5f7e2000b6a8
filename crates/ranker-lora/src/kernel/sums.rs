//! Sums and dot products in eight or more lanes at once, always in the same order.

/// How many partial sums run beside each other: the width of the widest vectors.
const LANES: usize = 16;

#[inline(always)]
pub(crate) fn sum(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    fold(lanes) + rest.iter().sum::<f32>()
}

#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    fold(lanes) + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[inline(always)]
pub(crate) fn max(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    let top = lanes.into_iter().chain(rest.iter().copied());
    top.fold(f32::NEG_INFINITY, f32::max)
}

/// `to += factor · from`
#[inline(always)]
pub(crate) fn add_scaled(to: &mut [f32], factor: f32, from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// Adds every row of `rows`, each as long as `to`.
pub(crate) fn add_rows(to: &mut [f32], rows: &[f32]) {
    super::vectorised(|| {
        for row in rows.chunks_exact(to.len()) {
            add_scaled(to, 1.0, row);
        }
    });
}

#[inline(always)]
fn fold(lanes: [f32; LANES]) -> f32 {
    let (left, right) = lanes.split_at(LANES / 2);
    left.iter().zip(right).map(|(a, b)| a + b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_and_the_rest_are_both_counted() {
        for length in [0, 1, 15, 16, 17, 100] {
            let values: Vec<f32> = (0..length).map(|i| i as f32).collect();
            assert_eq!(sum(&values), values.iter().sum::<f32>());
            assert_eq!(
                dot(&values, &values),
                values.iter().map(|v| v * v).sum::<f32>()
            );
            assert_eq!(
                max(&values),
                values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
            );
        }
    }
}
