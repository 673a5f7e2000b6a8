//! The operands of a product that lie in rows: what is read on the left, and what is written.

use std::marker::PhantomData;
use std::ops::Range;

/// A matrix to read: rows of some columns, each `stride` values behind the one before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'a> Left<'a> {
    /// All of `values`, in rows of `columns`.
    pub(crate) fn new(values: &'a [f32], columns: usize) -> Self {
        let rows = values.len() / columns.max(1);
        Self {
            values,
            rows,
            columns,
            stride: columns,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn depth(&self) -> usize {
        self.columns
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// A row's values.
    pub(crate) fn row(&self, row: usize) -> &'a [f32] {
        assert!(row < self.rows, "a row past the matrix");
        &self.values[row * self.stride..][..self.columns]
    }

    /// Some of the columns of all rows.
    pub(crate) fn columns(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.columns);
        let start = if self.rows == 0 { 0 } else { range.start };
        Self {
            values: &self.values[start..],
            columns: range.len(),
            ..self
        }
    }

    /// Some of the rows.
    pub(crate) fn take_rows(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.rows);
        let start = (range.start * self.stride).min(self.values.len());
        Self {
            values: &self.values[start..],
            rows: range.len(),
            ..self
        }
    }

    /// Where the rows from `row` on begin, for loops that have checked how many there are.
    pub(super) fn from(&self, row: usize) -> *const f32 {
        self.values[row * self.stride..].as_ptr()
    }
}

/// A part of a matrix to write: some columns of some rows, which no other tile has.
#[derive(Debug)]
pub(crate) struct Tile<'a> {
    start: *mut f32,
    rows: usize,
    columns: usize,
    stride: usize,
    values: PhantomData<&'a mut [f32]>,
}

// SAFETY: a tile is a mutable borrow of values that nothing else can reach, as a `&mut [f32]` is.
unsafe impl Send for Tile<'_> {}

impl<'a> Tile<'a> {
    /// All of `values`, in rows of `columns`.
    pub(crate) fn new(values: &'a mut [f32], columns: usize) -> Self {
        Self {
            rows: values.len() / columns.max(1),
            start: values.as_mut_ptr(),
            columns,
            stride: columns,
            values: PhantomData,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// The first rows, and the others.
    pub(crate) fn split_rows(self, at: usize) -> (Self, Self) {
        assert!(at <= self.rows, "a split past the last row");
        // Where no row is left, nothing is read from `start`.
        let start = self.start.wrapping_add(at * self.stride);
        let rows = self.rows - at;
        (
            Self { rows: at, ..self },
            Self {
                start,
                rows,
                ..self
            },
        )
    }

    /// The first columns, and the others.
    pub(crate) fn split_columns(self, at: usize) -> (Self, Self) {
        assert!(at <= self.columns, "a split past the last column");
        let start = self.start.wrapping_add(at);
        let columns = self.columns - at;
        let first = Self {
            columns: at,
            ..self
        };
        let others = Self {
            start,
            columns,
            ..self
        };
        (first, others)
    }

    /// A row's values.
    pub(crate) fn row(&mut self, row: usize) -> &mut [f32] {
        assert!(row < self.rows, "a row past the tile");
        // SAFETY: the row lies within the matrix that this tile is a part of, and its columns within
        // that row; the borrow of `self` keeps it the only one.
        unsafe {
            let start = self.start.add(row * self.stride);
            std::slice::from_raw_parts_mut(start, self.columns)
        }
    }

    /// Where a row begins, from a column on, for loops that have checked both.
    pub(super) fn at(&mut self, row: usize, column: usize) -> *mut f32 {
        assert!(row < self.rows && column < self.columns);
        // SAFETY: the assertion keeps the position within this tile.
        unsafe { self.start.add(row * self.stride + column) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_a_matrix_without_overlap() {
        let mut values = vec![0.0; 6];
        let (mut top, bottom) = Tile::new(&mut values, 3).split_rows(1);
        let (mut left, mut right) = bottom.split_columns(2);
        top.row(0).fill(1.0);
        left.row(0).fill(2.0);
        right.row(0).fill(3.0);
        assert_eq!(values, [1.0, 1.0, 1.0, 2.0, 2.0, 3.0]);
    }

    #[test]
    fn the_left_is_read_in_windows() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let window = Left::new(&values, 3).take_rows(1..2).columns(1..3);
        assert_eq!((window.rows(), window.row(0)), (1, &[5.0, 6.0][..]));
    }
}
