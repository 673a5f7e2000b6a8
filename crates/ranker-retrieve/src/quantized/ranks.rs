//! How deep codes put given rows.

use super::block::Segment;
use super::measure::Ranks;
use super::stages::{Asked, GROUPS, ROWS};
use super::truth::Truth;
use crate::kernels::{Estimates, GROUP, kernels};

/// How many rows the codes put no lower than each of each query's true best. Segments are read for all
/// queries before the next.
pub(super) fn ranks(asked: &[Asked<'_>], segments: &[&Segment], truth: Vec<Truth>) -> Vec<Ranks> {
    let by = |values: fn(&Asked<'_>, &Segment, usize, &mut [f32; ROWS])| -> Vec<Ranking> {
        let mut block = [0.0; ROWS];
        let pairs = asked.iter().zip(&truth);
        let rankings = pairs.map(|(asked, truth)| {
            let own = truth.rows.iter().map(|&(place, row)| {
                let (from, at) = (row as usize / ROWS * ROWS, row as usize % ROWS);
                values(asked, segments[place as usize], from, &mut block);
                block[at]
            });
            Ranking::new(own.collect())
        });
        let mut rankings: Vec<Ranking> = rankings.collect();
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
        rankings
    };
    let codes = by(sign_values).into_iter().zip(by(bit_values));
    let each = asked.iter().zip(codes).zip(truth);
    let ranks = each.map(|((asked, (signs, bits)), truth)| {
        let unlike = signs.values.iter().map(|&value| f64::from(-value));
        let foretold = truth.scores.iter();
        Ranks {
            unlike: unlike.collect(),
            foretold: foretold.map(|&score| asked.angle.unlike(score)).collect(),
            signs: signs.ranks(),
            bits: bits.ranks(),
            bytes: truth.ranks,
        }
    });
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
        above: &mut [u8::MAX; GROUPS],
    };
    kernels().estimate(&asked.bits, segment.bits.rows(groups), f32::INFINITY, out);
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
