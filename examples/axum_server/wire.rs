//! What goes over the wire: types of their own, so that the library's may change.

use std::collections::BTreeMap;
use std::fmt;

use ranker::core::{Assessment, PartTerm, PassageMatch, RationalePassage, StageTime, TermOf};
use ranker::rlhf::gate::{Reason, Verdict};
use ranker::xai::{Language, PlainWords};
use ranker::{Explanation, Filter, JobDescription, Profile, Ranked, Ranking};
use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::fault::Long;
use crate::service::bounded;

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
    /// Milliseconds after which the ranking is of no use any more; the service's own limit if left out.
    pub(crate) deadline_ms: Option<u64>,
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

/// Bytes of a job.
const MOST_JOB: usize = 64 << 10;

impl RankRequest {
    pub(crate) fn job(self) -> Result<JobDescription, ApiError> {
        let job = job(self.title, self.text)?;
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
        Ok(job.with_filter(filter))
    }
}

/// A job, within bounds.
pub(crate) fn job(title: String, text: String) -> Result<JobDescription, ApiError> {
    let text = bounded(Long::Job, text, MOST_JOB)?;
    let title = bounded(Long::Title, title, MOST_TITLE)?;
    Ok(JobDescription::new(text)?.with_title(title))
}

/// Bytes of a title.
pub(crate) const MOST_TITLE: usize = 1 << 10;

/// `PUT /profiles`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileRequest {
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

/// Bytes of a profile.
pub(crate) const MOST_PROFILE: usize = 256 << 10;

impl ProfileRequest {
    pub(crate) fn profile(self) -> Result<Profile, ApiError> {
        let text = bounded(Long::Profile, self.text, MOST_PROFILE)?;
        let title = bounded(Long::Title, self.title, MOST_TITLE)?;
        Ok(Profile::new(self.id, text)?.with_title(title))
    }
}

/// The answer to `PUT /profiles`: it is on the disk, and the next ranking sees it.
#[derive(Serialize)]
pub(crate) struct StoredResponse {
    pub(crate) version: u64,
    pub(crate) replaced: bool,
}

/// What is held about a person.
#[derive(Serialize)]
pub(crate) struct HeldResponse {
    pub(crate) profile: bool,
    /// Events that name the person, by kind.
    pub(crate) events: BTreeMap<&'static str, usize>,
    pub(crate) token_vectors: bool,
}

/// The receipt of an erasure.
#[derive(Serialize)]
pub(crate) struct EraseResponse {
    pub(crate) profile: bool,
    pub(crate) events_deleted: usize,
    pub(crate) events_changed: usize,
    pub(crate) token_vectors: usize,
    pub(crate) files_rewritten: usize,
    /// Records of decisions that named the person.
    pub(crate) records_changed: usize,
}

/// The answer to `POST /rank`.
#[derive(Serialize)]
pub(crate) struct RankResponse {
    ranking: String,
    model: String,
    candidates: Vec<CandidateLine>,
    notes: Vec<String>,
    /// Milliseconds of each stage.
    stages: Vec<(&'static str, f64)>,
}

#[derive(Serialize)]
struct CandidateLine {
    rank: usize,
    id: String,
    title: String,
    score: f64,
}

impl RankResponse {
    pub(crate) fn new(id: String, ranking: &Ranking, shown: &[Ranked]) -> Self {
        let millis = |time: &StageTime| (time.stage, 1e3 * time.took.as_secs_f64());
        let line = |ranked: &Ranked| CandidateLine {
            rank: ranked.rank,
            id: ranked.id().to_string(),
            title: ranked.candidate.profile().title().to_owned(),
            score: ranked.score.get(),
        };
        Self {
            ranking: id,
            model: ranking.model().to_owned(),
            candidates: shown.iter().map(line).collect(),
            stages: ranking.times().iter().map(millis).collect(),
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
    /// What the words that were added to the job give of the score.
    expansion: Option<f64>,
    rationale: Vec<RationaleLine>,
    /// As the rationale, single words.
    rationale_words: Vec<RationaleLine>,
    matches: Vec<MatchLine>,
    requirements: Vec<RequirementLine>,
    /// The account in sentences.
    words: WordsLine,
}

/// The account in sentences, in English and German.
#[derive(Serialize)]
struct WordsLine {
    en: Vec<String>,
    de: Vec<String>,
}

/// What the job requires, and what the profile has of it.
#[derive(Serialize)]
struct RequirementLine {
    asked: String,
    demand: String,
    verdict: String,
    reason: String,
    passage: Option<String>,
}

#[derive(Serialize)]
struct PartLine {
    feature: String,
    value: f32,
    contribution: f64,
    /// What the contribution is made of, where that is told.
    terms: Vec<TermLine>,
}

/// A word of the job with the field that has it, or a place of the job or the profile.
#[derive(Serialize)]
struct TermLine {
    of: &'static str,
    text: String,
    field: Option<String>,
    /// Of a word that was added to the job: where it comes from, its weight, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<AddedLine>,
    contribution: f64,
}

#[derive(Serialize)]
struct AddedLine {
    term: String,
    source: String,
    weight: f32,
    reason: String,
}

impl AddedLine {
    fn of(term: &TermOf) -> Option<Self> {
        let TermOf::Added { from, .. } = term else {
            return None;
        };
        Some(Self {
            term: from.text().to_owned(),
            source: from.source().to_string(),
            weight: from.weight(),
            reason: from.reason().to_owned(),
        })
    }
}

impl TermLine {
    fn new(term: &PartTerm, ranked: &Ranked) -> Option<Self> {
        let (job, profile) = (ranked.query.job(), ranked.candidate.profile());
        let (of, text, field) = match &term.of {
            TermOf::Word { term, field } => ("word", term.as_str(), Some(field.clone())),
            TermOf::Added { term, field, .. } => ("added", term.as_str(), Some(field.clone())),
            TermOf::Job(place) => ("job", place.of(job.title(), job.text()), None),
            TermOf::Profile(place) => ("profile", place.of(profile.title(), profile.text()), None),
            _ => return None,
        };
        Some(Self {
            of,
            text: text.to_owned(),
            field,
            added: AddedLine::of(&term.of),
            contribution: term.contribution,
        })
    }
}

/// A passage that the score rests on, and the similarity that is lost without it.
#[derive(Serialize)]
struct RationaleLine {
    passage: String,
    weight: f64,
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
            terms: part
                .terms
                .iter()
                .filter_map(|term| TermLine::new(term, ranked))
                .collect(),
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
        let rests = |found: &RationalePassage| RationaleLine {
            passage: profile
                .get(found.passage.clone())
                .unwrap_or_default()
                .to_owned(),
            weight: found.weight,
        };
        let required = |found: &Assessment| RequirementLine {
            asked: found.requirement.asked.to_string(),
            demand: found.requirement.demand.to_string(),
            verdict: found.verdict.to_string(),
            reason: found.reason.to_string(),
            passage: found
                .passage
                .clone()
                .and_then(|bytes| profile.get(bytes).map(str::to_owned)),
        };
        let sentences = |language: Language| {
            let claims = PlainWords::new(language).account(explanation, ranked);
            claims.into_iter().map(|claim| claim.sentence).collect()
        };
        Self {
            score: explanation.score().get(),
            base: explanation.base(),
            parts: parts.collect(),
            expansion: explanation.expanded(),
            rationale: explanation.rationale().iter().map(&rests).collect(),
            rationale_words: explanation.rationale_words().iter().map(rests).collect(),
            matches: explanation.matches().iter().map(matched).collect(),
            requirements: explanation.assessments().iter().map(required).collect(),
            words: WordsLine {
                en: sentences(Language::English),
                de: sentences(Language::German),
            },
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
    served: bool,
    /// The model that is served now.
    model: String,
    /// The model that was learned.
    learned: String,
    comparisons: usize,
    lists: usize,
    /// Why it is not served.
    reasons: Vec<String>,
    /// By how much its nDCG differs on jobs held out, and the lower bound of that.
    ndcg_change: Option<(f64, f64)>,
}

impl LearnResponse {
    pub(crate) fn new(
        model: String,
        (comparisons, lists): (usize, usize),
        verdict: &Verdict,
    ) -> Self {
        Self {
            served: verdict.promoted,
            model,
            learned: verdict.candidate.clone(),
            comparisons,
            lists,
            reasons: verdict
                .reasons
                .iter()
                .map(|one| Told(one).to_string())
                .collect(),
            ndcg_change: verdict.numbers.ndcg,
        }
    }
}

/// Why a model is not served, as clients are told: who else sends feedback is nobody's business.
pub(crate) struct Told<'a>(pub(crate) &'a Reason);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Reason::OneSource { .. } | Reason::SourceAlone { .. } => {
                f.write_str("it rests on the feedback of one client: no single client may decide")
            }
            other => write!(f, "{other}"),
        }
    }
}

/// The answer to `POST /rollback`.
#[derive(Serialize)]
pub(crate) struct RollbackResponse {
    pub(crate) withdrawn: String,
    pub(crate) model: String,
}

/// The answer to `GET /health`.
#[derive(Serialize)]
pub(crate) struct HealthResponse {
    pub(crate) status: &'static str,
    pub(crate) model: String,
    pub(crate) encoder: String,
    pub(crate) profiles: usize,
}
