//! Query in, hits out.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{BoxError, CandidateId, Filter, Hit, Query, Score, TermScore, ValueError};

/// How many hits are wanted, and of whom.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The most hits to return; 0 gives none.
    pub k: usize,
    /// Who may be returned. Never more than [`Retriever::pushdown`] promised to apply.
    pub filter: Filter,
    /// Whether hits should carry the kept token vectors of their profiles
    /// ([`Hit::with_tokens`]). A retriever that keeps none ignores it.
    pub tokens: TokenVectors,
}

/// Whether hits carry the token vectors that the retriever keeps of their profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenVectors {
    /// They are not read.
    #[default]
    Skip,
    /// They are read for the hits that are returned.
    Read,
}

impl Request {
    /// The `k` best of everyone.
    #[must_use]
    pub fn top(k: usize) -> Self {
        Self {
            k,
            filter: Filter::All,
            tokens: TokenVectors::Skip,
        }
    }

    /// Requests the kept token vectors of whoever is returned.
    #[must_use]
    pub fn with_tokens(mut self) -> Self {
        self.tokens = TokenVectors::Read;
        self
    }

    /// Restricts who may be returned.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }
}

/// What a retriever does with a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pushdown {
    /// It cannot apply this filter: the ranker fetches more and filters itself, and says so.
    #[default]
    Unsupported,
    /// It returns only candidates that pass, and as many of them as it would without a filter.
    Exact,
}

/// Why nothing was retrieved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RetrieveError {
    /// The store cannot be reached now; trying again may help.
    #[error("{backend} is unavailable; try again")]
    Unavailable {
        /// The store.
        backend: String,
        /// What it said.
        source: BoxError,
    },
    /// The store refused the request; trying again does not help.
    #[error("{backend} rejected the request")]
    Rejected {
        /// The store.
        backend: String,
        /// What it said.
        source: BoxError,
    },
    /// Vector search was asked with a query that has no embedding.
    #[error("retriever {retriever} searches by vector, but the query has no embedding")]
    NoEmbedding {
        /// The retriever.
        retriever: String,
    },
    /// The query's embedding comes from another encoder than the stored ones.
    #[error("the query has {actual} dimensions, the index {expected}: use the same encoder")]
    Dimension {
        /// The index's.
        expected: usize,
        /// The query's.
        actual: usize,
    },
    /// A filter was passed that [`Retriever::pushdown`] did not promise to apply.
    #[error("retriever {retriever} cannot apply this filter")]
    UnsupportedFilter {
        /// The retriever.
        retriever: String,
    },
    /// The store returned something that is no value, such as a NaN score.
    #[error("{backend} returned an invalid value")]
    Invalid {
        /// The store.
        backend: String,
        /// What is wrong with it.
        source: ValueError,
    },
}

/// Finds the best candidates for a query: the seam for a team's own store.
///
/// Contract, checked by [`crate::conformance::retriever`]:
/// - at most `k` hits, best first, ties by id, no id twice;
/// - `k` beyond the pool gives what there is; `k = 0` or an empty pool gives an empty list;
/// - the same query on the same pool gives the same hits;
/// - where a store keeps several vectors a candidate, who is found comes once, with the best of their scores
///   ([`run_several`](crate::conformance::RetrieverSuite::run_several) checks it; one vector each is enough);
/// - a hit that carries a profile carries its own; with [`Retriever::holds_profiles`] every hit does;
/// - with a filter for which [`Retriever::pushdown`] returns [`Pushdown::Exact`], every hit passes,
///   and no fewer are returned than pass; a candidate without a fact passes the negation of a condition
///   on it, as [`Filter::matches`] has it;
/// - a query without the embedding or of the wrong dimension is an error or is not needed, never a
///   panic or a made-up hit;
/// - [`Retriever::score`] knows the candidates that are retrieved, with the same scores;
/// - [`Retriever::encoder`] names the encoder of the embeddings that are stored, or none;
/// - a store that cannot be reached is [`RetrieveError::Unavailable`].
///
/// A hit's score reaches the ranking: the ranker takes a hit without legs as a leg named
/// [`Retriever::name`], and the feature `retrieved` is its share of the query's best. A retriever named as
/// one of [`crate::legs`] is taken for that leg. One that combines several adds a leg each with
/// [`Hit::with_leg`](crate::Hit::with_leg).
///
/// Forgetting `pushdown` is slow, never wrong: the ranker then filters itself. The example
/// `custom_retriever` implements the trait in fifty lines.
#[async_trait]
pub trait Retriever: Send + Sync {
    /// The best hits, best first.
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError>;

    /// A short name, which labels this retriever's scores in a fused hit.
    fn name(&self) -> &str {
        "custom"
    }

    /// What this retriever does with a filter.
    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Unsupported
    }

    /// Whether every hit carries its [`crate::Profile`]. If not, the ranker needs a
    /// [`crate::ProfileStore`].
    fn holds_profiles(&self) -> bool {
        false
    }

    /// The [`crate::Embedder::model_id`] of the encoder whose embeddings are searched, where it is
    /// known: a ranker is then not built with another one.
    fn encoder(&self) -> Option<&str> {
        None
    }

    /// Scores given candidates, whether or not they would have been retrieved: one answer an id, in
    /// the same order, `None` where this retriever cannot say.
    ///
    /// A fused retriever uses it so that every hit has every leg's score.
    async fn score(
        &self,
        _query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        Ok(vec![None; ids.len()])
    }

    /// As [`Self::score`], with whatever else the store has at hand: one hit an id, in the same order, with
    /// its legs and its profile, `None` where this retriever cannot score.
    ///
    /// A fused retriever completes the candidates of its other legs by it, so a store that reads scores and
    /// profiles in one statement is asked once for both. By default it is [`Self::score`] alone.
    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        let scores = self.score(query, ids).await?.into_iter();
        let hit = |(score, id): (Option<Score>, &CandidateId)| Some(Hit::new(id.clone(), score?));
        Ok(scores.zip(ids).map(hit).collect())
    }

    /// Which terms of the query make the candidates' keyword scores (of the leg [`crate::legs::BM25`]): one answer an
    /// id, in the same order, `None` where this retriever cannot say. Explanations tell them.
    async fn terms(
        &self,
        _query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        Ok(vec![None; ids.len()])
    }
}

#[async_trait]
impl<R: Retriever + ?Sized> Retriever for Arc<R> {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        (**self).retrieve(query, request).await
    }

    fn name(&self) -> &str {
        (**self).name()
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        (**self).pushdown(filter)
    }

    fn holds_profiles(&self) -> bool {
        (**self).holds_profiles()
    }

    fn encoder(&self) -> Option<&str> {
        (**self).encoder()
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        (**self).score(query, ids).await
    }

    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        (**self).complete(query, ids).await
    }

    async fn terms(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        (**self).terms(query, ids).await
    }
}
