//! The forms in which the weight of a linear map is kept.

use std::borrow::Cow;
use std::fmt::Debug;

use super::stored::NamedTensor;
use super::table::{Rows, Table};
use super::tensors::Tensors;
use crate::digest::Digest;
use crate::error::LoraError;
use crate::kernel::product::{Into, View, ViewMut, multiply};
use crate::matrix::Matrix;
use crate::nf4::Nf4Matrix;

/// A form of the weights of linear maps: [`Matrix`], all values as `f32`, or [`Nf4Matrix`], 4 bits a
/// value. It cannot be implemented outside of this crate.
pub trait Weight: Form {}

impl Weight for Matrix {}

impl Weight for Nf4Matrix {}

/// The weight W, `[out, in]`, of a linear map, in whatever form it is kept. Both products may be
/// computed block by block, so that W is never whole in `f32`.
pub trait FrozenWeight: Debug + Send + Sync {
    /// The sizes out and in.
    fn shape(&self) -> (usize, usize);

    /// All values of W.
    fn dense(&self) -> Cow<'_, Matrix>;

    /// All values of W, where they are kept as they are.
    fn values(&self) -> Option<&[f32]>;

    /// Copies the rows of W from `first` on to `rows`, as many as it has room for.
    fn rows(&self, first: usize, rows: &mut [f32]);

    /// Adds x Wᵀ to `out`; rows of x are of the size in, rows of `out` of the size out.
    fn forward(&self, out: &mut [f32], x: &[f32]);

    /// Adds dy W to `dx`; rows of `dy` are of the size out, rows of `dx` of the size in.
    fn backward(&self, dx: &mut [f32], dy: &[f32]);

    /// Adds the weight, in the form in which it is kept, to a fingerprint.
    fn digest(&self, digest: &mut Digest);
}

/// What reading and writing need of a form.
pub trait Form: FrozenWeight + Clone + PartialEq + Sized + 'static {
    /// The form of the tables of embeddings beside such weights.
    type Table: Rows + Clone + Debug + PartialEq;

    /// Takes the weight of this name and shape, whole or in NF4, out of a file.
    fn take(
        tensors: &mut Tensors<'_>,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Self, LoraError>;

    /// Takes the table of this name and shape out of a file.
    fn take_table(
        tensors: &mut Tensors<'_>,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Self::Table, LoraError>;

    /// The weight with these values.
    fn of_matrix(matrix: Matrix) -> Result<Self, LoraError>;

    /// A table whose rows have so many columns.
    fn of_table(table: Table, columns: usize) -> Self::Table;

    /// The tensors of a file that hold the weight of this name.
    fn stored(&self, name: &str) -> Vec<NamedTensor<'_>>;

    /// The memory that it takes, in bytes.
    fn size(&self) -> usize;

    /// The memory that a table takes, in bytes.
    fn table_size(table: &Self::Table) -> usize;
}

impl FrozenWeight for Matrix {
    fn shape(&self) -> (usize, usize) {
        Matrix::shape(self)
    }

    fn dense(&self) -> Cow<'_, Matrix> {
        Cow::Borrowed(self)
    }

    fn values(&self) -> Option<&[f32]> {
        Some(Matrix::values(self))
    }

    fn rows(&self, first: usize, rows: &mut [f32]) {
        let start = first * self.columns();
        rows.copy_from_slice(&Matrix::values(self)[start..start + rows.len()]);
    }

    fn forward(&self, out: &mut [f32], x: &[f32]) {
        let (rows, columns) = Matrix::shape(self);
        let weight = View::new(Matrix::values(self), columns);
        let target = ViewMut::new(out, rows);
        multiply(target, Into::Add, View::new(x, columns).by(weight.t()));
    }

    fn backward(&self, dx: &mut [f32], dy: &[f32]) {
        let (rows, columns) = Matrix::shape(self);
        let weight = View::new(Matrix::values(self), columns);
        let target = ViewMut::new(dx, columns);
        multiply(target, Into::Add, View::new(dy, rows).by(weight));
    }

    fn digest(&self, digest: &mut Digest) {
        digest.floats(Matrix::values(self));
    }
}

/// How many values of W are dequantised at once: 1 MiB as `f32`, which a second-level cache holds. Less
/// would read and write the rows of `dx` too often.
const PANEL: usize = 1 << 18;

impl FrozenWeight for Nf4Matrix {
    fn shape(&self) -> (usize, usize) {
        Nf4Matrix::shape(self)
    }

    fn dense(&self) -> Cow<'_, Matrix> {
        Cow::Owned(self.dequantize())
    }

    fn values(&self) -> Option<&[f32]> {
        None
    }

    fn rows(&self, first: usize, rows: &mut [f32]) {
        let count = rows.len() / Nf4Matrix::shape(self).1;
        self.read_rows(first..first + count, rows);
    }

    fn forward(&self, out: &mut [f32], x: &[f32]) {
        let (rows, columns) = Nf4Matrix::shape(self);
        let x = View::new(x, columns);
        let count = out.len() / rows;
        panels(self, |first, panel| {
            let height = panel.rows();
            let target = ViewMut::window(&mut out[first..], (count, height), rows);
            multiply(target, Into::Add, x.by(panel.t()));
        });
    }

    fn backward(&self, dx: &mut [f32], dy: &[f32]) {
        let (rows, columns) = Nf4Matrix::shape(self);
        let count = dy.len() / rows;
        panels(self, |first, panel| {
            let dy = View::window(&dy[first..], (count, panel.rows()), rows);
            multiply(ViewMut::new(dx, columns), Into::Add, dy.by(panel));
        });
    }

    fn digest(&self, digest: &mut Digest) {
        self.add_to(digest);
    }
}

/// Hands the rows of W, some at a time and each time with the index of the first, to `each`.
fn panels(matrix: &Nf4Matrix, mut each: impl FnMut(usize, View<'_>)) {
    let (rows, columns) = matrix.shape();
    let height = (PANEL / columns).clamp(1, rows);
    let mut panel = vec![0.0; height * columns];
    for start in (0..rows).step_by(height) {
        let range = start..rows.min(start + height);
        let panel = &mut panel[..range.len() * columns];
        matrix.read_rows(range, panel);
        each(start, View::new(panel, columns));
    }
}

impl Form for Matrix {
    type Table = Matrix;

    fn take(
        tensors: &mut Tensors<'_>,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Self, LoraError> {
        match Nf4Matrix::is_stored(tensors, name)? {
            true => Ok(Nf4Matrix::take_stored(tensors, name, shape)?.dequantize()),
            false => tensors.matrix(name, shape),
        }
    }

    fn take_table(
        tensors: &mut Tensors<'_>,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Self, LoraError> {
        tensors.matrix(name, shape)
    }

    fn of_matrix(matrix: Matrix) -> Result<Self, LoraError> {
        Ok(matrix)
    }

    fn of_table(table: Table, columns: usize) -> Self {
        table.to_matrix(columns)
    }

    fn stored(&self, name: &str) -> Vec<NamedTensor<'_>> {
        vec![(name.to_owned(), self.into())]
    }

    fn size(&self) -> usize {
        size_of_val(Matrix::values(self))
    }

    fn table_size(table: &Self) -> usize {
        table.size()
    }
}

impl Form for Nf4Matrix {
    type Table = Table;

    fn take(
        tensors: &mut Tensors<'_>,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Self, LoraError> {
        match Self::is_stored(tensors, name)? {
            true => Self::take_stored(tensors, name, shape),
            false => Self::quantize(&tensors.matrix(name, shape)?),
        }
    }

    fn take_table(
        tensors: &mut Tensors<'_>,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Table, LoraError> {
        Table::take(tensors, name, shape)
    }

    fn of_matrix(matrix: Matrix) -> Result<Self, LoraError> {
        Self::quantize(&matrix)
    }

    fn of_table(table: Table, _: usize) -> Table {
        table
    }

    fn stored(&self, name: &str) -> Vec<NamedTensor<'_>> {
        self.parts(name)
    }

    fn size(&self) -> usize {
        self.bytes()
    }

    fn table_size(table: &Table) -> usize {
        table.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_with_panels_are_those_with_the_whole() {
        // Three panels, the last of them shorter; rows that blocks reach across.
        let (rows, columns) = (700, 997);
        let value = |i: usize| ((i * 37) % 101) as f32 / 50.0 - 1.0;
        let values = (0..rows * columns).map(value).collect();
        let small = Nf4Matrix::quantize(&Matrix::new(rows, columns, values).unwrap()).unwrap();
        let whole = small.dequantize();
        let x: Vec<f32> = (0..3 * columns).map(|i| value(i + 5)).collect();
        let dy: Vec<f32> = (0..3 * rows).map(|i| value(i + 9)).collect();
        let run = |weight: &dyn FrozenWeight| {
            let (mut out, mut dx) = (vec![1.0; 3 * rows], vec![2.0; 3 * columns]);
            weight.forward(&mut out, &x);
            weight.backward(&mut dx, &dy);
            [out, dx].concat()
        };
        for (a, b) in run(&small).iter().zip(run(&whole)) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
    }
}
