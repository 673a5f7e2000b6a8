use crate::PairIds;

/// A query joined with what should be found and with what should not, each as one sequence: what a
/// cross-encoder learns from.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenList {
    /// The query and what should be found.
    pub positive: PairIds,
    /// The query and what should not be found.
    pub negatives: Vec<PairIds>,
    /// The positive's label or a teacher's score: see [`ScoreLoss`](crate::ScoreLoss).
    pub score: Option<f32>,
    /// How much the list counts, relative to the others.
    pub weight: f32,
}

impl TokenList {
    /// A positive and nothing else.
    pub fn new(positive: PairIds) -> Self {
        Self {
            positive,
            negatives: Vec::new(),
            score: None,
            weight: 1.0,
        }
    }

    /// All sequences, the positive first.
    pub(super) fn pairs(&self) -> impl Iterator<Item = &PairIds> {
        std::iter::once(&self.positive).chain(&self.negatives)
    }
}
