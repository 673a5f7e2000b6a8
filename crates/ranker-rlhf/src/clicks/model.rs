//! A fitted click model.

use std::fmt;
use std::sync::Arc;

use ranker_core::CandidateId;

use super::additive::Additive;
use super::chain::{Chain, Going};
use super::error::ClickError;
use super::latent::{Evidence, Examiner, Posterior, fit};
use super::log::{ClickLog, Index, View};
use super::position::Position;
use super::rates::Rates;
use super::session::Session;

/// The ridge of the additive model outside of a selection, which tries others.
const RIDGE: f64 = 1_000.0;

/// What people are taken to do with a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClickModelKind {
    /// They examine everything: clicks are labels.
    Naive,
    /// A rule and no model of clicks: they examine everything down to the last click, and nothing
    /// below it. Fallen back to, never selected; its likelihood is that of [`ClickModelKind::Naive`].
    DownToLastClick,
    /// They go down to the first click and stop there (Craswell and others 2008).
    Cascade,
    /// They go down, and after each click on with a chance that depends on the position (dependent
    /// click model; Guo, Liu and Wang 2009).
    Dcm,
    /// They go down until a clicked candidate satisfies them (simplified dynamic Bayesian network;
    /// Chapelle and Zhang 2009).
    SimplifiedDbn,
    /// The same, and they may give up at each position (dynamic Bayesian network; Chapelle and Zhang
    /// 2009).
    Dbn,
    /// They examine each position with its own chance, whatever they clicked (position-based model;
    /// Craswell and others 2008).
    Pbm,
    /// The log-odds of a click are a linear function of the features plus a number that depends on
    /// the position: `s(x, pos) = f(x) + g(pos)`. Needs features.
    Gam,
}

impl ClickModelKind {
    /// What selection tries, simplest first.
    pub(super) const ALL: [Self; 7] = [
        Self::Naive,
        Self::Cascade,
        Self::SimplifiedDbn,
        Self::Dbn,
        Self::Dcm,
        Self::Pbm,
        Self::Gam,
    ];

    /// Its name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::DownToLastClick => "down to the last click",
            Self::Cascade => "cascade",
            Self::Dcm => "dcm",
            Self::SimplifiedDbn => "simplified dbn",
            Self::Dbn => "dbn",
            Self::Pbm => "pbm",
            Self::Gam => "gam",
        }
    }
}

impl fmt::Display for ClickModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A model of who examines and clicks what, fitted to sessions.
///
/// All models take the first position to be examined, and know a click as an answer to two
/// questions: was the candidate examined, and did it attract?
///
/// - **Fit.** Those with hidden examination are fitted by expectation maximisation from a fixed
///   start, first with one attractiveness for all, then with one a candidate, drawn to the common
///   one as strongly as the answers to repeated showings say; it stops when a step gains less than 1e-7 nats a session,
///   or after 300. [`ClickModelKind::Gam`] is fitted by Newton's method.
/// - **Known examination.** Candidates that were [opened](Session::with_opened) or
///   [seen](Session::with_seen) are known to be examined, and those that were not seen are known not
///   to be, in the fit and in [`ClickModel::examination`].
/// - Nothing is random, and the sessions' order does not matter.
#[derive(Debug, Clone, PartialEq)]
pub struct ClickModel {
    kind: ClickModelKind,
    index: Arc<Index>,
    inner: Inner,
    converged: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Inner {
    Position(Position),
    Chain(Chain),
    Additive(Additive),
}

impl ClickModel {
    /// Fits a model to all sessions of a log.
    ///
    /// # Errors
    ///
    /// Of [`ClickModelKind::Gam`] only: [`ClickError::NoFeatures`] and
    /// [`ClickError::NotConverged`].
    pub fn fit(kind: ClickModelKind, log: &ClickLog) -> Result<Self, ClickError> {
        let views: Vec<&View> = log.views.iter().collect();
        Self::fit_views((kind, RIDGE), log, &views)
    }

    /// Fits a model to some sessions of a log; the ridge is that of the additive model.
    pub(super) fn fit_views(
        (kind, ridge): (ClickModelKind, f64),
        log: &ClickLog,
        views: &[&View],
    ) -> Result<Self, ClickError> {
        let (inner, converged) = match kind {
            ClickModelKind::Naive | ClickModelKind::DownToLastClick => {
                position(Position::always(), log, views)
            }
            ClickModelKind::Pbm => position(Position::learned(views), log, views),
            ClickModelKind::Cascade => chain(Going::ToFirstClick, log, views),
            ClickModelKind::Dcm => chain(Going::AfterClick(Rates::pooled(0.5)), log, views),
            ClickModelKind::SimplifiedDbn => chain(unsatisfied(None), log, views),
            ClickModelKind::Dbn => chain(unsatisfied(Some(Rates::pooled(0.9))), log, views),
            ClickModelKind::Gam => (Inner::Additive(Additive::fit(log, views, ridge)?), true),
        };
        Ok(Self {
            kind,
            index: Arc::clone(&log.index),
            inner,
            converged,
        })
    }

    /// What people are taken to do.
    #[must_use]
    pub fn kind(&self) -> ClickModelKind {
        self.kind
    }

    /// Whether the fit came to rest before its last step.
    #[must_use]
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// The chance that each position of a session was examined, given everything that is known of
    /// the session: 1 for what was clicked.
    #[must_use]
    pub fn examination(&self, session: &Session) -> Vec<f64> {
        self.examined(&self.index.view(session))
    }

    /// The chance of each position to be examined before anything is clicked; measured chances, if
    /// the session carries them.
    #[must_use]
    pub fn propensities(&self, session: &Session) -> Vec<f64> {
        self.chances(&self.index.view(session))
    }

    /// The chance that a candidate is clicked for a job once examined: that of an average candidate
    /// where it was never shown.
    #[must_use]
    pub fn attractiveness(&self, job: &str, candidate: &CandidateId) -> f64 {
        let number = self.index.find(job, candidate);
        self.examiner().attraction(number)
    }

    /// `log P` of a session's clicks, all of them together, in nats. What was seen or opened is not
    /// looked at.
    #[must_use]
    pub fn log_likelihood(&self, session: &Session) -> f64 {
        self.log_likelihood_of(&self.index.view(session))
    }

    /// `2^(-log2 P)` of the mean position of these sessions: 1 if all is foretold, 2 for a coin. NaN
    /// of no sessions.
    #[must_use]
    pub fn perplexity(&self, sessions: &[Session]) -> f64 {
        let log: f64 = sessions
            .iter()
            .map(|session| self.log_likelihood(session))
            .sum();
        let positions: usize = sessions.iter().map(|session| session.shown().len()).sum();
        (-log / positions as f64).exp()
    }

    /// The chance of the positions from the first on to be examined where it depends on nothing
    /// else ([`ClickModelKind::Pbm`]), or `g` of the additive model; `None` of all others.
    #[must_use]
    pub fn positions(&self, count: usize) -> Option<Vec<f64>> {
        match (&self.inner, self.kind) {
            (Inner::Position(position), ClickModelKind::Pbm) => {
                Some((0..count).map(|at| position.chance(at)).collect())
            }
            (Inner::Additive(additive), _) => {
                let own = additive.positions();
                let at = |at: usize| own.get(at).or(own.last()).copied().unwrap_or(0.0);
                Some((0..count).map(at).collect())
            }
            (Inner::Position(_) | Inner::Chain(_), _) => None,
        }
    }

    /// The chance to look further down after a candidate of the job that was clicked, or was not,
    /// at a position from 0, in the models that go from the top down; `None` of all others.
    #[must_use]
    pub fn continuation(&self, session: &Session, position: usize) -> Option<f64> {
        match &self.inner {
            Inner::Chain(chain) if position < session.shown().len() => {
                Some(chain.go(&self.index.view(session), position))
            }
            Inner::Position(_) | Inner::Chain(_) | Inner::Additive(_) => None,
        }
    }

    fn examiner(&self) -> &dyn Examiner {
        match &self.inner {
            Inner::Position(position) => position,
            Inner::Chain(chain) => chain,
            Inner::Additive(additive) => additive,
        }
    }

    pub(super) fn log_likelihood_of(&self, view: &View) -> f64 {
        let Posterior { log_likelihood, .. } = self.examiner().posterior(view, Evidence::Clicks);
        log_likelihood
    }

    pub(super) fn examined(&self, view: &View) -> Vec<f64> {
        let mut chances = self.examiner().posterior(view, Evidence::All).examined;
        if self.kind == ClickModelKind::DownToLastClick {
            let last = view.clicked.iter().rposition(|&clicked| clicked);
            let below = last.map_or(0, |last| last + 1);
            chances[below..].fill(0.0);
        }
        // What is known overrides what is believed, whatever the model.
        for (chance, known) in chances.iter_mut().zip(&view.known) {
            if let Some(known) = known {
                *chance = f64::from(u8::from(*known));
            }
        }
        chances
    }

    pub(super) fn chances(&self, view: &View) -> Vec<f64> {
        match &view.propensities {
            Some(measured) => measured.clone(),
            None => self.examiner().propensities(view),
        }
    }
}

fn unsatisfied(perseverance: Option<Rates>) -> Going {
    Going::Unsatisfied {
        perseverance,
        satisfaction: Rates::pooled(0.3),
    }
}

fn position(mut model: Position, log: &ClickLog, views: &[&View]) -> (Inner, bool) {
    let converged = fit(&mut model, views, log.rows.len());
    (Inner::Position(model), converged)
}

fn chain(going: Going, log: &ClickLog, views: &[&View]) -> (Inner, bool) {
    let mut model = Chain::new(going);
    let converged = fit(&mut model, views, log.rows.len());
    (Inner::Chain(model), converged)
}
