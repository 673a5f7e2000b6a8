use crate::cross::PairIds;
use crate::digest::Digest;

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

    pub(super) fn digest(&self, digest: &mut Digest) {
        digest.number(self.negatives.len() as u64);
        for pair in self.pairs() {
            digest.ids(pair.ids()).number(pair.second() as u64);
        }
        digest.optional(self.score.map(|score| score.to_bits().into()));
        digest.number(self.weight.to_bits().into());
    }

    /// All sequences, the positive first.
    pub(super) fn pairs(&self) -> impl Iterator<Item = &PairIds> {
        std::iter::once(&self.positive).chain(&self.negatives)
    }
}
