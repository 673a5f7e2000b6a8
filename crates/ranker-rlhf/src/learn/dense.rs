//! Small dense symmetric matrices.

/// A square matrix, row-major.
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    size: usize,
    values: Vec<f64>,
}

impl Matrix {
    pub(crate) fn zero(size: usize) -> Self {
        Self {
            size,
            values: vec![0.0; size * size],
        }
    }

    pub(crate) fn at(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.values[row * self.size + column]
    }

    pub(crate) fn get(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size + column]
    }

    /// Adds `factor · values` to the beginning of a row.
    pub(crate) fn add_row(&mut self, row: usize, factor: f64, values: &[f64]) {
        let row = &mut self.values[row * self.size..][..values.len()];
        for (sum, x) in row.iter_mut().zip(values) {
            *sum += factor * x;
        }
    }

    /// Copies the lower triangle to the upper one.
    pub(crate) fn mirror(&mut self) {
        for row in 0..self.size {
            for column in 0..row {
                *self.at(column, row) = self.get(row, column);
            }
        }
    }

    /// Solves `M x = b` by Cholesky's factorisation, from the lower triangle; `None` unless the matrix
    /// is positive definite.
    pub(crate) fn solve(&self, b: &[f64]) -> Option<Vec<f64>> {
        let n = self.size;
        let mut lower = Self::zero(n);
        for i in 0..n {
            for j in 0..=i {
                let dot: f64 = (0..j).map(|k| lower.get(i, k) * lower.get(j, k)).sum();
                let rest = self.get(i, j) - dot;
                *lower.at(i, j) = if i == j {
                    (rest > 0.0).then(|| rest.sqrt())?
                } else {
                    rest / lower.get(j, j)
                };
            }
        }
        let mut x = b.to_vec();
        for i in 0..n {
            let dot: f64 = (0..i).map(|k| lower.get(i, k) * x[k]).sum();
            x[i] = (x[i] - dot) / lower.get(i, i);
        }
        for i in (0..n).rev() {
            let dot: f64 = (i + 1..n).map(|k| lower.get(k, i) * x[k]).sum();
            x[i] = (x[i] - dot) / lower.get(i, i);
        }
        Some(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: [[f64; 3]; 3]) -> Matrix {
        Matrix {
            size: 3,
            values: rows.concat(),
        }
    }

    #[test]
    fn solves() {
        let matrix = matrix([[4.0, 2.0, 0.5], [2.0, 3.0, 1.0], [0.5, 1.0, 2.0]]);
        let b = [1.0, -2.0, 3.0];
        let x = matrix.solve(&b).unwrap();
        for (row, b) in b.iter().enumerate() {
            let product: f64 = (0..3).map(|k| matrix.get(row, k) * x[k]).sum();
            assert!((product - b).abs() < 1e-12);
        }
    }

    #[test]
    fn refuses_what_is_not_positive_definite() {
        let flat = matrix([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        assert_eq!(flat.solve(&[1.0; 3]), None);
        let mut no_number = flat;
        *no_number.at(0, 0) = f64::NAN;
        assert_eq!(no_number.solve(&[1.0; 3]), None);
    }
}
