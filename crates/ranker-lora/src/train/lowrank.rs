//! s · B A x: the low-rank change of one linear map during a pass.

use super::parameters::Factors;
use crate::kernel::product::{Into, View, ViewMut, multiply};

/// The factors of one linear map.
#[derive(Clone, Copy)]
pub(crate) struct LowRank<'p> {
    factors: &'p Factors,
    /// `[rank, in]`
    a: View<'p>,
    /// `[out, rank]`
    b: &'p [f32],
    out: usize,
    columns: usize,
}

/// The change of a map whose rows have trained lengths.
#[derive(Clone, Copy)]
pub(super) struct Directed<'p> {
    /// s · B A.
    pub(super) change: LowRank<'p>,
    /// m / ‖V‖ for every row.
    pub(super) ratio: &'p [f32],
}

/// What the backward pass of a map starts from: rows of its input x, and of the gradient dy of its
/// output.
#[derive(Clone, Copy)]
pub(crate) struct Slopes<'s> {
    pub(crate) x: &'s [f32],
    pub(crate) dy: &'s [f32],
}

impl<'p> LowRank<'p> {
    /// The factors among all trained `values`, for a map with the sizes out and in.
    pub(crate) fn new(factors: &'p Factors, values: &'p [f32], shape: (usize, usize)) -> Self {
        let (out, columns) = shape;
        Self {
            factors,
            a: View::new(&values[factors.a.clone()], columns),
            b: &values[factors.b.clone()],
            out,
            columns,
        }
    }

    fn b(&self) -> View<'p> {
        View::new(self.b, self.factors.rank)
    }

    /// A x, row by row.
    fn narrow(&self, x: &[f32]) -> Vec<f32> {
        let mut narrow = vec![0.0; x.len() / self.columns * self.factors.rank];
        let target = ViewMut::new(&mut narrow, self.factors.rank);
        let factors = View::new(x, self.columns).by(self.a.t());
        multiply(target, Into::Replace, factors);
        narrow
    }

    /// Adds s · B (A x) to y, row by row.
    pub(crate) fn add(&self, y: &mut [f32], x: &[f32]) {
        let narrow = self.narrow(x);
        let factors = View::new(&narrow, self.factors.rank).by(self.b().t());
        multiply(
            ViewMut::new(y, self.out),
            Into::Add,
            factors.scaled(self.factors.scale),
        );
    }

    /// Adds rows of s · B A, from `first` on, to those of W.
    pub(crate) fn add_rows(&self, first: usize, rows: &mut [f32]) {
        let rank = self.factors.rank;
        let count = rows.len() / self.columns;
        let b = &self.b[first * rank..(first + count) * rank];
        let target = ViewMut::new(rows, self.columns);
        let factors = View::new(b, rank).by(self.a);
        multiply(target, Into::Add, factors.scaled(self.factors.scale));
    }

    /// Adds the gradients of A and B to `gradient`, which is laid out as the trained values are,
    /// and returns s · dy B, that of A x.
    pub(crate) fn backward(&self, slopes: Slopes<'_>, gradient: &mut [f32]) -> Vec<f32> {
        let Slopes { x, dy } = slopes;
        let Factors { a, b, rank, .. } = self.factors;
        let narrow = self.narrow(x);
        let mut narrow_gradient = vec![0.0; narrow.len()];
        let target = ViewMut::new(&mut narrow_gradient, *rank);
        let dy = View::new(dy, self.out);
        multiply(
            target,
            Into::Replace,
            dy.by(self.b()).scaled(self.factors.scale),
        );
        let target = ViewMut::new(&mut gradient[b.clone()], *rank);
        let factors = dy.t().by(View::new(&narrow, *rank));
        multiply(target, Into::Add, factors.scaled(self.factors.scale));
        let target = ViewMut::new(&mut gradient[a.clone()], self.columns);
        let factors = View::new(&narrow_gradient, *rank)
            .t()
            .by(View::new(x, self.columns));
        multiply(target, Into::Add, factors);
        narrow_gradient
    }

    /// Adds the part of the input's gradient that comes through A.
    pub(crate) fn add_input(&self, dx: &mut [f32], narrow_gradient: &[f32]) {
        let factors = View::new(narrow_gradient, self.factors.rank).by(self.a);
        multiply(ViewMut::new(dx, self.columns), Into::Add, factors);
    }
}
