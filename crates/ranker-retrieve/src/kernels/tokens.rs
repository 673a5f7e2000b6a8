//! MaxSim between a job's tokens and codes of two bits a component.
//!
//! A job's tokens are the lanes: of 16 tokens side by side a line holds four components each, and a row's
//! four components are repeated for all of them. So no product is summed across lanes.

use super::{LINE, Line};

/// Components of a token, and of a row, that are multiplied at once.
pub(crate) const FOUR: usize = 4;

/// Tokens of a tile.
pub(super) const TILE: usize = LINE / FOUR;

/// Lines whose products with codes of 0 to 3 can be added up in 16 bits: a line adds two products of at
/// most 3 · 127 to a lane, and 43 lines would be too many.
pub(super) const SAFE_LINES: usize = 32;

/// A job's token vectors as int8 codes, in tiles of 16 tokens; the last is filled with zeros.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TokenQuery {
    /// Lines of a tile: a quarter of the components.
    width: usize,
    lines: Vec<Line>,
    /// Three times the sum of a token's components: what a row's codes stand for is `2 code - 3`.
    shifts: Vec<[i32; TILE]>,
    tokens: usize,
}

impl TokenQuery {
    /// From row-major codes, at least -127, of `components` each.
    pub(crate) fn new(codes: &[i8], components: usize) -> Self {
        let width = components.div_ceil(FOUR);
        let rows: Vec<&[i8]> = codes.chunks_exact(components.max(1)).collect();
        let mut query = Self {
            width,
            lines: Vec::new(),
            shifts: Vec::new(),
            tokens: rows.len(),
        };
        for tile in rows.chunks(TILE) {
            let mut lines = vec![Line::ZERO; width];
            let mut shifts = [0; TILE];
            for (lane, row) in tile.iter().enumerate() {
                for (at, &code) in row.iter().enumerate() {
                    debug_assert!(code > i8::MIN);
                    lines[at / FOUR].0[FOUR * lane + at % FOUR] = code;
                }
                shifts[lane] = 3 * row.iter().map(|&code| i32::from(code)).sum::<i32>();
            }
            query.lines.extend(lines);
            query.shifts.push(shifts);
        }
        query
    }

    pub(crate) fn tokens(&self) -> usize {
        self.tokens
    }

    fn tiles(&self) -> impl Iterator<Item = Tile<'_>> {
        let lines = self.lines.chunks_exact(self.width.max(1));
        let tiles = lines.zip(&self.shifts);
        tiles.map(|(lines, shifts)| Tile { lines, shifts })
    }

    /// That a kernel may rely on the lengths.
    pub(super) fn check(&self, rows: TokenRows<'_>, out: &[f32]) {
        assert_eq!(rows.codes.len(), self.width * rows.scales.len());
        assert_eq!(out.len(), self.tokens);
    }
}

/// Codes of some vectors: row-major, 0 to 3 each, and what the product with a row's `2 code - 3` is
/// multiplied with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenRows<'a> {
    pub(crate) codes: &'a [[u8; FOUR]],
    pub(crate) scales: &'a [f32],
}

/// Sixteen tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tile<'a> {
    pub(super) lines: &'a [Line],
    pub(super) shifts: &'a [i32; TILE],
}

/// Runs a loop over tiles.
pub(super) fn by_tiles(
    query: &TokenQuery,
    rows: TokenRows<'_>,
    out: &mut [f32],
    nearest: impl Fn(Tile<'_>, TokenRows<'_>, &mut [f32; TILE]),
) {
    for (tile, out) in query.tiles().zip(out.chunks_mut(TILE)) {
        let mut best = [f32::NEG_INFINITY; TILE];
        nearest(tile, rows, &mut best);
        out.copy_from_slice(&best[..out.len()]);
    }
}

pub(super) fn nearest(query: &TokenQuery, rows: TokenRows<'_>, out: &mut [f32]) {
    by_tiles(query, rows, out, nearest_tile);
}

fn nearest_tile(tile: Tile<'_>, rows: TokenRows<'_>, best: &mut [f32; TILE]) {
    let each = rows.codes.chunks_exact(tile.lines.len().max(1));
    for (row, &scale) in each.zip(rows.scales) {
        let mut sums = [0_i32; TILE];
        for (line, codes) in tile.lines.iter().zip(row) {
            let parts = line.0.as_chunks::<FOUR>().0;
            for (sum, part) in sums.iter_mut().zip(parts) {
                let products = part.iter().zip(codes);
                *sum += products
                    .map(|(&x, &code)| i32::from(x) * i32::from(code))
                    .sum::<i32>();
            }
        }
        for ((best, sum), shift) in best.iter_mut().zip(sums).zip(tile.shifts) {
            *best = best.max((2 * sum - shift) as f32 * scale);
        }
    }
}
