//! Who belongs to which group, and the rankings that are audited.

use std::collections::{BTreeSet, HashMap};

use ranker_core::{CandidateId, Ranking};

use super::error::AuditError;

/// The groups of one attribute: a group for each candidate of whom it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    attribute: String,
    of: HashMap<CandidateId, String>,
}

impl Groups {
    /// The groups of an attribute (such as `sex`), by candidate. Leave out whose group is not known.
    ///
    /// # Errors
    ///
    /// [`AuditError::TwoGroups`] and [`AuditError::NoName`].
    pub fn new<G: Into<String>>(
        attribute: impl Into<String>,
        members: impl IntoIterator<Item = (CandidateId, G)>,
    ) -> Result<Self, AuditError> {
        let attribute = attribute.into();
        let mut of: HashMap<CandidateId, String> = HashMap::new();
        for (id, group) in members {
            let group = group.into().trim().to_owned();
            if group.is_empty() {
                return Err(AuditError::NoName { id });
            }
            if let Some(first) = of.insert(id.clone(), group.clone())
                && first != group
            {
                let second = group;
                return Err(AuditError::TwoGroups {
                    id,
                    attribute,
                    first,
                    second,
                });
            }
        }
        Ok(Self { attribute, of })
    }

    /// The groups of two attributes at once, such as `female, over 50`: whose group is unknown in either
    /// is unknown here.
    #[must_use]
    pub fn intersected(&self, other: &Self) -> Self {
        let both = self.of.iter().filter_map(|(id, group)| {
            let other = other.group(id)?;
            Some((id.clone(), format!("{group}, {other}")))
        });
        Self {
            attribute: format!("{} × {}", self.attribute, other.attribute),
            of: both.collect(),
        }
    }

    /// What groups them.
    #[must_use]
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// A candidate's group, where it is known.
    #[must_use]
    pub fn group(&self, id: &CandidateId) -> Option<&str> {
        self.of.get(id).map(String::as_str)
    }

    /// The names of all groups, in order.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.of.values().map(String::as_str).collect()
    }
}

/// A ranking as it was shown, best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    ids: Vec<CandidateId>,
    scores: Vec<f64>,
}

impl Served {
    /// A ranking by its ids, best first.
    #[must_use]
    pub fn new(ids: Vec<CandidateId>) -> Self {
        Self {
            ids,
            scores: Vec::new(),
        }
    }

    /// Adds the scores, in the order of the ids.
    ///
    /// # Errors
    ///
    /// [`AuditError::ScoreCount`] and [`AuditError::NotFinite`].
    pub fn with_scores(mut self, scores: Vec<f64>) -> Result<Self, AuditError> {
        if scores.len() != self.ids.len() {
            return Err(AuditError::ScoreCount {
                candidates: self.ids.len(),
                scores: scores.len(),
            });
        }
        let mut each = self.ids.iter().zip(&scores);
        if let Some((id, &score)) = each.find(|(_, score)| !score.is_finite()) {
            let id = id.clone();
            return Err(AuditError::NotFinite { id, score });
        }
        self.scores = scores;
        Ok(self)
    }

    /// The candidates, best first.
    #[must_use]
    pub fn ids(&self) -> &[CandidateId] {
        &self.ids
    }

    /// Their scores; empty where they are not known.
    #[must_use]
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }
}

impl From<&Ranking> for Served {
    fn from(ranking: &Ranking) -> Self {
        Self {
            ids: ranking.iter().map(|ranked| ranked.id().clone()).collect(),
            scores: ranking.iter().map(|ranked| ranked.score.get()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: &str) -> CandidateId {
        CandidateId::new(id).unwrap()
    }

    #[test]
    fn a_candidate_has_one_group() {
        let twice = [(id("p"), "a"), (id("p"), " a ")];
        assert!(Groups::new("x", twice).is_ok());
        let error = Groups::new("x", [(id("p"), "a"), (id("p"), "b")]).unwrap_err();
        assert_eq!(error.to_string(), "p has two values of x: \"a\" and \"b\"");
        assert!(matches!(
            Groups::new("x", [(id("p"), " ")]),
            Err(AuditError::NoName { .. })
        ));
    }

    #[test]
    fn intersections_know_who_is_known_in_both() {
        let sex = Groups::new("sex", [(id("p"), "f"), (id("q"), "m")]).unwrap();
        let age = Groups::new("age", [(id("p"), "50+")]).unwrap();
        let both = sex.intersected(&age);
        assert_eq!(both.attribute(), "sex × age");
        assert_eq!(both.group(&id("p")), Some("f, 50+"));
        assert_eq!(both.group(&id("q")), None);
    }

    #[test]
    fn scores_fit_the_candidates_and_are_numbers() {
        let served = || Served::new(vec![id("p"), id("q")]);
        assert!(served().with_scores(vec![2.0, 1.0]).is_ok());
        assert!(matches!(
            served().with_scores(vec![1.0]),
            Err(AuditError::ScoreCount {
                candidates: 2,
                scores: 1
            })
        ));
        let error = served().with_scores(vec![1.0, f64::NAN]).unwrap_err();
        assert_eq!(error.to_string(), "the score of q is NaN");
    }
}
