//! The weights that training leaves as they are.

use std::fmt::Debug;
use std::ops::Range;

use crate::base::{Base, Kind, Tables};
use crate::encoder::{Layer, Norm};
use crate::family::Part;
use crate::kernel::product::{Into, View, ViewMut, multiply};
use crate::{EncoderConfig, Matrix, Nf4Matrix};

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

impl FrozenLinear for Matrix {
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

/// How many values of W are restored at once: 1 MiB as `f32`, which a second-level cache holds. Less
/// would read and write the rows of `dx` too often.
const PANEL: usize = 1 << 18;

impl FrozenLinear for Nf4Matrix {
    fn shape(&self) -> (usize, usize) {
        Nf4Matrix::shape(self)
    }

    fn rows(&self, first: usize, rows: &mut [f32]) {
        let count = rows.len() / Nf4Matrix::shape(self).1;
        self.read_rows(first..first + count, rows);
    }

    fn forward(&self, out: &mut [f32], x: &[f32]) {
        let (rows, columns) = Nf4Matrix::shape(self);
        let x = View::new(x, columns);
        let count = out.len() / rows;
        panels(self, |range, panel| {
            let shape = (count, range.len());
            let target = ViewMut::window(&mut out[range.start..], shape, rows);
            multiply(target, Into::Add, 1.0, (x, panel.t()));
        });
    }

    fn backward(&self, dx: &mut [f32], dy: &[f32]) {
        let (rows, columns) = Nf4Matrix::shape(self);
        let count = dy.len() / rows;
        panels(self, |range, panel| {
            let dy = View::window(&dy[range.start..], (count, range.len()), rows);
            multiply(ViewMut::new(dx, columns), Into::Add, 1.0, (dy, panel));
        });
    }
}

/// Hands some rows of W after the other to `each`.
fn panels(matrix: &Nf4Matrix, mut each: impl FnMut(Range<usize>, View<'_>)) {
    let (rows, columns) = matrix.shape();
    let height = (PANEL / columns).clamp(1, rows);
    let mut panel = vec![0.0; height * columns];
    for start in (0..rows).step_by(height) {
        let range = start..rows.min(start + height);
        let panel = &mut panel[..range.len() * columns];
        matrix.read_rows(range.clone(), panel);
        each(range, View::new(panel, columns));
    }
}

/// An encoder whose weights are only read.
#[derive(Debug)]
pub(crate) struct FrozenEncoder<'a> {
    pub(crate) whole: Base<'a>,
    pub(crate) config: &'a EncoderConfig,
    pub(crate) tables: Tables<'a>,
    pub(crate) norm: &'a Norm,
    pub(crate) layers: Vec<FrozenLayer<'a>>,
}

/// One transformer layer.
#[derive(Debug)]
pub(crate) struct FrozenLayer<'a> {
    /// In the order of [`Part::ALL`].
    weights: [&'a dyn FrozenLinear; 6],
    biases: [&'a [f32]; 6],
    /// Behind the attention and at the end.
    norms: [&'a Norm; 2],
}

impl<'a> FrozenEncoder<'a> {
    /// The weights as they are.
    pub(crate) fn new(base: Base<'a>) -> Self {
        let layers = match base.0 {
            Kind::Full(encoder) => encoder.layers.iter().map(FrozenLayer::new).collect(),
            Kind::Quantized(encoder) => encoder.layers.iter().map(FrozenLayer::new).collect(),
        };
        Self {
            whole: base,
            config: base.config(),
            tables: base.tables(),
            norm: base.norm(),
            layers,
        }
    }
}

impl<'a> FrozenLayer<'a> {
    fn new<W: FrozenLinear>(layer: &'a Layer<W>) -> Self {
        let weight = |part| -> &'a dyn FrozenLinear { &layer.part(part).weight };
        Self {
            weights: Part::ALL.map(weight),
            biases: Part::ALL.map(|part| &layer.part(part).bias[..]),
            norms: [&layer.attention_norm, &layer.output_norm],
        }
    }

    pub(crate) fn weight(&self, part: Part) -> &dyn FrozenLinear {
        self.weights[part as usize]
    }

    pub(crate) fn bias(&self, part: Part) -> &[f32] {
        self.biases[part as usize]
    }

    pub(crate) fn attention_norm(&self) -> &Norm {
        self.norms[0]
    }

    pub(crate) fn output_norm(&self) -> &Norm {
        self.norms[1]
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
        let run = |weight: &dyn FrozenLinear| {
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
