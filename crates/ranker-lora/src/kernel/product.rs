//! Matrix products, the one place where this crate speaks to the matrix library.
#![allow(unsafe_code, reason = "the matrix library takes pointers")]

use gemm_common::Parallelism;

/// A matrix that lies in a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

/// A product of two matrices, to be computed by [`multiply`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product<'a> {
    left: View<'a>,
    right: View<'a>,
    factor: f32,
}

impl Product<'_> {
    /// The product times a number.
    pub(crate) fn scaled(self, factor: f32) -> Self {
        Self {
            factor: self.factor * factor,
            ..self
        }
    }
}

/// A matrix to write to; its rows lie `stride` apart.
#[derive(Debug)]
pub(crate) struct ViewMut<'a> {
    values: &'a mut [f32],
    rows: usize,
    columns: usize,
    stride: usize,
}

/// What happens with the values that are already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Into {
    Replace,
    Add,
}

impl<'a> View<'a> {
    /// All of `values`, in rows of `columns`.
    pub(crate) fn new(values: &'a [f32], columns: usize) -> Self {
        Self::window(values, (values.len() / columns.max(1), columns), columns)
    }

    /// The first `shape` of rows that lie `stride` apart.
    pub(crate) fn window(values: &'a [f32], shape: (usize, usize), stride: usize) -> Self {
        assert!(fits(values.len(), shape, stride), "a matrix past its slice");
        Self {
            values,
            rows: shape.0,
            columns: shape.1,
            row_stride: stride,
            column_stride: 1,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The product with the matrix on its right.
    pub(crate) fn by(self, right: View<'a>) -> Product<'a> {
        Product {
            left: self,
            right,
            factor: 1.0,
        }
    }

    /// Rows as columns.
    pub(crate) fn t(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

impl<'a> ViewMut<'a> {
    pub(crate) fn new(values: &'a mut [f32], columns: usize) -> Self {
        let rows = values.len() / columns.max(1);
        Self::window(values, (rows, columns), columns)
    }

    pub(crate) fn window(values: &'a mut [f32], shape: (usize, usize), stride: usize) -> Self {
        assert!(fits(values.len(), shape, stride), "a matrix past its slice");
        Self {
            values,
            rows: shape.0,
            columns: shape.1,
            stride,
        }
    }
}

fn fits(length: usize, shape: (usize, usize), stride: usize) -> bool {
    let (rows, columns) = shape;
    rows == 0 || columns == 0 || (columns <= stride && (rows - 1) * stride + columns <= length)
}

/// `out = factor · a b`, or that added to what `out` holds.
pub(crate) fn multiply(out: ViewMut<'_>, into: Into, product: Product<'_>) {
    let Product {
        left: a,
        right: b,
        factor,
    } = product;
    let (m, n, k) = (out.rows, out.columns, a.columns);
    assert_eq!(
        (a.rows, b.rows, b.columns),
        (m, k, n),
        "a product of these matrices"
    );
    if m == 0 || n == 0 {
        return;
    }
    assert!(k > 0, "a product over nothing");
    let add = into == Into::Add;
    // The kernels write column by column, so the transposed product is computed: outᵀ = bᵀ aᵀ.
    let kernel = gemm_f32::gemm::f32::get_gemm_fn();
    let stride = |stride: usize| stride as isize;
    // SAFETY: `View` and `ViewMut` are only built where every index of theirs lies in their slice,
    // the sizes agree by the assertion above, and `out` is borrowed mutably, so it overlaps nothing.
    unsafe {
        kernel(
            n,
            m,
            k,
            out.values.as_mut_ptr(),
            stride(out.stride),
            1,
            add,
            b.values.as_ptr(),
            stride(b.row_stride),
            stride(b.column_stride),
            a.values.as_ptr(),
            stride(a.row_stride),
            stride(a.column_stride),
            f32::from(u8::from(add)),
            factor,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(a: View<'_>, b: View<'_>) -> Vec<f64> {
        let at = |m: View<'_>, row: usize, column: usize| {
            f64::from(m.values[row * m.row_stride + column * m.column_stride])
        };
        let cell = |i: usize| {
            let (row, column) = (i / b.columns, i % b.columns);
            (0..a.columns)
                .map(|k| at(a, row, k) * at(b, k, column))
                .sum()
        };
        (0..a.rows * b.columns).map(cell).collect()
    }

    fn values(count: usize, seed: usize) -> Vec<f32> {
        let value = |i: usize| ((i * 37 + seed * 11) % 23) as f32 / 7.0 - 1.5;
        (0..count).map(value).collect()
    }

    proptest! {
        #[test]
        fn products_are_those_of_the_definition(
            sizes in (1usize..40, 1usize..40, 1usize..40), turned in 0u8..4, add in any::<bool>(),
        ) {
            let (m, n, k) = sizes;
            let (x, y) = (values(m * k, 1), values(k * n, 2));
            let a = if turned & 1 == 0 { View::new(&x, k) } else { View::new(&x, m).t() };
            let b = if turned & 2 == 0 { View::new(&y, n) } else { View::new(&y, k).t() };
            let mut out = values(m * n, 3);
            let before = out.clone();
            let into = if add { Into::Add } else { Into::Replace };
            multiply(ViewMut::new(&mut out, n), into, a.by(b).scaled(0.5));
            for ((new, old), product) in out.iter().zip(&before).zip(naive(a, b)) {
                let start = if add { f64::from(*old) } else { 0.0 };
                prop_assert!((f64::from(*new) - start - 0.5 * product).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn windows_leave_their_neighbours_alone() {
        let mut out = vec![7.0; 12];
        let (a, b) = (vec![1.0, 2.0], vec![3.0, 4.0]);
        let (a, b) = (View::new(&a, 1), View::new(&b, 2));
        let target = ViewMut::window(&mut out[1..], (2, 2), 6);
        multiply(target, Into::Replace, a.by(b));
        assert_eq!(out, [7., 3., 4., 7., 7., 7., 7., 6., 8., 7., 7., 7.]);
    }
}
