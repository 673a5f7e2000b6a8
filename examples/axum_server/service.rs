//! The service: a ranker, its feedback log, and the rankings that were given out.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use ranker::core::{Embedder, compute};
use ranker::embed::TokenCache;
use ranker::retrieve::ProfileIndex;
use ranker::rlhf::{
    Action, BradleyTerry, Event, EventId, EventKind, FeedbackLog, Fit, Impression, JobId,
    Outcome as Choice, Preference, RankingId, Timestamp,
};
use ranker::score::LinearScorer;
use ranker::{Profile, Ranked, Ranker, RankerBuilder, Ranking};
use ranker_examples::{Outcome, embed_profiles};

use crate::error::ApiError;
use crate::wire::{
    ExplainResponse, FeedbackRequest, FeedbackResponse, HealthResponse, HeldOut, LearnResponse,
    RankRequest, RankResponse, Said,
};

type Answer<T> = Result<Json<T>, ApiError>;
type Sent<T> = Result<Json<T>, JsonRejection>;

/// Token vectors kept in memory: a profile is encoded once for all jobs.
const TOKEN_BYTES: u64 = 512 << 20;

/// What all requests share.
pub(crate) struct Service {
    ranker: Ranker,
    log: FeedbackLog,
    rankings: Mutex<Rankings>,
    started: i64,
    ids: AtomicU64,
    encoder: String,
    profiles: usize,
}

impl Service {
    /// Indexes the profiles. Takes as long as it takes to embed them.
    pub(crate) fn new(
        encoder: impl Embedder + 'static,
        profiles: Vec<Profile>,
        log: FeedbackLog,
    ) -> Outcome<Arc<Self>> {
        let count = profiles.len();
        let model = encoder.model_id().to_owned();
        let index = embed_profiles(&encoder, &profiles)?;
        let index = ProfileIndex::new(
            profiles
                .into_iter()
                .zip(index.into_iter().map(|e| e.embedding)),
        )?;
        let encoder = TokenCache::new(encoder, TOKEN_BYTES);
        Ok(Arc::new(Self {
            ranker: Ranker::builder(encoder, index).build()?,
            log,
            rankings: Mutex::default(),
            started: now().as_millis(),
            ids: AtomicU64::new(0),
            encoder: model,
            profiles: count,
        }))
    }

    /// An id that no other start of the service gives again.
    fn next_id(&self, kind: &str) -> String {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("{kind}-{:x}-{number}", self.started)
    }

    fn ranking(&self, id: &str) -> Result<Arc<Ranking>, ApiError> {
        let rankings = self.rankings.lock().unwrap_or_else(PoisonError::into_inner);
        let found = rankings.by_id.get(id).cloned();
        found.ok_or_else(|| ApiError::unknown("ranking", id))
    }

    /// Writes to the log without blocking the server's threads.
    async fn append(self: &Arc<Self>, event: Event) -> Result<bool, ApiError> {
        let service = Arc::clone(self);
        let appended = compute(move || service.log.append(&[event])).await?;
        Ok(appended.stored > 0)
    }
}

/// The rankings given out last: feedback and explanations refer to them.
#[derive(Default)]
struct Rankings {
    by_id: HashMap<String, Arc<Ranking>>,
    oldest_first: VecDeque<String>,
}

impl Rankings {
    const MOST: usize = 1000;

    fn keep(&mut self, id: String, ranking: Arc<Ranking>) {
        if self.oldest_first.len() == Self::MOST
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        self.by_id.insert(id.clone(), ranking);
        self.oldest_first.push_back(id);
    }
}

/// The requests that the service answers.
pub(crate) fn routes(service: Arc<Service>) -> Router {
    Router::new()
        .route("/rank", post(rank))
        .route("/explain/{ranking}/{candidate}", get(explain))
        .route("/feedback", post(feedback))
        .route("/learn", post(learn))
        .route("/health", get(health))
        .fallback(async || ApiError::new(StatusCode::NOT_FOUND, "there is no such address"))
        .method_not_allowed_fallback(async || {
            ApiError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this address has no such method",
            )
        })
        .with_state(service)
}

async fn rank(
    State(service): State<Arc<Service>>,
    request: Sent<RankRequest>,
) -> Answer<RankResponse> {
    let Json(request) = request?;
    let top = request.top;
    if !(1..=RankerBuilder::DEFAULT_TOP_K).contains(&top) {
        let most = RankerBuilder::DEFAULT_TOP_K;
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            format!("top must lie in 1..={most}, but is {top}"),
        ));
    }
    let job = request.job()?;
    let ranking = service.ranker.rank(&job).await?.truncated(top);

    let id = service.next_id("ranking");
    let impression = Impression::of(RankingId::new(&id)?, JobId::of(&job), &ranking)?;
    let event = EventId::new(service.next_id("shown"))?;
    let event = Event::new(event, now(), EventKind::Impression(impression));
    service.append(event).await?;

    let response = RankResponse::new(id.clone(), &ranking);
    let mut rankings = service
        .rankings
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    rankings.keep(id, Arc::new(ranking));
    Ok(Json(response))
}

async fn explain(
    State(service): State<Arc<Service>>,
    Path((ranking, candidate)): Path<(String, String)>,
) -> Answer<ExplainResponse> {
    let ranking = service.ranking(&ranking)?;
    let ranked = find(&ranking, &candidate)?.clone();
    compute(move || {
        let explanation = service.ranker.explain(&ranked)?;
        Ok(Json(ExplainResponse::new(&ranked, &explanation)))
    })
    .await
}

async fn feedback(
    State(service): State<Arc<Service>>,
    request: Sent<FeedbackRequest>,
) -> Result<(StatusCode, Json<FeedbackResponse>), ApiError> {
    let Json(request) = request?;
    let ranking = service.ranking(&request.ranking)?;
    let kind = happened(&request.ranking, &ranking, request.said)?;
    let id = request.id.unwrap_or_else(|| service.next_id("event"));
    let at = request.at.map_or_else(now, Timestamp::from_millis);
    let stored = service
        .append(Event::new(EventId::new(&id)?, at, kind))
        .await?;
    let status = if stored {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(FeedbackResponse { id, stored })))
}

/// The event for the log; candidates must stand in the ranking.
fn happened(id: &str, ranking: &Ranking, said: Said) -> Result<EventKind, ApiError> {
    let job = || JobId::of(ranking.query().job());
    let known = |candidate: &str| find(ranking, candidate).map(|ranked| ranked.id().clone());
    let action = |candidate: &str| -> Result<Action, ApiError> {
        Ok(Action::new(RankingId::new(id)?, known(candidate)?))
    };
    Ok(match said {
        Said::Click { candidate } => EventKind::Click(action(&candidate)?),
        Said::Opened { candidate } => EventKind::Opened(action(&candidate)?),
        Said::Shortlist { candidate } => EventKind::Shortlist(action(&candidate)?),
        Said::Reject { candidate, reason } => EventKind::Reject {
            action: action(&candidate)?,
            reason,
        },
        Said::Preference { better, worse } => {
            let (better, worse) = (known(&better)?, known(&worse)?);
            EventKind::Preference(Preference::new(job(), better, worse, Choice::Preferred)?)
        }
        Said::Grade { candidate, grade } => EventKind::Grade {
            job: job(),
            candidate: known(&candidate)?,
            grade,
        },
    })
}

fn find<'r>(ranking: &'r Ranking, candidate: &str) -> Result<&'r Ranked, ApiError> {
    let found = ranking
        .iter()
        .find(|ranked| ranked.id().as_str() == candidate);
    found.ok_or_else(|| ApiError::unknown("candidate", candidate))
}

/// Learns from all that was logged. A model that does worse than the prior on jobs it has not seen
/// is not served.
async fn learn(State(service): State<Arc<Service>>) -> Answer<LearnResponse> {
    compute(move || {
        let prior = LinearScorer::prior(service.ranker.features().schema());
        let training = service
            .log
            .comparisons(service.ranker.features().schema())?;
        let fit = BradleyTerry::new().fit(&training.comparisons, &prior)?;
        let response = learned(&fit);
        if response.served {
            service.ranker.serve(fit.scorer)?;
        }
        Ok(Json(response))
    })
    .await
}

fn learned(fit: &Fit) -> LearnResponse {
    use ranker::core::Scorer;

    let held_out = fit.held_out.as_ref();
    LearnResponse {
        served: held_out.is_none_or(|result| result.accuracy >= result.prior_accuracy),
        model: fit.scorer.model_id().to_owned(),
        comparisons: fit.comparisons,
        jobs: fit.jobs,
        held_out: held_out.map(|result| HeldOut {
            accuracy: result.accuracy,
            prior_accuracy: result.prior_accuracy,
        }),
    }
}

async fn health(State(service): State<Arc<Service>>) -> Json<HealthResponse> {
    Json(HealthResponse {
        status: "ok",
        model: service.ranker.scorer().model_id().to_owned(),
        encoder: service.encoder.clone(),
        profiles: service.profiles,
    })
}

fn now() -> Timestamp {
    SystemTime::now().into()
}
