//! Cutoffs of queries from a sample of the rows, before all of them are read.

use super::stages::{Part, PreparedQuery};
use crate::kernels::{BitQuery, BitRows, Estimates, GROUP, Words, kernels};

/// Groups that stand for all.
const SAMPLED: usize = 512;

/// Where a greater share is near, finding those rows costs as much as it saves.
const MOST_CUT: f64 = 0.1;

/// The codes of some groups, and which of their rows may be found.
#[derive(Debug)]
struct Sample {
    words: Vec<Words>,
    factors: Vec<[u16; GROUP]>,
    allowed: Vec<u8>,
}

impl Sample {
    /// Groups at even distances.
    fn of(parts: &[Part<'_>]) -> Self {
        let groups: usize = parts.iter().map(|part| part.segment.bits.groups()).sum();
        let mut sample = Self {
            words: Vec::new(),
            factors: Vec::new(),
            allowed: Vec::new(),
        };
        let step = groups.div_ceil(SAMPLED).max(1);
        // Of each part's groups, the first that is taken: distances go on from part to part.
        let mut first = 0;
        for part in parts {
            let groups = part.segment.bits.groups();
            while first < groups {
                let rows = part.segment.bits.rows(first..first + 1);
                sample.words.extend_from_slice(rows.words);
                sample.factors.extend_from_slice(rows.factors);
                sample.allowed.push(part.allowed.group(first));
                first += step;
            }
            first -= groups;
        }
        sample
    }

    /// How many rows may be found.
    fn count(&self) -> usize {
        self.allowed
            .iter()
            .map(|group| group.count_ones() as usize)
            .sum()
    }

    /// The `kept + 1`th greatest estimate of those rows.
    fn floor(&self, query: &BitQuery, kept: usize) -> f32 {
        let groups = self.factors.len();
        let (mut values, mut above) = (vec![[0.0; GROUP]; groups], vec![u8::MAX; groups]);
        let out = Estimates {
            values: &mut values,
            above: &mut above,
        };
        let rows = BitRows {
            words: &self.words,
            factors: &self.factors,
        };
        kernels().estimate(query, rows, f32::INFINITY, out);
        let groups = self.allowed.iter().zip(values);
        let rows = groups.flat_map(|(allowed, values)| {
            let rows = values.into_iter().enumerate();
            rows.filter_map(move |(row, value)| (allowed >> row & 1 == 1).then_some(value))
        });
        let mut values: Vec<f32> = rows.collect();
        *values.select_nth_unstable_by(kept, |a, b| b.total_cmp(a)).1
    }

    /// The Hamming distance of the `kept + 1`th nearest of those rows.
    fn cutoff(&self, signs: &[u64], kept: usize) -> u64 {
        let mut hamming = vec![[0; GROUP]; self.factors.len()];
        kernels().hamming(signs, &self.words, &mut hamming);
        let mut counts = vec![0; 64 * signs.len() + 1];
        for (allowed, hamming) in self.allowed.iter().zip(hamming) {
            for (row, hamming) in hamming.into_iter().enumerate() {
                counts[hamming as usize] += usize::from(allowed >> row & 1);
            }
        }
        let up_to = counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        up_to.take_while(|&rows| rows <= kept).count() as u64
    }
}

/// How many of some sampled rows a share of all is about. The fewer they are, the further out: three
/// standard deviations and some.
fn kept(share: f64, rows: usize) -> Option<usize> {
    let kept = share * rows as f64;
    let kept = (kept + 3.0 * kept.sqrt() + 3.0) as usize;
    (kept < rows).then_some(kept)
}

/// Shares of the rows that may be found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    /// Nearest by their signs.
    pub(super) near: f64,
    /// Best by their estimates.
    pub(super) candidates: f64,
}

/// Sets each query's cutoff to the Hamming distance within which about the share `near` of the rows lies. A
/// share that would save little sets none. Sets the floor of a query that is alone, or without a cutoff, to
/// the estimate that about the share `candidates` exceeds.
pub(super) fn cut(prepared: &mut [PreparedQuery<'_>], parts: &[Part<'_>], shares: Shares) {
    if shares.near > MOST_CUT {
        return;
    }
    let sample = Sample::of(parts);
    let rows = sample.count();
    let (near, candidates) = (kept(shares.near, rows), kept(shares.candidates, rows));
    if prepared.len() == 1 || near.is_none() {
        for prepared in &mut *prepared {
            let floor = candidates.map(|kept| sample.floor(&prepared.bits, kept));
            prepared.floor = floor.unwrap_or(prepared.floor);
        }
    }
    for prepared in prepared {
        let cutoff = near.map(|kept| sample.cutoff(&prepared.bits.signs, kept));
        prepared.bits.cutoff = cutoff.unwrap_or(prepared.bits.cutoff);
    }
}
