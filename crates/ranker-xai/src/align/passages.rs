//! How much of the similarity of a job and a profile comes from each passage of the profile.

use std::ops::Range;

use super::side::Side;
use crate::faithfulness::chance;

/// How the similarity is divided among passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Division {
    /// A passage has the terms of MaxSim whose best token stands in it. They sum to MaxSim.
    Terms,
    /// A passage has what MaxSim and cosine lose without it.
    Removal,
    /// A passage has its Shapley value: what MaxSim and cosine gain when it comes, averaged over orders by chance in which
    /// passages come, each with its reverse. They sum to what all gain over the title alone.
    Shapley,
}

/// A passage of a profile, and its part of the similarity to the job.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PassagePart {
    /// Bytes of [`ranker_core::Profile::plain_text`]: one of [`crate::segments`], in their order.
    pub plain: Range<usize>,
    /// Bytes of [`ranker_core::Profile::text`].
    pub written: Range<usize>,
    /// Its part.
    pub part: f64,
}

/// Orders by chance, each with its reverse.
const PAIRS: u64 = 16;

/// The parts of the profile's segments, in their order; the title, which always stays, has none.
pub(super) fn parts(job: &Side, profile: &Side, tokens: &[f32], division: Division) -> Vec<f64> {
    let game = Game::new(job, profile, tokens);
    match division {
        Division::Terms => game.terms(),
        Division::Removal => game.removals(),
        Division::Shapley => game.shapley(),
    }
}

/// MaxSim and cosine of any set of the profile's segments, from the token vectors of the whole: as if no token's vector
/// depended on the others, which is near enough to order passages by.
struct Game {
    /// By place, the title first: for each token of the job the similarity of the nearest token of the place.
    nearest: Vec<Vec<f32>>,
    /// By place, the sum of its tokens' products with the sum of the job's tokens.
    product: Vec<f64>,
    /// By two places, the product of the sums of their tokens.
    gram: Vec<Vec<f64>>,
    job_norm: f64,
}

/// A set of places, as it grows.
#[derive(Clone)]
struct Kept {
    nearest: Vec<f32>,
    product: f64,
    norm: f64,
    places: Vec<usize>,
}

impl Game {
    fn new(job: &Side, profile: &Side, tokens: &[f32]) -> Self {
        let (asked, places) = (job.tokens.len(), profile.places.len());
        let mut nearest = vec![vec![f32::NEG_INFINITY; asked]; places];
        let mut product = vec![0.0; places];
        let mut sums = vec![vec![0.0_f64; profile.tokens.dimension()]; places];
        for (row, similarities) in tokens.chunks_exact(profile.tokens.len().max(1)).enumerate() {
            for (&home, &similarity) in profile.homes.iter().zip(similarities) {
                let so_far = &mut nearest[home][row];
                *so_far = so_far.max(similarity);
                product[home] += f64::from(similarity);
            }
        }
        for (&home, vector) in profile.homes.iter().zip(profile.tokens.vectors()) {
            add(&mut sums[home], vector);
        }
        let gram = sums
            .iter()
            .map(|one| sums.iter().map(|other| dot(one, other)).collect());
        let gram = gram.collect();
        let mut asked_sum = vec![0.0; job.tokens.dimension()];
        for vector in job.tokens.vectors() {
            add(&mut asked_sum, vector);
        }
        Self {
            nearest,
            product,
            gram,
            job_norm: dot(&asked_sum, &asked_sum).sqrt(),
        }
    }

    fn segments(&self) -> usize {
        self.nearest.len().saturating_sub(1)
    }

    /// The title alone.
    fn nothing(&self) -> Kept {
        let asked = self.nearest.first().map_or(0, Vec::len);
        let mut kept = Kept {
            nearest: vec![f32::NEG_INFINITY; asked],
            product: 0.0,
            norm: 0.0,
            places: Vec::new(),
        };
        if !self.nearest.is_empty() {
            self.add(&mut kept, 0);
        }
        kept
    }

    fn add(&self, kept: &mut Kept, place: usize) {
        let nearest = kept.nearest.iter_mut().zip(&self.nearest[place]);
        nearest.for_each(|(so_far, &similarity)| *so_far = so_far.max(similarity));
        kept.product += self.product[place];
        let with_others: f64 = kept
            .places
            .iter()
            .map(|&other| self.gram[place][other])
            .sum();
        kept.norm += 2.0 * with_others + self.gram[place][place];
        kept.places.push(place);
    }

    fn worth(&self, kept: &Kept) -> f64 {
        let terms = kept
            .nearest
            .iter()
            .filter(|similarity| similarity.is_finite());
        let terms: f64 = terms.map(|&similarity| f64::from(similarity)).sum();
        let maxsim = terms / kept.nearest.len().max(1) as f64;
        let norm = kept.norm.max(0.0).sqrt() * self.job_norm;
        maxsim + if norm > 0.0 { kept.product / norm } else { 0.0 }
    }

    fn terms(&self) -> Vec<f64> {
        let mut parts = vec![0.0; self.nearest.len()];
        let asked = self.nearest.first().map_or(0, Vec::len);
        for token in 0..asked {
            let similarities = self.nearest.iter().map(|place| place[token]).enumerate();
            let best = similarities.reduce(|best, next| if next.1 > best.1 { next } else { best });
            if let Some((place, similarity)) = best.filter(|best| best.1.is_finite()) {
                parts[place] += f64::from(similarity) / asked as f64;
            }
        }
        parts.split_off(1.min(parts.len()))
    }

    fn removals(&self) -> Vec<f64> {
        let without = |left_out: Option<usize>| {
            let mut kept = self.nothing();
            let all = (1..=self.segments()).filter(|place| Some(*place) != left_out);
            all.for_each(|place| self.add(&mut kept, place));
            self.worth(&kept)
        };
        let whole = without(None);
        let parts = (1..=self.segments()).map(|place| whole - without(Some(place)));
        parts.collect()
    }

    /// Antithetic sampling of orders, as [`crate::Shapley`] does it.
    fn shapley(&self) -> Vec<f64> {
        let count = self.segments();
        let mut parts = vec![0.0; count];
        for seed in 0..PAIRS {
            let order = chance(count, seed);
            let reverse = order.iter().rev().copied().collect();
            for order in [order, reverse] {
                let mut kept = self.nothing();
                let mut before = self.worth(&kept);
                for segment in order {
                    self.add(&mut kept, segment + 1);
                    let after = self.worth(&kept);
                    parts[segment] += (after - before) / (2 * PAIRS) as f64;
                    before = after;
                }
            }
        }
        parts
    }
}

fn add(sum: &mut [f64], vector: &[f32]) {
    let pairs = sum.iter_mut().zip(vector);
    pairs.for_each(|(sum, &x)| *sum += f64::from(x));
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use ranker_core::TokenEmbeddings;

    use super::*;

    /// Tokens of one letter each, a line a segment; a letter's vector is an axis.
    fn side(text: &str) -> Side {
        let spans: Vec<Range<usize>> = text
            .char_indices()
            .filter(|(_, c)| c.is_alphabetic())
            .map(|(at, _)| at..at + 1)
            .collect();
        let axis = |span: &Range<usize>| {
            let letter = text.as_bytes()[span.start] - b'a';
            (0..8).map(move |i| if i == letter { 1.0 } else { 0.0 })
        };
        let vectors = spans.iter().flat_map(axis).collect();
        Side::new(text, text, TokenEmbeddings::new(8, vectors, spans).unwrap())
    }

    fn found(job: &str, profile: &str, division: Division) -> Vec<f64> {
        let (job, profile) = (side(job), side(profile));
        let tokens = job.tokens.similarities(&profile.tokens).unwrap();
        parts(&job, &profile, &tokens, division)
    }

    fn near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-9, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn by_hand() {
        // "a b" against three lines, of which the first and the last say one thing.
        let (job, profile) = ("a b", "a\nb\na");
        // MaxSim 1: the first of equals has the term.
        near(&found(job, profile, Division::Terms), &[0.5, 0.5, 0.0]);
        // Cosine of (1, 1) and (2, 1): 3 / sqrt 10. Without the first: (1, 1), MaxSim stays.
        let whole = 1.0 + 3.0 / 10_f64.sqrt();
        let without_b = 0.5 + 1.0 / 2_f64.sqrt();
        let removals = [whole - 2.0, whole - without_b, whole - 2.0];
        near(&found(job, profile, Division::Removal), &removals);
        // By symmetry equal for the two, and all sum to the whole.
        let shapley = found(job, profile, Division::Shapley);
        near(&[shapley.iter().sum()], &[whole]);
        assert!(shapley[1] > shapley[0] && shapley[0] > 0.0);
    }

    #[test]
    fn shapley_is_the_mean_over_all_orders() {
        let (job, profile) = ("a b c", "a d\nb\nc e f");
        let (one, other) = (side(job), side(profile));
        let tokens = one.tokens.similarities(&other.tokens).unwrap();
        let game = Game::new(&one, &other, &tokens);
        let worth = |places: &[usize]| {
            let mut kept = game.nothing();
            places.iter().for_each(|&place| game.add(&mut kept, place));
            game.worth(&kept)
        };
        let mut mean = [0.0; 3];
        for order in [
            [1, 2, 3],
            [1, 3, 2],
            [2, 1, 3],
            [2, 3, 1],
            [3, 1, 2],
            [3, 2, 1],
        ] {
            for (at, &place) in order.iter().enumerate() {
                mean[place - 1] += (worth(&order[..=at]) - worth(&order[..at])) / 6.0;
            }
        }
        let found = game.shapley();
        for (a, b) in found.iter().zip(mean) {
            // 32 orders by chance of 6.
            assert!((a - b).abs() < 0.1, "{found:?} {mean:?}");
        }
        assert!((found.iter().sum::<f64>() - worth(&[1, 2, 3])).abs() < 1e-12);
    }

    #[test]
    fn texts_without_tokens_have_parts_of_nothing() {
        for division in [Division::Terms, Division::Removal, Division::Shapley] {
            assert_eq!(found("a", "1\n2", division), [0.0, 0.0]);
            assert_eq!(found("1", "a\nb", division), [0.0, 0.0]);
        }
    }
}
