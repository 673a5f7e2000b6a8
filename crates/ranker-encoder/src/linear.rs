//! Linear maps, and layer normalisation behind them, spread over the threads of the pool at hand.

use crate::kernels::{Kernels, LANES, Left, Norm, Packed, Tile};

/// `y = W x + b` for every row x.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    weight: Packed,
    bias: Vec<f32>,
}

/// What is done with a product besides adding the bias.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then<'a> {
    Nothing,
    Gelu,
    /// The rows are added, as many as the product has.
    Add(&'a [f32]),
}

/// The most rows and columns that one thread computes before others may take over. What it reads then
/// fits into a second-level cache.
const ROWS: usize = 96;
const COLUMNS: usize = 192;
/// Rows are divided at multiples of this, so that few tiles are lower than they could be.
const STEP: usize = 12;

impl Linear {
    /// Of a weight `[out, in]`.
    pub(crate) fn new(weight: &[f32], bias: Vec<f32>) -> Self {
        let mut packed = Packed::default();
        packed.pack_turned(Left::new(weight, weight.len() / bias.len().max(1)));
        Self {
            weight: packed,
            bias,
        }
    }

    /// The size of what it gives.
    pub(crate) fn size(&self) -> usize {
        self.bias.len()
    }

    /// Writes the map of each row of `input` to `out`.
    pub(crate) fn apply(
        &self,
        kernels: &Kernels,
        input: Left<'_>,
        out: &mut [f32],
        then: Then<'_>,
    ) {
        let place = Place {
            linear: self,
            kernels,
            input,
            then,
            column: 0,
        };
        place.spread(Tile::new(out, self.size()));
    }
}

/// What is needed to compute a part of a map's output.
#[derive(Clone, Copy)]
struct Place<'a> {
    linear: &'a Linear,
    kernels: &'a Kernels,
    /// The rows of the part.
    input: Left<'a>,
    then: Then<'a>,
    /// The first column of the part.
    column: usize,
}

impl Place<'_> {
    /// Divides the output until its parts are small. No value depends on how it is divided.
    fn spread(self, out: Tile<'_>) {
        if out.columns() > COLUMNS {
            let at = (out.columns() / 2).next_multiple_of(LANES);
            let (first, others) = out.split_columns(at);
            let column = self.column + at;
            rayon::join(
                || self.spread(first),
                || Place { column, ..self }.spread(others),
            );
        } else if out.rows() > ROWS {
            let at = (out.rows() / 2).next_multiple_of(STEP);
            let (first, others) = out.split_rows(at);
            let rows = self.input.rows();
            rayon::join(
                || self.rows(0..at).spread(first),
                || self.rows(at..rows).spread(others),
            );
        } else {
            self.compute(out);
        }
    }

    fn rows(self, range: std::ops::Range<usize>) -> Self {
        let size = self.linear.size();
        let then = match self.then {
            Then::Add(rows) => Then::Add(&rows[range.start * size..range.end * size]),
            then => then,
        };
        Self {
            input: self.input.take_rows(range),
            then,
            ..self
        }
    }

    fn compute(self, mut out: Tile<'_>) {
        let columns = self.column..self.column + out.columns();
        let bias = &self.linear.bias[columns.clone()];
        for row in 0..out.rows() {
            match self.then {
                Then::Add(rows) => {
                    let start = row * self.linear.size();
                    let own = &rows[start + columns.start..start + columns.end];
                    for (out, (own, bias)) in out.row(row).iter_mut().zip(own.iter().zip(bias)) {
                        *out = own + bias;
                    }
                }
                Then::Nothing | Then::Gelu => out.row(row).copy_from_slice(bias),
            }
        }
        let right = (&self.linear.weight, self.column);
        self.kernels.multiply(&mut out, self.input, right);
        if matches!(self.then, Then::Gelu) {
            for row in 0..out.rows() {
                self.kernels.gelu(out.row(row));
            }
        }
    }
}

/// Normalises every row.
pub(crate) fn normalise(kernels: &Kernels, rows: &mut [f32], norm: &Norm) {
    for row in rows.chunks_exact_mut(norm.weight.len()) {
        kernels.normalise(row, norm);
    }
}
