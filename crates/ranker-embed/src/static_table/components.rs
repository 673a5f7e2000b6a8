//! Principal components.

use rayon::prelude::*;

use super::eigen;

/// Rows that are multiplied at a time: a column of them stays in a core's cache.
const BLOCK: usize = 512;

/// Rows as seen along the directions in which they differ most.
pub(super) struct Components {
    /// `rows × kept`, of mean zero; components in descending order of their variance.
    pub(super) scores: Vec<f32>,
    /// The share of the variance that is kept.
    pub(super) explained: f64,
}

/// The first `keep` principal components of rows of `width` numbers; `None` where a number is not finite.
///
/// Exact: by the eigenvectors of the covariance. The sign of each component is such that the score farthest from
/// zero is positive. Nothing depends on the number of threads.
pub(super) fn principal(mut rows: Vec<f32>, width: usize, keep: usize) -> Option<Components> {
    centre(&mut rows, width);
    let eigen = eigen::symmetric(scatter(&rows, width), width)?;
    let directions: Vec<f32> = eigen.vectors.iter().map(|&value| value as f32).collect();
    let directions = &directions[..keep * width];
    let scores = rows.par_chunks_exact(width).flat_map_iter(|row| {
        let along = directions.chunks_exact(width);
        along.map(|direction| dot(row, direction))
    });
    let mut scores: Vec<f32> = scores.collect();
    settle_signs(&mut scores, keep);
    let variance = |values: &[f64]| values.iter().map(|value| value.max(0.0)).sum::<f64>();
    let (kept, all) = (variance(&eigen.values[..keep]), variance(&eigen.values));
    Some(Components {
        scores,
        explained: if all > 0.0 { kept / all } else { 1.0 },
    })
}

/// Takes the mean of each column off.
fn centre(rows: &mut [f32], width: usize) {
    let mut mean = vec![0.0_f64; width];
    for row in rows.chunks_exact(width) {
        mean.iter_mut()
            .zip(row)
            .for_each(|(sum, &x)| *sum += f64::from(x));
    }
    let count = (rows.len() / width).max(1) as f64;
    mean.iter_mut().for_each(|sum| *sum /= count);
    rows.par_chunks_exact_mut(width).for_each(|row| {
        row.iter_mut()
            .zip(&mean)
            .for_each(|(x, mean)| *x = (f64::from(*x) - mean) as f32);
    });
}

/// Xᵀ X of centred rows: their covariance but for a factor, which no eigenvector depends on.
fn scatter(rows: &[f32], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0_f64; width * width];
    let mut columns = vec![0.0_f32; width * BLOCK];
    for block in rows.chunks(width * BLOCK) {
        let count = block.len() / width;
        for (at, row) in block.chunks_exact(width).enumerate() {
            for (column, &value) in row.iter().enumerate() {
                columns[column * count + at] = value;
            }
        }
        let column = |at: usize| &columns[at * count..][..count];
        let lines = sums.par_chunks_exact_mut(width).enumerate();
        lines.for_each(|(one, line)| {
            for (other, sum) in line.iter_mut().enumerate().skip(one) {
                *sum += f64::from(dot(column(one), column(other)));
            }
        });
    }
    for one in 0..width {
        for other in 0..one {
            sums[one * width + other] = sums[other * width + one];
        }
    }
    sums
}

/// Sums in eight lanes, which the compiler keeps in one register.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    lanes.iter().sum::<f32>() + rest.sum::<f32>()
}

/// Turns each component so that the score farthest from zero is positive.
fn settle_signs(scores: &mut [f32], keep: usize) {
    let mut farthest = vec![0.0_f32; keep];
    for row in scores.chunks_exact(keep) {
        for (far, &score) in farthest.iter_mut().zip(row) {
            if score.abs() > far.abs() {
                *far = score;
            }
        }
    }
    for row in scores.chunks_exact_mut(keep) {
        for (score, far) in row.iter_mut().zip(&farthest) {
            *score *= 1.0_f32.copysign(*far);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn points_on_a_line_have_one_component() {
        // Along (3, 4) from (1, 1): at distances -5, 0, 5 and 10 from there.
        let rows = vec![-2.0, -3.0, 1.0, 1.0, 4.0, 5.0, 7.0, 9.0];
        let found = principal(rows, 2, 1).unwrap();
        let expected = [-7.5, -2.5, 2.5, 7.5];
        // Two are as far from zero: the first of them is made positive.
        for (score, expected) in found.scores.iter().zip(expected) {
            assert!((score + expected).abs() < 1e-5, "{:?}", found.scores);
        }
        assert!((found.explained - 1.0).abs() < 1e-9);
        assert!(principal(vec![f32::NAN, 0.0], 1, 1).is_none());
    }

    #[test]
    fn no_score_depends_on_the_number_of_threads() {
        let rows: Vec<f32> = (0..1300 * 12)
            .map(|at| ((at * 7919) % 1009) as f32 - 504.0)
            .collect();
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| principal(rows.clone(), 12, 5).unwrap().scores)
        };
        assert_eq!(with(1), with(3));
    }

    proptest! {
        #[test]
        fn all_components_keep_distances(numbers in prop::collection::vec(-10.0_f32..10.0, 6 * 30)) {
            let found = principal(numbers.clone(), 6, 6).unwrap();
            let distance = |rows: &[f32], a: usize, b: usize| -> f32 {
                let (a, b) = (&rows[a * 6..][..6], &rows[b * 6..][..6]);
                a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
            };
            for a in 0..30 {
                let (was, is) = (distance(&numbers, a, 29 - a), distance(&found.scores, a, 29 - a));
                prop_assert!((was - is).abs() < 1e-3, "{} {}", was, is);
            }
            let variance = |column: usize| -> f32 {
                found.scores.chunks_exact(6).map(|row| row[column].powi(2)).sum()
            };
            for column in 1..6 {
                prop_assert!(variance(column) <= variance(column - 1) * 1.001);
            }
        }
    }
}
