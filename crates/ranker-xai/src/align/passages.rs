//! How much of the similarity of a job and a profile comes from each passage of the profile.

use std::ops::Range;

use ranker_core::{Place, RationalePassage};

use super::side::Side;
use crate::faithfulness::chance;
use crate::segment::is_stop_word;

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
    /// Bytes of [`ranker_core::Profile::plain_text`]: one of [`crate::segments`], or of [`crate::words`], in their order.
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
    let places = Places::new(job, profile, tokens);
    match division {
        Division::Terms => places.terms(),
        Division::Removal => places.removals(),
        Division::Shapley => Game::new(places, &profile.homes, tokens).shapley(),
    }
}

/// The profile's segments by what is lost without them, the weightiest first, up to so many, without headings; bytes of
/// its plain text.
pub(super) fn rationale(places: &Places, profile: &Side, most: usize) -> Vec<RationalePassage> {
    let passages = profile
        .segments()
        .cloned()
        .zip(places.removals())
        .enumerate();
    let passages = passages.filter(|(at, (_, lost))| *lost > 0.0 && profile.tells(*at));
    let mut passages: Vec<_> = passages.map(|(_, passage)| passage).collect();
    passages.sort_by(|a, b| b.1.total_cmp(&a.1));
    passages.truncate(most);
    let passage = |(bytes, lost)| RationalePassage::new(bytes, lost);
    passages.into_iter().map(passage).collect()
}

/// The words of the profile's `text` by what is lost without them, the weightiest first, up to so many: none that has less
/// than a quarter of the first's weight, and none of `skipped`, no stop words, and not the punctuation around them; bytes
/// of the plain text. `profile` has words for segments.
pub(super) fn rationale_words(
    places: &Places,
    profile: &Side,
    text: &str,
    (skipped, most): (&[Range<usize>], usize),
) -> Vec<RationalePassage> {
    let words = rationale(places, profile, usize::MAX).into_iter();
    let words = words.map(|one| RationalePassage::new(bare(text, one.passage), one.weight));
    let is_skipped = |word: &Range<usize>| {
        let at = skipped.partition_point(|bytes| bytes.end <= word.start);
        skipped.get(at).is_some_and(|bytes| bytes.start < word.end)
    };
    let telling = |one: &RationalePassage| {
        let word = &text[one.passage.clone()];
        !word.is_empty() && !is_stop_word(word) && !is_skipped(&one.passage)
    };
    let mut words: Vec<_> = words.filter(telling).take(most).collect();
    let least = words.first().map_or(0.0, |first| first.weight / 4.0);
    words.retain(|one| one.weight >= least);
    words
}

/// A word without punctuation before and after it, but for what names are written with: "C++", "C#", ".NET".
fn bare(text: &str, bytes: Range<usize>) -> Range<usize> {
    let word = &text[bytes.clone()];
    let before = word.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '.');
    let both = before.trim_end_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '#'));
    let start = bytes.end - before.len();
    start..start + both.len()
}

/// The cosine of the means of both texts' token vectors, by places of the profile that have tokens; bytes of its plain text.
pub(super) fn cosine(places: &Places, profile: &Side) -> Vec<(Place, f64)> {
    let all = places.all();
    let norm = dot(&all, &all);
    let shares = profile.places.iter().zip(&places.product).zip(&places.sums);
    let shares = shares.filter(|(_, sum)| sum.iter().any(|x| *x != 0.0));
    let shares = shares.map(|((place, &product), _)| (place.clone(), places.cosine(product, norm)));
    shares.collect()
}

/// What MaxSim and cosine are made of, by place, the title first: as if no token's vector depended on the others, which
/// is near enough to order passages by.
pub(super) struct Places {
    /// For each token of the job.
    nearest: Vec<Nearest>,
    /// The sum of the place's tokens' products with the sum of the job's tokens.
    product: Vec<f64>,
    /// The sum of the place's tokens.
    sums: Vec<Vec<f64>>,
    job_norm: f64,
}

/// Where the nearest token of a token of the job stands, the first of equals, and how near it is.
#[derive(Clone, Copy)]
struct Nearest {
    place: usize,
    similarity: f32,
    /// The greatest similarity of a token of another place.
    other: f32,
}

/// MaxSim and cosine of any set of places.
struct Game {
    places: Places,
    /// By place, for each token of the job the similarity of the nearest token of the place.
    nearest: Vec<Vec<f32>>,
    /// By two places, the product of the sums of their tokens.
    gram: Vec<Vec<f64>>,
}

/// A set of places, as it grows.
#[derive(Clone)]
struct Kept {
    nearest: Vec<f32>,
    product: f64,
    norm: f64,
    places: Vec<usize>,
}

impl Nearest {
    /// Of a token's similarities to the profile's tokens, which stand in these places.
    fn of(homes: &[usize], similarities: &[f32]) -> Self {
        let mut found = Self {
            place: 0,
            similarity: f32::NEG_INFINITY,
            other: f32::NEG_INFINITY,
        };
        for (&place, &similarity) in homes.iter().zip(similarities) {
            if place == found.place {
                found.similarity = found.similarity.max(similarity);
            } else if similarity > found.similarity {
                found = Self {
                    place,
                    similarity,
                    other: found.similarity,
                };
            } else {
                found.other = found.other.max(similarity);
            }
        }
        found
    }
}

impl Places {
    pub(super) fn new(job: &Side, profile: &Side, tokens: &[f32]) -> Self {
        let places = profile.places.len();
        let rows = tokens.chunks_exact(profile.tokens.len().max(1));
        let mut product = vec![0.0; places];
        for similarities in rows.clone() {
            for (&home, &similarity) in profile.homes.iter().zip(similarities) {
                product[home] += f64::from(similarity);
            }
        }
        let mut sums = vec![vec![0.0_f64; profile.tokens.dimension()]; places];
        for (&home, vector) in profile.homes.iter().zip(profile.tokens.vectors()) {
            add(&mut sums[home], vector);
        }
        Self {
            nearest: rows.map(|row| Nearest::of(&profile.homes, row)).collect(),
            product,
            sums,
            job_norm: job.length(),
        }
    }

    /// The sum of all tokens.
    fn all(&self) -> Vec<f64> {
        let mut all = vec![0.0; self.sums.first().map_or(0, Vec::len)];
        for sum in &self.sums {
            all.iter_mut().zip(sum).for_each(|(all, x)| *all += x);
        }
        all
    }

    fn terms(&self) -> Vec<f64> {
        let mut parts = vec![0.0; self.sums.len()];
        for found in &self.nearest {
            if found.similarity.is_finite() {
                parts[found.place] += f64::from(found.similarity) / self.nearest.len() as f64;
            }
        }
        parts.split_off(1.min(parts.len()))
    }

    fn removals(&self) -> Vec<f64> {
        let mut lost = vec![0.0; self.sums.len()];
        for found in &self.nearest {
            if found.similarity.is_finite() {
                let other = if found.other.is_finite() {
                    found.other
                } else {
                    0.0
                };
                let difference = f64::from(found.similarity - other);
                lost[found.place] += difference / self.nearest.len() as f64;
            }
        }
        let all = self.all();
        let product: f64 = self.product.iter().sum();
        let norm = dot(&all, &all);
        let whole = self.cosine(product, norm);
        let read = self.sums.iter().map(|sum| dot(sum, sum));
        let read: Vec<f64> = read.collect();
        let with_tokens = read.iter().filter(|norm| **norm > 0.0).count();
        for (place, sum) in self.sums.iter().enumerate() {
            // Of what is left when nothing is, rounding would make a number.
            let others = with_tokens - usize::from(read[place] > 0.0);
            let norm = norm - 2.0 * dot(sum, &all) + read[place];
            let without = match others {
                0 => 0.0,
                _ => self.cosine(product - self.product[place], norm),
            };
            lost[place] += whole - without;
        }
        lost.split_off(1.min(lost.len()))
    }

    fn cosine(&self, product: f64, squared_norm: f64) -> f64 {
        let norm = squared_norm.max(0.0).sqrt() * self.job_norm;
        if norm > 0.0 { product / norm } else { 0.0 }
    }
}

impl Game {
    fn new(places: Places, homes: &[usize], tokens: &[f32]) -> Self {
        let mut nearest = vec![vec![f32::NEG_INFINITY; places.nearest.len()]; places.sums.len()];
        for (row, similarities) in tokens.chunks_exact(homes.len().max(1)).enumerate() {
            for (&home, &similarity) in homes.iter().zip(similarities) {
                let so_far = &mut nearest[home][row];
                *so_far = so_far.max(similarity);
            }
        }
        let sums = &places.sums;
        let gram = sums
            .iter()
            .map(|one| sums.iter().map(|other| dot(one, other)).collect());
        Self {
            gram: gram.collect(),
            nearest,
            places,
        }
    }

    fn segments(&self) -> usize {
        self.gram.len().saturating_sub(1)
    }

    /// The title alone.
    fn nothing(&self) -> Kept {
        let mut kept = Kept {
            nearest: vec![f32::NEG_INFINITY; self.places.nearest.len()],
            product: 0.0,
            norm: 0.0,
            places: Vec::new(),
        };
        if !self.gram.is_empty() {
            self.add(&mut kept, 0);
        }
        kept
    }

    fn add(&self, kept: &mut Kept, place: usize) {
        let nearest = kept.nearest.iter_mut().zip(&self.nearest[place]);
        nearest.for_each(|(so_far, &similarity)| *so_far = so_far.max(similarity));
        kept.product += self.places.product[place];
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
        maxsim + self.places.cosine(kept.product, kept.norm)
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

pub(super) fn add(sum: &mut [f64], vector: &[f32]) {
    let pairs = sum.iter_mut().zip(vector);
    pairs.for_each(|(sum, &x)| *sum += f64::from(x));
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
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
        let game = Game::new(Places::new(&one, &other, &tokens), &other.homes, &tokens);
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
    fn removals_are_what_is_lost_without_each() {
        for profile in ["a d\nb\nc e f", "a\na b\nc a", "abcdef", "a a\nd\n1\nb c"] {
            let (one, other) = (side("a b c b"), side(profile));
            let tokens = one.tokens.similarities(&other.tokens).unwrap();
            let game = Game::new(Places::new(&one, &other, &tokens), &other.homes, &tokens);
            let without = |left_out: usize| {
                let mut kept = game.nothing();
                let all = (1..=game.segments()).filter(|place| *place != left_out);
                all.for_each(|place| game.add(&mut kept, place));
                game.worth(&kept)
            };
            let lost = (1..=game.segments()).map(|place| without(0) - without(place));
            near(&game.places.removals(), &lost.collect::<Vec<_>>());
        }
    }

    #[test]
    fn shares_of_the_cosine_sum_to_it() {
        let (one, other) = (side("a b c"), side("a d\nb\n1\nc e f"));
        let tokens = one.tokens.similarities(&other.tokens).unwrap();
        let shares = cosine(&Places::new(&one, &other, &tokens), &other);
        // Each line with a letter of the job has one product of 1: 3 of the norms of three and of six.
        let share = 1.0 / (3.0_f64 * 6.0).sqrt();
        assert_eq!(shares.len(), 3);
        for (place, found) in &shares {
            assert!(matches!(place, Place::Text(_)) && (found - share).abs() < 1e-9);
        }
    }

    #[test]
    fn words_are_named_without_what_stands_around_them() {
        for (word, expected) in [
            ("(b),", "b"),
            ("C++;", "C++"),
            (".NET/", ".NET"),
            ("--", ""),
        ] {
            let text = format!("é {word} z");
            let from = "é ".len();
            assert_eq!(
                &text[bare(&text, from..from + word.len())],
                expected,
                "{word}"
            );
        }
        let (job, text) = (side("a b"), "(a), b!\nd c");
        let words = Side::of_words(text, text, side(text).tokens);
        let tokens = job.tokens.similarities(&words.tokens).unwrap();
        let places = Places::new(&job, &words, &tokens);
        let found = |skipped: &[Range<usize>]| {
            let found = rationale_words(&places, &words, text, (skipped, 2)).into_iter();
            let found = found.map(|one| &text[one.passage]);
            found.collect::<Vec<_>>()
        };
        // "a" alone is an article.
        assert_eq!(found(&[]), ["b"]);
        assert_eq!(found(std::slice::from_ref(&(4..9))), [""; 0]);
    }

    #[test]
    fn texts_without_tokens_have_parts_of_nothing() {
        for division in [Division::Terms, Division::Removal, Division::Shapley] {
            assert_eq!(found("a", "1\n2", division), [0.0, 0.0]);
            assert_eq!(found("1", "a\nb", division), [0.0, 0.0]);
        }
    }
}
