//! Words as the index has them, and a query's words.

use std::collections::BTreeSet;

use frostem::{Algorithm, Stemmer};
use ranker_core::{Query, WordKind, word_key, words};

use super::super::filter::tag;
use super::filter::unscored;
use crate::adapter::condition::Condition;

/// The field of a profile's words.
pub(super) const WORDS: &str = "words";
/// The most words of a job that are searched.
const MOST: usize = 600;

/// Words that say nothing: Lucene's, which are the engine's too. They are left out here, since the engine passes over words that
/// stand behind such in a query.
const STOP: [&str; 33] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it",
    "no", "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these",
    "they", "this", "to", "was", "will", "with",
];

/// Longer words are left out, as of the embedded index.
const LONGEST: usize = 100;

/// The terms of a text in its order, those of the embedded index: words in lower case, without accents, stemmed by Snowball. The
/// engine would index stems beside the words, and count both. Each is letters and digits that it does not split again.
pub(super) fn split(text: &str) -> Vec<String> {
    let stemmer = Stemmer::new(Algorithm::English);
    let said = words(text).filter(|word| word.kind != WordKind::Sign);
    let own = said.map(|word| word_key(&word.text.to_lowercase()).into_owned());
    let own = own.filter(|word| word.len() <= LONGEST && !STOP.contains(&&**word));
    let stems = own.map(|word| tag(&stemmer.stem(&word)));
    stems
        .filter(|stem| !stem.is_empty() && !STOP.contains(&&**stem))
        .collect()
}

/// A query's words in two forms that score alike by BM25.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    /// Whoever has any of them.
    any: String,
    /// Everyone, with the score of those that they have. The engine adds up all words of an alternative only where nothing
    /// stands beside it, so that a search among some asks for each word by itself.
    each: String,
}

impl Words {
    /// Those of the job, and the terms that were added, by their weights; `None` where there are none.
    pub(super) fn of(query: &Query) -> Option<Self> {
        let mut known = BTreeSet::new();
        let job = split(&query.job().full_text()).into_iter();
        let job = job.filter(|word| known.insert(word.clone()));
        let job: Vec<String> = job.take(MOST).collect();
        let terms = query.expansion().terms();
        let heaviest = terms.first().map_or(0.0, |term| term.weight());
        // As in the embedded index: a term that was added never counts more than one of the job's own.
        let mass = (job.len().max(1) as f32).min(1.0 / heaviest.max(f32::MIN_POSITIVE));
        let mut any: Vec<String> = Vec::new();
        let mut each: Vec<String> = Vec::new();
        if !job.is_empty() {
            any.push(format!("@{WORDS}:({})", job.join("|")));
            each.extend(job.iter().map(|word| format!("~@{WORDS}:({word})")));
        }
        // The engine takes the weight of several together alone; everyone has the tag, and a "not" has no score.
        let all = unscored(&Condition::Everyone);
        for term in terms {
            let (words, weight) = (split(term.text()).join(" "), term.weight() * mass);
            if !words.is_empty() {
                any.push(format!(
                    "((@{WORDS}:({words}) {all})=>{{$weight:{weight:.6}}})"
                ));
                each.push(format!(
                    "((~(@{WORDS}:({words})) {all})=>{{$weight:{weight:.6}}})"
                ));
            }
        }
        (!any.is_empty()).then(|| Self {
            any: format!("({})", any.join("|")),
            each: each.join(" "),
        })
    }

    /// The query for all, or for those alone whom a condition lets pass.
    pub(super) fn among(&self, condition: &Condition) -> String {
        match condition {
            Condition::Everyone => self.any.clone(),
            other => self.told(other),
        }
    }

    /// The query for some whose keys are told beside it.
    pub(super) fn of_some(&self) -> String {
        self.told(&Condition::Everyone)
    }

    fn told(&self, condition: &Condition) -> String {
        format!("{} {}", unscored(condition), self.each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_ours_and_hold_no_sign() {
        let split = split("C++ for Zoë's café, C++!");
        assert!(split.contains(&"c_2b_2b".to_owned()), "{split:?}");
        let plain = |word: &String| {
            word.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        assert!(split.iter().all(plain), "{split:?}");
    }

    #[test]
    fn terms_are_those_of_the_embedded_index() {
        let terms = split("The Engineers of Zürich, résumés & wards / nursing");
        assert_eq!(terms, ["engin", "zurich", "resum", "ward", "nurs"]);
    }
}
