//! By what rule the next candidate of a list is chosen.

/// By what chances the next candidate is chosen, and how far one may fall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    pub(super) kind: Kind,
    /// How many positions below its place by score a candidate may come, where that is bounded.
    pub(super) max_fall: Option<usize>,
}

/// The chances, before any bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    PlackettLuce { temperature: f64 },
    Epsilon(f64),
    TopK(usize),
}
