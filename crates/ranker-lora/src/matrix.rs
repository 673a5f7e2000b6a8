use ndarray::{Array2, ArrayView2};

use crate::LoraError;

/// A dense, row-major matrix of finite `f32` values.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix(Array2<f32>);

impl Matrix {
    /// Makes a matrix of `rows` by `columns` from its values, row after row.
    ///
    /// # Errors
    /// [`LoraError::Shape`] where the number of values is not `rows * columns`, and
    /// [`LoraError::NotFinite`] where one of them is NaN or infinite.
    pub fn new(rows: usize, columns: usize, values: Vec<f32>) -> Result<Self, LoraError> {
        let count = values.len();
        let array =
            Array2::from_shape_vec((rows, columns), values).map_err(|_| LoraError::Shape {
                name: "a matrix".to_owned(),
                expected: (rows, columns),
                actual: (count / columns.max(1), columns),
            })?;
        Self::checked(array, || "a matrix".to_owned())
    }

    /// A matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self(Array2::zeros((rows, columns)))
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.0.nrows()
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.0.ncols()
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        self.0.dim()
    }

    /// The values, row after row.
    pub fn values(&self) -> &[f32] {
        self.0.as_slice().unwrap_or_default()
    }

    /// Row `index`, or `None` past the last one.
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        self.values().chunks_exact(self.columns().max(1)).nth(index)
    }

    /// Whoever writes here keeps the values finite.
    pub(crate) fn values_mut(&mut self) -> &mut [f32] {
        self.0.as_slice_mut().unwrap_or_default()
    }

    pub(crate) fn view(&self) -> ArrayView2<'_, f32> {
        self.0.view()
    }

    /// Takes an array over, with `name` for the error where a value is not finite.
    pub(crate) fn checked(
        array: Array2<f32>,
        name: impl FnOnce() -> String,
    ) -> Result<Self, LoraError> {
        if array.iter().any(|value| !value.is_finite()) {
            return Err(LoraError::NotFinite { name: name() });
        }
        // A product may come back column-major; `values` relies on rows.
        Ok(Self(if array.is_standard_layout() {
            array
        } else {
            array.as_standard_layout().into_owned()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_rows_in_order() {
        let matrix = Matrix::new(2, 3, vec![1., 2., 3., 4., 5., 6.]).unwrap();
        assert_eq!(matrix.shape(), (2, 3));
        assert_eq!(matrix.row(1), Some(&[4., 5., 6.][..]));
        assert_eq!(matrix.row(2), None);
    }

    #[test]
    fn refuses_a_wrong_count_and_values_that_are_not_finite() {
        assert!(matches!(
            Matrix::new(2, 3, vec![0.; 5]),
            Err(LoraError::Shape { .. })
        ));
        assert!(matches!(
            Matrix::new(usize::MAX, 3, vec![0.; 5]),
            Err(LoraError::Shape { .. })
        ));
        for bad in [f32::NAN, f32::INFINITY] {
            assert!(matches!(
                Matrix::new(1, 1, vec![bad]),
                Err(LoraError::NotFinite { .. })
            ));
        }
    }
}
