//! The stages of a search, for one query or for many that share the reading of the rows.

use std::borrow::Cow;

use super::bitmap::Bitmap;
use super::block::{Block, Segment};
use super::codes::ByteCodes;
use super::frame::Frame;
use super::measure::Ranks;
use super::vectors::Scratch;
use super::widest::{RowAt, Widest};
use crate::dot::dot;
use crate::error::FileError;
use crate::kernels::{BitQuery, Estimates, GROUP, Line, Words, kernels};
use crate::scored::Scored;
use crate::top_k::TopK;

/// Groups of 1-bit codes that are read for all queries before the next: 512 rows, which stay in the
/// first-level cache.
const GROUPS: usize = 64;

/// Rows of int8 codes that are read for all queries before the next.
const ROWS: usize = 512;

/// Values compared with the threshold at a time.
const LANES: usize = 16;

/// A query as the stages read it.
#[derive(Debug, Clone)]
pub(super) struct Asked<'q> {
    pub(super) vector: &'q [f32],
    bits: BitQuery,
    bytes: Vec<Line>,
}

impl<'q> Asked<'q> {
    pub(super) fn new(vector: &'q [f32], frame: &Frame) -> Self {
        Self {
            vector,
            bits: frame.query(vector),
            bytes: ByteCodes::query(vector).0,
        }
    }
}

/// Groups whose distances from a query stand for all.
const SAMPLED: usize = 512;

/// Cuts a query off where about `share` of all rows are more like it in their signs. A share that
/// would save little cuts nothing off.
pub(super) fn cut(asked: &mut [Asked<'_>], segments: &[&Segment], share: f64) {
    if share > MOST_CUT {
        return;
    }
    let groups: usize = segments.iter().map(|one| one.bits.groups()).sum();
    let each = segments.iter().flat_map(|one| {
        let groups = 0..one.bits.groups();
        groups.map(move |group| one.bits.rows(group..group + 1).words)
    });
    let sample = each.step_by(groups.div_ceil(SAMPLED).max(1));
    let sample: Vec<Words> = sample.flatten().copied().collect();
    let rows = sample.len() / segments.first().map_or(1, |one| one.bits.width().max(1)) * GROUP;
    // Counted from a sample: the less it holds, the further out.
    let kept = share * rows as f64;
    let kept = (kept + 3.0 * kept.sqrt() + 3.0) as usize;
    let mut unlike = vec![[0; GROUP]; rows / GROUP];
    for asked in asked {
        kernels().unlike(&asked.bits.signs, &sample, &mut unlike);
        let flat = unlike.as_flattened_mut();
        if kept < flat.len() {
            asked.bits.cutoff = *flat.select_nth_unstable(kept).1;
        }
    }
}

/// Where more are near than this, finding out who costs as much as it saves.
const MOST_CUT: f64 = 0.1;

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
    let mut found = vec![Widest::new(width); asked.len()];
    let mut values = [[0.0; GROUP]; GROUPS];
    let mut above = [0; GROUPS];
    for part in parts.iter().filter(|part| part.count > 0) {
        let groups = part.segment.bits.groups();
        for from in (0..groups).step_by(GROUPS) {
            let to = groups.min(from + GROUPS);
            let rows = part.segment.bits.rows(from..to);
            for (asked, found) in asked.iter().zip(&mut found) {
                let out = Estimates {
                    values: &mut values,
                    above: &mut above,
                };
                kernels().estimate(&asked.bits, rows, found.threshold(), out);
                for (eight, above) in above.as_chunks().0.iter().enumerate() {
                    // Hardly any of 64 rows exceeds the threshold.
                    if u64::from_le_bytes(*above) != 0 {
                        let first = from + eight * GROUP;
                        let values = &values[eight * GROUP..][..GROUP];
                        take(part, first, (values, above), found);
                    }
                }
                above = [0; GROUPS];
            }
        }
    }
    found
}

/// Pushes those of eight groups, from `first` on, that exceed the threshold and may be found.
fn take(
    part: &Part<'_>,
    first: usize,
    (values, above): (&[[f32; GROUP]], &[u8; GROUP]),
    found: &mut Widest,
) {
    for ((group, values), above) in (first..).zip(values).zip(above) {
        if *above == 0 {
            continue;
        }
        let mut kept = above & part.allowed.group(group);
        while kept != 0 {
            let row = kept.trailing_zeros() as usize;
            found.push(values[row], (part.place, (group * GROUP + row) as u32));
            kept &= kept - 1;
        }
    }
}

/// The `width` best rows of some parts by their int8 codes, for each query.
pub(super) fn by_bytes(asked: &[Asked<'_>], parts: &[Part<'_>], width: usize) -> Vec<Widest> {
    let mut found = vec![Widest::new(width); asked.len()];
    for part in parts.iter().filter(|part| part.count > 0) {
        let rows = part.segment.block.len();
        if 2 * part.count > rows {
            for from in (0..rows).step_by(ROWS) {
                let to = rows.min(from + ROWS);
                for (asked, found) in asked.iter().zip(&mut found) {
                    bytes_in_turn(asked, part, from..to, found);
                }
            }
        } else {
            let picks: Vec<u32> = part.allowed.rows().collect();
            for (asked, found) in asked.iter().zip(&mut found) {
                bytes_picked(asked, part.segment, (part.place, &picks), found);
            }
        }
    }
    found
}

fn bytes_in_turn(
    asked: &Asked<'_>,
    part: &Part<'_>,
    rows: std::ops::Range<usize>,
    found: &mut Widest,
) {
    let codes = part.segment.block.bytes();
    let width = asked.bytes.len();
    let mut products = [0; ROWS];
    let products = &mut products[..rows.len()];
    let lines = &codes.lines[rows.start * width..rows.end * width];
    kernels().products(&asked.bytes, lines, products);
    let mut values = [f32::NEG_INFINITY; ROWS];
    let scaled = products.iter().zip(&codes.scales[rows.clone()]);
    for (value, (&product, scale)) in values.iter_mut().zip(scaled) {
        *value = product as f32 * scale;
    }
    for (some, lanes) in values.as_chunks::<LANES>().0.iter().enumerate() {
        let threshold = found.threshold();
        // All lanes are compared at once: hardly any passes.
        let passes = lanes
            .iter()
            .fold(false, |any, &value| any | (value > threshold));
        if !passes {
            continue;
        }
        for (lane, &value) in lanes.iter().enumerate() {
            let row = rows.start + some * LANES + lane;
            if value > found.threshold() && part.allowed.get(row) {
                found.push(value, (part.place, row as u32));
            }
        }
    }
}

/// Pushes the picked rows of a segment by their int8 codes.
fn bytes_picked(
    asked: &Asked<'_>,
    segment: &Segment,
    (place, picks): (u32, &[u32]),
    found: &mut Widest,
) {
    let codes = segment.block.bytes();
    let mut products = vec![0; picks.len()];
    kernels().picked(&asked.bytes, &codes.lines, picks, &mut products);
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
    let mut picks = Vec::new();
    while let Some(place) = left.iter().filter_map(|rows| Some(rows.first()?.0)).min() {
        for ((asked, found), left) in asked.iter().zip(&mut found).zip(&mut left) {
            let here = left.iter().take_while(|row| row.0 == place).count();
            let (here, beyond) = left.split_at(here);
            *left = beyond;
            picks.clear();
            picks.extend(here.iter().map(|&(_, row)| row));
            bytes_picked(asked, segments[place as usize], (place, &picks), found);
        }
    }
    found
}

/// The best `k` of given rows by their vectors.
pub(super) fn exact<'s>(
    query: &[f32],
    segments: &[&'s Segment],
    rows: impl Iterator<Item = RowAt>,
    k: usize,
) -> Result<TopK<Scored<'s>>, FileError> {
    let mut top = TopK::new(k);
    let mut scratch = Scratch::default();
    for (place, row) in rows {
        let (block, row) = (&segments[place as usize].block, row as usize);
        let score = dot(query, block.vector(row, &mut scratch)?);
        take_scored(&mut top, block.scored(row, score));
    }
    Ok(top)
}

/// The best `k` of the rows that may be found, by their vectors.
pub(super) fn exact_in_turn<'s>(
    query: &[f32],
    parts: &[Part<'s>],
    k: usize,
) -> Result<TopK<Scored<'s>>, FileError> {
    let mut top = TopK::new(k);
    let mut scratch = Scratch::default();
    for part in parts.iter().filter(|part| part.count > 0) {
        let block: &'s Block = &part.segment.block;
        if part.count >= block.len() / DENSE {
            let vectors = block.vectors()?;
            for row in part.allowed.rows().map(|row| row as usize) {
                let score = dot(query, &vectors[row * query.len()..][..query.len()]);
                take_scored(&mut top, block.scored(row, score));
            }
            continue;
        }
        for row in part.allowed.rows().map(|row| row as usize) {
            let score = dot(query, block.vector(row, &mut scratch)?);
            take_scored(&mut top, block.scored(row, score));
        }
    }
    Ok(top)
}

/// Where one row in so many is wanted, reading all at once is faster than each alone.
const DENSE: usize = 8;

fn take_scored<'s>(top: &mut TopK<Scored<'s>>, scored: Scored<'s>) {
    if top.wants(&scored) {
        top.push(scored);
    }
}

/// How many rows the codes put no lower than each of each query's given rows. Segments are read for
/// all queries before the next.
pub(super) fn ranks(asked: &[Asked<'_>], segments: &[&Segment], rows: &[Vec<RowAt>]) -> Vec<Ranks> {
    let pairs = asked.iter().zip(rows);
    let by = |values: fn(&Asked<'_>, &Segment, usize, &mut [f32; ROWS])| -> Vec<Vec<usize>> {
        let mut block = [0.0; ROWS];
        let mut rankings = pairs.clone().map(|(asked, rows)| {
            let own = rows.iter().map(|&(place, row)| {
                let (from, at) = (row as usize / ROWS * ROWS, row as usize % ROWS);
                values(asked, segments[place as usize], from, &mut block);
                block[at]
            });
            Ranking::new(own.collect())
        });
        let mut rankings: Vec<Ranking> = rankings.by_ref().collect();
        for segment in segments {
            for from in (0..segment.block.len()).step_by(ROWS) {
                for (asked, ranking) in asked.iter().zip(&mut rankings) {
                    values(asked, segment, from, &mut block);
                    let to = segment.block.len().min(from + ROWS);
                    for (row, &value) in (from..to).zip(&block) {
                        if value > ranking.least() && segment.live.get(row) {
                            ranking.count(value);
                        }
                    }
                }
            }
        }
        rankings.into_iter().map(Ranking::ranks).collect()
    };
    let all = by(sign_values)
        .into_iter()
        .zip(by(bit_values))
        .zip(by(byte_values));
    let ranks = all.map(|((signs, bits), bytes)| Ranks { signs, bits, bytes });
    ranks.collect()
}

/// How alike the signs of up to [`ROWS`] rows are to the query's: greater is more alike.
fn sign_values(asked: &Asked<'_>, segment: &Segment, from: usize, out: &mut [f32; ROWS]) {
    let groups = from / GROUP..segment.bits.groups().min((from + ROWS) / GROUP);
    let mut unlike = [[0; GROUP]; GROUPS];
    let rows = segment.bits.rows(groups);
    kernels().unlike(&asked.bits.signs, rows.words, &mut unlike);
    for (out, &unlike) in out.iter_mut().zip(unlike.as_flattened()) {
        *out = -(unlike as f32);
    }
}

/// The estimates of up to [`ROWS`] rows.
fn bit_values(asked: &Asked<'_>, segment: &Segment, from: usize, out: &mut [f32; ROWS]) {
    let groups = from / GROUP..segment.bits.groups().min((from + ROWS) / GROUP);
    let (values, _) = out.as_chunks_mut();
    let out = Estimates {
        values,
        above: &mut [0; GROUPS],
    };
    kernels().estimate(&asked.bits, segment.bits.rows(groups), f32::INFINITY, out);
}

/// The scores of up to [`ROWS`] rows by their bytes.
fn byte_values(asked: &Asked<'_>, segment: &Segment, from: usize, out: &mut [f32; ROWS]) {
    let (codes, width) = (segment.block.bytes(), asked.bytes.len());
    let to = segment.block.len().min(from + ROWS);
    let mut products = [0; ROWS];
    kernels().products(
        &asked.bytes,
        &codes.lines[from * width..to * width],
        &mut products[..to - from],
    );
    let scaled = products.iter().zip(&codes.scales[from..to]);
    for (out, (&product, scale)) in out.iter_mut().zip(scaled) {
        *out = product as f32 * scale;
    }
}

/// Counts, for some values, how many others are greater.
#[derive(Debug)]
struct Ranking {
    /// Descending.
    sorted: Vec<f32>,
    values: Vec<f32>,
    /// How many others fall before each of the sorted, but not before the one before it.
    counts: Vec<usize>,
}

impl Ranking {
    fn new(values: Vec<f32>) -> Self {
        let mut sorted = values.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        Self {
            counts: vec![0; sorted.len()],
            sorted,
            values,
        }
    }

    fn least(&self) -> f32 {
        self.sorted.last().copied().unwrap_or(f32::INFINITY)
    }

    fn count(&mut self, other: f32) {
        let before = self.sorted.partition_point(|&value| value >= other);
        if let Some(count) = self.counts.get_mut(before) {
            *count += 1;
        }
    }

    /// One rank a value, in the order given; the best has rank 1.
    fn ranks(self) -> Vec<usize> {
        let mut before = 0;
        let counts = self.counts.iter().map(|count| {
            before += count;
            before + 1
        });
        let ranks: Vec<usize> = counts.collect();
        let at = |value: &f32| self.sorted.partition_point(|other| other > value);
        self.values.iter().map(|value| ranks[at(value)]).collect()
    }
}
