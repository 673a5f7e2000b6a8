//! Which stage failed, and why.

use std::time::Duration;

use ranker_core::{
    CandidateId, EmbedError, ExplainError, FeatureError, Reading, RetrieveError, ScoreError,
    StoreError, ValueError,
};
use ranker_retrieve::IndexError;
#[cfg(feature = "feedback")]
use ranker_rlhf::calibrate::CalibrationError;
#[cfg(feature = "feedback")]
use ranker_rlhf::{EventError, LearnError, LogError, TrainingDataError};
use ranker_score::{ModelError, ModelsError, OccupationError};
use ranker_xai::ContrastError;

/// A ranking or an explanation that did not come to be. The source says why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The job description was not embedded.
    #[error("embedding the job description failed")]
    Embed(#[source] EmbedError),
    /// No candidates were retrieved.
    #[error("retrieval failed")]
    Retrieve(#[source] RetrieveError),
    /// The profiles behind the hits were not read.
    #[error("reading the candidates' profiles failed")]
    Profiles(#[source] StoreError),
    /// A profile was indexed with more or less of it read than this ranker reads.
    #[error(
        "profile {id} is read {found}, and this ranker reads {wanted}: index profiles anew that are read so \
         (Profile::read_as), or choose by RankerBuilder::reading"
    )]
    Reading {
        /// Whose profile.
        id: CandidateId,
        /// How it was read.
        found: Reading,
        /// How this ranker reads.
        wanted: Reading,
    },
    /// The candidates' features were not computed.
    #[error("computing features failed")]
    Features(#[source] FeatureError),
    /// The candidates were not scored.
    #[error("scoring failed")]
    Score(#[source] ScoreError),
    /// The candidate's place was not explained.
    #[error("explaining failed")]
    Explain(#[source] ExplainError),
    /// Two candidates were not set against each other.
    #[error("the two candidates cannot be set against each other")]
    Contrast(#[source] ContrastError),
    /// A fact cannot be changed as it would have to be, as where it has no name.
    #[error("a fact cannot be changed")]
    Changed(#[source] ValueError),
    /// A text stands for nobody's, as a blank one.
    #[error("a text cannot stand in the place of a candidate's")]
    Text(#[source] ValueError),
    /// A candidate is not in the ranking that was given.
    #[error("candidate {id} is not in this ranking of {places}: `why_not` says why")]
    NotRanked {
        /// Who it is.
        id: CandidateId,
        /// How many are.
        places: usize,
    },
    /// Neither the retriever nor the profile store has a candidate.
    #[error("neither the retriever nor the profile store has candidate {id}: check the id")]
    UnknownCandidate {
        /// Who it is.
        id: CandidateId,
    },
    /// A place was asked about that the ranking does not have.
    #[error("the ranking has no place {place}: name one from 1 to {places}")]
    NoSuchPlace {
        /// The place.
        place: usize,
        /// How many places it has.
        places: usize,
    },
    /// The ranking was made by a model that this ranker never served.
    #[error("the ranking was made by model {model}, which this ranker does not have")]
    UnknownModel {
        /// The model's id.
        model: String,
    },
    /// The ranking took longer than it was given.
    #[error("the ranking took longer than {} ms", limit.as_millis())]
    Deadline {
        /// What it was given.
        limit: Duration,
    },
    /// A stage that the ranking cannot do without took too long.
    #[error("{stage} took longer than {} ms", limit.as_millis())]
    TooSlow {
        /// The stage.
        stage: &'static str,
        /// How long it may take.
        limit: Duration,
    },
    /// A ranking from before cannot be read again without profiles.
    #[error("this ranker has no profile store to read profiles from: give the builder one")]
    NoProfileStore,
    /// A ranking from before was recorded with other features.
    #[error(
        "the ranking was recorded with other features than this ranker's: it cannot be explained"
    )]
    OtherFeatures,
    /// The ranking was not recorded, or what was recorded is of no use.
    #[cfg(feature = "record")]
    #[error("the record of the decision cannot be made or used")]
    Record(#[source] crate::decision::RecordError),
    /// The model that is served was not changed.
    #[error("the served model was not changed")]
    Models(#[source] ModelsError),
    /// There is nowhere to record to or learn from.
    #[cfg(feature = "feedback")]
    #[error("this ranker has no feedback log: give the builder one with `feedback`")]
    NoLog,
    /// Candidates cannot be measured whom the retriever does not find.
    #[cfg(feature = "feedback")]
    #[error("the retriever does not find {}", named(ids))]
    NotRetrieved {
        /// Whom.
        ids: Vec<CandidateId>,
    },
    /// What happened cannot be recorded as it is.
    #[cfg(feature = "feedback")]
    #[error("the event cannot be recorded")]
    Event(#[source] EventError),
    /// Events were not stored.
    #[cfg(feature = "feedback")]
    #[error("recording feedback failed")]
    Log(#[source] LogError),
    /// No training data could be read from the log.
    #[cfg(feature = "feedback")]
    #[error("reading training data from the feedback log failed")]
    TrainingData(#[source] TrainingDataError),
    /// What scores mean was not learned.
    #[cfg(feature = "feedback")]
    #[error("calibrating scores failed")]
    Calibrate(#[source] CalibrationError),
    /// Nothing was learned.
    #[cfg(feature = "feedback")]
    #[error("learning from feedback failed")]
    Learn(#[source] LearnError),
}

/// The first of some ids.
#[cfg(feature = "feedback")]
fn named(ids: &[CandidateId]) -> String {
    const MOST: usize = 5;
    let first: Vec<&str> = ids.iter().take(MOST).map(CandidateId::as_str).collect();
    let rest = ids.len().saturating_sub(MOST);
    let rest = (rest > 0).then(|| format!(" and {rest} more"));
    format!("{}{}", first.join(", "), rest.unwrap_or_default())
}

/// A ranker whose pieces do not fit together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nobody holds the profiles, so nothing could be explained.
    #[error("retriever {retriever} returns no profiles: give the builder a profile_store as well")]
    NoProfiles {
        /// The retriever's name.
        retriever: String,
    },
    /// The index holds embeddings of another encoder than the one that would embed jobs.
    #[error(
        "retriever {retriever} holds embeddings of {indexed}, not of {encoder}: embed its profiles again, or use that encoder"
    )]
    Encoder {
        /// The retriever's name.
        retriever: String,
        /// The model id of the encoder that embedded the profiles.
        indexed: String,
        /// The model id of the encoder that was given.
        encoder: String,
    },
    /// The models that were served before could not be read.
    #[error("the folder of served models cannot be used")]
    Models(#[source] ModelError),
    /// The index of sparse vectors cannot stand beside the retriever.
    #[error("the index of sparse vectors cannot stand beside the retriever")]
    Sparse(#[source] IndexError),
    /// The table of occupations does not fit the encoder.
    #[error("the table of occupations cannot be used")]
    Occupations(#[source] OccupationError),
    /// Two features have one name.
    #[error("the features do not fit together")]
    Features(#[source] FeatureError),
    /// The scorer was made for other features than the extractor computes.
    #[error("the scorer does not fit the features")]
    Scorer(#[source] ScoreError),
    /// A ranking of nobody was asked for.
    #[error("top_k is 0: ask for at least one candidate")]
    NoTopK,
    /// Fewer candidates would be retrieved than are wanted in the end.
    #[error(
        "{candidates} candidates are retrieved, but top_k is {top_k}: retrieve at least as many"
    )]
    TooFewCandidates {
        /// How many are retrieved.
        candidates: usize,
        /// How many are wanted.
        top_k: usize,
    },
}
