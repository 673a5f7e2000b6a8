//! The stages of a search, for one query or for a batch that shares the reading of the rows.
//!
//! A scan of codes is bound by memory bandwidth, so every loop here reads a block of rows that fits a
//! cache and scores it for all queries before it reads the next block.

use std::borrow::Cow;
use std::ops::Range;

use super::angle::Angle;
use super::bitmap::Bitmap;
use super::block::Segment;
use super::codes::ByteCodes;
use super::frame::Frame;
use super::shortlist::{RowAt, Shortlist};
use crate::kernels::{
    BitQuery, ByteQuery, Estimates, GROUP, NearRows, ScaledProducts, SignQueries, kernels,
};

/// Groups of 1-bit codes that are read for all queries before the next: 512 rows, which stay in the
/// first-level cache.
pub(super) const GROUPS: usize = 64;

/// Rows of int8 codes that are read for all queries before the next.
pub(super) const ROWS: usize = 512;

/// As [`ROWS`], where there is but one query.
const ROWS_OF_ONE: usize = 4096;

/// Groups whose signs are compared with those of all queries before the next: 2048 rows, whose int8
/// codes about fill a second-level cache. Whole words of a bitmap.
const NEAR_GROUPS: usize = 256;

/// Queries whose rows are picked and prefetched before those of the first are scored: the lines arrive
/// from memory in the meantime.
const PICKING: usize = 8;

/// A query in the forms that the stages read.
#[derive(Debug, Clone)]
pub(super) struct PreparedQuery<'q> {
    pub(super) vector: &'q [f32],
    pub(super) bits: BitQuery,
    pub(super) bytes: ByteQuery,
    /// A product of codes is a score times this, but for the row's scale.
    pub(super) scale: f32,
    pub(super) angle: Angle,
    /// Rows that are estimated no higher are none of the candidates.
    pub(super) floor: f32,
}

impl<'q> PreparedQuery<'q> {
    pub(super) fn new(vector: &'q [f32], frame: &Frame) -> Self {
        let (lines, scale) = ByteCodes::query(vector);
        Self {
            vector,
            bits: frame.query(vector),
            bytes: ByteQuery::new(lines),
            scale,
            angle: Angle::new(vector, frame.centre()),
            floor: f32::NEG_INFINITY,
        }
    }

    /// The query without a cutoff: every row is estimated.
    pub(super) fn uncut(&self) -> Self {
        let mut whole = self.clone();
        whole.bits.cutoff = u64::MAX;
        whole.floor = f32::NEG_INFINITY;
        whole
    }

    /// Whether rows beyond some Hamming distance are passed over.
    pub(super) fn is_cut(&self) -> bool {
        self.bits.cutoff < u64::MAX
    }
}

/// A segment, its place in the snapshot, and the rows of it that may be found.
#[derive(Debug)]
pub(super) struct Part<'s> {
    pub(super) place: u32,
    pub(super) segment: &'s Segment,
    pub(super) allowed: Cow<'s, Bitmap>,
    pub(super) count: usize,
}

/// Memory for the scores of a block of rows, used again for the next.
#[derive(Debug, Default)]
struct Scratch {
    products: Vec<i32>,
    above: Vec<u64>,
}

/// Rows of one segment, picked for one query.
#[derive(Debug, Clone, Copy)]
struct Picks<'p> {
    place: u32,
    segment: &'p Segment,
    rows: &'p [u32],
}

/// The estimates of eight groups, from the group `first` on, and a bit for each row that exceeds the
/// threshold.
#[derive(Debug, Clone, Copy)]
struct EightGroups<'e> {
    place: u32,
    first: usize,
    values: &'e [[f32; GROUP]],
    above: &'e [u8; GROUP],
}

/// The `width` best rows of some parts by their 1-bit codes, for each query.
pub(super) fn by_bits(
    prepared: &[PreparedQuery<'_>],
    parts: &[Part<'_>],
    width: usize,
) -> Vec<Shortlist> {
    let found = prepared
        .iter()
        .map(|one| Shortlist::above(one.floor, width));
    let mut found: Vec<Shortlist> = found.collect();
    let mut values = [[0.0; GROUP]; GROUPS];
    let mut above = [0; GROUPS];
    for part in parts.iter().filter(|part| part.count > 0) {
        let groups = part.segment.bits.groups();
        for from in (0..groups).step_by(GROUPS) {
            let to = groups.min(from + GROUPS);
            let rows = part.segment.bits.rows(from..to);
            let allowed = part.allowed.words_from(from / GROUP);
            for (prepared, found) in prepared.iter().zip(&mut found) {
                for (above, allowed) in above.as_chunks_mut().0.iter_mut().zip(allowed) {
                    *above = allowed.to_le_bytes();
                }
                let out = Estimates {
                    values: &mut values,
                    above: &mut above,
                };
                kernels().estimate(&prepared.bits, rows, found.threshold(), out);
                let eights = above.as_chunks().0.iter().take((to - from).div_ceil(GROUP));
                for (eight, above) in eights.enumerate() {
                    // Hardly any of 64 rows exceeds the threshold: one test passes over all of them.
                    if u64::from_le_bytes(*above) != 0 {
                        let some = EightGroups {
                            place: part.place,
                            first: from + eight * GROUP,
                            values: &values[eight * GROUP..][..GROUP],
                            above,
                        };
                        some.push_to(found);
                    }
                }
            }
        }
    }
    found
}

impl EightGroups<'_> {
    /// Pushes the rows that exceed the threshold.
    fn push_to(self, found: &mut Shortlist) {
        let groups = (self.first..).zip(self.values).zip(self.above);
        for ((group, values), &above) in groups {
            let mut kept = above;
            while kept != 0 {
                let row = kept.trailing_zeros() as usize;
                found.push(values[row], (self.place, (group * GROUP + row) as u32));
                kept &= kept - 1;
            }
        }
    }
}

/// What a batch by signs keeps and how it narrows its search.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignWidths {
    /// Rows to keep, by their int8 codes.
    pub(super) width: usize,
    /// The rank whose score predicts how far in signs a row as good may lie.
    pub(super) best: usize,
    /// What is added to that Hamming distance for chance.
    pub(super) slack: usize,
}

/// The best rows by their int8 codes, of those whose signs lie within each query's cutoff. Many queries
/// share the reading of both codes.
///
/// A batch does not estimate from bits: comparing signs alone is an order of magnitude cheaper a row and
/// query, and the few rows that remain are scored as int8 while their block is still in the cache. The
/// cutoff begins where a sample put it ([`super::cut`]) and falls during the scan. Once the `best`th row
/// found has the score `s`, a row as good lies about the Hamming distance away that the angle of `s`
/// predicts ([`Angle::expected_hamming`]), and measured `slack` more; rows farther away cannot enter the
/// shortlist but by chance, so they are no longer picked. The threshold only rises where a row was kept,
/// which is when the cutoff is worth computing again.
pub(super) fn by_signs(
    prepared: &[PreparedQuery<'_>],
    parts: &[Part<'_>],
    widths: SignWidths,
) -> Vec<Shortlist> {
    let mut found = vec![Shortlist::new(widths.width); prepared.len()];
    let mut queries = SignQueries::new(prepared.iter().map(|one| &one.bits));
    let (mut near, mut scratch) = (Vec::new(), Scratch::default());
    let mut picks = vec![0; PICKING * NEAR_GROUPS * GROUP];
    for part in parts.iter().filter(|part| part.count > 0) {
        let (bits, lines) = (&part.segment.bits, &part.segment.block.bytes().lines);
        for from in (0..bits.groups()).step_by(NEAR_GROUPS) {
            let to = bits.groups().min(from + NEAR_GROUPS);
            let words = bits.rows(from..to).words;
            near.resize(prepared.len() * (to - from), 0);
            // First half of the words only: a cheap test that lets few wrong rows through.
            kernels().near(&queries, words, &mut near);
            let rows = |at: usize| NearRows {
                words,
                near: &near[at * (to - from)..][..to - from],
                allowed: part.allowed.words_from(from / GROUP),
                first: (from * GROUP) as u32,
            };
            for first in (0..prepared.len()).step_by(PICKING) {
                // All words of the rows that passed. The int8 codes of a few queries' picks are
                // prefetched together, so that scoring the first does not wait for memory.
                let few = first..prepared.len().min(first + PICKING);
                let ends = picked(&queries, few.clone(), rows, &mut picks);
                kernels().fetch(lines, &prepared[first].bytes, &picks[..ends[few.len() - 1]]);
                let mut start = 0;
                for (at, end) in few.zip(ends) {
                    let picks = Picks {
                        place: part.place,
                        segment: part.segment,
                        rows: &picks[start..end],
                    };
                    start = end;
                    let (one, found) = (&prepared[at], &mut found[at]);
                    let before = found.threshold();
                    bytes_picked(one, picks, &mut scratch.products, found);
                    if found.threshold() > before
                        && let Some(value) = found.value(widths.best)
                    {
                        let expected = one.angle.expected_hamming(value * one.scale) as usize;
                        queries.tighten(at, expected + widths.slack);
                    }
                }
            }
        }
    }
    found
}

/// Picks the rows that are near enough to each of a few queries; returns where those of each end.
fn picked<'r>(
    queries: &SignQueries,
    few: Range<usize>,
    rows: impl Fn(usize) -> NearRows<'r>,
    picks: &mut [u32],
) -> [usize; PICKING] {
    let (mut ends, mut count) = ([0; PICKING], 0);
    for (at, end) in few.zip(&mut ends) {
        count += kernels().within(queries.query(at), rows(at), &mut picks[count..]);
        *end = count;
    }
    ends
}

/// The `width` best rows of some parts by their int8 codes, for each query.
pub(super) fn by_bytes(
    prepared: &[PreparedQuery<'_>],
    parts: &[Part<'_>],
    width: usize,
) -> Vec<Shortlist> {
    let mut found = vec![Shortlist::new(width); prepared.len()];
    let mut scratch = Scratch::default();
    let at_once = if prepared.len() > 1 {
        ROWS
    } else {
        ROWS_OF_ONE
    };
    for part in parts.iter().filter(|part| part.count > 0) {
        let rows = part.segment.block.len();
        // Where most rows may be found, reading all in turn is faster than picking.
        if 2 * part.count > rows {
            for from in (0..rows).step_by(at_once) {
                let some = RowRange {
                    part,
                    from,
                    to: rows.min(from + at_once),
                };
                for (prepared, found) in prepared.iter().zip(&mut found) {
                    bytes_in_turn(prepared, some, &mut scratch, found);
                }
            }
        } else {
            let rows: Vec<u32> = part.allowed.rows().collect();
            let picks = Picks {
                place: part.place,
                segment: part.segment,
                rows: &rows,
            };
            for (prepared, found) in prepared.iter().zip(&mut found) {
                bytes_picked(prepared, picks, &mut scratch.products, found);
            }
        }
    }
    found
}

/// Rows of a part that follow each other.
#[derive(Debug, Clone, Copy)]
struct RowRange<'p, 's> {
    part: &'p Part<'s>,
    from: usize,
    to: usize,
}

fn bytes_in_turn(
    prepared: &PreparedQuery<'_>,
    RowRange { part, from, to }: RowRange<'_, '_>,
    Scratch { products, above }: &mut Scratch,
    found: &mut Shortlist,
) {
    let codes = part.segment.block.bytes();
    let width = prepared.bytes.width();
    products.resize(to - from, 0);
    above.resize((to - from).div_ceil(64), 0);
    let lines = &codes.lines[from * width..to * width];
    let scales = &codes.scales[from..to];
    kernels().products(&prepared.bytes, lines, products);
    let scaled = ScaledProducts { products, scales };
    kernels().exceed(scaled, found.threshold(), above);
    for (word, above) in (from / 64..).zip(above) {
        // Hardly any row exceeds the threshold, which rises meanwhile.
        let mut kept = *above & part.allowed.word(word);
        while kept != 0 {
            let row = word * 64 + kept.trailing_zeros() as usize;
            let at = row - from;
            let value = products[at] as f32 * scales[at];
            if value > found.threshold() {
                found.push(value, (part.place, row as u32));
            }
            kept &= kept - 1;
        }
    }
}

/// Pushes the picked rows of a segment by their int8 codes.
fn bytes_picked(
    prepared: &PreparedQuery<'_>,
    picks: Picks<'_>,
    products: &mut Vec<i32>,
    found: &mut Shortlist,
) {
    let codes = picks.segment.block.bytes();
    products.resize(picks.rows.len(), 0);
    kernels().picked(&prepared.bytes, &codes.lines, picks.rows, products);
    for (&product, &row) in products.iter().zip(picks.rows) {
        let value = product as f32 * codes.scales[row as usize];
        if value > found.threshold() {
            found.push(value, (picks.place, row));
        }
    }
}

/// The `width` best of each query's rows, which come in the order of their places, by their int8
/// codes. A segment's codes are read for all queries before the next segment's.
pub(super) fn rescore(
    prepared: &[PreparedQuery<'_>],
    segments: &[&Segment],
    rows: &[&[RowAt]],
    width: usize,
) -> Vec<Shortlist> {
    let mut found = vec![Shortlist::new(width); prepared.len()];
    let mut left: Vec<&[RowAt]> = rows.to_vec();
    let (mut here, mut products) = (Vec::new(), Vec::new());
    while let Some(place) = left.iter().filter_map(|rows| Some(rows.first()?.0)).min() {
        for ((prepared, found), left) in prepared.iter().zip(&mut found).zip(&mut left) {
            let count = left.iter().take_while(|row| row.0 == place).count();
            let (own, beyond) = left.split_at(count);
            *left = beyond;
            here.clear();
            here.extend(own.iter().map(|&(_, row)| row));
            let picks = Picks {
                place,
                segment: segments[place as usize],
                rows: &here,
            };
            bytes_picked(prepared, picks, &mut products, found);
        }
    }
    found
}
