//! From a query to weighted terms.

use std::collections::{BTreeMap, BTreeSet};

use ranker_core::{Expansion, Query};

use super::analyzer::{Word, words};

/// Words that are looked for together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clause {
    /// One word, or the words of a phrase with their distances from the first.
    pub(super) words: Vec<Word>,
    /// How much a match counts, where a word that occurs once in the job description counts 1.
    pub(super) boost: f32,
    /// Which term of the expansion it is, where it is no word of the job.
    pub(super) added: Option<usize>,
}

/// The clauses of a query: its own most distinctive terms, then what was added to it.
///
/// `idf` gives a term's inverse document frequency, `None` for one that no document has.
pub(super) fn clauses<E>(
    query: &Query,
    max_terms: usize,
    mut idf: impl FnMut(&str) -> Result<Option<f32>, E>,
) -> Result<Vec<Clause>, E> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in words(&query.job().full_text()) {
        *counts.entry(word.text).or_default() += 1;
    }
    let mut weighed = Vec::new();
    for (term, &count) in &counts {
        if let Some(idf) = idf(term)? {
            weighed.push((count as f32 * idf, term, count));
        }
    }
    // Stable, so that equals stay in the order of their letters.
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0));
    weighed.truncate(max_terms);
    let mass: usize = weighed.iter().map(|(_, _, count)| count).sum();
    let own = weighed.into_iter().map(|(_, term, count)| Clause {
        words: vec![Word {
            text: term.clone(),
            position: 0,
        }],
        boost: count as f32,
        added: None,
    });
    let added = added(query.expansion(), mass, |term| counts.contains_key(term));
    Ok(own.chain(added).collect())
}

/// The clauses of an expansion.
///
/// A term's weight is relative to the whole job description's, so its boost would be that share of
/// `mass`. Where this exceeds 1, the least that a term of the job description counts, all boosts
/// are scaled down alike: a match of an added term never counts more than one of the job description's own.
fn added(expansion: &Expansion, mass: usize, is_own: impl Fn(&str) -> bool) -> Vec<Clause> {
    let heaviest = expansion.terms().first().map_or(0.0, |term| term.weight());
    let mass = (mass.max(1) as f32).min(1.0 / heaviest.max(f32::MIN_POSITIVE));
    let mut seen = BTreeSet::new();
    let clauses = expansion
        .terms()
        .iter()
        .enumerate()
        .filter_map(|(at, term)| {
            let words = phrase(words(term.text()));
            let texts: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
            let news = match texts.as_slice() {
                [] => false,
                [word] => !is_own(word),
                _ => true,
            };
            (news && seen.insert(texts)).then(|| Clause {
                words,
                boost: term.weight() * mass,
                added: Some(at),
            })
        });
    clauses.collect()
}

/// Words with their positions counted from the first.
fn phrase(mut words: Vec<Word>) -> Vec<Word> {
    let first = words.first().map_or(0, |word| word.position);
    for word in &mut words {
        word.position -= first;
    }
    words
}

#[cfg(test)]
mod tests {
    use ranker_core::{JobDescription, Term, TermSource};

    use super::*;

    /// Longer terms are rarer; "unknown" is in no document.
    fn built(text: &str, max_terms: usize, terms: &[(&str, f32)]) -> Vec<(String, f32)> {
        let idf = |term: &str| Ok::<_, ()>((term != "unknown").then_some(term.len() as f32));
        let terms = terms
            .iter()
            .map(|(text, weight)| Term::new(*text, *weight, TermSource::Synonym, "test").unwrap());
        let query = Query::new(JobDescription::new(text).unwrap())
            .with_expansion(Expansion::new(terms.collect()));
        let clauses = clauses(&query, max_terms, idf).unwrap();
        let texts = |clause: &Clause| {
            let texts: Vec<&str> = clause.words.iter().map(|w| w.text.as_str()).collect();
            texts.join(" ")
        };
        clauses
            .iter()
            .map(|clause| (texts(clause), clause.boost))
            .collect()
    }

    #[test]
    fn keeps_the_most_telling_terms() {
        let kept = built("rust rust rust search the unknown go", 2, &[]);
        assert_eq!(kept, [("rust".to_owned(), 3.0), ("search".to_owned(), 1.0)]);
        assert_eq!(built("the of and", 5, &[]), []);
    }

    #[test]
    fn what_was_added_counts_its_share() {
        let terms = [("crab", 0.25), ("systems language", 0.125)];
        let kept = built("rust search", 9, &terms);
        assert_eq!(kept[2], ("crab".to_owned(), 0.5), "a quarter of two");
        assert_eq!(kept[3], ("system languag".to_owned(), 0.25));
    }

    #[test]
    fn an_added_term_never_counts_more_than_an_own() {
        let kept = built(
            "a long list of many words",
            9,
            &[("crab", 0.8), ("crustacean", 0.2)],
        );
        assert_eq!(kept[4], ("crab".to_owned(), 1.0));
        assert_eq!(kept[5], ("crustacean".to_owned(), 0.25), "scaled alike");
    }

    #[test]
    fn own_terms_are_not_added() {
        let kept = built(
            "rust engineer",
            1,
            &[("Engineering", 0.5), ("crabs", 0.3), ("crab", 0.2)],
        );
        let texts: Vec<&str> = kept.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["engin", "crab"]);
    }
}
