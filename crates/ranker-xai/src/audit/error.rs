//! What can be wrong with an audit's input.

use ranker_core::CandidateId;

/// Why there is no audit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// A candidate was given two groups of one attribute.
    #[error("{id} has two values of {attribute}: {first:?} and {second:?}")]
    TwoGroups {
        /// Whose groups they are.
        id: CandidateId,
        /// What groups them.
        attribute: String,
        /// The first group.
        first: String,
        /// The other.
        second: String,
    },
    /// A group without a name. A candidate whose group is not known is left out of the groups instead.
    #[error("the group of {id} has no name: leave candidates of unknown group out")]
    NoName {
        /// Whose group it is.
        id: CandidateId,
    },
    /// No candidate of the rankings has a group.
    #[error("none of the {candidates} candidates shown has a value of {attribute}")]
    NobodyKnown {
        /// How many were shown.
        candidates: usize,
        /// What groups them.
        attribute: String,
    },
    /// As many scores as candidates are needed.
    #[error("a ranking of {candidates} candidates has {scores} scores")]
    ScoreCount {
        /// How many candidates it has.
        candidates: usize,
        /// How many scores.
        scores: usize,
    },
    /// A score is not a number.
    #[error("the score of {id} is {score}")]
    NotFinite {
        /// Whose score it is.
        id: CandidateId,
        /// The score.
        score: f64,
    },
    /// A setting outside of its range.
    #[error("{name} is {value}; it must lie in {range}")]
    Option {
        /// Which setting.
        name: &'static str,
        /// What was given.
        value: f64,
        /// What may be given.
        range: &'static str,
    },
    /// A group that rankings show has no share of the wanted mixture.
    #[error("{group:?} has no share of the wanted mixture, but stands in a ranking")]
    NoShare {
        /// The group.
        group: String,
    },
}
