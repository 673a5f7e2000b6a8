//! What programs ask for, in JSON.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Extension, Path as Named, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router, middleware};
use ranker::Profile;
use ranker::core::{CandidateId, Embedder, compute};
use ranker::retrieve::{Change, CollectionError, encode_profiles};

use crate::clients::Client;
use crate::error::{ApiError, Sent};
use crate::fault::Fault;
use crate::guard::{Asked, guard};
use crate::pages;
use crate::service::{Service, find, waiting};
use crate::wire::{
    EraseResponse, ExplainResponse, FeedbackRequest, FeedbackResponse, HealthResponse,
    HeldResponse, LearnResponse, ProfileRequest, RankRequest, RankResponse, RollbackResponse,
    StoredResponse,
};

type Answer<T> = Result<Json<T>, ApiError>;

/// The requests that the service answers: those of programs, and those of people.
pub(crate) fn routes(service: Arc<Service>) -> Router {
    let guarded = |asked| {
        let state = (Arc::clone(&service.guard), asked);
        middleware::from_fn_with_state(state, guard)
    };
    let programs = Router::new()
        .route("/rank", post(rank))
        .route("/explain/{ranking}/{candidate}", get(explain))
        .route("/feedback", post(feedback))
        .route("/learn", post(learn))
        .route("/rollback", post(rollback))
        .route("/profiles", put(store))
        .route("/profiles/{id}", axum::routing::delete(erase))
        .route("/profiles/{id}/held", get(held))
        .route("/health", get(health))
        .fallback(async || ApiError::new(StatusCode::NOT_FOUND, "there is no such address"))
        .method_not_allowed_fallback(not_allowed);
    let people = pages::routes().method_not_allowed_fallback(not_allowed);
    let door = pages::door().method_not_allowed_fallback(not_allowed);
    programs
        .layer(guarded(Asked::Json))
        .merge(people.layer(guarded(Asked::Page)))
        .merge(door.layer(guarded(Asked::Door)))
        // The guard bounds bodies itself.
        .layer(DefaultBodyLimit::disable())
        .with_state(service)
}

async fn not_allowed() -> ApiError {
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, Fault::NoMethod)
}

async fn rank(
    State(service): State<Arc<Service>>,
    Extension(Client(source)): Extension<Client>,
    request: Sent<RankRequest>,
) -> Answer<RankResponse> {
    let Json(request) = request?;
    let deadline = request.deadline_ms.map(Duration::from_millis);
    let deadline = deadline.unwrap_or(service.deadline).min(service.deadline);
    let (top, described) = (request.top, request.job()?);
    let out = service.give_out(described, (top, deadline), source).await?;
    let shown = &out.given.ranked;
    Ok(Json(RankResponse::new(out.id.clone(), &out.ranking, shown)))
}

async fn explain(
    State(service): State<Arc<Service>>,
    Named((ranking, candidate)): Named<(String, String)>,
) -> Answer<ExplainResponse> {
    let given = service.ranking(&ranking).await?;
    let ranked = find(&given, &candidate)?.clone();
    compute(move || {
        let explanation = service.ranker.explain(&ranked)?;
        Ok(Json(ExplainResponse::new(&ranked, &explanation)))
    })
    .await
}

async fn feedback(
    State(service): State<Arc<Service>>,
    Extension(Client(source)): Extension<Client>,
    request: Sent<FeedbackRequest>,
) -> Result<(StatusCode, Json<FeedbackResponse>), ApiError> {
    let Json(request) = request?;
    let what = (request.ranking.as_str(), request.said);
    let answer = service
        .happened(what, source, (request.id, request.at))
        .await?;
    let status = match answer.stored {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok((status, Json(answer)))
}

/// Learns from all that was recorded, and serves the result if the gate lets it pass.
async fn learn(State(service): State<Arc<Service>>) -> Answer<LearnResponse> {
    let Ok(_one) = service.learning.try_acquire() else {
        return Err(ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            Fault::LearningAlready,
        ));
    };
    let learned = service.ranker.learn(|_| {}).await?;
    let read = (learned.data().comparisons.len(), learned.data().lists.len());
    let verdict = service.ranker.promote(learned).await?;
    let model = service.ranker.scorer().model_id().to_owned();
    Ok(Json(LearnResponse::new(model, read, &verdict)))
}

async fn rollback(State(service): State<Arc<Service>>) -> Answer<RollbackResponse> {
    let withdrawing = Arc::clone(&service);
    let withdrawn = waiting(move || withdrawing.ranker.rollback()).await??;
    Ok(Json(RollbackResponse {
        withdrawn: withdrawn.model_id().to_owned(),
        model: service.ranker.scorer().model_id().to_owned(),
    }))
}

async fn store(
    State(service): State<Arc<Service>>,
    request: Sent<ProfileRequest>,
) -> Answer<StoredResponse> {
    let Json(request) = request?;
    let profile = request.profile()?;
    let (embedder, one) = (Arc::clone(service.embedder.inner()), [profile.clone()]);
    let encoded = compute(move || encode_profiles(&*embedder, &one)).await;
    let encoded = encoded.map_err(CollectionError::from)?.swap_remove(0);
    waiting(move || {
        let known = service.collection.snapshot().profile(profile.id())?;
        let change = match known {
            Some(_) => Change::Update(profile, encoded),
            None => Change::Insert(profile, encoded),
        };
        let applied = service.collection.apply([change])?;
        let replaced = known.is_some();
        let version = applied.version;
        Ok(Json(StoredResponse { version, replaced }))
    })
    .await?
}

async fn held(
    State(service): State<Arc<Service>>,
    Named(id): Named<String>,
) -> Answer<HeldResponse> {
    let id = CandidateId::new(id)?;
    waiting(move || {
        let held = service.collection.held(&id)?;
        let events = service.log.held(&id)?;
        let texts = held.profile.as_ref().map(Profile::full_text);
        let cached = texts.is_some_and(|text| service.embedder.holds(&text));
        Ok(Json(HeldResponse {
            profile: held.profile.is_some(),
            events,
            token_vectors: held.tokens.is_some() || cached,
        }))
    })
    .await?
}

async fn erase(
    State(service): State<Arc<Service>>,
    Named(id): Named<String>,
) -> Answer<EraseResponse> {
    let id = CandidateId::new(id)?;
    Ok(Json(waiting(move || service.erase(&id)).await??))
}

async fn health(State(service): State<Arc<Service>>) -> Json<HealthResponse> {
    Json(HealthResponse {
        status: "ok",
        model: service.ranker.scorer().model_id().to_owned(),
        encoder: service.embedder.model_id().to_owned(),
        profiles: service.collection.len(),
    })
}
