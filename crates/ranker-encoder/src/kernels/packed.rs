//! The right operand of a product, in the order in which the loops read it.

use std::ops::Range;

use super::Left;

/// Columns of a panel.
pub(crate) const LANES: usize = 16;

/// How much of the depth is multiplied at once: a panel of it, 16 KiB, stays in the first-level cache
/// while all rows pass by.
const BLOCK: usize = 256;

/// The values of [`LANES`] columns at one depth, in one cache line.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [f32; LANES]);

/// A matrix of `depth` rows and some columns, cut into panels of [`LANES`] columns, the last one filled
/// up with zeros, and those into blocks of the depth: `[block][panel][depth within the block]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packed {
    lines: Vec<Line>,
    depth: usize,
    columns: usize,
}

impl Packed {
    /// Packs a matrix in the place of what was packed before.
    pub(crate) fn pack(&mut self, matrix: Left<'_>) {
        self.resize(matrix.rows(), matrix.depth());
        self.each_panel(|lines, depths, columns| {
            for (line, depth) in lines.iter_mut().zip(depths) {
                line.0[..columns.len()].copy_from_slice(&matrix.row(depth)[columns.clone()]);
            }
        });
    }

    /// The same, of a matrix whose columns lie as rows: a linear map's weight, `[out, in]`.
    pub(crate) fn pack_turned(&mut self, matrix: Left<'_>) {
        self.resize(matrix.depth(), matrix.rows());
        self.each_panel(|lines, depths, columns| {
            for (lane, column) in columns.enumerate() {
                let values = &matrix.row(column)[depths.clone()];
                for (line, &value) in lines.iter_mut().zip(values) {
                    line.0[lane] = value;
                }
            }
        });
    }

    fn resize(&mut self, depth: usize, columns: usize) {
        (self.depth, self.columns) = (depth, columns);
        self.lines.clear();
        let count = depth * columns.div_ceil(LANES);
        self.lines.resize(count, Line([0.0; LANES]));
    }

    /// Hands the lines of each panel and block, with the depths and columns they stand for, to `fill`.
    fn each_panel(&mut self, fill: impl Fn(&mut [Line], Range<usize>, Range<usize>)) {
        let panels = self.columns.div_ceil(LANES);
        let mut rest = &mut self.lines[..];
        for start in (0..self.depth).step_by(BLOCK) {
            let depths = start..self.depth.min(start + BLOCK);
            for panel in 0..panels {
                let columns = panel * LANES..self.columns.min((panel + 1) * LANES);
                let (lines, others) = rest.split_at_mut(depths.len());
                fill(lines, depths.clone(), columns);
                rest = others;
            }
        }
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn blocks(&self) -> usize {
        self.depth.div_ceil(BLOCK)
    }

    /// The depths of a block.
    pub(super) fn depths(&self, block: usize) -> Range<usize> {
        block * BLOCK..self.depth.min((block + 1) * BLOCK)
    }

    /// Some panels of a block, one after the other.
    pub(super) fn panels(&self, block: usize, panels: Range<usize>) -> &[Line] {
        let depths = self.depths(block);
        let start = depths.start * self.columns.div_ceil(LANES);
        &self.lines[start + panels.start * depths.len()..start + panels.end * depths.len()]
    }
}
