//! What a gate decided, and why.

use std::fmt;
use std::sync::Arc;

use ranker_core::Scorer;

use crate::off_policy::{Estimate, OffPolicyError};

/// What a gate decided of a candidate model, and why.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// The candidate model's id.
    pub candidate: String,
    /// The id of the model that it was compared with.
    pub serving: String,
    /// Whether the candidate may be served.
    pub promoted: bool,
    /// Why not; empty when promoted.
    pub reasons: Vec<Reason>,
    /// What was measured.
    pub numbers: Numbers,
}

/// Why a verdict does not let a model be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotPermitted {
    /// The gate refused it.
    #[error("the gate refused {candidate}: {reasons}")]
    Refused {
        /// The model's id.
        candidate: String,
        /// Why, in words.
        reasons: String,
    },
    /// The verdict is about another model.
    #[error("the verdict is about {judged}, but {given} was given: judge that one")]
    OtherModel {
        /// The id of the model that was judged.
        judged: String,
        /// The id of the model that was to be served.
        given: String,
    },
}

impl Verdict {
    /// Whether `model` may be served in place of the model with the id [`Verdict::serving`].
    ///
    /// # Errors
    ///
    /// [`NotPermitted`]: the gate refused it, or judged another model.
    pub fn permits(&self, model: &dyn Scorer) -> Result<(), NotPermitted> {
        if self.candidate != model.model_id() {
            return Err(NotPermitted::OtherModel {
                judged: self.candidate.clone(),
                given: model.model_id().to_owned(),
            });
        }
        if !self.promoted {
            let reasons: Vec<String> = self.reasons.iter().map(ToString::to_string).collect();
            return Err(NotPermitted::Refused {
                candidate: self.candidate.clone(),
                reasons: reasons.join("; "),
            });
        }
        Ok(())
    }
}

/// What a gate measured. A number is missing where it could not be measured or was not asked for.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Numbers {
    /// How much more the candidate earns a list.
    pub difference: Option<Estimate>,
    /// The divergence of its lists from the serving policy's, in nats a list.
    pub kl: Option<f64>,
    /// The mean difference in nDCG on held-out lists, and its lower bound.
    pub ndcg: Option<(f64, f64)>,
    /// Of each group, the impact ratio under the serving model and under the candidate.
    pub impact: Vec<(Arc<str>, f64, f64)>,
}

/// Why a candidate model is not served.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reason {
    /// The log does not say that it earns more.
    NotBetter {
        /// How much more it seems to earn a list.
        value: f64,
        /// The lower bound of that.
        low: f64,
    },
    /// The log cannot say what it earns.
    NotEvaluated(OffPolicyError),
    /// No job was held out: nothing says what it does on jobs that it has not seen.
    NothingHeldOut,
    /// It gives every candidate of a job the same score: it has no weights, or none that matter.
    SameScores,
    /// Without one source, too little evidence is left.
    SourceAlone {
        /// The source.
        source: Arc<str>,
    },
    /// It earns more only because of one source's feedback.
    OneSource {
        /// The source.
        source: Arc<str>,
        /// The lower bound of what it earns more without that source.
        low: f64,
    },
    /// Its lists are too far from those of the serving policy.
    TooFar {
        /// The divergence, in nats a list.
        kl: f64,
        /// The most that is allowed.
        cap: f64,
    },
    /// There are too few held-out lists to say that nDCG does not fall.
    NoHeldOut {
        /// How many there are.
        lists: usize,
        /// How many are needed.
        least: usize,
    },
    /// nDCG on held-out lists may fall by more than the margin.
    NdcgFalls {
        /// The mean difference.
        difference: f64,
        /// Its lower bound.
        low: f64,
        /// The most by which it may fall.
        margin: f64,
    },
    /// A group's impact ratio worsens.
    Impact {
        /// The group.
        group: Arc<str>,
        /// Its ratio under the serving model.
        serving: f64,
        /// Its ratio under the candidate.
        candidate: f64,
        /// The most by which it may fall.
        tolerance: f64,
    },
    /// One of the models could not score the evidence.
    NotScored(ranker_core::ScoreError),
    /// It is the model that is served already.
    Same,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBetter { value, low } => write!(
                f,
                "it seems to earn {value:+.4} a list, but the lower bound of that is {low:+.4}, \
                 not above 0"
            ),
            Self::NotEvaluated(error) => {
                write!(f, "its value cannot be told from the log: {error}")
            }
            Self::NothingHeldOut => {
                f.write_str("no job is held out: it was not judged on a job that it has not seen")
            }
            Self::SameScores => {
                f.write_str("it gives every candidate of a job the same score: it ranks nothing")
            }
            Self::SourceAlone { source } => write!(
                f,
                "without the feedback of {source:?} too little evidence is left: no single source \
                 may decide"
            ),
            Self::OneSource { source, low } => write!(
                f,
                "without the feedback of {source:?} the lower bound of what it earns is {low:+.4}, \
                 not above 0: no single source may decide"
            ),
            Self::TooFar { kl, cap } => write!(
                f,
                "its lists are {kl:.2} nats from those served now, more than the cap of {cap:.2}"
            ),
            Self::NoHeldOut { lists, least } => write!(
                f,
                "there are {lists} held-out lists with a relevant candidate, but {least} are \
                 needed to say that nDCG does not fall"
            ),
            Self::NdcgFalls {
                difference,
                low,
                margin,
            } => write!(
                f,
                "held-out nDCG changes by {difference:+.4} with a lower bound of {low:+.4}: \
                 it may fall by more than {margin:.4}"
            ),
            Self::Impact {
                group,
                serving,
                candidate,
                tolerance,
            } => write!(
                f,
                "the impact ratio of group {group:?} falls from {serving:.3} to {candidate:.3}, \
                 by more than {tolerance:.3} or below four fifths"
            ),
            Self::NotScored(error) => write!(f, "the evidence could not be scored: {error}"),
            Self::Same => write!(f, "it is the model that is served already"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.promoted {
            return write!(f, "{} may replace {}", self.candidate, self.serving);
        }
        write!(f, "{} stays, not {}:", self.serving, self.candidate)?;
        for reason in &self.reasons {
            write!(f, "\n- {reason}")?;
        }
        Ok(())
    }
}
