//! Linear maps, and layer normalisation behind them, spread over the threads of the pool at hand.

use std::ops::Range;

use crate::kernels::{
    CodedRows, Codes, Kernels, LANES, Left, MOST_DEPTH, Norm, Packed, PackedBytes, Then, Tile,
};
use crate::precision::Precision;

/// `y = W x + b` for every row x.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    weight: Weight,
    bias: Vec<f32>,
}

#[derive(Debug, Clone)]
enum Weight {
    Floats(Packed),
    Bytes(PackedBytes),
}

/// The operands of a product.
#[derive(Debug, Clone, Copy)]
enum Operands<'a> {
    Floats(Left<'a>, &'a Packed),
    Bytes(CodedRows<'a>, &'a PackedBytes),
}

/// The most rows and columns that one thread computes before others may take over. What it reads then
/// fits into a second-level cache.
const ROWS: usize = 96;
const COLUMNS: usize = 192;
/// Rows are divided at multiples of this, so that few tiles are lower than they could be.
const STEP: usize = 12;

impl Linear {
    /// Of a weight `[out, in]`.
    pub(crate) fn new(weight: &[f32], bias: Vec<f32>, precision: Precision) -> Self {
        let matrix = Left::new(weight, weight.len() / bias.len().max(1));
        let weight = match precision {
            // Sums of more bytes might not fit into 32 bits.
            Precision::Fast if matrix.depth() <= MOST_DEPTH => {
                Weight::Bytes(PackedBytes::pack_turned(matrix, &bias))
            }
            Precision::Exact | Precision::Fast => {
                let mut packed = Packed::default();
                packed.pack_turned(matrix);
                Weight::Floats(packed)
            }
        };
        Self { weight, bias }
    }

    /// The size of what it gives.
    pub(crate) fn size(&self) -> usize {
        self.bias.len()
    }

    /// Writes the map of each row of `input` to `out`. Where the weight is bytes, the rows' codes go to
    /// `codes`.
    pub(crate) fn apply(
        &self,
        kernels: &Kernels,
        (input, codes): (Left<'_>, &mut Codes),
        out: &mut [f32],
        then: Then<'_>,
    ) {
        let operands = match &self.weight {
            Weight::Floats(weight) => Operands::Floats(input, weight),
            Weight::Bytes(weight) => Operands::Bytes(kernels.code(input, codes), weight),
        };
        let place = Place {
            bias: &self.bias,
            kernels,
            operands,
            then,
            column: 0,
        };
        place.spread(Tile::new(out, self.size()));
    }
}

impl Operands<'_> {
    /// Some rows of the left one.
    fn take_rows(self, range: Range<usize>) -> Self {
        match self {
            Self::Floats(rows, right) => Self::Floats(rows.take_rows(range), right),
            Self::Bytes(rows, right) => Self::Bytes(rows.take_rows(range), right),
        }
    }
}

/// What is needed to compute a part of a map's output.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Of all columns.
    bias: &'a [f32],
    kernels: &'a Kernels,
    /// The rows of the part, and all columns.
    operands: Operands<'a>,
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
            let rows = out.rows();
            let (first, others) = out.split_rows(at);
            rayon::join(
                || self.rows(0..at).spread(first),
                || self.rows(at..rows).spread(others),
            );
        } else {
            self.compute(out);
        }
    }

    fn rows(self, range: Range<usize>) -> Self {
        let then = match self.then {
            Then::Add(rows) => Then::Add(rows.take_rows(range.clone())),
            then => then,
        };
        Self {
            operands: self.operands.take_rows(range),
            then,
            ..self
        }
    }

    fn compute(self, mut out: Tile<'_>) {
        let columns = self.column..self.column + out.columns();
        let then = match self.then {
            Then::Add(rows) => Then::Add(rows.columns(columns.clone())),
            then => then,
        };
        match self.operands {
            Operands::Floats(input, weight) => {
                start(&mut out, &self.bias[columns], then);
                let right = (weight, self.column);
                self.kernels.multiply(&mut out, input, right);
                if matches!(then, Then::Gelu) {
                    for row in 0..out.rows() {
                        self.kernels.gelu(out.row(row));
                    }
                }
            }
            Operands::Bytes(input, weight) => {
                let right = (weight, self.column);
                self.kernels.multiply_bytes(&mut out, input, right, then);
            }
        }
    }
}

/// What a product is added to: the bias, and rows.
fn start(out: &mut Tile<'_>, bias: &[f32], then: Then<'_>) {
    for row in 0..out.rows() {
        match then {
            Then::Add(rows) => {
                let values = rows.row(row).iter().zip(bias);
                for (out, (own, bias)) in out.row(row).iter_mut().zip(values) {
                    *out = own + bias;
                }
            }
            Then::Nothing | Then::Gelu => out.row(row).copy_from_slice(bias),
        }
    }
}

/// Normalises every row.
pub(crate) fn normalise(kernels: &Kernels, rows: &mut [f32], norm: &Norm) {
    for row in rows.chunks_exact_mut(norm.weight.len()) {
        kernels.normalise(row, norm);
    }
}
