//! MPNet's bias of attention scores by the distance of two tokens, in 32 buckets that all layers
//! share (the T5 scheme: Raffel et al. 2020, section 2.1).

use super::config::{BUCKETS, EncoderConfig};
use crate::matrix::Matrix;

/// Distances below have a bucket each.
const EXACT: usize = BUCKETS / 4;
/// Distances from here on share the last bucket.
const FARTHEST: f32 = 128.0;

/// The bias of every bucket and head.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RelativeBias {
    /// `[buckets, heads]`
    pub(crate) table: Matrix,
    /// √d times the bias by head and distance, from that of a text's last token to its first on.
    scaled: Vec<f32>,
    /// The longest text.
    most: usize,
}

impl RelativeBias {
    pub(crate) fn new(table: Matrix, config: &EncoderConfig) -> Self {
        let (heads, most) = (config.heads, config.positions);
        let scale = (config.head_size() as f32).sqrt();
        let value = |head: usize, bucket: usize| scale * table.values()[bucket * heads + head];
        let buckets = buckets(most);
        let row = |head| buckets.iter().map(move |&bucket| value(head, bucket));
        Self {
            scaled: (0..heads).flat_map(row).collect(),
            table,
            most,
        }
    }

    /// The bias of the score of one token's query and another token's key.
    pub(crate) fn between(&self, head: usize, query: usize, key: usize) -> f32 {
        self.table.values()[bucket(query, key) * self.table.columns() + head]
    }

    /// √d times the bias of all scores of a text with `length` tokens, a row for each query.
    pub(crate) fn fill(&self, head: usize, length: usize, out: &mut [f32]) {
        let width = 2 * self.most - 1;
        let own = &self.scaled[head * width..(head + 1) * width];
        for (query, row) in out.chunks_exact_mut(length).enumerate() {
            let start = self.most - 1 - query;
            row.copy_from_slice(&own[start..start + length]);
        }
    }
}

/// The buckets of all distances key − query in texts of up to `most` tokens, the least first.
pub(crate) fn buckets(most: usize) -> Vec<usize> {
    let before = (1..most).rev().map(|distance| bucket(distance, 0));
    before
        .chain((0..most).map(|distance| bucket(0, distance)))
        .collect()
}

/// As `relative_position_bucket` of transformers' `MPNetEncoder`, in `f32` as there.
fn bucket(query: usize, key: usize) -> usize {
    let half = BUCKETS / 2;
    let side = if key > query { half } else { 0 };
    let distance = query.abs_diff(key);
    if distance < EXACT {
        return side + distance;
    }
    let exact = EXACT as f32;
    let share = libm::logf(distance as f32 / exact) / libm::logf(FARTHEST / exact);
    let far = EXACT + (share * (half - EXACT) as f32) as usize;
    side + far.min(half - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_those_of_transformers() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/golden/families/buckets.json"
        );
        let theirs: Vec<usize> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(buckets(theirs.len().div_ceil(2)), theirs);
    }
}
