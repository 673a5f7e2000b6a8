//! What goes over the wire: types of their own, so that the library's may change.

use std::collections::BTreeMap;

use ranker::core::{PassageMatch, ValueError};
use ranker::{Explanation, Filter, JobDescription, Ranked, Ranking};
use serde::{Deserialize, Serialize};

/// `POST /rank`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RankRequest {
    #[serde(default)]
    title: String,
    text: String,
    /// For each fact the least number, the words of which one must be held, or the flag.
    #[serde(default)]
    filter: BTreeMap<String, Condition>,
    /// How many candidates are wanted.
    #[serde(default = "ten")]
    pub(crate) top: usize,
}

fn ten() -> usize {
    10
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Condition {
    Flag(bool),
    AtLeast(f64),
    Word(String),
    AnyOf(Vec<String>),
}

impl RankRequest {
    pub(crate) fn job(self) -> Result<JobDescription, ValueError> {
        let filter = self
            .filter
            .into_iter()
            .map(|(fact, condition)| match condition {
                Condition::Flag(value) => Filter::flag(fact, value),
                Condition::AtLeast(least) => Filter::at_least(fact, least),
                Condition::Word(word) => Filter::any_of(fact, [word]),
                Condition::AnyOf(words) => Filter::any_of(fact, words),
            });
        let filter = filter.fold(Filter::All, Filter::and);
        let job = JobDescription::new(self.text)?;
        Ok(job.with_title(self.title).with_filter(filter))
    }
}

/// The answer to `POST /rank`.
#[derive(Serialize)]
pub(crate) struct RankResponse {
    ranking: String,
    model: String,
    candidates: Vec<CandidateLine>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct CandidateLine {
    rank: usize,
    id: String,
    title: String,
    score: f64,
}

impl RankResponse {
    pub(crate) fn new(id: String, ranking: &Ranking) -> Self {
        let line = |ranked: &Ranked| CandidateLine {
            rank: ranked.rank,
            id: ranked.id().to_string(),
            title: ranked.candidate.profile().title().to_owned(),
            score: ranked.score.get(),
        };
        Self {
            ranking: id,
            model: ranking.model().to_owned(),
            candidates: ranking.iter().map(line).collect(),
            notes: ranking.notes().iter().map(ToString::to_string).collect(),
        }
    }
}

/// The answer to `GET /explain/{ranking}/{candidate}`: the parts and the base sum to the score.
#[derive(Serialize)]
pub(crate) struct ExplainResponse {
    score: f64,
    base: f64,
    parts: Vec<PartLine>,
    matches: Vec<MatchLine>,
}

#[derive(Serialize)]
struct PartLine {
    feature: String,
    value: f32,
    contribution: f64,
}

#[derive(Serialize)]
struct MatchLine {
    requirement: String,
    passage: String,
    similarity: f32,
}

impl ExplainResponse {
    pub(crate) fn new(ranked: &Ranked, explanation: &Explanation) -> Self {
        let (job, profile) = (ranked.query.job().text(), ranked.candidate.profile().text());
        let parts = explanation.parts().iter().map(|part| PartLine {
            feature: part.feature.clone(),
            value: part.value,
            contribution: part.contribution,
        });
        let matched = |found: &PassageMatch| MatchLine {
            requirement: job
                .get(found.requirement.clone())
                .unwrap_or_default()
                .to_owned(),
            passage: profile
                .get(found.passage.clone())
                .unwrap_or_default()
                .to_owned(),
            similarity: found.similarity,
        };
        Self {
            score: explanation.score().get(),
            base: explanation.base(),
            parts: parts.collect(),
            matches: explanation.matches().iter().map(matched).collect(),
        }
    }
}

/// `POST /feedback`. With an id and a time of its own, an event may be sent again: it is stored once.
#[derive(Deserialize)]
pub(crate) struct FeedbackRequest {
    /// The ranking that the person saw.
    pub(crate) ranking: String,
    /// The event's id; made here if left out.
    pub(crate) id: Option<String>,
    /// Milliseconds since 1970; now if left out.
    pub(crate) at: Option<i64>,
    #[serde(flatten)]
    pub(crate) said: Said,
}

/// What the person did.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Said {
    Click {
        candidate: String,
    },
    Opened {
        candidate: String,
    },
    Shortlist {
        candidate: String,
    },
    Reject {
        candidate: String,
        #[serde(default)]
        reason: String,
    },
    Preference {
        better: String,
        worse: String,
    },
    Grade {
        candidate: String,
        grade: i32,
    },
}

/// The answer to `POST /feedback`.
#[derive(Serialize)]
pub(crate) struct FeedbackResponse {
    pub(crate) id: String,
    /// False where the very event was there already.
    pub(crate) stored: bool,
}

/// The answer to `POST /learn`.
#[derive(Serialize)]
pub(crate) struct LearnResponse {
    /// Whether the learned model is served now.
    pub(crate) served: bool,
    pub(crate) model: String,
    pub(crate) comparisons: usize,
    pub(crate) jobs: usize,
    /// The share of preferences on held-out jobs that the model and the prior get right; none with
    /// one job only.
    pub(crate) held_out: Option<HeldOut>,
}

#[derive(Serialize)]
pub(crate) struct HeldOut {
    pub(crate) accuracy: f64,
    pub(crate) prior_accuracy: f64,
}

/// The answer to `GET /health`.
#[derive(Serialize)]
pub(crate) struct HealthResponse {
    pub(crate) status: &'static str,
    pub(crate) model: String,
    pub(crate) encoder: String,
    pub(crate) profiles: usize,
}
