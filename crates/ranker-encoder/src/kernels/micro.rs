//! Cutting a product into tiles whose sums fit into registers.

use super::packed::{LANES, Line};
use super::{Left, Tile};

/// The operands of one tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operands<'a> {
    /// The output's first value, and how far apart its rows lie.
    pub(super) out: (*mut f32, usize),
    /// The same of the left.
    pub(super) left: (*const f32, usize),
    /// The panels, one after the other, of `depth` lines each.
    pub(super) panels: &'a [Line],
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "the loops for x86 alone count, others zip")
    )]
    pub(super) depth: usize,
}

/// Adds a product of some rows and panels to an output, all of whose columns exist.
///
/// # Safety
///
/// The processor has the instructions; the output has as many rows and columns as the loop's tile has,
/// and the left as many rows of `depth` values.
pub(super) type Multiply = unsafe fn(Operands<'_>);

/// The loops for tiles of one width, by how many rows they have: the tallest first, the last of one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Width<M: 'static = Multiply> {
    pub(super) panels: usize,
    pub(super) loops: &'static [(usize, M)],
}

impl<M: Copy> Width<M> {
    /// The tallest loop for at most so many rows, and its rows; none for no rows.
    pub(super) fn tallest(&self, rows: usize) -> Option<(usize, M)> {
        self.loops.iter().copied().find(|(tall, _)| *tall <= rows)
    }
}

/// Adds the product of `left` and the panels in `lines` to the output, in tiles of the widths given: the
/// widest first, the last of one panel.
pub(super) fn by_tiles(out: &mut Tile<'_>, left: Left<'_>, lines: &[Line], widths: &[Width]) {
    let (depth, full) = (left.depth(), out.columns() / LANES);
    let mut panel = 0;
    while panel * LANES < out.columns() {
        let fits = |width: &&Width| width.panels == 1 || panel + width.panels <= full;
        let Some(width) = widths.iter().find(fits) else {
            return;
        };
        let panels = &lines[panel * depth..(panel + width.panels) * depth];
        let mut row = 0;
        while row < out.rows() {
            let Some((rows, multiply)) = width.tallest(out.rows() - row) else {
                return;
            };
            let place = Place {
                row,
                rows,
                column: panel * LANES,
            };
            one(out, left, panels, (place, multiply));
            row += rows;
        }
        panel += width.panels;
    }
}

/// Where a tile lies in the output.
#[derive(Debug, Clone, Copy)]
struct Place {
    row: usize,
    rows: usize,
    column: usize,
}

/// One tile; where the output lacks columns of the last panel, in a copy that has them.
fn one(out: &mut Tile<'_>, left: Left<'_>, panels: &[Line], (place, multiply): (Place, Multiply)) {
    let Place { row, rows, column } = place;
    assert!(row + rows <= left.rows().min(out.rows()));
    let operands = |out| Operands {
        out,
        left: (left.from(row), left.stride()),
        panels,
        depth: left.depth(),
    };
    let width = out.columns() - column;
    if width >= LANES {
        let target = (out.at(row, column), out.stride());
        // SAFETY: loops are only handed out where their instructions were detected; the rows lie on
        // the left and in the output by the assertion, and `by_tiles` has seen that all columns do.
        unsafe { multiply(operands(target)) };
        return;
    }
    let mut copy = [[0.0_f32; LANES]; TALLEST];
    for (index, values) in copy[..rows].iter_mut().enumerate() {
        values[..width].copy_from_slice(&out.row(row + index)[column..]);
    }
    // SAFETY: as above; the copy has all columns of the one panel that is left.
    unsafe { multiply(operands((copy.as_mut_ptr().cast(), LANES))) };
    for (index, values) in copy[..rows].iter().enumerate() {
        out.row(row + index)[column..].copy_from_slice(&values[..width]);
    }
}

/// The most rows of any tile.
const TALLEST: usize = 12;
