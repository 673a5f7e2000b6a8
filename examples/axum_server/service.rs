//! The service: a ranker over a collection on disk, its feedback log, and the rankings that were given out.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use ranker::core::{Assessment, Assessor, Embedder, ExplainError};
use ranker::embed::{OnnxCrossEncoder, TokenCache};
use ranker::ingest::{DocumentReader, FactFinder};
use ranker::retrieve::{Collection, CollectionOptions};
use ranker::rlhf::gate::{Gate, Verdict};
use ranker::rlhf::{
    Action, Event, EventId, EventKind, FeedbackLog, JobId, Outcome as Choice, Preference,
    RankingId, SourceId, Timestamp,
};
use ranker::score::{Features, OccupationTable};
use ranker::{Filter, JobDescription, Learned, Profile, Ranked, Ranker, RankerBuilder, Ranking};
use ranker_examples::{Outcome, Progress, finder_of_today};
use tokio::sync::Semaphore;

use crate::clients::Clients;
use crate::error::ApiError;
use crate::fault::{Fault, Long, What};
use crate::guard::{Guard, Limits};
use crate::history::History;
use crate::intake::CAME_WITH;
use crate::rankings::{Given, Jobs, Recent};
use crate::wire::{FeedbackResponse, Said};
use crate::work::Works;

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
    /// What tells whether job and profile are of the same occupations; the encoder's.
    pub(crate) occupations: Option<OccupationTable>,
    /// What reads job and profile together, beside the other features.
    pub(crate) cross_encoder: Option<OnnxCrossEncoder>,
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
            occupations: None,
            cross_encoder: None,
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
    pub(crate) recent: Recent,
    pub(crate) jobs: Jobs,
    /// Records of the decisions that pages showed.
    pub(crate) records: PathBuf,
    /// One at a time.
    pub(crate) learning: Semaphore,
    pub(crate) proposal: Mutex<Option<Proposal>>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) works: Works,
    pub(crate) history: History,
    pub(crate) documents: DocumentReader,
    pub(crate) finder: Arc<FactFinder>,
    pub(crate) engine: String,
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
        std::fs::create_dir_all(folder.join("records"))?;
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
        let builder = Ranker::builder(Arc::clone(&embedder), Arc::clone(&collection));
        let builder = match options.occupations {
            Some(table) => builder.occupations(table),
            None => builder,
        };
        let builder = match options.cross_encoder {
            Some(cross_encoder) => builder.add_features(cross_encoder),
            None => builder,
        };
        let ranker = builder
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
            records: folder.join("records"),
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
            return Err(ApiError::unknown(What::Ranking));
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
                Fault::Top { most, top },
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
        let notes = ranking.notes().to_vec();
        let ranked = exposed.ranked;
        let given = Arc::new(Given { job, ranked, notes });
        self.recent.keep(id.clone(), Arc::clone(&given));
        Ok(GivenOut { id, ranking, given })
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
}

/// A ranking that was just given out.
pub(crate) struct GivenOut {
    pub(crate) id: String,
    pub(crate) ranking: Ranking,
    pub(crate) given: Arc<Given>,
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
            reason: bounded(Long::Reason, reason, MOST_REASON)?,
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
pub(crate) fn bounded(what: Long, text: String, most: usize) -> Result<String, ApiError> {
    if text.len() <= most {
        return Ok(text);
    }
    let length = text.len();
    Err(ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        Fault::TooLong { what, most, length },
    ))
}

pub(crate) fn find<'g>(given: &'g Given, candidate: &str) -> Result<&'g Ranked, ApiError> {
    let mut ranked = given.ranked.iter();
    let found = ranked.find(|ranked| ranked.id().as_str() == candidate);
    found.ok_or_else(|| ApiError::unknown(What::Candidate))
}

pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}
