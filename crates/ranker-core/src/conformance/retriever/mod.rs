//! The contract of [`Retriever`].

mod case;
mod filters;
mod odd;
mod order;
mod scores;
mod several;

use std::sync::Arc;
use std::time::Duration;

use super::pool::{self, Entry};
use super::watch::{self, in_time};
use super::{Violation, check};
use crate::{BoxError, Embedding, Retriever};
use case::Case;

/// The [`crate::Embedder::model_id`] of the encoder that the suite's embeddings stand for.
pub const ENCODER: &str = "conformance";

/// Checks that a retriever built from the given profiles and vectors keeps the contract of
/// [`Retriever`], as [`RetrieverSuite::new`] does.
///
/// # Errors
///
/// The first [`Violation`] found.
pub async fn retriever<B, F>(build: B) -> Result<(), Violation>
where
    B: Fn(Vec<Entry>) -> F + Send + Sync,
    F: Future<Output = Result<Arc<dyn Retriever>, BoxError>> + Send,
{
    RetrieverSuite::new().run(build).await
}

/// The checks of [`retriever`], with the exceptions that a store needs.
///
/// Runs under any executor, and uses no timer of one: await it under tokio for a retriever that needs
/// tokio.
#[derive(Debug, Clone)]
pub struct RetrieverSuite {
    limit: Duration,
    encoder: String,
    scores: bool,
}

impl Default for RetrieverSuite {
    fn default() -> Self {
        Self {
            limit: watch::LIMIT,
            encoder: ENCODER.to_owned(),
            scores: true,
        }
    }
}

impl RetrieverSuite {
    /// Calls end within five seconds, [`Retriever::encoder`] is [`ENCODER`] or `None`, and
    /// [`Retriever::score`] knows the candidates that are retrieved.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The longest that a call may take.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The name that [`Retriever::encoder`] returns where it is fixed.
    #[must_use]
    pub fn with_encoder(mut self, model_id: impl Into<String>) -> Self {
        self.encoder = model_id.into();
        self
    }

    /// For a store that cannot score given candidates: in a [fusion](Retriever::score), those that it did
    /// not return get nothing from it.
    #[must_use]
    pub fn without_scores(mut self) -> Self {
        self.scores = false;
        self
    }

    /// Runs the checks.
    ///
    /// `build` is called with the profiles of [`super::pool`] and some more, with an empty pool and with a
    /// single profile; a retriever that uses only the text or only the vectors ignores the other.
    ///
    /// # Errors
    ///
    /// The first [`Violation`] found.
    pub async fn run<B, F>(self, build: B) -> Result<(), Violation>
    where
        B: Fn(Vec<Entry>) -> F + Send + Sync,
        F: Future<Output = Result<Arc<dyn Retriever>, BoxError>> + Send,
    {
        let entries = pool::with_twins();
        let built = |e| Violation::failed("a retriever can be built", e);
        let retriever = build(entries.clone()).await.map_err(built)?;
        let case = Case::new(&*retriever, &entries, self.limit);
        names_its_encoder(&*retriever, &self.encoder)?;
        order::orders_hits(&case).await?;
        order::finds_what_is_there(&case).await?;
        scores::scores_as_it_retrieves(&case, self.scores).await?;
        filters::applies_filters(&case).await?;
        odd::survives_odd_queries(&case).await?;

        let empty = build(Vec::new()).await.map_err(built)?;
        order::finds_all(&Case::new(&*empty, &[], self.limit)).await?;
        let single = build(entries[..1].to_vec()).await.map_err(built)?;
        order::finds_all(&Case::new(&*single, &entries[..1], self.limit)).await
    }
}

impl RetrieverSuite {
    /// Runs the checks for a retriever that keeps several vectors a profile: it scores each as the best of its
    /// vectors does, and returns it once.
    ///
    /// `build` is called with entries, each with further vectors or none. A retriever that keeps one
    /// vector a profile has no need of this.
    ///
    /// # Errors
    ///
    /// The first [`Violation`] found.
    pub async fn run_several<B, F>(self, build: B) -> Result<(), Violation>
    where
        B: Fn(Vec<(Entry, Vec<Embedding>)>) -> F + Send + Sync,
        F: Future<Output = Result<Arc<dyn Retriever>, BoxError>> + Send,
    {
        let several = several::entries();
        let built = |e| Violation::failed("a retriever of several vectors can be built", e);
        let retriever = build(several.clone()).await.map_err(built)?;
        let entries: Vec<Entry> = several.iter().map(|(entry, _)| entry.clone()).collect();
        let case = Case::new(&*retriever, &entries, self.limit);
        order::orders_hits(&case).await?;
        several::scores_by_the_best(&case, &several).await?;
        order::finds_what_is_there(&case).await?;
        scores::scores_as_it_retrieves(&case, self.scores).await?;
        filters::applies_filters(&case).await?;
        odd::survives_odd_queries(&case).await
    }
}

fn names_its_encoder(retriever: &dyn Retriever, encoder: &str) -> Result<(), Violation> {
    let named = retriever.encoder();
    check(
        "encoder names the encoder of the embeddings given, or none",
        named.is_none_or(|named| named == encoder),
        || {
            let named = named.unwrap_or_default();
            format!(
                "{named:?} for embeddings of {encoder:?}: return the model id that was stored with them \
                 (or tell the suite a fixed name: RetrieverSuite::with_encoder)"
            )
        },
    )
}
