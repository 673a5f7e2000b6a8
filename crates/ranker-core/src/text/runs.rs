//! Runs of words that a text has from elsewhere, or again and again.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::words::{Lowered, WordKind, lowered};

/// How many telling words in a row make a run: two people seldom write so many alike.
pub(crate) const RUN: usize = 8;
/// How often a text may have a run before it counts no more: a template says some things twice.
const TWICE: usize = 2;
/// How many telling words in a row are looked at for a list in another order: of so many words, honest texts
/// have more different ones than one in [`FEW`].
const CROWD: usize = 48;
const FEW: usize = 3;

/// Words that tell nothing, so that leaving them out hides no copy.
const SMALL: [&str; 36] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "in", "is",
    "it", "its", "of", "on", "or", "our", "that", "the", "their", "this", "to", "was", "we",
    "were", "who", "will", "with", "you", "your", "i", "my", "such",
];

/// The telling words of a text, hashed, with their places.
pub(crate) struct Telling {
    hashes: Vec<u64>,
    places: Vec<Range<usize>>,
}

impl Telling {
    pub(crate) fn of(words: &[Lowered<'_>]) -> Self {
        let tells = |Lowered { word, lower }: &&Lowered<'_>| {
            word.kind != WordKind::Sign && !SMALL.contains(&lower.as_str())
        };
        let telling = words.iter().filter(tells);
        let telling = telling.map(|one| (hash(&one.lower), one.word.at.clone()));
        let (hashes, places) = telling.unzip();
        Self { hashes, places }
    }

    fn of_text(text: &str) -> Self {
        Self::of(&lowered(text).collect::<Vec<_>>())
    }

    fn runs(&self) -> impl Iterator<Item = u64> {
        self.hashes.windows(RUN).map(hash)
    }

    /// Which words the runs cover that begin where `begins` says so.
    fn in_runs(&self, begins: impl Iterator<Item = bool>) -> Vec<bool> {
        let mut covered = vec![false; self.hashes.len()];
        let mut filled = 0;
        for (at, _) in begins.enumerate().filter(|(_, begins)| *begins) {
            covered[at.max(filled)..at + RUN].fill(true);
            filled = at + RUN;
        }
        covered
    }

    /// Which words stand in a crowd of few words and had stood there twice before.
    fn crowded(&self) -> Vec<bool> {
        let mut counts: HashMap<u64, usize> = HashMap::new();
        let mut crowded = Vec::with_capacity(self.hashes.len());
        for (at, word) in self.hashes.iter().enumerate() {
            if let Some(gone) = at.checked_sub(CROWD).map(|at| self.hashes[at])
                && let Some(count) = counts.get_mut(&gone)
            {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&gone);
                }
            }
            let few = at >= CROWD && counts.len() * FEW < CROWD;
            let count = counts.entry(*word).or_default();
            crowded.push(few && *count >= TWICE);
            *count += 1;
        }
        crowded
    }

    /// The stretches of at least a run of words in a row.
    fn stretches(&self, words: &[bool]) -> Vec<Range<usize>> {
        let mut stretches = Vec::new();
        let mut at = 0;
        for run in words.chunk_by(|a, b| a == b) {
            let end = at + run.len();
            if run[0] && run.len() >= RUN {
                stretches.push(self.places[at].start..self.places[end - 1].end);
            }
            at = end;
        }
        stretches
    }
}

fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// What a text had twice before: runs of words, and lists of the same words in any order.
pub(crate) fn repeated(telling: &Telling) -> Vec<Range<usize>> {
    let mut seen: HashMap<u64, usize> = HashMap::with_capacity(telling.hashes.len());
    let begins = telling.runs().map(|run| {
        let times = seen.entry(run).or_default();
        *times += 1;
        *times > TWICE
    });
    let in_runs = telling.in_runs(begins);
    let crowded = telling.crowded();
    let either: Vec<bool> = in_runs
        .iter()
        .zip(&crowded)
        .map(|(a, b)| *a || *b)
        .collect();
    telling.stretches(&either)
}

/// What a text has in common with another one, run by run: [`Runs::in_text`].
#[derive(Debug)]
pub(crate) struct Runs(HashSet<u64>);

impl Runs {
    /// The runs of a text.
    pub(crate) fn of(text: &str) -> Self {
        Self(Telling::of_text(text).runs().collect())
    }

    /// Where they stand in another text.
    pub(crate) fn in_text(&self, text: &str) -> Vec<Range<usize>> {
        match self.0.is_empty() {
            true => Vec::new(),
            false => self.among(&Telling::of_text(text)),
        }
    }

    /// As [`Self::in_text`], of a text whose words are known.
    pub(crate) fn among(&self, telling: &Telling) -> Vec<Range<usize>> {
        let copied = telling.in_runs(telling.runs().map(|run| self.0.contains(&run)));
        telling.stretches(&copied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated(text: &str) -> Vec<Range<usize>> {
        super::repeated(&Telling::of_text(text))
    }

    #[test]
    fn runs_of_eight_telling_words_are_found() {
        let job = Runs::of(
            "You build full-text search with Lucene, semantic matching with vectors, and services in Rust or C++.",
        );
        let text =
            "Baker. FULL TEXT search Lucene semantic matching vectors services Rust C++! Bread.";
        let found = job.in_text(text);
        assert_eq!(found.len(), 1);
        assert_eq!(
            &text[found[0].clone()],
            "FULL TEXT search Lucene semantic matching vectors services Rust C++"
        );
        assert!(
            job.in_text("Built full-text search with Lucene for a library.")
                .is_empty()
        );
        assert!(Runs::of("Rust").in_text("Rust").is_empty());
    }

    #[test]
    fn a_run_counts_twice_at_most() {
        let list = "search engine vectors ranking rust lucene solr tantivy queries. ";
        assert!(repeated(&list.repeat(2)).is_empty());
        let text = format!("Baker. {} Bread.", list.repeat(20));
        let found = repeated(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].end, text.len() - " Bread.".len() - 2);
        let kept = text.len() - found[0].len();
        assert!(kept < list.len() * 3 + 20, "{kept}");
        let words = "java ".repeat(100);
        assert!(words.len() - repeated(&words)[0].len() < 60);
    }

    #[test]
    fn a_list_in_another_order_is_the_list_again() {
        let mut list = [
            "search", "engine", "vectors", "ranking", "rust", "lucene", "solr", "queries",
        ];
        let mut text = "Baker of bread.".to_owned();
        for turn in 0..30 {
            list.rotate_left(turn % 5);
            list.swap(turn % 8, turn * 3 % 8);
            text = format!("{text} {}", list.join(", "));
        }
        let counted: usize = repeated(&text).iter().map(Range::len).sum();
        assert!(counted * 4 > text.len() * 3, "{counted} of {}", text.len());
        let honest = "Managed the budget of the team, hired two nurses for the ward and planned the shifts. ";
        let other =
            "Taught students, ordered drugs, kept the records of the ward and met the families. ";
        assert!(repeated(&format!("{honest}{other}").repeat(2)).is_empty());
    }
}
