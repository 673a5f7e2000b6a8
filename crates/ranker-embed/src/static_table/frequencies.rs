//! How much a token says, by how often it occurs.

use rayon::prelude::*;

use ranker_core::BoxError;
use ranker_folder::{Spans, TextTokenizer};

/// Zipf's law over ranks from 0, as model2vec counts them: the probability is as 1 / (rank + 2).
pub(super) fn zipf(tokens: usize) -> Vec<f64> {
    let shares: Vec<f64> = (0..tokens).map(|rank| 1.0 / (rank as f64 + 2.0)).collect();
    let sum: f64 = shares.iter().sum();
    shares.iter().map(|share| share / sum).collect()
}

/// How often each of `ids`, which are ascending, occurs in texts.
pub(super) fn counted(
    texts: &[&str],
    ids: &[u32],
    tokenizer: &TextTokenizer,
) -> Result<Vec<u64>, BoxError> {
    let count = |mut counts: Vec<u64>, text: &&str| -> Result<Vec<u64>, BoxError> {
        if text.trim().is_empty() {
            return Ok(counts);
        }
        for id in tokenizer.tokens("", text, Spans::Skip)?.ids {
            if let Ok(at) = ids.binary_search(&id) {
                counts[at] += 1;
            }
        }
        Ok(counts)
    };
    let none = || vec![0_u64; ids.len()];
    let sum = |mut one: Vec<u64>, other: Vec<u64>| {
        one.iter_mut()
            .zip(other)
            .for_each(|(one, other)| *one += other);
        one
    };
    let parts = texts.par_iter().with_min_len(64);
    parts
        .try_fold(none, count)
        .try_reduce(none, |one, other| Ok(sum(one, other)))
}

/// Probabilities from counts, with a prior that weighs as much as one occurrence a token of the vocabulary: a token
/// that never occurred is as likely as the prior and the number of texts make it.
pub(super) fn smoothed(counts: &[u64], prior: &[f64]) -> Vec<f64> {
    let mass = counts.len() as f64;
    let all = counts.iter().sum::<u64>() as f64 + mass;
    let pairs = counts.iter().zip(prior);
    pairs
        .map(|(&count, prior)| (count as f64 + mass * prior) / all)
        .collect()
}

/// Smooth inverse frequency (Arora, Liang & Ma 2017): a / (a + p).
pub(super) fn sif(probabilities: &[f64], a: f64) -> Vec<f32> {
    probabilities.iter().map(|p| (a / (a + p)) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_fall_with_rank() {
        let prior = zipf(1000);
        assert!((prior.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(prior.is_sorted_by(|a, b| a > b));
        let counts: Vec<u64> = (0..1000).map(|at| at % 7).collect();
        let found = smoothed(&counts, &prior);
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(found[6] > found[7] && found[7] > 0.0);
        let unseen = smoothed(&[0; 1000], &prior);
        let mut pairs = unseen.iter().zip(&prior);
        assert!(pairs.all(|(found, prior)| (found - prior).abs() < 1e-15));
    }

    #[test]
    fn what_is_frequent_says_little() {
        // By hand: 1e-3 / (1e-3 + 0.05), and 1e-3 / (1e-3 + 1e-6).
        let weights = sif(&[0.05, 1e-6], 1e-3);
        assert!((weights[0] - 0.019_607_8).abs() < 1e-6 && (weights[1] - 0.999_001).abs() < 1e-6);
    }
}
