//! Judgments: which document is how relevant to which query.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::error::ValueError;

/// Grades of documents by query. A grade above zero is relevant, the more the higher; zero is
/// judged not relevant, and below zero too (some collections mark spam so).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Qrels {
    by_query: BTreeMap<String, BTreeMap<String, i32>>,
}

impl Qrels {
    /// No judgments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a judgment.
    ///
    /// # Errors
    ///
    /// [`ValueError::DuplicateDocument`] if the document is already judged for the query, even
    /// with the same grade.
    pub fn insert(
        &mut self,
        query: impl Into<String>,
        document: impl Into<String>,
        grade: i32,
    ) -> Result<(), ValueError> {
        let (query, document) = (query.into(), document.into());
        match self
            .by_query
            .entry(query.clone())
            .or_default()
            .entry(document)
        {
            Entry::Vacant(place) => {
                place.insert(grade);
                Ok(())
            }
            Entry::Occupied(place) => Err(ValueError::DuplicateDocument {
                query,
                document: place.key().clone(),
            }),
        }
    }

    /// The grade of a document for a query; `None` if it is not judged.
    pub fn grade(&self, query: &str, document: &str) -> Option<i32> {
        self.by_query.get(query)?.get(document).copied()
    }

    /// The judged documents of a query with their grades, by document id; `None` if the query
    /// has no judgments.
    pub fn judgments(&self, query: &str) -> Option<&BTreeMap<String, i32>> {
        self.by_query.get(query)
    }

    /// All queries with their judgments, by query id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, i32>)> {
        self.by_query
            .iter()
            .map(|(query, grades)| (query.as_str(), grades))
    }

    /// The number of queries that have judgments.
    pub fn len(&self) -> usize {
        self.by_query.len()
    }

    /// Whether there are no judgments.
    pub fn is_empty(&self) -> bool {
        self.by_query.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_grade_is_an_error_and_changes_nothing() {
        let mut qrels = Qrels::new();
        qrels.insert("q", "d", 2).unwrap();
        let error = qrels.insert("q", "d", 0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "document `d` occurs a second time for query `q`"
        );
        assert_eq!(qrels.grade("q", "d"), Some(2));
        assert_eq!(qrels.grade("q", "e"), None);
        assert_eq!(qrels.grade("p", "d"), None);
    }
}
