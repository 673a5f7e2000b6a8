//! The rules of an evaluation that a reader of its numbers must know.

/// How documents with equal scores are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ties {
    /// Score descending, then document id descending by bytes, as `trec_eval` does.
    ///
    /// Scores are compared as `f64`. `trec_eval` rounds them to `f32` before, so it ties scores
    /// that differ only beyond that.
    #[default]
    DocumentIdDescending,
    /// The order in which the run lists the documents; scores are not looked at.
    AsGiven,
    /// The expectation over all orders of the documents with equal scores.
    ///
    /// McSherry and Najork, "Computing Information Retrieval Performance Measures Efficiently
    /// in the Presence of Tied Scores", ECIR 2008. Success and the cut-off forms follow from the
    /// same argument: each order of a tied group is equally likely.
    Expected,
}

/// What a query without any relevant document is worth.
///
/// For nDCG a relevant document is one with a grade above zero; for the other metrics one with
/// a grade of at least [`Options::with_relevant_from`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EmptyQuery {
    /// It is left out of the values and of the mean: no ranking could do well or badly on it.
    #[default]
    Skip,
    /// It counts 0, as in `trec_eval`.
    Zero,
    /// It counts 1: nothing could be missed.
    One,
}

/// The rules of an evaluation. The defaults are those of the fields' types, and grade 1 as the
/// least relevant grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    pub(crate) ties: Ties,
    pub(crate) empty_query: EmptyQuery,
    pub(crate) relevant_from: i32,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// The default rules.
    pub fn new() -> Self {
        Self {
            ties: Ties::default(),
            empty_query: EmptyQuery::default(),
            relevant_from: 1,
        }
    }

    /// Sets how ties are ordered. Default: [`Ties::DocumentIdDescending`].
    #[must_use]
    pub fn with_ties(mut self, ties: Ties) -> Self {
        self.ties = ties;
        self
    }

    /// Sets what a query without relevant documents is worth. Default: [`EmptyQuery::Skip`].
    #[must_use]
    pub fn with_empty_query(mut self, rule: EmptyQuery) -> Self {
        self.empty_query = rule;
        self
    }

    /// Sets the least grade that counts as relevant in all metrics but nDCG. Default: 1.
    ///
    /// Unjudged documents are not relevant whatever is set here.
    #[must_use]
    pub fn with_relevant_from(mut self, grade: i32) -> Self {
        self.relevant_from = grade;
        self
    }
}
