//! Eigenvectors of a symmetric matrix: Householder's reduction to tridiagonal form, then the QL method with
//! implicit shifts (Golub & Van Loan, *Matrix Computations*, chapter 8).

/// Eigenvalues in descending order, and for each its unit eigenvector as a row.
#[derive(Debug)]
pub(super) struct Eigen {
    pub(super) values: Vec<f64>,
    /// `size × size`.
    pub(super) vectors: Vec<f64>,
}

/// Sweeps of the QL method for one eigenvalue; two or three are usual.
const SWEEPS: usize = 64;

/// The eigenvectors of a symmetric `size × size` matrix; `None` where it holds numbers that are not finite.
pub(super) fn symmetric(matrix: Vec<f64>, size: usize) -> Option<Eigen> {
    if matrix.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let (mut diagonal, mut beside, mut rows) = tridiagonal(matrix, size);
    // What is lost beside the largest number: small eigenvalues are exact to this, not to their own size.
    let sizes = diagonal.iter().zip(&beside).map(|(d, e)| d.abs() + e.abs());
    let negligible = f64::EPSILON * sizes.fold(0.0, f64::max);
    for at in 0..size {
        let rows = (rows.as_mut_slice(), size);
        if !settle(at, &mut diagonal, &mut beside, (rows, negligible)) {
            return None;
        }
    }
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| diagonal[b].total_cmp(&diagonal[a]).then(a.cmp(&b)));
    Some(Eigen {
        values: order.iter().map(|&at| diagonal[at]).collect(),
        vectors: (order.iter())
            .flat_map(|&at| rows[at * size..][..size].to_vec())
            .collect(),
    })
}

/// The tridiagonal matrix T and the rows of Qᵀ with A = Q T Qᵀ: T's diagonal, what stands beside it, Qᵀ.
fn tridiagonal(mut a: Vec<f64>, size: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let mut beside = vec![0.0; size];
    let mut reflections: Vec<Vec<f64>> = Vec::new();
    for k in 0..size.saturating_sub(2) {
        // Row k stands for column k, which is the same.
        let mut v = a[k * size + k + 1..][..size - k - 1].to_vec();
        let length = dot(&v, &v).sqrt();
        let alpha = if v[0] > 0.0 { -length } else { length };
        beside[k] = alpha;
        v[0] -= alpha;
        let norm = dot(&v, &v).sqrt();
        if norm > 0.0 {
            v.iter_mut().for_each(|value| *value /= norm);
            reflect(&mut a, size, &v);
        }
        reflections.push(v);
    }
    if size >= 2 {
        beside[size - 2] = a[(size - 2) * size + size - 1];
    }
    let diagonal = (0..size).map(|k| a[k * size + k]).collect();
    // Qᵀ = … H₂ H₁ H₀, formed from the last reflection on, which touches the last rows alone.
    let mut q = vec![0.0; size * size];
    (0..size).for_each(|k| q[k * size + k] = 1.0);
    for (k, v) in reflections.iter().enumerate().rev() {
        for row in q.chunks_exact_mut(size) {
            let own = &mut row[k + 1..];
            let along = 2.0 * dot(own, v);
            own.iter_mut().zip(v).for_each(|(x, v)| *x -= along * v);
        }
    }
    (diagonal, beside, q)
}

/// A ← H A H on the last rows and columns, H = I − 2 v vᵀ.
fn reflect(a: &mut [f64], size: usize, v: &[f64]) {
    let first = size - v.len();
    let own = |a: &[f64], row: usize| -> Vec<f64> {
        a[(first + row) * size + first..][..v.len()].to_vec()
    };
    let mut w: Vec<f64> = (0..v.len()).map(|row| 2.0 * dot(&own(a, row), v)).collect();
    let along = dot(&w, v);
    w.iter_mut().zip(v).for_each(|(w, v)| *w -= along * v);
    for row in 0..v.len() {
        let target = &mut a[(first + row) * size + first..][..v.len()];
        for ((x, w_column), v_column) in target.iter_mut().zip(&w).zip(v) {
            *x -= v[row] * w_column + w[row] * v_column;
        }
    }
}

/// Brings what stands beside the diagonal at `at` to zero, and turns the rows along; whether it came there.
fn settle(
    at: usize,
    diagonal: &mut [f64],
    beside: &mut [f64],
    ((rows, size), negligible): ((&mut [f64], usize), f64),
) -> bool {
    for _ in 0..SWEEPS {
        let small = |&k: &usize| beside[k].abs() <= negligible;
        let end = (at..size - 1).find(small).unwrap_or(size - 1);
        if end == at {
            return true;
        }
        // Wilkinson's shift.
        let half = (diagonal[at + 1] - diagonal[at]) / (2.0 * beside[at]);
        let root = half.hypot(1.0).copysign(half);
        let mut g = diagonal[end] - diagonal[at] + beside[at] / (half + root);
        let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
        let mut broke = false;
        for k in (at..end).rev() {
            let (f, b) = (sine * beside[k], cosine * beside[k]);
            let r = f.hypot(g);
            beside[k + 1] = r;
            if r == 0.0 {
                // The matrix falls apart here.
                diagonal[k + 1] -= shift;
                beside[end] = 0.0;
                broke = true;
                break;
            }
            (sine, cosine) = (f / r, g / r);
            let lowered = diagonal[k + 1] - shift;
            let turned = (diagonal[k] - lowered) * sine + 2.0 * cosine * b;
            shift = sine * turned;
            diagonal[k + 1] = lowered + shift;
            g = cosine * turned - b;
            rotate(&mut rows[k * size..(k + 2) * size], (sine, cosine));
        }
        if !broke {
            diagonal[at] -= shift;
            beside[at] = g;
            beside[end] = 0.0;
        }
    }
    false
}

/// Turns two neighbouring rows.
fn rotate(rows: &mut [f64], (sine, cosine): (f64, f64)) {
    let (one, next) = rows.split_at_mut(rows.len() / 2);
    for (one, next) in one.iter_mut().zip(next) {
        let was = *next;
        *next = sine * *one + cosine * was;
        *one = cosine * *one - sine * was;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The greatest gap in A v = λ v, and from orthonormal rows.
    fn gaps(matrix: &[f64], size: usize, eigen: &Eigen) -> (f64, f64) {
        let row = |k: usize| &eigen.vectors[k * size..][..size];
        let (mut pairs, mut rows) = (0.0_f64, 0.0_f64);
        for k in 0..size {
            for line in 0..size {
                let moved = dot(&matrix[line * size..][..size], row(k));
                pairs = pairs.max((moved - eigen.values[k] * row(k)[line]).abs());
                let unit = if k == line { 1.0 } else { 0.0 };
                rows = rows.max((dot(row(k), row(line)) - unit).abs());
            }
        }
        (pairs, rows)
    }

    #[test]
    fn a_path_has_the_eigenvalues_that_are_known() {
        // The Laplacian of a path of n nodes: 2 − 2 cos(π k / n).
        for size in [1_usize, 2, 3, 10, 65] {
            let mut matrix = vec![0.0; size * size];
            for k in 1..size {
                matrix[k * size + k - 1] = -1.0;
                matrix[(k - 1) * size + k] = -1.0;
                matrix[k * size + k] += 1.0;
                matrix[(k - 1) * size + k - 1] += 1.0;
            }
            let eigen = symmetric(matrix.clone(), size).unwrap();
            for (k, value) in eigen.values.iter().rev().enumerate() {
                let known = 2.0 - 2.0 * (std::f64::consts::PI * k as f64 / size as f64).cos();
                assert!((value - known).abs() < 1e-12, "{size}: {value} for {known}");
            }
            let (pairs, rows) = gaps(&matrix, size, &eigen);
            assert!(pairs < 1e-12 && rows < 1e-12, "{size}: {pairs}, {rows}");
        }
    }

    #[test]
    fn degenerate_matrices_have_eigenvectors_too() {
        for matrix in [
            vec![0.0; 16],
            (0..16).map(|at| f64::from(at % 5 == 0)).collect(),
            vec![1.0; 16],
            (0..16).map(|at| f64::from(at % 4 + at / 4 == 3)).collect(),
        ] {
            let eigen = symmetric(matrix.clone(), 4).unwrap();
            let (pairs, rows) = gaps(&matrix, 4, &eigen);
            assert!(pairs < 1e-14 && rows < 1e-14, "{matrix:?}: {pairs}, {rows}");
        }
        assert!(symmetric(vec![f64::NAN], 1).is_none());
    }

    proptest! {
        #[test]
        fn a_matrix_of_low_rank_is_taken_apart(
            numbers in prop::collection::vec(-10.0..10.0, 3 * 12),
            rank in 0_usize..4,
        ) {
            let row = |k: usize| numbers[k * 12..][..12].to_vec();
            let mut matrix = vec![0.0; 144];
            for k in 0..rank {
                for (at, value) in matrix.iter_mut().enumerate() {
                    *value += row(k)[at / 12] * row(k)[at % 12];
                }
            }
            let eigen = symmetric(matrix.clone(), 12).unwrap();
            let (pairs, rows) = gaps(&matrix, 12, &eigen);
            prop_assert!(pairs < 1e-10 && rows < 1e-12, "{} {}", pairs, rows);
            prop_assert!(eigen.values[rank..].iter().all(|value| value.abs() < 1e-10));
        }

        #[test]
        fn any_symmetric_matrix_is_taken_apart(
            numbers in prop::collection::vec(-1e3..1e3, 20 * 20),
            size in 1_usize..20,
            scale in -8_i32..8,
        ) {
            let mut matrix = vec![0.0; size * size];
            for row in 0..size {
                for column in 0..=row {
                    let value = numbers[row * 20 + column] * 10.0_f64.powi(scale);
                    matrix[row * size + column] = value;
                    matrix[column * size + row] = value;
                }
            }
            let eigen = symmetric(matrix.clone(), size).unwrap();
            prop_assert!(eigen.values.is_sorted_by(|a, b| a >= b));
            let (pairs, rows) = gaps(&matrix, size, &eigen);
            prop_assert!(pairs < 1e-10 * 10.0_f64.powi(scale), "{}", pairs);
            prop_assert!(rows < 1e-12, "{}", rows);
        }
    }
}
