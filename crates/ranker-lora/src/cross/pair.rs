/// Two texts joined to one sequence of token ids, special tokens included; made by
/// [`TextTokenizer::pair_ids`](crate::TextTokenizer::pair_ids).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PairIds {
    ids: Vec<u32>,
    second: usize,
}

impl PairIds {
    /// A sequence whose first `second` tokens are of type 0, and the others of type 1. A family
    /// without segments ignores them.
    pub fn new(ids: Vec<u32>, second: usize) -> Self {
        Self { ids, second }
    }

    /// All tokens.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// How many tokens are of type 0.
    pub fn second(&self) -> usize {
        self.second
    }
}
