//! How deep the codes of a collection rank its true best rows: measured on the collection itself.

use rayon::prelude::*;

use super::block::Segment;
use super::ground_truth::ground_truth;
use super::measured::{Measured, Ranks};
use super::options::QuantizedOptions;
use super::plan::Widths;
use super::ranks::ranks;
use super::shortlist::RowAt;
use super::snapshot::Snapshot;
use super::stages::PreparedQuery;
use super::vectors::Scratch;
use crate::error::FileError;

/// Vectors of the collection that stand for queries.
const SAMPLE: usize = 128;

/// How many of each query's true best are looked for.
const DEPTH: usize = 100;

/// The `k`s that widths are measured for.
const LADDER: [usize; 5] = [1, 3, 10, 30, DEPTH];

/// Queries that share the reading of the codes.
const TOGETHER: usize = 16;

/// Measures with vectors of the collection itself, which do not find themselves.
pub(super) fn by_sample(
    snapshot: &Snapshot,
    options: QuantizedOptions,
) -> Result<Measured, FileError> {
    let segments = snapshot.segments();
    let sample = sample(&segments, SAMPLE);
    let vectors = vectors(&segments, &sample)?;
    let queries: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
    measure(snapshot, &queries, &sample, options)
}

/// Measures with queries of the caller's.
pub(super) fn by_queries(
    snapshot: &Snapshot,
    queries: &[&[f32]],
    options: QuantizedOptions,
) -> Result<Measured, FileError> {
    measure(snapshot, queries, &[], options)
}

/// Live rows at even distances.
pub(super) fn sample(segments: &[&Segment], count: usize) -> Vec<RowAt> {
    let live: usize = segments.iter().map(|one| one.live_count).sum();
    let step = live.div_ceil(count).max(1);
    let rows = segments.iter().zip(0_u32..);
    let rows = rows.flat_map(|(one, place)| one.live.rows().map(move |row| (place, row)));
    rows.step_by(step).collect()
}

/// The vectors of some rows.
pub(super) fn vectors(segments: &[&Segment], rows: &[RowAt]) -> Result<Vec<Vec<f32>>, FileError> {
    let mut scratch = Scratch::default();
    let vectors = rows.iter().map(|&(place, row)| {
        let block = &segments[place as usize].block;
        Ok(block.vector(row as usize, &mut scratch)?.to_vec())
    });
    vectors.collect()
}

/// Hamming distance beyond what the sample needed: real queries differ from the sample.
const EXTRA_HAMMING: usize = 2;

fn measure(
    snapshot: &Snapshot,
    queries: &[&[f32]],
    selves: &[RowAt],
    options: QuantizedOptions,
) -> Result<Measured, FileError> {
    let segments = snapshot.segments();
    let ranks = |(few, queries): (usize, &[&[f32]])| {
        let prepared = queries.iter();
        let prepared: Vec<PreparedQuery<'_>> = prepared
            .map(|one| PreparedQuery::new(one, &snapshot.frame))
            .collect();
        let own = selves.get(few * TOGETHER..).unwrap_or_default();
        let truth = ground_truth(&prepared, &segments, own, DEPTH)?;
        Ok(ranks(&prepared, &segments, truth))
    };
    let few = queries.par_chunks(TOGETHER).enumerate();
    let ranks: Vec<Vec<Ranks>> = few.map(ranks).collect::<Result<_, FileError>>()?;
    let ranks: Vec<Ranks> = ranks.into_iter().flatten().collect();
    let deepest = ranks.iter().map(|ranks| ranks.bits.len()).min();
    let measured = LADDER.iter().filter(|&&k| k <= deepest.unwrap_or(0));
    Ok(Measured {
        rows: segments.iter().map(|one| one.live_count).sum(),
        queries: queries.len(),
        ladder: measured.map(|&k| widths(&ranks, k, options)).collect(),
    })
}

/// The least widths that lose no more than `1 - recall` of the best `k`, and some margin. Half of what
/// may be lost goes to the signs, a quarter to the 1-bit codes, an eighth to the bytes.
fn widths(ranks: &[Ranks], k: usize, options: QuantizedOptions) -> Widths {
    let sorted = |of: fn(&Ranks) -> &Vec<usize>| {
        let mut all: Vec<usize> = ranks.iter().flat_map(|one| of(one)[..k].to_vec()).collect();
        all.sort_unstable();
        all
    };
    let (signs, bits, bytes) = (
        sorted(|r| &r.signs),
        sorted(|r| &r.bits),
        sorted(|r| &r.bytes),
    );
    let lost = 1.0 - options.recall;
    let candidates = match options.bits {
        true => margin(quantile(&bits, 1.0 - lost / 4.0)),
        false => usize::MAX,
    };
    let near = margin(quantile(&signs, 1.0 - lost / 2.0));
    let rescored = margin(quantile(&bytes, 1.0 - lost / 8.0));
    let beyond =
        |one: &Ranks, at: usize| (one.hamming[at] - one.predicted[k - 1]).max(0.0) as usize;
    let each = ranks
        .iter()
        .flat_map(|one| (0..k).map(move |at| beyond(one, at)));
    let mut slack: Vec<usize> = each.collect();
    slack.sort_unstable();
    let slack = quantile(&slack, 1.0 - lost / 4.0) + EXTRA_HAMMING;
    let by_bits = |one: &Ranks, at: usize| {
        let signs = one.signs[at] <= near && beyond(one, at) <= slack;
        !options.bits || signs && one.bits[at] <= candidates
    };
    let kept = ranks.iter().map(|one| {
        let kept = (0..k).filter(|&at| by_bits(one, at) && one.bytes[at] <= rescored);
        kept.count()
    });
    Widths {
        k,
        near,
        slack,
        candidates,
        rescored,
        recall: kept.sum::<usize>() as f64 / bits.len().max(1) as f64,
    }
}

fn quantile(sorted: &[usize], share: f64) -> usize {
    let at = (share * sorted.len() as f64).ceil() as usize;
    let at = at.clamp(1, sorted.len().max(1)) - 1;
    sorted.get(at).copied().unwrap_or(0)
}

/// Real queries differ from the sample. Where widths are small, twice as many cost nothing.
fn margin(width: usize) -> usize {
    width.saturating_add((width / 4).max(width.min(500)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_reach_the_target_recall() {
        let one = |bits: [usize; 2]| Ranks {
            signs: bits.to_vec(),
            bits: bits.to_vec(),
            bytes: vec![1, 2],
            hamming: vec![10.0, 20.0],
            predicted: vec![5.0, 10.0],
        };
        let ranks: Vec<Ranks> = (1..=100).map(|deep| one([1, deep * 4])).collect();
        let with = |recall| QuantizedOptions::new().with_recall(recall).unwrap();
        let all = widths(&ranks, 2, with(1.0));
        assert_eq!((all.candidates, all.rescored, all.recall), (800, 4, 1.0));
        let most = widths(&ranks, 2, with(0.9));
        assert!(most.candidates < 800 && most.recall >= 0.9, "{most:?}");
        assert_eq!(widths(&ranks, 1, with(1.0)).candidates, 2);
        assert_eq!(quantile(&[], 0.5), 0);
    }
}
