//! Runs of words that a text has from elsewhere, or again and again.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::words::{WordKind, words};

/// How many telling words in a row make a run: two people seldom write so many alike.
pub(crate) const RUN: usize = 8;
/// How often a text may have a run before it counts no more: a template says some things twice.
const TWICE: usize = 2;

/// Words that tell nothing, so that leaving them out hides no copy.
const SMALL: [&str; 36] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "has", "have", "in", "is",
    "it", "its", "of", "on", "or", "our", "that", "the", "their", "this", "to", "was", "we",
    "were", "who", "will", "with", "you", "your", "i", "my", "such",
];

/// The telling words of a text, hashed, with their places.
struct Telling {
    hashes: Vec<u64>,
    places: Vec<Range<usize>>,
}

impl Telling {
    fn of(text: &str) -> Self {
        let small: HashSet<&str> = SMALL.into_iter().collect();
        let (mut hashes, mut places) = (Vec::new(), Vec::new());
        for word in words(text).filter(|word| word.kind != WordKind::Sign) {
            let lower = word.text.to_lowercase();
            if !small.contains(lower.as_str()) {
                hashes.push(hash(&lower));
                places.push(word.at);
            }
        }
        Self { hashes, places }
    }

    fn runs(&self) -> impl Iterator<Item = u64> {
        self.hashes.windows(RUN).map(hash)
    }

    /// The stretches that the runs which begin at these words cover.
    fn covered(&self, begins: impl Iterator<Item = bool>) -> Vec<Range<usize>> {
        let mut stretches: Vec<Range<usize>> = Vec::new();
        let mut last = 0;
        for (at, _) in begins.enumerate().filter(|(_, begins)| *begins) {
            let end = self.places[at + RUN - 1].end;
            match stretches.last_mut() {
                Some(stretch) if at <= last => stretch.end = end,
                _ => stretches.push(self.places[at].start..end),
            }
            last = at + RUN;
        }
        stretches
    }
}

fn hash(what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// The runs of a text that it had twice before.
pub(crate) fn repeated(text: &str) -> Vec<Range<usize>> {
    let telling = Telling::of(text);
    let mut seen: HashMap<u64, usize> = HashMap::with_capacity(telling.hashes.len());
    let begins = telling.runs().map(|run| {
        let times = seen.entry(run).or_default();
        *times += 1;
        *times > TWICE
    });
    telling.covered(begins)
}

/// What a text has in common with another one, run by run: [`Runs::in_text`].
#[derive(Debug)]
pub(crate) struct Runs(HashSet<u64>);

impl Runs {
    /// The runs of a text.
    pub(crate) fn of(text: &str) -> Self {
        Self(Telling::of(text).runs().collect())
    }

    /// Where they stand in another text.
    pub(crate) fn in_text(&self, text: &str) -> Vec<Range<usize>> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let telling = Telling::of(text);
        telling.covered(telling.runs().map(|run| self.0.contains(&run)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
