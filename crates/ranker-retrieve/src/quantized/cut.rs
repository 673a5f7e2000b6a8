//! What a sample of the rows says of a query before all of them are read.

use super::stages::{Asked, Part};
use crate::kernels::{BitRows, Estimates, GROUP, Words, kernels};

/// Groups that stand for all.
const SAMPLED: usize = 512;

/// Where more are near than this, finding out who costs as much as it saves.
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
        let each = parts.iter().flat_map(|part| {
            let groups = 0..part.segment.bits.groups();
            groups.map(move |group| (part, group))
        });
        let mut sample = Self {
            words: Vec::new(),
            factors: Vec::new(),
            allowed: Vec::new(),
        };
        for (part, group) in each.step_by(groups.div_ceil(SAMPLED).max(1)) {
            let rows = part.segment.bits.rows(group..group + 1);
            sample.words.extend_from_slice(rows.words);
            sample.factors.extend_from_slice(rows.factors);
            sample.allowed.push(part.allowed.group(group));
        }
        sample
    }

    /// The values of rows that may be found.
    fn allowed<T: Copy>(&self, values: &[[T; GROUP]]) -> Vec<T> {
        let groups = self.allowed.iter().zip(values);
        let rows = groups.flat_map(|(allowed, values)| {
            let rows = values.iter().enumerate();
            rows.filter_map(move |(row, &value)| (allowed >> row & 1 == 1).then_some(value))
        });
        rows.collect()
    }
}

/// How many of some sampled rows a share of all is about. The fewer they are, the further out: three
/// standard deviations and some.
fn kept(share: f64, rows: usize) -> Option<usize> {
    let kept = share * rows as f64;
    let kept = (kept + 3.0 * kept.sqrt() + 3.0) as usize;
    (kept < rows).then_some(kept)
}

/// Cuts queries off where about the first share of the rows that may be found are more like them in their
/// signs, and puts their floor where about the second are estimated higher. A share that would save little cuts nothing
/// off.
pub(super) fn cut(asked: &mut [Asked<'_>], parts: &[Part<'_>], (near, candidates): (f64, f64)) {
    if near > MOST_CUT {
        return;
    }
    let sample = Sample::of(parts);
    let groups = sample.factors.len();
    let mut unlike = vec![[0; GROUP]; groups];
    let (mut values, mut above) = (vec![[0.0; GROUP]; groups], vec![0; groups]);
    for asked in asked {
        let out = Estimates {
            values: &mut values,
            above: &mut above,
        };
        let rows = BitRows {
            words: &sample.words,
            factors: &sample.factors,
        };
        kernels().estimate(&asked.bits, rows, f32::INFINITY, out);
        let mut values = sample.allowed(&values);
        if let Some(kept) = kept(candidates, values.len()) {
            asked.floor = *values.select_nth_unstable_by(kept, |a, b| b.total_cmp(a)).1;
        }
        kernels().unlike(&asked.bits.signs, &sample.words, &mut unlike);
        let mut unlike = sample.allowed(&unlike);
        if let Some(kept) = kept(near, unlike.len()) {
            asked.bits.cutoff = *unlike.select_nth_unstable(kept).1;
        }
    }
}
