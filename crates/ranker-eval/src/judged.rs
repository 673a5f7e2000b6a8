//! A ranking seen through the judgments: grades in order, in groups of tied documents.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::options::Ties;
use crate::run::ScoredDocument;

/// The grades of one query's ranking. `None` is an unjudged document.
///
/// The documents of a group are equally likely to stand in any order. Under a strict order
/// every group has one document, so that the measures need only one formula each.
#[derive(Debug)]
pub(crate) struct Judged {
    groups: Vec<Group>,
    /// The positive grades of all judged documents, best first.
    pub(crate) ideal: Vec<i32>,
    /// All judged grades.
    judged: Vec<i32>,
}

/// Documents that share the ranks `before + 1 ..= before + grades.len()`.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) before: usize,
    pub(crate) grades: Vec<Option<i32>>,
}

impl Group {
    /// How many of its ranks are among the first `k`.
    pub(crate) fn within(&self, k: usize) -> usize {
        k.saturating_sub(self.before).min(self.grades.len())
    }
}

impl Judged {
    pub(crate) fn new(
        ranking: &[ScoredDocument],
        judgments: &BTreeMap<String, i32>,
        ties: Ties,
    ) -> Self {
        let mut order: Vec<_> = ranking.iter().collect();
        if ties != Ties::AsGiven {
            order.sort_unstable_by(|a, b| by_score(a, b));
        }
        let tied = |a: &&ScoredDocument, b: &&ScoredDocument| {
            ties == Ties::Expected && a.score() == b.score()
        };
        let mut before = 0;
        let group = |documents: &[&ScoredDocument]| {
            let grades = documents
                .iter()
                .map(|d| judgments.get(d.document()).copied());
            let group = Group {
                before,
                grades: grades.collect(),
            };
            before += documents.len();
            group
        };
        let groups = order.chunk_by(tied).map(group).collect();
        let judged: Vec<_> = judgments.values().copied().collect();
        Self {
            groups,
            ideal: best_first(&judged),
            judged,
        }
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// How many documents are retrieved.
    pub(crate) fn retrieved(&self) -> usize {
        self.groups
            .last()
            .map_or(0, |group| group.before + group.grades.len())
    }

    /// How many judged documents have at least this grade.
    pub(crate) fn relevant(&self, from: i32) -> usize {
        self.judged.iter().filter(|grade| **grade >= from).count()
    }
}

/// The order of `trec_eval`: score descending, then document id descending by bytes.
fn by_score(a: &ScoredDocument, b: &ScoredDocument) -> Ordering {
    // Scores are finite; `partial_cmp` rather than `total_cmp`, because -0 ties with 0.
    let scores = b.score().partial_cmp(&a.score());
    scores
        .unwrap_or(Ordering::Equal)
        .then_with(|| b.document().cmp(a.document()))
}

fn best_first(judged: &[i32]) -> Vec<i32> {
    let mut ideal: Vec<_> = judged.iter().copied().filter(|grade| *grade > 0).collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    ideal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(ties: Ties) -> Vec<(usize, Vec<Option<i32>>)> {
        let ranking = [("a", -0.0), ("c", 0.0), ("b", 0.0), ("z", 1.0)];
        let ranking = ranking.map(|(id, score)| ScoredDocument::new(id.into(), score));
        let judgments = [("a", 1), ("b", 2), ("c", 3)].map(|(id, grade)| (id.into(), grade));
        let judged = Judged::new(&ranking, &BTreeMap::from(judgments), ties);
        let groups = judged.groups.into_iter();
        groups.map(|group| (group.before, group.grades)).collect()
    }

    #[test]
    fn tie_rules() {
        let order = |ties| {
            groups(ties)
                .into_iter()
                .map(|(_, grades)| grades[0])
                .collect::<Vec<_>>()
        };
        let descending = [None, Some(3), Some(2), Some(1)];
        assert_eq!(order(Ties::DocumentIdDescending), descending);
        assert_eq!(order(Ties::AsGiven), [Some(1), Some(3), Some(2), None]);
        let expected = [(0, vec![None]), (1, vec![Some(3), Some(2), Some(1)])];
        assert_eq!(groups(Ties::Expected), expected);
    }
}
