//! The ranks that codes give to the rows of the ground truth.

use super::block::Segment;
use super::ground_truth::GroundTruth;
use super::measured::Ranks;
use super::stages::{GROUPS, PreparedQuery, ROWS};
use crate::kernels::{Estimates, GROUP, kernels};

/// For each row of each query's ground truth, how many rows the codes put no lower. Segments are read for
/// all queries before the next.
pub(super) fn ranks(
    prepared: &[PreparedQuery<'_>],
    segments: &[&Segment],
    truth: Vec<GroundTruth>,
) -> Vec<Ranks> {
    let by = |values: fn(&PreparedQuery<'_>, &Segment, usize, &mut [f32; ROWS])| -> Vec<Ranking> {
        let mut block = [0.0; ROWS];
        let pairs = prepared.iter().zip(&truth);
        let rankings = pairs.map(|(prepared, truth)| {
            let own = truth.rows.iter().map(|&(place, row)| {
                let (from, at) = (row as usize / ROWS * ROWS, row as usize % ROWS);
                values(prepared, segments[place as usize], from, &mut block);
                block[at]
            });
            Ranking::new(own.collect())
        });
        let mut rankings: Vec<Ranking> = rankings.collect();
        for segment in segments {
            for from in (0..segment.block.len()).step_by(ROWS) {
                for (prepared, ranking) in prepared.iter().zip(&mut rankings) {
                    values(prepared, segment, from, &mut block);
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
    let each = prepared.iter().zip(codes).zip(truth);
    let ranks = each.map(|((prepared, (signs, bits)), truth)| {
        let hamming = signs.values.iter().map(|&value| f64::from(-value));
        let predicted = truth.scores.iter();
        Ranks {
            hamming: hamming.collect(),
            predicted: predicted
                .map(|&score| prepared.angle.expected_hamming(score))
                .collect(),
            signs: signs.ranks(),
            bits: bits.ranks(),
            bytes: truth.ranks,
        }
    });
    ranks.collect()
}

/// How alike the signs of up to [`ROWS`] rows are to the query's: greater is more alike.
fn sign_values(
    prepared: &PreparedQuery<'_>,
    segment: &Segment,
    from: usize,
    out: &mut [f32; ROWS],
) {
    let groups = from / GROUP..segment.bits.groups().min((from + ROWS) / GROUP);
    let mut hamming = [[0; GROUP]; GROUPS];
    let rows = segment.bits.rows(groups);
    kernels().hamming(&prepared.bits.signs, rows.words, &mut hamming);
    for (out, &hamming) in out.iter_mut().zip(hamming.as_flattened()) {
        *out = -(hamming as f32);
    }
}

/// The estimates of up to [`ROWS`] rows.
fn bit_values(prepared: &PreparedQuery<'_>, segment: &Segment, from: usize, out: &mut [f32; ROWS]) {
    let groups = from / GROUP..segment.bits.groups().min((from + ROWS) / GROUP);
    let (values, _) = out.as_chunks_mut();
    let out = Estimates {
        values,
        above: &mut [u8::MAX; GROUPS],
    };
    kernels().estimate(
        &prepared.bits,
        segment.bits.rows(groups),
        f32::INFINITY,
        out,
    );
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
