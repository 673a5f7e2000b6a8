//! Several retrievers searched as one, each over a part of the profiles.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_timer::Delay;
use futures_util::future::{Either, join_all, select};
use ranker_core::{
    CandidateId, Filter, Hit, LegScore, Pushdown, Query, Request, RetrieveError, Retriever, Score,
    TermScore, async_trait,
};

use crate::Weights;

/// A shard that did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Absent {
    /// Which, from 0.
    pub shard: usize,
    /// The name of its first retriever.
    pub name: String,
    /// What happened.
    pub reason: String,
}

/// Why retrievers cannot be searched as one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScatterError {
    /// There is none.
    #[error("there is no shard, or one without a retriever")]
    Empty,
    /// Their scores mean nothing beside each other.
    #[error("the shards hold embeddings of {one} and of {other}: their scores cannot be merged")]
    Encoders {
        /// The encoder of one.
        one: String,
        /// That of another.
        other: String,
    },
}

/// The fewest hits that a shard is asked for.
const LEAST_DEPTH: usize = 50;

type Report = Arc<dyn Fn(&Absent) + Send + Sync>;

/// Retrievers that each hold a part of the profiles, searched at once and merged by raw scores.
///
/// - Each shard gives its own best; a leg's best score is then the best that any shard gives, and hits
///   are scored anew by it ([`Weights`]). Hits without legs keep their scores, which must be comparable.
/// - Cosine similarities are comparable between shards. BM25 counts words per shard: where profiles are
///   spread over shards without regard to their content, a word's frequency in a shard of n profiles is
///   off by about 1/√(n·p) of itself, for a word that a share p of profiles has.
/// - A shard that fails or is too late makes the search an error, unless
///   [`Self::without_absent`] says that it is left out and reported.
/// - Shards are asked for scores by [`Retriever::complete`]; one whose hits have no legs there gives scores of
///   its own, by its own best.
/// - A shard may have replicas: after [`Self::with_hedge`], the next one is asked too, and the first
///   answer counts.
#[derive(Clone)]
pub struct ScatterGather {
    shards: Vec<Vec<Arc<dyn Retriever>>>,
    weights: Weights,
    limit: Duration,
    hedge: Option<Duration>,
    report: Option<Report>,
}

impl ScatterGather {
    /// Searches shards, each with its replicas, the preferred first. 5 seconds a shard, no hedging, and a
    /// shard that does not answer is an error.
    ///
    /// # Errors
    ///
    /// [`ScatterError`].
    pub fn new(shards: Vec<Vec<Arc<dyn Retriever>>>) -> Result<Self, ScatterError> {
        if shards.is_empty() || shards.iter().any(Vec::is_empty) {
            return Err(ScatterError::Empty);
        }
        let mut encoders = shards.iter().flatten().filter_map(|shard| shard.encoder());
        if let Some(one) = encoders.next()
            && let Some(other) = encoders.find(|other| *other != one)
        {
            return Err(ScatterError::Encoders {
                one: one.to_owned(),
                other: other.to_owned(),
            });
        }
        Ok(Self {
            shards,
            weights: Weights::default(),
            limit: Duration::from_secs(5),
            hedge: None,
            report: None,
        })
    }

    /// How much each leg counts: as in the shards.
    #[must_use]
    pub fn with_weights(mut self, weights: Weights) -> Self {
        self.weights = weights;
        self
    }

    /// The longest that a shard may take.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Asks a replica too once the shard has taken this long; of a shard without replicas, itself again.
    /// The 95th percentile of its latency sends 5 % more requests.
    #[must_use]
    pub fn with_hedge(mut self, after: Duration) -> Self {
        self.hedge = Some(after);
        self
    }

    /// Leaves out shards that do not answer, and tells `report` of each. At least one must answer.
    #[must_use]
    pub fn without_absent(mut self, report: impl Fn(&Absent) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    /// The answer of a shard: of whichever of two replicas is first.
    async fn ask(
        &self,
        shard: &[Arc<dyn Retriever>],
        query: &Query,
        request: &Request,
    ) -> Result<Vec<Hit>, RetrieveError> {
        let call = async {
            let first = shard[0].retrieve(query, request);
            let Some(after) = self.hedge else {
                return first.await;
            };
            let first = match select(first, Delay::new(after)).await {
                Either::Left((answer, _)) => return answer,
                Either::Right(((), first)) => first,
            };
            let second = shard[usize::from(shard.len() > 1)].retrieve(query, request);
            match select(first, second).await {
                Either::Left((Ok(hits), _)) | Either::Right((Ok(hits), _)) => Ok(hits),
                Either::Left((Err(_), other)) => other.await,
                Either::Right((Err(_), other)) => other.await,
            }
        };
        match select(std::pin::pin!(call), Delay::new(self.limit)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(RetrieveError::Unavailable {
                backend: shard[0].name().to_owned(),
                source: format!("no answer within {:.1?}", self.limit).into(),
            }),
        }
    }

    /// What the shards answered; those that did not are left out, if that is allowed.
    fn present<T>(&self, answers: Vec<Result<T, RetrieveError>>) -> Result<Vec<T>, RetrieveError> {
        let mut present = Vec::new();
        let mut last = None;
        for (shard, answer) in answers.into_iter().enumerate() {
            match (answer, &self.report) {
                (Ok(answer), _) => present.push(answer),
                // A wrong dimension or filter is the caller's, and every shard's.
                (Err(error @ RetrieveError::Unavailable { .. }), Some(report)) => {
                    report(&Absent {
                        shard,
                        name: self.shards[shard][0].name().to_owned(),
                        reason: chain(&error),
                    });
                    last = Some(error);
                }
                (Err(error), _) => return Err(error),
            }
        }
        match last {
            Some(error) if present.is_empty() => Err(error),
            _ => Ok(present),
        }
    }

    /// Scores hits anew by the best that any shard gives in each leg.
    fn merged(&self, hits: Vec<Hit>) -> Result<Vec<Hit>, RetrieveError> {
        let mut best: BTreeMap<Arc<str>, Score> = BTreeMap::new();
        for leg in hits.iter().flat_map(Hit::legs) {
            let best = best.entry(Arc::clone(&leg.leg)).or_insert(leg.best);
            *best = (*best).max(leg.best);
        }
        hits.into_iter()
            .map(|hit| self.rescored(hit, &best))
            .collect()
    }

    fn rescored(&self, hit: Hit, best: &BTreeMap<Arc<str>, Score>) -> Result<Hit, RetrieveError> {
        if hit.legs().is_empty() {
            return Ok(hit);
        }
        let legs = hit.legs().iter();
        let legs = legs.map(|leg| {
            let best = best.get(&leg.leg).copied().unwrap_or(leg.best);
            LegScore::new(Arc::clone(&leg.leg), leg.score, best)
        });
        let legs: Vec<LegScore> = legs.collect();
        let score = Score::new(self.weights.fuse(&legs));
        let score = score.map_err(|source| RetrieveError::Invalid {
            backend: self.name().to_owned(),
            source,
        })?;
        let mut merged = Hit::new(hit.id().clone(), score);
        if let Some(profile) = hit.profile() {
            merged = merged.with_profile(Arc::clone(profile));
        }
        if let Some(tokens) = hit.tokens() {
            merged = merged.with_tokens(tokens.clone());
        }
        Ok(legs.into_iter().fold(merged, Hit::with_leg))
    }
}

fn chain(error: &RetrieveError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

#[async_trait]
impl Retriever for ScatterGather {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        // By the best of all shards, a shard's own order may be another one.
        let mut deep = request.clone();
        deep.k = request
            .k
            .saturating_mul(2)
            .max(request.k.min(1) * LEAST_DEPTH);
        let asked = self
            .shards
            .iter()
            .map(|shard| self.ask(shard, query, &deep));
        let hits = self.present(join_all(asked).await)?;
        let mut hits = self.merged(hits.into_iter().flatten().collect())?;
        Hit::sort(&mut hits);
        // A profile that was moved may be in two shards for a while.
        let mut seen = std::collections::BTreeSet::new();
        hits.retain(|hit| seen.insert(hit.id().clone()));
        hits.truncate(request.k);
        Ok(hits)
    }

    fn name(&self) -> &str {
        "scatter"
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        let mut all = self.shards.iter().flatten();
        if all.all(|shard| shard.pushdown(filter) == Pushdown::Exact) {
            Pushdown::Exact
        } else {
            Pushdown::Unsupported
        }
    }

    fn holds_profiles(&self) -> bool {
        self.shards
            .iter()
            .flatten()
            .all(|shard| shard.holds_profiles())
    }

    fn encoder(&self) -> Option<&str> {
        self.shards
            .iter()
            .flatten()
            .find_map(|shard| shard.encoder())
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let hits = self.complete(query, ids).await?;
        Ok(hits.into_iter().map(|hit| Some(hit?.score())).collect())
    }

    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        let asked = self
            .shards
            .iter()
            .map(|shard| shard[0].complete(query, ids));
        let known = self.present(join_all(asked).await)?;
        let hits: Vec<Hit> = known.into_iter().flatten().flatten().collect();
        // The best of a leg is known from what each shard's hits say of it.
        let merged = self.merged(hits)?;
        Ok(ids
            .iter()
            .map(|id| merged.iter().find(|hit| hit.id() == id).cloned())
            .collect())
    }

    async fn terms(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        let asked = self.shards.iter().map(|shard| shard[0].terms(query, ids));
        let known = self.present(join_all(asked).await)?;
        // A shard knows its own profiles.
        let of = |at: usize| {
            known
                .iter()
                .find_map(|shard| shard.get(at).cloned().flatten())
        };
        Ok((0..ids.len()).map(of).collect())
    }
}

impl fmt::Debug for ScatterGather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScatterGather")
            .field("shards", &self.shards.len())
            .field("limit", &self.limit)
            .field("hedge", &self.hedge)
            .finish_non_exhaustive()
    }
}
