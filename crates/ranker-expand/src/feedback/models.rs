//! Which words mark the texts found first.

use super::{FeedbackText, TermWeights};
use crate::statistics::{CollectionStatistics, TermCounts};

/// RM3: the relevance model of the texts, mixed with the query's own words.
///
/// `P(w) = (1 - lambda) P(w|Q) + lambda sum_D P(w|D) P(Q|D) / sum_D P(Q|D)` over the texts `D`: RM1 of
/// V. Lavrenko and W. B. Croft, "Relevance-based language models" (SIGIR 2001), with a uniform `P(D)`,
/// interpolated as N. Abdul-Jaleel et al., "UMass at TREC 2004" do. `P(w|D)` and `P(w|Q)` are relative
/// frequencies, unsmoothed; the texts' scores stand for `P(Q|D)`, negative ones for 0, and count alike where
/// none is above 0. `lambda` is cut to `0..=1`. Weights sum to 1 where query and texts hold words.
///
/// ```
/// use ranker_expand::TermCounts;
/// use ranker_expand::feedback::{FeedbackText, rm3};
///
/// let found = [FeedbackText::new("rust tokio", 3.0), FeedbackText::new("rust", 1.0)];
/// let weights = rm3(&TermCounts::of("rust"), &found, 0.5);
/// assert_eq!(weights["tokio"], 0.5 * 0.75 * 0.5);
/// ```
#[must_use]
pub fn rm3(query: &TermCounts, texts: &[FeedbackText], lambda: f64) -> TermWeights {
    let lambda = if lambda.is_nan() {
        0.0
    } else {
        lambda.clamp(0.0, 1.0)
    };
    let mut weights = TermWeights::new();
    add_shares(&mut weights, query, 1.0 - lambda);
    let likelihoods = likelihoods(texts);
    let total: f64 = likelihoods.iter().sum();
    for (text, likelihood) in texts.iter().zip(likelihoods) {
        add_shares(&mut weights, &text.counts, lambda * likelihood / total);
    }
    weights
}

/// Adds each word's relative frequency, times `factor`.
fn add_shares(weights: &mut TermWeights, counts: &TermCounts, factor: f64) {
    let total = counts.total() as f64;
    for (key, occurrences) in counts.iter() {
        let share = occurrences.count as f64 / total;
        *weights.entry(key.to_owned()).or_default() += factor * share;
    }
}

/// The scores as likelihoods up to a factor.
fn likelihoods(texts: &[FeedbackText]) -> Vec<f64> {
    let positive = |text: &FeedbackText| {
        if text.score.is_finite() {
            text.score.max(0.0)
        } else {
            0.0
        }
    };
    let scores: Vec<f64> = texts.iter().map(positive).collect();
    if scores.iter().any(|&score| score > 0.0) {
        scores
    } else {
        vec![1.0; texts.len()]
    }
}

/// Bo1: how far a word's frequency in the texts is from chance, by Bose-Einstein statistics.
///
/// `w(t) = tf log2((1 + P) / P) + log2(1 + P)` with `P = F / N`, where `tf` is the frequency in the texts, `F`
/// that in the collection and `N` the number of its texts: G. Amati, "Probability models for information
/// retrieval based on divergence from randomness" (PhD thesis, Glasgow 2003), chapter 6. Words that the
/// collection does not hold are left out: chance says nothing of them.
///
/// ```
/// use ranker_expand::CollectionStatistics;
/// use ranker_expand::feedback::{FeedbackText, bo1};
///
/// let statistics = CollectionStatistics::of(["rust tokio", "rust", "nurse", "welder"]);
/// let weights = bo1(&[FeedbackText::new("rust tokio", 1.0)], &statistics);
/// assert!((weights["rust"] - (3.0_f64.log2() + 1.5_f64.log2())).abs() < 1e-9);
/// ```
#[must_use]
pub fn bo1(texts: &[FeedbackText], statistics: &CollectionStatistics) -> TermWeights {
    let documents = statistics.texts() as f64;
    let weight = |frequency: f64, collection: f64| {
        let p = collection / documents;
        frequency * ((1.0 + p) / p).log2() + (1.0 + p).log2()
    };
    divergences(texts, statistics, weight)
}

/// KL: how much a word's share of the texts exceeds its share of the collection.
///
/// `w(t) = Px log2(Px / Pc)` with the relative frequencies `Px` in the texts and `Pc` in the collection:
/// C. Carpineto et al., "An information-theoretic approach to automatic query expansion" (ACM TOIS 19, 2001).
/// Words whose share is not greater than by chance are left out, and so are those that the
/// collection does not hold.
///
/// ```
/// use ranker_expand::CollectionStatistics;
/// use ranker_expand::feedback::{FeedbackText, kl};
///
/// let statistics = CollectionStatistics::of(["rust tokio", "rust", "nurse"]);
/// let weights = kl(&[FeedbackText::new("rust tokio", 1.0)], &statistics);
/// assert_eq!(weights["tokio"], 0.5, "half of the text, a quarter of the collection");
/// assert!(!weights.contains_key("rust"), "half of both");
/// ```
#[must_use]
pub fn kl(texts: &[FeedbackText], statistics: &CollectionStatistics) -> TermWeights {
    let length = texts.iter().map(|text| text.counts.total()).sum::<u64>() as f64;
    let words = statistics.words() as f64;
    let weight = |frequency: f64, collection: f64| {
        let (here, everywhere) = (frequency / length, collection / words);
        here * (here / everywhere).log2()
    };
    divergences(texts, statistics, weight)
}

/// The positive weights of all words of the texts, by their frequencies there and in the collection.
fn divergences(
    texts: &[FeedbackText],
    statistics: &CollectionStatistics,
    weight: impl Fn(f64, f64) -> f64,
) -> TermWeights {
    let mut frequencies = std::collections::BTreeMap::<&str, u64>::new();
    for (key, occurrences) in texts.iter().flat_map(|text| text.counts.iter()) {
        *frequencies.entry(key).or_default() += occurrences.count;
    }
    let weighed = frequencies.into_iter().filter_map(|(key, frequency)| {
        let collection = statistics.get(key)?.occurrences.count;
        Some((key.to_owned(), weight(frequency as f64, collection as f64)))
    });
    weighed.filter(|&(_, weight)| weight > 0.0).collect()
}
