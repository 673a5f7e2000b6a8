//! A query's true best rows, found by reading int8 codes, whose rounding is bounded, and few vectors.
//!
//! Of a row `x` with the codes `x̂`, scale `s`, and a query `q` with the codes `q̂`,
//! `q·x - q̂·x̂ = q·(x - x̂) + (q - q̂)·x̂`. No component is rounded by more than `s / 2`, so the first term
//! is at most `|q|₁ s / 2` (Hölder), and the second at most `|q - q̂|₂ |x̂|₂` (Cauchy-Schwarz). A row that
//! lies below the best by more than that need not be looked at.

use super::block::Segment;
use super::shortlist::{RowAt, Shortlist};
use super::stages::{PreparedQuery, ROWS};
use super::vectors::Scratch;
use crate::dot::dot;
use crate::error::FileError;
use crate::kernels::{ScaledProducts, kernels};

/// Rows that may be among a query's best before they are scored by their vectors: few in tests, so that
/// tests get there.
const MAX_UNRESOLVED: usize = if cfg!(test) { 32 } else { 1 << 16 };

/// What is added to a bound for the rounding of the sums themselves.
const SUMS: f32 = 1e-5;

/// A query's ground truth: its true best rows, best first.
#[derive(Debug)]
pub(super) struct GroundTruth {
    pub(super) rows: Vec<RowAt>,
    /// The scores of their int8 codes.
    pub(super) scores: Vec<f32>,
    /// How many rows these put no lower, each itself included; at most, where very many lie as near.
    pub(super) ranks: Vec<usize>,
}

/// The `depth` best live rows of each query but for its own row, if it is one: `selves` has the rows of the
/// first queries. Segments' codes are read for all queries before the next.
pub(super) fn ground_truth(
    prepared: &[PreparedQuery<'_>],
    segments: &[&Segment],
    selves: &[RowAt],
    depth: usize,
) -> Result<Vec<GroundTruth>, FileError> {
    let start = |(at, prepared)| Search {
        own: selves.get(at).copied(),
        ..Search::new(prepared, segments, depth)
    };
    let mut searches: Vec<Search<'_, '_>> = prepared.iter().enumerate().map(start).collect();
    let mut scratch = Scores {
        products: vec![0; ROWS],
        above: [0; ROWS / 64],
    };
    for (place, segment) in (0..).zip(segments) {
        for from in (0..segment.block.len()).step_by(ROWS) {
            for search in &mut searches {
                search.read((place, from as u32), &mut scratch);
                search.prune()?;
            }
        }
    }
    searches.into_iter().map(Search::best).collect()
}

/// A row that may be among the best; all in scores.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    row: RowAt,
    /// By its codes.
    score: f32,
    /// It is no better than that.
    most: f32,
}

/// Memory for the scores of up to [`ROWS`] rows.
#[derive(Debug)]
struct Scores {
    products: Vec<i32>,
    above: [u64; ROWS / 64],
}

/// What one query has found so far.
#[derive(Debug)]
struct Search<'s, 'q> {
    prepared: &'s PreparedQuery<'q>,
    segments: &'s [&'s Segment],
    /// The query's own row.
    own: Option<RowAt>,
    depth: usize,
    /// What every product is raised by: a product so raised, times the scales of query and row, and
    /// [`Self::fixed`] more, is no less than the row's score.
    raised: i32,
    fixed: f32,
    /// The best of what rows have at least.
    sure: Shortlist,
    candidates: Vec<Candidate>,
    /// At how many candidates those that cannot be among the best are dropped.
    full: usize,
    /// How many were dropped that may lie before some of the best by their codes.
    dropped: usize,
}

impl<'s, 'q> Search<'s, 'q> {
    fn new(prepared: &'s PreparedQuery<'q>, segments: &'s [&'s Segment], depth: usize) -> Self {
        let codes = prepared.bytes.codes();
        let gap = |(&x, code): (&f32, i8)| x - f32::from(code) * prepared.scale;
        let gaps: Vec<f32> = prepared.vector.iter().zip(codes).map(gap).collect();
        let gap = dot(&gaps, &gaps).sqrt();
        let sizes: f32 = prepared.vector.iter().map(|x| x.abs()).sum();
        // `|x̂| <= |x| + |x - x̂|`, and that of the gap is at most `s / 2` a component.
        let half = (prepared.vector.len() as f32).sqrt() / 2.0;
        let by_scale = 0.502 * sizes + gap * half;
        Self {
            prepared,
            segments,
            own: None,
            depth,
            raised: (by_scale / prepared.scale).ceil() as i32,
            fixed: 1.002 * gap + SUMS,
            sure: Shortlist::new(depth),
            candidates: Vec::new(),
            full: MAX_UNRESOLVED / 16,
            dropped: 0,
        }
    }

    /// Takes those of up to [`ROWS`] rows, from the given one on, that may be among the best.
    fn read(&mut self, (place, from): RowAt, Scores { products, above }: &mut Scores) {
        let from = from as usize;
        let segment = self.segments[place as usize];
        let (query, codes) = (&self.prepared.bytes, segment.block.bytes());
        let scales = &codes.scales[from..segment.block.len().min(from + ROWS)];
        let lines = &codes.lines[from * query.width()..][..scales.len() * query.width()];
        let products = &mut products[..scales.len()];
        let above = &mut above[..scales.len().div_ceil(64)];
        kernels().products(query, lines, products);
        products.iter_mut().for_each(|one| *one += self.raised);
        let scaled = ScaledProducts { products, scales };
        kernels().exceed(scaled, self.least(), above);
        for (word, above) in above.iter().enumerate() {
            let mut may = above & segment.live.word(from / 64 + word);
            while may != 0 {
                let at = 64 * word + may.trailing_zeros() as usize;
                may &= may - 1;
                let row = (place, (from + at) as u32);
                if self.own != Some(row) {
                    self.push(row, products[at], scales[at]);
                }
            }
        }
    }

    /// Rows whose raised product times their scale is no greater are not among the best.
    fn least(&self) -> f32 {
        ((self.sure.threshold() - self.fixed) / self.prepared.scale).next_down()
    }

    /// Takes a row by its raised product and its scale.
    fn push(&mut self, row: RowAt, product: i32, scale: f32) {
        let scale = scale * self.prepared.scale;
        let score = (product - self.raised) as f32 * scale;
        let error = self.raised as f32 * scale + self.fixed;
        let most = score + error;
        self.candidates.push(Candidate { row, score, most });
        if score - error > self.sure.threshold() {
            self.sure.push(score - error, row);
        }
    }

    /// Drops candidates where there are many.
    fn prune(&mut self) -> Result<(), FileError> {
        if self.candidates.len() < self.full {
            return Ok(());
        }
        let least = self.sure.threshold();
        self.candidates.retain(|one| one.most >= least);
        if self.candidates.len() > MAX_UNRESOLVED / 2 {
            self.resolve_exactly()?;
        }
        self.full = (2 * self.candidates.len()).max(MAX_UNRESOLVED / 16);
        Ok(())
    }

    /// Leaves the best candidates alone, by their vectors.
    fn resolve_exactly(&mut self) -> Result<(), FileError> {
        let best = self.exact()?;
        self.dropped += self.candidates.len() - best.len();
        let sure = best.iter().map(|(exact, one)| (exact - SUMS, one.row));
        self.sure = Shortlist::of(self.depth, sure.collect());
        let resolved = best.into_iter().map(|(exact, one)| Candidate {
            most: exact + SUMS,
            ..one
        });
        self.candidates = resolved.collect();
        Ok(())
    }

    /// The best candidates, best first, with their scores by their vectors.
    fn exact(&mut self) -> Result<Vec<(f32, Candidate)>, FileError> {
        self.candidates.sort_unstable_by(|a, b| {
            let order = b.most.total_cmp(&a.most);
            order.then_with(|| a.row.cmp(&b.row))
        });
        let mut best = Shortlist::new(self.depth);
        let mut scratch = Scratch::default();
        for (one, at) in self.candidates.iter().zip(0..) {
            if one.most < best.threshold() {
                break;
            }
            let (place, row) = one.row;
            let block = &self.segments[place as usize].block;
            let score = dot(
                self.prepared.vector,
                block.vector(row as usize, &mut scratch)?,
            );
            // The place among the candidates stands for that of the row.
            best.push(score, (0, at));
        }
        let best = best.into_best().into_iter();
        let best = best.map(|(score, (_, at))| (score, self.candidates[at as usize]));
        Ok(best.collect())
    }

    fn best(mut self) -> Result<GroundTruth, FileError> {
        let best = self.exact()?;
        let mut codes: Vec<f32> = self.candidates.iter().map(|one| one.score).collect();
        codes.sort_unstable_by(|a, b| b.total_cmp(a));
        let better = |score: f32| codes.partition_point(|&other| other > score);
        let rank = |one: &Candidate| 1 + better(one.score) + self.dropped;
        Ok(GroundTruth {
            rows: best.iter().map(|(_, one)| one.row).collect(),
            scores: best.iter().map(|(_, one)| one.score).collect(),
            ranks: best.iter().map(|(_, one)| rank(one)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::block::Block;
    use super::super::frame::Frame;
    use super::*;
    use crate::scan::Row;
    use ranker_core::CandidateId;

    const DEPTH: usize = 3;

    /// Unit vectors of a few directions, near one another or the same.
    fn vectors() -> impl Strategy<Value = (usize, Vec<f32>)> {
        (1_usize..70, 1_usize..90).prop_flat_map(|(dimension, rows)| {
            let one = prop::collection::vec((-9_i8..=9).prop_map(f32::from), dimension);
            let few = prop::collection::vec(one, 1..4);
            let rows = prop::collection::vec((any::<prop::sample::Index>(), -20_i8..20), rows);
            (few, rows).prop_map(move |(few, rows)| {
                let unit = |(which, nudge): (prop::sample::Index, i8)| {
                    let mut vector = which.get(&few).clone();
                    vector[0] += f32::from(nudge) / 1e3 + 0.5;
                    let length = dot(&vector, &vector).sqrt().max(f32::MIN_POSITIVE);
                    vector.iter_mut().for_each(|x| *x /= length);
                    vector
                };
                (dimension, rows.into_iter().flat_map(unit).collect())
            })
        })
    }

    proptest! {
        #[test]
        fn it_is_what_reading_every_row_finds(
            (dimension, vectors) in vectors(),
            cut in any::<prop::sample::Index>(),
            dead in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
        ) {
            let all: Vec<&[f32]> = vectors.chunks_exact(dimension).collect();
            let frame = Frame::at(vec![0.0; dimension]);
            let id = CandidateId::new("one").unwrap();
            let segment = |rows: &[&[f32]]| {
                let rows = rows.iter().map(|vector| Row { id: &id, vector, further: &[], profile: None, number: None });
                Segment::new(Block::new(dimension, rows), &frame)
            };
            let (left, right) = all.split_at(cut.index(all.len()));
            let mut segments = [segment(left), segment(right)];
            for dead in dead {
                let (place, row) = at(left, dead.index(all.len()));
                if segments[place as usize].live.get(row as usize) {
                    segments[place as usize].mark_deleted(row as usize);
                }
            }
            let segments: Vec<&Segment> = segments.iter().collect();
            let prepared: Vec<PreparedQuery<'_>> = all.iter().map(|one| PreparedQuery::new(one, &frame)).collect();
            // The first half find themselves.
            let selves: Vec<RowAt> = (0..all.len()).map(|own| at(left, own)).collect();
            let (alone, with) = prepared.split_at(prepared.len() / 2);
            let mut found = ground_truth(alone, &segments, &[], DEPTH).unwrap();
            found.extend(ground_truth(with, &segments, &selves[alone.len()..], DEPTH).unwrap());
            for (query, truth) in found.iter().enumerate() {
                let may = |&row: &usize| {
                    let (place, within) = at(left, row);
                    let own = query >= alone.len() && row == query;
                    !own && segments[place as usize].live.get(within as usize)
                };
                let score = |row: usize| dot(all[query], all[row]);
                let mut scores: Vec<f32> = (0..all.len()).filter(may).map(score).collect();
                scores.sort_by(|a, b| b.total_cmp(a));
                scores.truncate(DEPTH);
                let row = |&(place, row): &RowAt| row as usize + [0, left.len()][place as usize];
                let own: Vec<f32> = truth.rows.iter().map(|at| score(row(at))).collect();
                prop_assert_eq!(&own, &scores);
                for (at, (&rank, &coded)) in truth.ranks.iter().zip(&truth.scores).enumerate() {
                    let before = truth.scores.iter().filter(|&&other| other > coded).count();
                    prop_assert!(rank > before && rank <= all.len(), "{at}: {rank}");
                }
            }
        }
    }

    fn at(left: &[&[f32]], row: usize) -> RowAt {
        match row.checked_sub(left.len()) {
            None => (0, row as u32),
            Some(row) => (1, row as u32),
        }
    }
}
