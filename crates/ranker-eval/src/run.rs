//! Rankings: what a system retrieved for each query.

use std::collections::{BTreeMap, HashSet};

use crate::error::ValueError;

/// A document and its score, which is finite; greater is better.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredDocument {
    document: String,
    score: f64,
}

impl ScoredDocument {
    /// The caller has checked that the score is finite.
    pub(crate) fn new(document: String, score: f64) -> Self {
        debug_assert!(score.is_finite());
        Self { document, score }
    }

    /// The document's id.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// The score.
    pub fn score(&self) -> f64 {
        self.score
    }
}

/// The rankings of one system, by query.
///
/// The order in which the documents of a query were given is kept (see [`crate::Ties`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    tag: String,
    by_query: BTreeMap<String, Vec<ScoredDocument>>,
}

impl Run {
    /// A run without rankings. The tag names the system.
    pub fn new(tag: impl Into<String>) -> Self {
        Self {
            tag: tag.into(),
            by_query: BTreeMap::new(),
        }
    }

    /// The caller has checked that no query has a document twice.
    pub(crate) fn from_checked(
        tag: String,
        by_query: BTreeMap<String, Vec<ScoredDocument>>,
    ) -> Self {
        Self { tag, by_query }
    }

    /// Adds the ranking of a query: document ids with their scores, best first if the order
    /// matters to the reader. It may be empty.
    ///
    /// # Errors
    ///
    /// [`ValueError::DuplicateQuery`], [`ValueError::DuplicateDocument`], or
    /// [`ValueError::Score`] for a score that is not finite; the run is then unchanged.
    pub fn insert<D: Into<String>>(
        &mut self,
        query: impl Into<String>,
        ranking: impl IntoIterator<Item = (D, f64)>,
    ) -> Result<(), ValueError> {
        let query = query.into();
        if self.by_query.contains_key(&query) {
            return Err(ValueError::DuplicateQuery { query });
        }
        let ranking: Vec<_> = ranking
            .into_iter()
            .map(|(document, score)| (document.into(), score))
            .collect();
        check(&query, &ranking)?;
        let ranking = ranking
            .into_iter()
            .map(|(document, score)| ScoredDocument::new(document, score))
            .collect();
        self.by_query.insert(query, ranking);
        Ok(())
    }

    /// The name of the system.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The ranking of a query, in the order given; `None` if the run has none.
    pub fn ranking(&self, query: &str) -> Option<&[ScoredDocument]> {
        self.by_query.get(query).map(Vec::as_slice)
    }

    /// All rankings, by query id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[ScoredDocument])> {
        self.by_query
            .iter()
            .map(|(query, ranking)| (query.as_str(), ranking.as_slice()))
    }

    /// The number of queries that have a ranking.
    pub fn len(&self) -> usize {
        self.by_query.len()
    }

    /// Whether no query has a ranking.
    pub fn is_empty(&self) -> bool {
        self.by_query.is_empty()
    }
}

fn check(query: &str, ranking: &[(String, f64)]) -> Result<(), ValueError> {
    let mut seen = HashSet::with_capacity(ranking.len());
    for (document, score) in ranking {
        if !score.is_finite() {
            return Err(ValueError::Score {
                query: query.to_owned(),
                document: document.clone(),
                score: *score,
            });
        }
        if !seen.insert(document.as_str()) {
            return Err(ValueError::DuplicateDocument {
                query: query.to_owned(),
                document: document.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_rankings_are_refused() {
        let mut run = Run::new("bm25");
        run.insert("q", [("a", 1.0)]).unwrap();
        let duplicate = run.insert("q", [("b", 1.0)]).unwrap_err();
        assert!(matches!(duplicate, ValueError::DuplicateQuery { query } if query == "q"));
        let twice = run.insert("p", [("a", 1.0), ("a", 0.5)]).unwrap_err();
        assert!(matches!(twice, ValueError::DuplicateDocument { document, .. } if document == "a"));
        for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let error = run.insert("p", [("a", score)]).unwrap_err();
            assert!(matches!(error, ValueError::Score { .. }));
        }
        assert_eq!(run.len(), 1);
        assert_eq!(run.ranking("p"), None);
    }
}
