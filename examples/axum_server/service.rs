//! The service: a ranker over a collection on disk, its feedback log, and the rankings that were given out.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::extract::{DefaultBodyLimit, Extension, Path as Named, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router, middleware};
use ranker::core::{Assessment, Assessor, CandidateId, Embedder, ExplainError, compute};
use ranker::decision::{Circumstances, DecisionRecord, RecordError, Showing};
use ranker::embed::TokenCache;
use ranker::ingest::{DocumentReader, FactFinder};
use ranker::retrieve::{Change, Collection, CollectionError, CollectionOptions, encode_profiles};
use ranker::rlhf::gate::{Gate, Verdict};
use ranker::rlhf::{
    Action, Event, EventId, EventKind, FeedbackLog, JobId, Outcome as Choice, Preference,
    RankingId, SourceId, Timestamp,
};
use ranker::score::Features;
use ranker::{Filter, JobDescription, Learned, Profile, Ranked, Ranker, RankerBuilder, Ranking};
use ranker_examples::{Outcome, Progress, finder_of_today};
use tokio::sync::Semaphore;

use crate::clients::{Client, Clients};
use crate::error::{ApiError, Sent};
use crate::guard::{Asked, Guard, Limits, guard};
use crate::history::History;
use crate::intake::CAME_WITH;
use crate::pages;
use crate::rankings::{Given, Jobs, Recent};
use crate::wire::{
    EraseResponse, ExplainResponse, FeedbackRequest, FeedbackResponse, HealthResponse,
    HeldResponse, LearnResponse, ProfileRequest, RankRequest, RankResponse, RollbackResponse, Said,
    StoredResponse,
};
use crate::work::Works;

type Answer<T> = Result<Json<T>, ApiError>;

/// Bytes of embeddings and token vectors of jobs kept in memory: a job that comes again, or whose ranking is
/// explained, is not encoded again. Those of profiles lie in the collection.
const JOB_BYTES: u64 = 64 << 20;

/// How a service is run.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) limits: Limits,
    pub(crate) clients: Clients,
    /// Whether tokens of the job are compared with those of profiles.
    pub(crate) late_interaction: bool,
    /// What reads the documents that people send.
    pub(crate) documents: DocumentReader,
    /// What runs the encoder, for records of decisions.
    pub(crate) engine: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            clients: Clients::default(),
            late_interaction: true,
            documents: DocumentReader::in_process(),
            engine: String::new(),
        }
    }
}

/// A model that was learned for somebody to look at, and what the gate says of it.
pub(crate) struct Proposal {
    pub(crate) learned: Learned,
    pub(crate) verdict: Verdict,
}

/// What all requests share.
pub(crate) struct Service {
    pub(crate) ranker: Ranker,
    pub(crate) embedder: Arc<TokenCache<Arc<dyn Embedder>>>,
    pub(crate) collection: Arc<Collection>,
    pub(crate) log: FeedbackLog,
    recent: Recent,
    pub(crate) jobs: Jobs,
    /// Records of the decisions that pages showed.
    records: PathBuf,
    /// One at a time.
    pub(crate) learning: Semaphore,
    pub(crate) proposal: Mutex<Option<Proposal>>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) works: Works,
    pub(crate) history: History,
    pub(crate) documents: DocumentReader,
    pub(crate) finder: Arc<FactFinder>,
    engine: String,
    pub(crate) deadline: Duration,
    started: i64,
    ids: AtomicU64,
}

impl Service {
    /// Opens what the folder holds, or begins with nothing.
    pub(crate) fn open(
        encoder: impl Embedder + 'static,
        folder: &Path,
        options: Options,
    ) -> Outcome<Arc<Self>> {
        let Options {
            limits, clients, ..
        } = options;
        let finder = Arc::new(finder_of_today()?);
        std::fs::create_dir_all(folder)?;
        let path = folder.join("collection");
        let collection = match path.join("profiles.redb").try_exists()? {
            true => Collection::open(&path, CollectionOptions::new())?,
            false => Collection::create(&path, CollectionOptions::new())?,
        };
        let collection = Arc::new(collection.embedded_by(encoder.model_id().to_owned())?);
        let encoder: Arc<dyn Embedder> = Arc::new(encoder);
        let embedder = Arc::new(TokenCache::new(encoder, JOB_BYTES));
        let log = folder.join("feedback.sqlite");
        let features = match options.late_interaction {
            true => Features::with_late_interaction(embedder.clone()),
            false => Features::new(),
        };
        let ranker = Ranker::builder(Arc::clone(&embedder), Arc::clone(&collection))
            .features(features)
            .assessor(Requirements(Arc::clone(&finder)))
            .profile_store(Arc::clone(&collection))
            .feedback(FeedbackLog::open(&log)?)
            .gate(Gate::by_judgments())
            .trusted(clients.trusted().iter().cloned())
            .models(folder.join("models"))
            .build()?;
        Ok(Arc::new(Self {
            ranker,
            embedder,
            collection,
            log: FeedbackLog::open(&log)?,
            recent: Recent::default(),
            jobs: Jobs::open(&folder.join("jobs"))?,
            records: records(folder)?,
            learning: Semaphore::new(1),
            proposal: Mutex::default(),
            guard: Guard::new(limits, clients)?,
            works: Works::default(),
            history: History::default(),
            documents: options.documents,
            finder,
            engine: options.engine,
            deadline: limits.deadline,
            started: now().as_millis(),
            ids: AtomicU64::new(0),
        }))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.collection.is_empty()
    }

    /// Adds profiles that are new, and replaces those that changed.
    pub(crate) fn import(&self, profiles: &[Profile]) -> Outcome {
        let mut progress: Option<Progress> = None;
        let encoder = &**self.embedder.inner();
        self.collection
            .import(profiles, encoder, &mut |done, all| {
                progress
                    .get_or_insert_with(|| Progress::new("encoding profiles", all))
                    .reach(done);
            })?;
        progress.into_iter().for_each(Progress::finish);
        Ok(())
    }

    /// Leaves everything as files that can be copied, and quick to open.
    pub(crate) fn close(&self) -> Outcome {
        self.log.checkpoint()?;
        Ok(self.collection.checkpoint()?)
    }

    /// An id that no other start of the service gives again.
    pub(crate) fn next_id(&self, kind: &str) -> String {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("{kind}-{:x}-{number}", self.started)
    }

    /// A ranking that was given out, from the log where it is no longer in memory.
    pub(crate) async fn ranking(self: &Arc<Self>, id: &str) -> Result<Arc<Given>, ApiError> {
        if let Some(given) = self.recent.get(id) {
            return Ok(given);
        }
        let (service, event) = (Arc::clone(self), EventId::new(shown_event(id))?);
        let found = waiting(move || service.log.event_by_id(&event)).await??;
        let Some(EventKind::Impression(impression)) = found.map(|event| event.kind) else {
            return Err(ApiError::unknown("ranking"));
        };
        let (service, job) = (Arc::clone(self), impression.job().clone());
        let described = waiting(move || service.jobs.get(&job)).await??;
        let ranked = self.ranker.recall(&impression, &described).await?;
        let job = impression.job().clone();
        let notes = Vec::new();
        let given = Arc::new(Given { job, ranked, notes });
        self.recent.keep(id.to_owned(), Arc::clone(&given));
        Ok(given)
    }

    async fn record(&self, event: Event) -> Result<bool, ApiError> {
        let appended = self.ranker.record(vec![event]).await?;
        Ok(appended.stored > 0)
    }

    /// Ranks, and records what is given out to whom.
    pub(crate) async fn give_out(
        self: &Arc<Self>,
        described: JobDescription,
        (top, deadline): (usize, Duration),
        source: SourceId,
    ) -> Result<GivenOut, ApiError> {
        if !(1..=RankerBuilder::DEFAULT_TOP_K).contains(&top) {
            let most = RankerBuilder::DEFAULT_TOP_K;
            return Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                format!("top must lie in 1..={most}, but is {top}"),
            ));
        }
        let ranking = self.ranker.rank_within(&described, deadline).await?;
        let ranking = ranking.truncated(top);
        let (id, job) = (self.next_id("ranking"), JobId::of(&described));
        let exposed = self
            .ranker
            .expose(&ranking, RankingId::new(&id)?, job.clone())?;
        let (keeper, kept) = (Arc::clone(self), job.clone());
        waiting(move || keeper.jobs.keep(&kept, &described)).await??;
        let event = EventKind::Impression(exposed.impression);
        let event = Event::new(EventId::new(shown_event(&id))?, now(), event);
        self.record(event.with_source(source)).await?;
        let notes = ranking.notes().iter().map(ToString::to_string).collect();
        let ranked = exposed.ranked;
        let given = Arc::new(Given { job, ranked, notes });
        self.recent.keep(id.clone(), Arc::clone(&given));
        Ok(GivenOut { id, ranking, given })
    }

    /// Keeps a record of a ranking as it was shown to somebody. Waits for the disk.
    pub(crate) fn record_decision(
        &self,
        out: &GivenOut,
        viewer: &SourceId,
    ) -> Result<(), ApiError> {
        let places = out.ranking.len();
        let at = u64::try_from(now().as_millis()).unwrap_or_default();
        let mut how = Circumstances::new()
            .engine(&self.engine)
            .index("collection", self.collection.snapshot().version());
        if places > 0 {
            how = how.shown(Showing::new(viewer.as_str(), at, 1..=places));
        }
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| ApiError::internal(error.to_string()))?;
        let record = self.ranker.decision_record(&out.ranking, &how, secret)?;
        Ok(record.write(self.record_file(&out.id)?)?)
    }

    /// The file of a ranking's record. Ids are made here; what a request names may be anything.
    pub(crate) fn record_file(&self, ranking: &str) -> Result<PathBuf, ApiError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        match !ranking.is_empty() && ranking.chars().all(plain) {
            true => Ok(self.records.join(format!("{ranking}.json"))),
            false => Err(ApiError::unknown("record")),
        }
    }

    /// Records what somebody did in a ranking; false where the very event was there already.
    pub(crate) async fn happened(
        self: &Arc<Self>,
        (ranking, said): (&str, Said),
        source: SourceId,
        (id, at): (Option<String>, Option<i64>),
    ) -> Result<FeedbackResponse, ApiError> {
        let given = self.ranking(ranking).await?;
        let kind = happened(ranking, &given, said)?;
        let id = id.unwrap_or_else(|| self.next_id("event"));
        let at = at.map_or_else(now, Timestamp::from_millis);
        let event = Event::new(EventId::new(&id)?, at, kind);
        let stored = self.record(event.with_source(source)).await?;
        Ok(FeedbackResponse { id, stored })
    }

    /// Erases a person wherever this service holds something. Waits for the disk.
    pub(crate) fn erase(&self, id: &CandidateId) -> Result<EraseResponse, ApiError> {
        let held = self.collection.held(id)?;
        let mut token_vectors = usize::from(held.tokens.is_some());
        if let Some(profile) = &held.profile {
            token_vectors += self.embedder.forget(&[&profile.full_text()]);
        }
        // What was encoded of the profile without the words that it copied from a job is kept under a text
        // that nobody knows any more.
        self.embedder.clear();
        let files = self.collection.erase(std::slice::from_ref(id))?.files;
        let erased = self.log.erase(id)?;
        self.recent.clear();
        self.history.clear();
        // It was learned from what is erased.
        *self.proposal.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(EraseResponse {
            profile: held.profile.is_some(),
            events_deleted: erased.deleted,
            events_changed: erased.changed,
            token_vectors,
            files_rewritten: files.len(),
            records_changed: self.erase_from_records(id)?,
        })
    }

    /// Erases a person from the records of decisions: their hashes and roots stay.
    fn erase_from_records(&self, id: &CandidateId) -> Result<usize, ApiError> {
        let mut changed = 0;
        for entry in std::fs::read_dir(&self.records)? {
            let path = entry?.path();
            let mut record = DecisionRecord::read(&path)?;
            match record.erase(id) {
                Ok(_) => {
                    record.write(&path)?;
                    changed += 1;
                }
                Err(RecordError::NoSuchCandidate { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(changed)
    }
}

/// A ranking that was just given out.
pub(crate) struct GivenOut {
    pub(crate) id: String,
    pub(crate) ranking: Ranking,
    pub(crate) given: Arc<Given>,
}

/// The folder of records.
fn records(folder: &Path) -> Outcome<PathBuf> {
    let records = folder.join("records");
    std::fs::create_dir_all(&records)?;
    Ok(records)
}

/// What a job asks: with which form somebody came is no requirement of it.
struct Requirements(Arc<FactFinder>);

impl Assessor for Requirements {
    fn assess(
        &self,
        job: &JobDescription,
        profiles: &[&Profile],
    ) -> Result<Vec<Vec<Assessment>>, ExplainError> {
        let ours = matches!(job.filter(), Filter::AnyOf { fact, .. } if fact == CAME_WITH);
        match ours {
            true => {
                let job = job.clone().with_filter(Filter::All);
                self.0.assess(&job, profiles)
            }
            false => self.0.assess(job, profiles),
        }
    }
}

/// The event that records a ranking: its id leads from the one to the other.
fn shown_event(ranking: &str) -> String {
    format!("shown {ranking}")
}

/// Waits for the disk on a thread that neither serves nor computes.
pub(crate) async fn waiting<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ApiError::internal("a thread that waits for the disk was lost"))
}

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
    let message = "this address has no such method";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message)
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

/// The event for the log; candidates must stand in the ranking.
fn happened(id: &str, given: &Given, said: Said) -> Result<EventKind, ApiError> {
    let known = |candidate: &str| find(given, candidate).map(|ranked| ranked.id().clone());
    let action = |candidate: &str| -> Result<Action, ApiError> {
        Ok(Action::new(RankingId::new(id)?, known(candidate)?))
    };
    Ok(match said {
        Said::Click { candidate } => EventKind::Click(action(&candidate)?),
        Said::Opened { candidate } => EventKind::Opened(action(&candidate)?),
        Said::Shortlist { candidate } => EventKind::Shortlist(action(&candidate)?),
        Said::Reject { candidate, reason } => EventKind::Reject {
            action: action(&candidate)?,
            reason: bounded("a reason", reason, MOST_REASON)?,
        },
        Said::Preference { better, worse } => {
            let (better, worse) = (known(&better)?, known(&worse)?);
            let job = given.job.clone();
            EventKind::Preference(Preference::new(job, better, worse, Choice::Preferred)?)
        }
        Said::Grade { candidate, grade } => EventKind::Grade {
            job: given.job.clone(),
            candidate: known(&candidate)?,
            grade,
        },
    })
}

/// Bytes of a reason.
const MOST_REASON: usize = 4 << 10;

/// A text of at most so many bytes.
pub(crate) fn bounded(what: &str, text: String, most: usize) -> Result<String, ApiError> {
    if text.len() <= most {
        return Ok(text);
    }
    let length = text.len();
    Err(ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("{what} may have {most} bytes, but has {length}"),
    ))
}

pub(crate) fn find<'g>(given: &'g Given, candidate: &str) -> Result<&'g Ranked, ApiError> {
    let mut ranked = given.ranked.iter();
    let found = ranked.find(|ranked| ranked.id().as_str() == candidate);
    found.ok_or_else(|| ApiError::unknown("candidate"))
}

/// Learns from all that was recorded, and serves the result if the gate lets it pass.
async fn learn(State(service): State<Arc<Service>>) -> Answer<LearnResponse> {
    let Ok(_one) = service.learning.try_acquire() else {
        return Err(ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "a model is being learned already",
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

fn now() -> Timestamp {
    SystemTime::now().into()
}
