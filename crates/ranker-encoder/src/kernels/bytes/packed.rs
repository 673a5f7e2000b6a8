//! Weights as bytes, in the order in which the loops read them.

use std::ops::Range;

use super::super::Left;
use super::super::packed::LANES;

/// The greatest code of a weight. −128 is left out, so that codes are symmetric.
const TOP: f32 = 127.0;

/// The greatest depth at which no sum leaves 32 bits: 2³¹ / (127 · 255), rounded down to a power of two.
pub(crate) const MOST_DEPTH: usize = 1 << 16;

/// Four codes of the depth for each of [`LANES`] columns, in one cache line.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Quads(pub(super) [[i8; 4]; LANES]);

/// What the sums of a panel's columns are multiplied by, the sums of the columns' own codes, and what is
/// added to a product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    pub(super) scales: [f32; LANES],
    pub(super) sums: [f32; LANES],
    pub(super) bias: [f32; LANES],
}

/// A linear map's weight as bytes: panels of [`LANES`] columns, each of a line for every four of the
/// depth. What is missing of the last column or the last four is filled up with zeros.
#[derive(Debug, Clone)]
pub(crate) struct PackedBytes {
    lines: Vec<Quads>,
    columns: Vec<Columns>,
    depth: usize,
    count: usize,
}

impl PackedBytes {
    /// Quantises and packs a matrix whose columns lie as rows, a weight `[out, in]`, with the bias of each
    /// column. A column's scale just holds its greatest value.
    pub(crate) fn pack_turned(matrix: Left<'_>, bias: &[f32]) -> Self {
        let (depth, count) = (matrix.depth(), matrix.rows());
        let (steps, panels) = (depth.div_ceil(4), count.div_ceil(LANES));
        let mut lines = vec![Quads([[0; 4]; LANES]); steps * panels];
        let nothing = Columns {
            scales: [0.0; LANES],
            sums: [0.0; LANES],
            bias: [0.0; LANES],
        };
        let mut columns = vec![nothing; panels];
        for (column, &bias) in (0..count).zip(bias) {
            let (panel, lane) = (column / LANES, column % LANES);
            let values = matrix.row(column);
            let scale = scale(values);
            let mut sum = 0_i32;
            let lines = &mut lines[panel * steps..(panel + 1) * steps];
            for (line, values) in lines.iter_mut().zip(values.chunks(4)) {
                for (code, value) in line.0[lane].iter_mut().zip(values) {
                    // What is no number becomes 0; the scale is none then either.
                    *code = (value / scale).round_ties_even().clamp(-TOP, TOP) as i8;
                    sum += i32::from(*code);
                }
            }
            columns[panel].scales[lane] = scale;
            columns[panel].sums[lane] = sum as f32;
            columns[panel].bias[lane] = bias;
        }
        Self {
            lines,
            columns,
            depth,
            count,
        }
    }

    pub(crate) fn columns(&self) -> usize {
        self.count
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Lines of a panel.
    pub(super) fn steps(&self) -> usize {
        self.depth.div_ceil(4)
    }

    /// Some panels, one after the other.
    pub(super) fn panels(&self, panels: Range<usize>) -> &[Quads] {
        &self.lines[panels.start * self.steps()..panels.end * self.steps()]
    }

    /// What belongs to the columns of some panels.
    pub(super) fn columns_of(&self, panels: Range<usize>) -> &[Columns] {
        &self.columns[panels]
    }
}

/// The scale of a column; none where a value is none.
fn scale(values: &[f32]) -> f32 {
    let greatest = values.iter().fold(0.0_f32, |top, x| top.max(x.abs()));
    if values.iter().any(|value| !value.is_finite()) {
        return f32::NAN;
    }
    // Below the least normal scale every code is 0.
    (greatest / TOP).max(f32::MIN_POSITIVE)
}
