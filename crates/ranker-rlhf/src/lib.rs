//! Feedback log, click models, learners and a gate for ranker: rankings that learn from people.
//!
//! The [`FeedbackLog`] keeps what was shown and what people did with it, on disk before the call
//! returns. A [`Learner`] turns [`Examples`] (judged lists, comparisons, the model served) into a
//! [`Model`](ranker_score::Model): linear models ([`BradleyTerry`], [`PairwiseLinear`], [`Ridge`],
//! [`Dpo`], [`PolicyGradient`]), boosted trees ([`Mart`]), a small network ([`Mlp`]), and the best or all
//! of several ([`Best`], [`Blend`]). [`DefaultLearner`] is what a ranker uses unless it is given another;
//! [`conformance::learner`] checks one of your own. Features and models are in `ranker-score`, which
//! serves what is learned here without any of this.
//!
//! Clicks are not judgements: who was never looked at is not clicked either.
//! [`clicks::ClickModels`] finds out from [`clicks::Session`]s who looks at what, and turns clicks into
//! [`JudgedList`]s.
//!
//! ```text
//! candidates --Features--> FeatureMatrix --Model--> Ranking --shown--> Event --> FeedbackLog
//!                                            ^                                     |
//!                                            +--- Gate <--- Learner <--- Examples <-+
//! ```
//!
//! What is shown by chance teaches more than what is always shown alike. An [`explore::ListPolicy`]
//! draws lists and records each place's probability; [`off_policy::OffPolicy`] estimates from such lists
//! what another model would have earned; a [`gate::Gate`] lets it replace the serving one only if that is
//! surely more. [`interleave::TeamDraft`] compares two live, and a [`calibrate::Calibrator`] makes scores
//! comparable from job to job.
//!
//! # Example
//!
#![cfg_attr(feature = "log", doc = "```")]
#![cfg_attr(not(feature = "log"), doc = "```ignore")]
//! use ranker_core::CandidateId;
//! use ranker_rlhf::{
//!     BradleyTerry, Event, EventId, EventKind, FeedbackLog, Impression, JobId, Outcome, Preference,
//!     RankingId, Shown, Timestamp,
//! };
//! use ranker_score::{FeatureExtractor, Features, LinearScorer};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("feedback.db");
//! let log = FeedbackLog::open(&path)?;
//! let features = Features::new();
//! let names: Vec<String> = features.schema().names().map(str::to_owned).collect();
//! let (ann, bob) = (CandidateId::new("ann")?, CandidateId::new("bob")?);
//! let job = JobId::new("job 7")?;
//!
//! // What was shown; `Impression::of` takes it from a ranking.
//! let shown = vec![Shown::new(bob.clone(), 1), Shown::new(ann.clone(), 2)];
//! let rows = vec![vec![0.5; names.len()], vec![0.75; names.len()]];
//! let impression = Impression::new(RankingId::new("r1")?, job.clone(), "linear-0", shown)?
//!     .with_features(names, rows)?;
//! // What a recruiter said.
//! let preference = Preference::new(job, ann, bob, Outcome::Preferred)?;
//! let at = Timestamp::from_millis(1_700_000_000_000);
//! log.append(&[
//!     Event::new(EventId::new("e1")?, at, EventKind::Impression(impression)),
//!     Event::new(EventId::new("e2")?, at, EventKind::Preference(preference)),
//! ])?;
//!
//! let training = log.comparisons(features.schema())?;
//! assert!(training.skipped.is_empty());
//! let prior = LinearScorer::prior(features.schema());
//! let fit = BradleyTerry::new().fit(&training.comparisons, &prior)?;
//! assert!(fit.scorer.weight("skills_found") > Some(0.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! | feature | default | without it |
//! | --- | --- | --- |
//! | `log` | yes | no [`FeedbackLog`] and no events; SQLite is not compiled |
//! | `simulator` | no | no simulator of recruiters (for tests and docs, never to learn from) |

pub mod calibrate;
pub mod clicks;
pub mod conformance;
pub mod explore;
pub mod gate;
pub mod interleave;
mod learn;
#[cfg(feature = "log")]
mod log;
pub mod off_policy;
mod policy;
mod random;
#[cfg(any(test, feature = "simulator"))]
pub mod simulator;
mod stats;
mod svmlight;
#[cfg(feature = "log")]
mod training_data;
mod trees;

pub use learn::{
    Best, Blend, BradleyTerry, Comparison, DefaultLearner, Dpo, DpoFit, Examples, Fit, HeldOut,
    JudgedList, LearnError, Learner, Mlp, Outcome, PairwiseLinear, Pull, Ridge,
};
#[cfg(feature = "log")]
pub use log::{
    Action, Appended, Bounded, Capped, Erased, Event, EventError, EventId, EventKind, Events,
    FeedbackLog, Impression, JobId, JudgedJob, JudgedLists, LogError, Logged, Place, Preference,
    RankingId, Sessions, Shown, ShownList, ShownLists, SkipReason, Skipped, SourceId, Timestamp,
    Training,
};
pub use policy::{PolicyFit, PolicyGradient};
/// The seam that learned models implement.
pub use ranker_core::Scorer;
pub use svmlight::{JudgedRows, SvmlightError, read_groups, read_svmlight};
#[cfg(feature = "log")]
pub use training_data::{Positive, TrainingData, TrainingDataError};
pub use trees::{Mart, MartProgress, Objective};

/// Compiles the example of the README.
#[cfg(all(doctest, feature = "log"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}

    #[test]
    fn public_types_cross_threads() {
        is_send_and_sync::<super::Mart>();
        is_send_and_sync::<super::Blend>();
        is_send_and_sync::<super::JudgedRows>();
        is_send_and_sync::<super::BradleyTerry>();
        is_send_and_sync::<super::Fit>();
        is_send_and_sync::<super::LearnError>();
        is_send_and_sync::<super::clicks::Session>();
        is_send_and_sync::<super::clicks::ClickLog>();
        is_send_and_sync::<super::clicks::ClickModels>();
        is_send_and_sync::<super::clicks::Selection>();
        is_send_and_sync::<super::clicks::ClickError>();
        is_send_and_sync::<super::explore::ListPolicy>();
        is_send_and_sync::<super::off_policy::LoggedList>();
        is_send_and_sync::<super::off_policy::OffPolicyError>();
        is_send_and_sync::<super::gate::Verdict>();
        is_send_and_sync::<super::calibrate::Calibrated>();
        is_send_and_sync::<super::calibrate::Uncertainty>();
        is_send_and_sync::<super::interleave::Tally>();
        #[cfg(feature = "log")]
        {
            is_send_and_sync::<super::FeedbackLog>();
            is_send_and_sync::<super::Event>();
            is_send_and_sync::<super::LogError>();
            is_send_and_sync::<super::EventError>();
        }
    }
}
