//! Products of bytes: weights in 8 bits, rows in 8 bits, sums in 32.
//!
//! A column of weights is codes from −127 to 127 times one scale; a row is its least value and codes from
//! 0 to 255 times a step (the affine scheme of Jacob et al. 2018, section 2.1, with each row's own range,
//! found when it is multiplied). A row's codes depend on that row alone, and sums of codes are exact, so
//! every instruction set gives the same ones; only what is made of them is rounded.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx_vnni;
mod packed;
pub(super) mod portable;
pub(super) mod restore;
pub(super) mod rows;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::micro;
use super::packed::LANES;
use super::{Kernels, Left, Then, Tile};
use packed::Quads;
pub(crate) use packed::{MOST_DEPTH, PackedBytes};
use restore::{LanesThen, Sums};
pub(crate) use rows::{CodedRows, Codes};

/// The most rows and panels of any tile.
const TALLEST: usize = 12;
const WIDEST: usize = 2;

/// The sums of a tile, row by row.
type TileSums = [[[i32; LANES]; WIDEST]; TALLEST];

/// The operands of one tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operands<'a> {
    /// The first row's codes, and how far apart rows lie.
    left: (*const u8, usize),
    /// The panels, one after the other.
    panels: &'a [Quads],
    /// Fours of codes in a row, lines in a panel.
    steps: usize,
}

#[cfg(target_arch = "x86_64")]
impl Operands<'_> {
    /// Four codes of a row, one behind the other.
    ///
    /// # Safety
    ///
    /// The left has the row, of four codes for each of the steps, and `step` is one of these.
    #[inline(always)]
    unsafe fn four(&self, row: usize, step: usize) -> i32 {
        let (left, stride) = self.left;
        // SAFETY: the caller answers for the four codes.
        unsafe {
            left.add(row * stride + 4 * step)
                .cast::<i32>()
                .read_unaligned()
        }
    }
}

/// Writes the sums of some rows and panels.
///
/// # Safety
///
/// The processor has the instructions; the left has as many rows as the loop's tile, of four codes for
/// each of the steps.
type Multiply = unsafe fn(Operands<'_>, &mut TileSums);

/// The loops for tiles of one width.
pub(super) type Width = micro::Width<Multiply>;

impl Kernels {
    /// Puts rows into codes.
    pub(crate) fn code<'a>(&self, rows: Left<'_>, codes: &'a mut Codes) -> CodedRows<'a> {
        codes.fill(rows, self.code)
    }

    /// Writes the product of `left` and the columns of `right` from `first` on, as many as the output
    /// has, with their bias added and what follows done. An output does not depend on the shape of its
    /// tile.
    ///
    /// # Panics
    ///
    /// Unless `left` has a row for each row of the output, of the same depth, and `first` is where a panel
    /// begins.
    pub(crate) fn multiply_bytes(
        &self,
        out: &mut Tile<'_>,
        left: CodedRows<'_>,
        (right, first): (&PackedBytes, usize),
        then: Then<'_>,
    ) {
        assert!(first.is_multiple_of(LANES) && left.rows() >= out.rows());
        assert_eq!(left.depth(), right.depth());
        assert!(first + out.columns() <= right.columns());
        let mut panels = first / LANES..(first + out.columns()).div_ceil(LANES);
        while !panels.is_empty() {
            let fits = |width: &&Width| width.panels <= panels.len();
            let Some(width) = self.bytes.iter().find(fits) else {
                return;
            };
            let own = panels.start..panels.start + width.panels;
            let start = own.start * LANES - first;
            let columns = start..out.columns().min(start + width.panels * LANES);
            let strip = Strip {
                kernels: self,
                width,
                left,
                right,
                panels: own,
                then: match then {
                    Then::Add(rows) => Then::Add(rows.columns(columns.clone())),
                    then => then,
                },
                columns,
            };
            strip.compute(out);
            panels.start += width.panels;
        }
    }
}

/// Neighbouring panels and what is needed for their part of an output.
struct Strip<'a> {
    kernels: &'a Kernels,
    width: &'static Width,
    left: CodedRows<'a>,
    right: &'a PackedBytes,
    panels: Range<usize>,
    /// The columns of the output.
    columns: Range<usize>,
    then: Then<'a>,
}

impl Strip<'_> {
    fn compute(&self, out: &mut Tile<'_>) {
        let mut sums = [[[0; LANES]; WIDEST]; TALLEST];
        let mut row = 0;
        while row < out.rows() {
            let Some((rows, multiply)) = self.width.tallest(out.rows() - row) else {
                return;
            };
            let operands = Operands {
                left: self.left.from(row..row + rows),
                panels: self.right.panels(self.panels.clone()),
                steps: self.right.steps(),
            };
            // SAFETY: loops are only handed out where their instructions were detected; `from` has seen
            // that the rows are there, and `multiply_bytes` that their depth is that of the panels.
            unsafe { multiply(operands, &mut sums) };
            for (sums, row) in sums[..rows].iter().zip(row..) {
                let sums = Sums {
                    values: &sums[..self.panels.len()],
                    span: self.left.span(row),
                    columns: self.right.columns_of(self.panels.clone()),
                };
                self.restore(&sums, &mut out.row(row)[self.columns.clone()], row);
            }
            row += rows;
        }
    }

    /// One row.
    fn restore(&self, sums: &Sums<'_>, out: &mut [f32], row: usize) {
        let added = match self.then {
            Then::Nothing => return self.write(sums, out, LanesThen::Nothing),
            Then::Gelu => return self.write(sums, out, LanesThen::Gelu),
            Then::Add(rows) => rows.row(row),
        };
        if let (added, []) = added.as_chunks() {
            return self.write(sums, out, LanesThen::Add(added));
        }
        let mut copy = [[0.0; LANES]; WIDEST];
        copy.as_flattened_mut()[..added.len()].copy_from_slice(added);
        self.write(sums, out, LanesThen::Add(&copy));
    }

    /// Where the output lacks columns of the last panel, in a copy that has them.
    fn write(&self, sums: &Sums<'_>, out: &mut [f32], then: LanesThen<'_>) {
        let restore = self.kernels.restore;
        if let (out, []) = out.as_chunks_mut() {
            return restore(sums, out, then);
        }
        let mut copy = [[0.0; LANES]; WIDEST];
        restore(sums, &mut copy, then);
        out.copy_from_slice(&copy.as_flattened()[..out.len()]);
    }
}
