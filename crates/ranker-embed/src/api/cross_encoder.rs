//! A cross-encoder that others serve.

use std::fmt;
use std::sync::Arc;

use ranker_core::{
    Candidate, EmbedError, FeatureError, FeatureExtractor, FeatureMatrix, FeatureSchema, Query,
};
use ranker_http::{Client, Endpoint};

use super::calls::{Ask, Calls};
use super::refusal::Refusal;
use super::rerank::Asked;
use super::server::{Server, Until};
use super::{ApiBudget, ApiError, ApiLimits, ApiUsage, LongTexts, RerankApi, Scores, tokens};
use crate::cross_encoder::{schema, scores};
use crate::embedder::refuse_empty;

/// A cross-encoder that a server runs: a [`FeatureExtractor`] with the one column `cross_encoder` of
/// [`OnnxCrossEncoder`](crate::OnnxCrossEncoder), from 0 to 1, to be weighted by learning or used alone.
///
/// ```no_run
/// use ranker_embed::http::Endpoint;
/// use ranker_embed::{ApiCrossEncoder, RerankApi};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let endpoint = Endpoint::new("http://localhost:8080")?;
/// let cross = ApiCrossEncoder::builder(endpoint, RerankApi::Tei, "bge-reranker-base").build()?;
/// let scores = cross.score("Rust engineer", &["Builds search in Rust", "Registered nurse"])?;
/// assert!(scores[0] > scores[1]);
/// # Ok(())
/// # }
/// ```
///
/// Documents go in calls of bounded size, several at a time, and the server is sent fewer where it fails on many.
/// An answer under another model's name than the first is [`ApiError::OtherModel`], where the interface names it.
pub struct ApiCrossEncoder {
    server: Server,
    asked: Asked,
    calls: Calls,
    schema: Arc<FeatureSchema>,
}

/// Settings of an [`ApiCrossEncoder`].
#[derive(Debug, Clone)]
pub struct ApiCrossEncoderBuilder {
    endpoint: Endpoint,
    asked: Asked,
    limits: ApiLimits,
    budget: ApiBudget,
}

impl ApiCrossEncoderBuilder {
    /// What the server's scores are. Default: [`Scores::Relevance`].
    #[must_use]
    pub fn scores(mut self, scores: Scores) -> Self {
        self.asked.scores = scores;
        self
    }

    /// What happens to a pair that is longer than the model reads. Default: [`LongTexts::Refuse`], which TEI keeps to
    /// and other servers may not: Cohere's and Jina's cut and do not say so. With [`LongTexts::Cut`], a document is
    /// halved until the server takes it.
    #[must_use]
    pub fn long_texts(mut self, long_texts: LongTexts) -> Self {
        self.asked.long_texts = long_texts;
        self
    }

    /// How work is divided into calls, and how long it may take. Default: [`ApiLimits::new`].
    #[must_use]
    pub fn limits(mut self, limits: ApiLimits) -> Self {
        self.limits = limits;
        self
    }

    /// What it may cost. Default: no limit.
    #[must_use]
    pub fn budget(mut self, budget: ApiBudget) -> Self {
        self.budget = budget;
        self
    }

    /// The cross-encoder; the server is not spoken to yet.
    ///
    /// # Errors
    ///
    /// [`ApiError::Setting`].
    pub fn build(self) -> Result<ApiCrossEncoder, ApiError> {
        self.limits.check()?;
        Ok(ApiCrossEncoder {
            server: Server::new(Client::new(self.endpoint), self.budget),
            calls: Calls::new(&self.asked.model, self.limits, self.asked.long_texts),
            schema: Arc::new(schema(&self.asked.model)),
            asked: self.asked,
        })
    }
}

impl ApiCrossEncoder {
    /// A reranker behind one of three interfaces. TEI serves one model, whose name is for display.
    #[must_use]
    pub fn builder(
        endpoint: Endpoint,
        api: RerankApi,
        model: impl Into<String>,
    ) -> ApiCrossEncoderBuilder {
        ApiCrossEncoderBuilder {
            endpoint,
            asked: Asked {
                api,
                model: model.into(),
                scores: Scores::Relevance,
                long_texts: LongTexts::Refuse,
            },
            limits: ApiLimits::default(),
            budget: ApiBudget::new(),
        }
    }

    /// The model's name as it was given.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.asked.model
    }

    /// What it has cost.
    #[must_use]
    pub fn usage(&self) -> ApiUsage {
        self.server.usage()
    }

    /// The relevance of each document for a query, from 0 to 1, in the order of the documents.
    ///
    /// # Errors
    ///
    /// [`EmbedError::EmptyText`] for an empty document (or query: text 0), [`EmbedError::Refused`] of one
    /// document, [`EmbedError::Backend`]; the latter two with an [`ApiError`] as their source.
    pub fn score(&self, query: &str, documents: &[&str]) -> Result<Vec<f32>, EmbedError> {
        refuse_empty(&[query])?;
        refuse_empty(documents)?;
        let cross = self;
        self.calls.run(&Pairs { cross, query }, documents)
    }
}

/// One query with any documents.
struct Pairs<'p> {
    cross: &'p ApiCrossEncoder,
    query: &'p str,
}

impl Ask for Pairs<'_> {
    type Output = f32;

    fn ask(&self, documents: &[&str], until: Until) -> Result<Vec<f32>, Refusal> {
        let ApiCrossEncoder { server, asked, .. } = self.cross;
        // Each pair is read with the query.
        let pair = |text: &&str| (tokens::estimate(text) + tokens::estimate(self.query)) as u64;
        let estimate = documents.iter().map(pair).sum();
        let call = asked.call(self.query, documents);
        let read = |answer: &_, json: &_| asked.read(answer, json);
        let (json, _) = server.call(call, estimate, until, read)?;
        let answered = asked.answered(json, documents.len())?;
        server.same_model(answered.model)?;
        Ok(answered.scores)
    }

    fn cut(&self, score: f32, _read: usize, _whole: usize) -> f32 {
        score
    }
}

impl FeatureExtractor for ApiCrossEncoder {
    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn extract(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<FeatureMatrix, FeatureError> {
        let scores = scores(query, candidates, |query, texts| self.score(query, texts))?;
        FeatureMatrix::new(Arc::clone(&self.schema), scores)
    }
}

impl fmt::Debug for ApiCrossEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiCrossEncoder")
            .field("server", &self.server)
            .field("model", &self.asked.model)
            .finish_non_exhaustive()
    }
}
