//! MPNet's bias of attention scores by the distance of two tokens, in 32 buckets that all layers
//! share (the T5 scheme: Raffel et al. 2020, section 2.1).

use crate::sizes::{BUCKETS, Sizes};

/// Distances below have a bucket each.
const EXACT: usize = BUCKETS / 4;

/// √d times the bias of every head and distance, so that dividing scores by √d gives the bias.
#[derive(Debug, Clone)]
pub(crate) struct RelativeBias {
    /// By head, and distance from that of the longest text's last token to its first on.
    scaled: Vec<f32>,
    /// The longest text.
    most: usize,
}

impl RelativeBias {
    /// Of a table `[buckets, heads]`.
    pub(crate) fn new(table: &[f32], sizes: &Sizes) -> Self {
        let most = sizes.positions;
        let scale = (sizes.head_size() as f32).sqrt();
        let before = (1..most).rev().map(|distance| bucket(distance, 0));
        let buckets: Vec<usize> = before.chain((0..most).map(|key| bucket(0, key))).collect();
        let value = |head: usize, &bucket: &usize| scale * table[bucket * sizes.heads + head];
        let row = |head| buckets.iter().map(move |bucket| value(head, bucket));
        Self {
            scaled: (0..sizes.heads).flat_map(row).collect(),
            most,
        }
    }

    /// Of the scores of one query with the first `length` tokens.
    pub(crate) fn row(&self, head: usize, query: usize, length: usize) -> &[f32] {
        let start = head * (2 * self.most - 1) + self.most - 1 - query;
        &self.scaled[start..start + length]
    }
}

/// As `relative_position_bucket` of transformers' `MPNetEncoder`: from 8 tokens on, buckets grow by √2 up
/// to 128, so that the bucket is ⌊2 log₂(distance / 8)⌋ behind the exact ones.
fn bucket(query: usize, key: usize) -> usize {
    let half = BUCKETS / 2;
    let side = if key > query { half } else { 0 };
    let distance = query.abs_diff(key);
    if distance < EXACT {
        return side + distance;
    }
    let far = EXACT + ((distance * distance).ilog2() - (EXACT * EXACT).ilog2()) as usize;
    side + far.min(half - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_grow_with_the_distance_and_differ_by_side() {
        // From `relative_position_bucket(num_buckets=32, max_distance=128)` of transformers.
        let after = [0, 1, 7, 8, 12, 16, 32, 64, 90, 91, 127, 128, 500].map(|key| bucket(0, key));
        assert_eq!(after, [0, 17, 23, 24, 25, 26, 28, 30, 30, 31, 31, 31, 31]);
        assert_eq!([1, 7, 64].map(|query| bucket(query, 0)), [1, 7, 14]);
    }
}
