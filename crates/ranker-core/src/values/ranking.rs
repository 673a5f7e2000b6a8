//! The answer: candidates in order.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::candidate::Candidate;
use super::features::FeatureMatrix;
use super::id::CandidateId;
use super::query::Query;
use super::score::Score;
use super::text::Uncounted;
use crate::text::language::Language;

/// One candidate's place in a ranking.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Ranked {
    /// The place, from 1.
    pub rank: usize,
    /// The scorer's score.
    pub score: Score,
    /// The hit and its profile.
    pub candidate: Candidate,
    /// The one row of features that the score was computed from.
    pub features: FeatureMatrix,
    /// The query that was asked.
    pub query: Arc<Query>,
    /// The id of the scorer that gave the score.
    pub model: Arc<str>,
}

impl Ranked {
    /// Who it is.
    #[must_use]
    pub fn id(&self) -> &CandidateId {
        self.candidate.id()
    }
}

/// Something about how a ranking came to be that its reader should know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The job description was longer than the encoder reads.
    JobCut {
        /// The tokens it has.
        tokens: usize,
        /// The tokens that were read.
        used: usize,
    },
    /// The retriever cannot apply the job's filter: more was fetched and filtered here.
    FilteredHere {
        /// How many hits were fetched.
        fetched: usize,
        /// How many of them passed.
        passed: usize,
        /// Whether more candidates that pass may exist beyond what was fetched.
        may_miss: bool,
    },
    /// Hits whose profile the store does not know were left out.
    UnknownProfiles {
        /// Their ids.
        ids: Vec<CandidateId>,
    },
    /// The retriever keeps no usable token vectors of these many candidates: the encoder read their
    /// profiles for late interaction, which takes far longer than the rest of a ranking.
    TokensEncoded {
        /// How many candidates.
        candidates: usize,
    },
    /// Expansion took too long, and the query went on without it.
    ExpansionTooSlow {
        /// How long it may take.
        limit: Duration,
    },
    /// Part of someone's text does not count.
    NotCounted {
        /// Whose text it is.
        id: CandidateId,
        /// Why it does not count.
        why: Uncounted,
        /// The part of the text, in percent of its bytes.
        percent: u8,
    },
    /// Part of the job's text does not count.
    JobNotCounted {
        /// Why it does not count.
        why: Uncounted,
        /// The part of the text, in percent of its bytes.
        percent: u8,
    },
    /// Someone's text is in another language than the job's.
    OtherLanguage {
        /// Whose text it is.
        id: CandidateId,
        /// The text's language.
        language: Language,
        /// The job's.
        job: Language,
    },
    /// Expansion failed, and the query went on without it.
    NotExpanded {
        /// What the expander said.
        reason: String,
    },
}

impl Note {
    /// Whom the note is about; `None` where it is about the job or all.
    #[must_use]
    pub fn about(&self) -> Option<&CandidateId> {
        match self {
            Self::NotCounted { id, .. } | Self::OtherLanguage { id, .. } => Some(id),
            _ => None,
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JobCut { tokens, used } => {
                write!(
                    f,
                    "the job description has {tokens} tokens; the encoder read {used}"
                )
            }
            Self::FilteredHere {
                fetched,
                passed,
                may_miss,
            } => {
                write!(
                    f,
                    "the retriever cannot filter: {fetched} fetched, {passed} passed"
                )?;
                f.write_str(if *may_miss { "; more may exist" } else { "" })
            }
            Self::UnknownProfiles { ids } => {
                write!(
                    f,
                    "{} hits left out: the store has no profile of them",
                    ids.len()
                )
            }
            Self::TokensEncoded { candidates } => write!(
                f,
                "the encoder read {candidates} candidates whose token vectors are not kept"
            ),
            Self::ExpansionTooSlow { limit } => write!(
                f,
                "the query was not expanded: the expander took longer than {} ms",
                limit.as_millis()
            ),
            Self::NotCounted { id, why, percent } => {
                write!(
                    f,
                    "{percent} % of the text of {id} {why} and does not count"
                )
            }
            Self::JobNotCounted { why, percent } => {
                write!(f, "{percent} % of the job's text {why} and does not count")
            }
            Self::OtherLanguage { id, language, job } => write!(
                f,
                "the text of {id} is in another language ({language}) than the job's ({job}): words do not match, and an encoder of one language compares them badly"
            ),
            Self::NotExpanded { reason } => write!(f, "the query was not expanded: {reason}"),
        }
    }
}

/// What one stage of a ranking took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageTime {
    /// The stage: `expand`, `embed`, `retrieve`, `features` or `score`.
    pub stage: &'static str,
    /// How long it took, waiting for a free processor included.
    pub took: Duration,
}

impl StageTime {
    /// A stage and its time.
    #[must_use]
    pub fn new(stage: &'static str, took: Duration) -> Self {
        Self { stage, took }
    }
}

impl fmt::Display for StageTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.1} ms", self.stage, 1e3 * self.took.as_secs_f64())
    }
}

/// Candidates for one job, best first. Two are equal whatever they took.
#[derive(Debug, Clone)]
pub struct Ranking {
    query: Arc<Query>,
    ranked: Vec<Ranked>,
    model: Arc<str>,
    notes: Vec<Note>,
    times: Vec<StageTime>,
}

impl PartialEq for Ranking {
    fn eq(&self, other: &Self) -> bool {
        let of = |ranking: &Self| (ranking.query.clone(), ranking.model.clone());
        of(self) == of(other) && self.ranked == other.ranked && self.notes == other.notes
    }
}

impl Ranking {
    /// Orders scored candidates best first, ties by id, and numbers them from 1.
    ///
    /// `model` is the scorer's id; `scored` holds each candidate with its score and its one row of
    /// features.
    #[must_use]
    pub fn new(
        query: Arc<Query>,
        model: impl Into<Arc<str>>,
        mut scored: Vec<(Score, Candidate, FeatureMatrix)>,
    ) -> Self {
        let model = model.into();
        scored.sort_by(|a, b| Score::best_first((a.0, a.1.id()), (b.0, b.1.id())));
        let ranked = scored
            .into_iter()
            .enumerate()
            .map(|(i, (score, candidate, features))| Ranked {
                rank: i + 1,
                score,
                candidate,
                features,
                query: Arc::clone(&query),
                model: Arc::clone(&model),
            })
            .collect();
        Self {
            query,
            ranked,
            model,
            notes: Vec::new(),
            times: Vec::new(),
        }
    }

    /// Sets what its stages took.
    #[must_use]
    pub fn with_times(mut self, times: Vec<StageTime>) -> Self {
        self.times = times;
        self
    }

    /// What its stages took, in their order.
    #[must_use]
    pub fn times(&self) -> &[StageTime] {
        &self.times
    }

    /// Keeps the `k` best.
    #[must_use]
    pub fn truncated(mut self, k: usize) -> Self {
        self.ranked.truncate(k);
        self
    }

    /// Sets what the reader should know.
    #[must_use]
    pub fn with_notes(mut self, notes: Vec<Note>) -> Self {
        self.notes = notes;
        self
    }

    /// The query that was asked.
    #[must_use]
    pub fn query(&self) -> &Arc<Query> {
        &self.query
    }

    /// The id of the scorer that ordered them.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What the reader should know of how this came to be.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The candidates, best first.
    #[must_use]
    pub fn as_slice(&self) -> &[Ranked] {
        &self.ranked
    }

    /// The candidates, best first.
    pub fn iter(&self) -> std::slice::Iter<'_, Ranked> {
        self.ranked.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranked.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranked.is_empty()
    }
}

impl<'a> IntoIterator for &'a Ranking {
    type Item = &'a Ranked;
    type IntoIter = std::slice::Iter<'a, Ranked>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
