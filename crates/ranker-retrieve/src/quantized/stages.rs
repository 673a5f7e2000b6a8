//! The stages of a search, for one query or for many that share the reading of the rows.

use std::borrow::Cow;
use std::ops::Range;

use super::angle::Angle;
use super::bitmap::Bitmap;
use super::block::Segment;
use super::codes::ByteCodes;
use super::frame::Frame;
use super::widest::{RowAt, Widest};
use crate::kernels::{BitQuery, ByteQuery, Estimates, GROUP, NearRows, SignQueries, kernels};

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

/// Queries whose rows are looked for, and asked for, before those of the first are scored: meanwhile
/// they come from memory.
const PICKING: usize = 8;

/// A query as the stages read it.
#[derive(Debug, Clone)]
pub(super) struct Asked<'q> {
    pub(super) vector: &'q [f32],
    pub(super) bits: BitQuery,
    pub(super) bytes: ByteQuery,
    /// A product of codes is a score times this, but for the row's scale.
    pub(super) scale: f32,
    pub(super) angle: Angle,
    /// Rows that are estimated no higher are none of the candidates.
    pub(super) floor: f32,
}

impl<'q> Asked<'q> {
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

    /// The query that no row is too unlike.
    pub(super) fn uncut(&self) -> Self {
        let mut whole = self.clone();
        whole.bits.cutoff = u64::MAX;
        whole.floor = f32::NEG_INFINITY;
        whole
    }

    /// Whether rows may be too unlike it in their signs to be looked at.
    pub(super) fn is_cut(&self) -> bool {
        self.bits.cutoff < u64::MAX
    }
}

/// A segment, its place, and the rows of it that may be found.
#[derive(Debug)]
pub(super) struct Part<'s> {
    pub(super) place: u32,
    pub(super) segment: &'s Segment,
    pub(super) allowed: Cow<'s, Bitmap>,
    pub(super) count: usize,
}

/// The `width` best rows of some parts by their 1-bit codes, for each query.
pub(super) fn by_bits(asked: &[Asked<'_>], parts: &[Part<'_>], width: usize) -> Vec<Widest> {
    let found = asked.iter().map(|one| Widest::above(one.floor, width));
    let mut found: Vec<Widest> = found.collect();
    let mut values = [[0.0; GROUP]; GROUPS];
    let mut above = [0; GROUPS];
    for part in parts.iter().filter(|part| part.count > 0) {
        let groups = part.segment.bits.groups();
        for from in (0..groups).step_by(GROUPS) {
            let to = groups.min(from + GROUPS);
            let rows = part.segment.bits.rows(from..to);
            let allowed = part.allowed.words_from(from / GROUP);
            for (asked, found) in asked.iter().zip(&mut found) {
                for (above, allowed) in above.as_chunks_mut().0.iter_mut().zip(allowed) {
                    *above = allowed.to_le_bytes();
                }
                let out = Estimates {
                    values: &mut values,
                    above: &mut above,
                };
                kernels().estimate(&asked.bits, rows, found.threshold(), out);
                let eights = above.as_chunks().0.iter().take((to - from).div_ceil(GROUP));
                for (eight, above) in eights.enumerate() {
                    // Hardly any of 64 rows exceeds the threshold.
                    if u64::from_le_bytes(*above) != 0 {
                        let first = from + eight * GROUP;
                        let values = &values[eight * GROUP..][..GROUP];
                        take(part.place, first, (values, above), found);
                    }
                }
            }
        }
    }
    found
}

/// The `width` best by their int8 codes, of the rows whose signs lie within each query's cutoff, which
/// falls to what the `best`th row found foretells, and some slack. Many queries share the reading of both
/// codes.
pub(super) fn by_signs(
    asked: &[Asked<'_>],
    parts: &[Part<'_>],
    (width, best, slack): (usize, usize, usize),
) -> Vec<Widest> {
    let mut found = vec![Widest::new(width); asked.len()];
    let mut queries = SignQueries::new(asked.iter().map(|one| &one.bits));
    let (mut near, mut products) = (Vec::new(), Vec::new());
    let mut picks = vec![0; PICKING * NEAR_GROUPS * GROUP];
    for part in parts.iter().filter(|part| part.count > 0) {
        let (bits, lines) = (&part.segment.bits, &part.segment.block.bytes().lines);
        for from in (0..bits.groups()).step_by(NEAR_GROUPS) {
            let to = bits.groups().min(from + NEAR_GROUPS);
            let words = bits.rows(from..to).words;
            near.resize(asked.len() * (to - from), 0);
            kernels().near(&queries, words, &mut near);
            let rows = |at: usize| NearRows {
                words,
                near: &near[at * (to - from)..][..to - from],
                allowed: part.allowed.words_from(from / GROUP),
                first: (from * GROUP) as u32,
            };
            for first in (0..asked.len()).step_by(PICKING) {
                let few = first..asked.len().min(first + PICKING);
                let ends = picked(&queries, few.clone(), rows, &mut picks);
                kernels().fetch(lines, &asked[first].bytes, &picks[..ends[few.len() - 1]]);
                let mut start = 0;
                for (at, end) in few.zip(ends) {
                    let picks = (part.place, &picks[start..end]);
                    start = end;
                    let (one, found) = (&asked[at], &mut found[at]);
                    let before = found.threshold();
                    bytes_picked(one, part.segment, picks, (&mut products, found));
                    if found.threshold() > before
                        && let Some(value) = found.value(best)
                    {
                        let unlike = one.angle.unlike(value * one.scale) as usize;
                        queries.tighten(at, unlike + slack);
                    }
                }
            }
        }
    }
    found
}

/// Picks the rows that are near enough to a few queries, and says where those of each end.
fn picked<'r>(
    queries: &SignQueries,
    few: Range<usize>,
    rows: impl Fn(usize) -> NearRows<'r>,
    picks: &mut [u32],
) -> [usize; PICKING] {
    let (mut ends, mut count) = ([0; PICKING], 0);
    for (at, end) in few.zip(&mut ends) {
        count += kernels().within((queries, at), rows(at), &mut picks[count..]);
        *end = count;
    }
    ends
}

/// Pushes those of eight groups, from `first` on, that exceed the threshold.
fn take(
    place: u32,
    first: usize,
    (values, above): (&[[f32; GROUP]], &[u8; GROUP]),
    found: &mut Widest,
) {
    for ((group, values), &above) in (first..).zip(values).zip(above) {
        let mut kept = above;
        while kept != 0 {
            let row = kept.trailing_zeros() as usize;
            found.push(values[row], (place, (group * GROUP + row) as u32));
            kept &= kept - 1;
        }
    }
}

/// The `width` best rows of some parts by their int8 codes, for each query.
pub(super) fn by_bytes(asked: &[Asked<'_>], parts: &[Part<'_>], width: usize) -> Vec<Widest> {
    let mut found = vec![Widest::new(width); asked.len()];
    let (mut products, mut above) = (Vec::new(), Vec::new());
    let at_once = if asked.len() > 1 { ROWS } else { ROWS_OF_ONE };
    for part in parts.iter().filter(|part| part.count > 0) {
        let rows = part.segment.block.len();
        if 2 * part.count > rows {
            for from in (0..rows).step_by(at_once) {
                let rows = from..rows.min(from + at_once);
                for (asked, found) in asked.iter().zip(&mut found) {
                    let scratch = (&mut products, &mut above);
                    bytes_in_turn(asked, (part, rows.clone()), scratch, found);
                }
            }
        } else {
            let picks: Vec<u32> = part.allowed.rows().collect();
            for (asked, found) in asked.iter().zip(&mut found) {
                bytes_picked(
                    asked,
                    part.segment,
                    (part.place, &picks),
                    (&mut products, found),
                );
            }
        }
    }
    found
}

fn bytes_in_turn(
    asked: &Asked<'_>,
    (part, rows): (&Part<'_>, Range<usize>),
    (products, above): (&mut Vec<i32>, &mut Vec<u64>),
    found: &mut Widest,
) {
    let codes = part.segment.block.bytes();
    let width = asked.bytes.width();
    products.resize(rows.len(), 0);
    above.resize(rows.len().div_ceil(64), 0);
    let lines = &codes.lines[rows.start * width..rows.end * width];
    let scales = &codes.scales[rows.clone()];
    kernels().products(&asked.bytes, lines, products);
    kernels().exceed((products, scales), found.threshold(), above);
    for (word, above) in (rows.start / 64..).zip(above) {
        // Hardly any row exceeds the threshold, which rises meanwhile.
        let mut kept = *above & part.allowed.word(word);
        while kept != 0 {
            let row = word * 64 + kept.trailing_zeros() as usize;
            let at = row - rows.start;
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
    asked: &Asked<'_>,
    segment: &Segment,
    (place, picks): (u32, &[u32]),
    (products, found): (&mut Vec<i32>, &mut Widest),
) {
    let codes = segment.block.bytes();
    products.resize(picks.len(), 0);
    kernels().picked(&asked.bytes, &codes.lines, picks, products);
    for (&product, &row) in products.iter().zip(picks) {
        let value = product as f32 * codes.scales[row as usize];
        if value > found.threshold() {
            found.push(value, (place, row));
        }
    }
}

/// The `width` best of each query's rows, which come in the order of their places, by their int8
/// codes. A segment's codes are read for all queries before the next segment's.
pub(super) fn rescore(
    asked: &[Asked<'_>],
    segments: &[&Segment],
    rows: &[&[RowAt]],
    width: usize,
) -> Vec<Widest> {
    let mut found = vec![Widest::new(width); asked.len()];
    let mut left: Vec<&[RowAt]> = rows.to_vec();
    let (mut picks, mut products) = (Vec::new(), Vec::new());
    while let Some(place) = left.iter().filter_map(|rows| Some(rows.first()?.0)).min() {
        for ((asked, found), left) in asked.iter().zip(&mut found).zip(&mut left) {
            let here = left.iter().take_while(|row| row.0 == place).count();
            let (here, beyond) = left.split_at(here);
            *left = beyond;
            picks.clear();
            picks.extend(here.iter().map(|&(_, row)| row));
            let into = (&mut products, found);
            bytes_picked(asked, segments[place as usize], (place, &picks), into);
        }
    }
    found
}
