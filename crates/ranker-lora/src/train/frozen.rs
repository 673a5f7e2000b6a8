//! The weights that training leaves as they are.

use std::fmt::Debug;

use crate::encoder::{Layer, Norm};
use crate::family::Part;
use crate::kernel::product::{Into, View, ViewMut, multiply};
use crate::{Encoder, Matrix};

/// The weight W, `[out, in]`, of a linear map, in whatever form it is kept. Both products may be
/// computed block by block, so that W is never whole in `f32`.
pub(crate) trait FrozenLinear: Debug + Send + Sync {
    /// The sizes out and in.
    fn shape(&self) -> (usize, usize);

    /// Copies the rows of W from `first` on to `rows`, as many as it has room for.
    fn rows(&self, first: usize, rows: &mut [f32]);

    /// Adds x Wᵀ to `out`; rows of x are of the size in, rows of `out` of the size out.
    fn forward(&self, out: &mut [f32], x: &[f32]);

    /// Adds dy W to `dx`; rows of `dy` are of the size out, rows of `dx` of the size in.
    fn backward(&self, dx: &mut [f32], dy: &[f32]);
}

impl FrozenLinear for &Matrix {
    fn shape(&self) -> (usize, usize) {
        Matrix::shape(self)
    }

    fn rows(&self, first: usize, rows: &mut [f32]) {
        let start = first * self.columns();
        rows.copy_from_slice(&self.values()[start..start + rows.len()]);
    }

    fn forward(&self, out: &mut [f32], x: &[f32]) {
        let (rows, columns) = Matrix::shape(self);
        let factors = (View::new(x, columns), View::new(self.values(), columns).t());
        multiply(ViewMut::new(out, rows), Into::Add, 1.0, factors);
    }

    fn backward(&self, dx: &mut [f32], dy: &[f32]) {
        let (rows, columns) = Matrix::shape(self);
        let factors = (View::new(dy, rows), View::new(self.values(), columns));
        multiply(ViewMut::new(dx, columns), Into::Add, 1.0, factors);
    }
}

/// An encoder whose weights are only read.
#[derive(Debug)]
pub(crate) struct FrozenEncoder<'a> {
    pub(crate) encoder: &'a Encoder,
    pub(crate) layers: Vec<FrozenLayer<'a>>,
}

/// One transformer layer.
#[derive(Debug)]
pub(crate) struct FrozenLayer<'a> {
    /// In the order of [`Part::ALL`].
    weights: [Box<dyn FrozenLinear + 'a>; 6],
    layer: &'a Layer,
}

impl<'a> FrozenEncoder<'a> {
    /// The weights as they are.
    pub(crate) fn new(encoder: &'a Encoder) -> Self {
        let layer = |layer: &'a Layer| FrozenLayer {
            weights: Part::ALL.map(|part| {
                let weight: Box<dyn FrozenLinear + 'a> = Box::new(&layer.part(part).weight);
                weight
            }),
            layer,
        };
        Self {
            encoder,
            layers: encoder.layers.iter().map(layer).collect(),
        }
    }
}

impl FrozenLayer<'_> {
    pub(crate) fn weight(&self, part: Part) -> &dyn FrozenLinear {
        &*self.weights[part as usize]
    }

    pub(crate) fn bias(&self, part: Part) -> &[f32] {
        &self.layer.part(part).bias
    }

    pub(crate) fn attention_norm(&self) -> &Norm {
        &self.layer.attention_norm
    }

    pub(crate) fn output_norm(&self) -> &Norm {
        &self.layer.output_norm
    }
}
