//! The click model that foretells held-out clicks best.

use rayon::prelude::*;

use super::error::ClickError;
use super::log::{ClickLog, View};
use super::model::{ClickModel, ClickModelKind};

const FOLDS: usize = 5;

/// With fewer sessions in which some were clicked and some were not, nothing is chosen.
const FEWEST: usize = 20;

/// How many standard errors a model must be ahead of the naive one.
const AHEAD: f64 = 2.0;

/// What the additive model's ridge is chosen from.
const RIDGES: [f64; 4] = [10_000.0, 3_000.0, 1_000.0, 300.0];

/// Click models to choose from by the likelihood of held-out clicks.
///
/// Sessions are cut into five parts by job; where jobs repeat, so that candidates are known from
/// other sessions, within each job. Each part is foretold by models fitted to the others. Of the
/// models whose mean log-likelihood a session is within one standard error (of the paired
/// difference, over jobs) of the best one's, the simplest is chosen, if it is at least two standard
/// errors ahead of [`ClickModelKind::Naive`].
///
/// Otherwise selection abstains ([`Decision`]): clicks tell no examination apart from a lack of
/// interest unless the order shows in them.
///
/// ```
/// use ranker_core::CandidateId;
/// use ranker_rlhf::clicks::{ClickLog, ClickModelKind, ClickModels, Decision, Session};
///
/// let ids: Vec<CandidateId> = (0..5).map(|i| CandidateId::new(format!("c{i}"))).collect::<Result<_, _>>()?;
/// // Everyone clicks one of the first three, and nobody ever looks below that.
/// let sessions = (0..60).map(|at| {
///     let clicked = (0..5).map(|place| place == at % 3).collect();
///     let mut shown = ids.clone();
///     shown.rotate_left(at % 5);
///     Session::new(format!("job {}", at % 12), shown, clicked)
/// });
/// let log = ClickLog::new(&sessions.collect::<Result<Vec<_>, _>>()?)?;
/// let selection = ClickModels::new().select(&log)?;
/// assert_eq!(selection.decision, Decision::Selected);
/// assert_eq!(selection.model.kind(), ClickModelKind::Cascade);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClickModels {
    kinds: Vec<ClickModelKind>,
}

/// Why a model was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It foretells held-out clicks better than taking them as labels does.
    Selected,
    /// Abstained: none foretells them better by two standard errors, so positions hardly matter.
    /// The model is [`ClickModelKind::Naive`].
    NoneBetter,
    /// Abstained: fewer than 20 sessions have both a click and none, too few to tell. The model is
    /// [`ClickModelKind::DownToLastClick`], which needs no estimate.
    TooFewSessions,
}

/// How well one model foretold held-out clicks.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Tried {
    /// Which.
    pub kind: ClickModelKind,
    /// `log P` of the mean session's clicks, in nats.
    pub log_likelihood: f64,
    /// `2^(-log2 P)` of the mean position.
    pub perplexity: f64,
    /// By how much `log_likelihood` is above the naive model's.
    pub gain: f64,
    /// The standard error of `gain`, over jobs; over sessions of fewer than ten jobs.
    pub gain_se: f64,
}

/// The model taken, and how all did.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Selection {
    /// The model, fitted to all sessions.
    pub model: ClickModel,
    /// Why it was taken.
    pub decision: Decision,
    /// How all did, simplest first; empty where there were too few sessions.
    pub tried: Vec<Tried>,
}

impl Default for ClickModels {
    fn default() -> Self {
        Self::new()
    }
}

impl ClickModels {
    /// All models; the additive one only where all candidates have features.
    #[must_use]
    pub fn new() -> Self {
        Self {
            kinds: ClickModelKind::ALL.to_vec(),
        }
    }

    /// Only these, and the naive one.
    #[must_use]
    pub fn only(kinds: &[ClickModelKind]) -> Self {
        let all = ClickModelKind::ALL.into_iter();
        let chosen = |kind: &ClickModelKind| *kind == ClickModelKind::Naive || kinds.contains(kind);
        Self {
            kinds: all.filter(chosen).collect(),
        }
    }

    /// Chooses a model, and fits it to all sessions.
    ///
    /// # Errors
    ///
    /// [`ClickError::NotConverged`].
    pub fn select(&self, log: &ClickLog) -> Result<Selection, ClickError> {
        let all: Vec<&View> = log.views.iter().collect();
        let fit = |kind, ridge| ClickModel::fit_views((kind, ridge), log, &all);
        let mixed = |view: &&View| view.clicked.contains(&true) && view.clicked.contains(&false);
        if log.views.iter().filter(mixed).count() < FEWEST {
            return Ok(Selection {
                model: fit(ClickModelKind::DownToLastClick, RIDGES[0])?,
                decision: Decision::TooFewSessions,
                tried: Vec::new(),
            });
        }
        let plans = self.plans(log);
        let trials = plans.par_iter().map(|&plan| Trial::run(plan, log));
        let trials: Vec<Trial> = trials.collect::<Result<_, ClickError>>()?;
        let trials = best_ridge(trials);
        let units = Units::new(log);
        let chosen = choose(&trials, &units);
        let tried = trials
            .iter()
            .map(|trial| trial.tried(&trials[0], log, &units));
        let (plan, decision) = match chosen {
            Some(at) => (trials[at].plan, Decision::Selected),
            None => (trials[0].plan, Decision::NoneBetter),
        };
        Ok(Selection {
            model: fit(plan.0, plan.1)?,
            decision,
            tried: tried.collect(),
        })
    }

    /// Kinds and ridges, the naive one first.
    fn plans(&self, log: &ClickLog) -> Vec<Plan> {
        let usable =
            |kind: &&ClickModelKind| **kind != ClickModelKind::Gam || log.lacking().is_none();
        let ridges = |&kind: &ClickModelKind| {
            let count = if kind == ClickModelKind::Gam {
                RIDGES.len()
            } else {
                1
            };
            RIDGES[..count].iter().map(move |&ridge| (kind, ridge))
        };
        self.kinds.iter().filter(usable).flat_map(ridges).collect()
    }
}

/// A kind of model, and the additive model's ridge.
type Plan = (ClickModelKind, f64);

/// What a kind of model said of each session, fitted to the others.
struct Trial {
    plan: Plan,
    logs: Vec<f64>,
}

impl Trial {
    fn run(plan: Plan, log: &ClickLog) -> Result<Self, ClickError> {
        let folds = deal(log);
        let mut logs = vec![0.0; log.views.len()];
        for fold in 0..FOLDS {
            let dealt = || log.views.iter().zip(&folds);
            let kept: Vec<&View> = dealt()
                .filter(|(_, at)| **at != fold)
                .map(|d| d.0)
                .collect();
            if kept.is_empty() {
                continue;
            }
            let model = ClickModel::fit_views(plan, log, &kept)?;
            for ((view, &at), said) in dealt().zip(&mut logs) {
                if at == fold {
                    *said = view.weight * model.log_likelihood_of(view);
                }
            }
        }
        Ok(Self { plan, logs })
    }

    fn total(&self) -> f64 {
        self.logs.iter().sum()
    }

    fn tried(&self, naive: &Self, log: &ClickLog, units: &Units) -> Tried {
        let positions = log.views.iter().map(|view| view.weight * view.len() as f64);
        let positions: f64 = positions.sum();
        let (gain, gain_se) = units.gain(&self.logs, &naive.logs);
        Tried {
            kind: self.plan.0,
            log_likelihood: self.total() / units.weight,
            perplexity: (-self.total() / positions).exp(),
            gain,
            gain_se,
        }
    }
}

/// The fold of each session.
fn deal(log: &ClickLog) -> Vec<usize> {
    let repeated = log.sessions() >= 2 * log.jobs();
    let mut met = vec![0_usize; log.jobs()];
    let fold = |view: &View| {
        met[view.job] += 1;
        // Beginning at the job's own number, so that jobs with few sessions fill all folds.
        let turn = if repeated { met[view.job] } else { 0 };
        (view.job + turn) % FOLDS
    };
    log.views.iter().map(fold).collect()
}

/// Of trials that differ in the ridge alone, the best; the first of equals.
fn best_ridge(trials: Vec<Trial>) -> Vec<Trial> {
    let mut best: Vec<Trial> = Vec::new();
    for trial in trials {
        match best.last_mut() {
            Some(last) if last.plan.0 == trial.plan.0 => {
                if trial.total() > last.total() {
                    *last = trial;
                }
            }
            _ => best.push(trial),
        }
    }
    best
}

/// The simplest within a standard error of the best, if it is far enough ahead of the first.
fn choose(trials: &[Trial], units: &Units) -> Option<usize> {
    let best = trials.iter().reduce(|best, other| {
        if other.total() > best.total() {
            other
        } else {
            best
        }
    })?;
    let as_good = |trial: &Trial| {
        let (behind, error) = units.gain(&best.logs, &trial.logs);
        behind <= error
    };
    let ahead = |trial: &Trial| {
        let (gain, error) = units.gain(&trial.logs, &trials[0].logs);
        gain > AHEAD * error
    };
    trials
        .iter()
        .position(as_good)
        .filter(|&at| ahead(&trials[at]))
}

/// What counts as one observation: a job, or a session where there are few jobs.
struct Units {
    of: Vec<usize>,
    weights: Vec<f64>,
    weight: f64,
}

impl Units {
    fn new(log: &ClickLog) -> Self {
        let by_job = log.jobs() >= 10;
        let numbered = log.views.iter().enumerate();
        let of: Vec<usize> = numbered
            .map(|(at, view)| if by_job { view.job } else { at })
            .collect();
        let mut weights = vec![0.0; of.iter().max().map_or(0, |most| most + 1)];
        for (&unit, view) in of.iter().zip(&log.views) {
            weights[unit] += view.weight;
        }
        Self {
            of,
            weight: weights.iter().sum(),
            weights,
        }
    }

    /// By how much one is above the other in the mean session, and the standard error of that (of a
    /// ratio of means over units).
    fn gain(&self, one: &[f64], other: &[f64]) -> (f64, f64) {
        let mut sums = vec![0.0; self.weights.len()];
        for ((&unit, one), other) in self.of.iter().zip(one).zip(other) {
            sums[unit] += one - other;
        }
        let mean = sums.iter().sum::<f64>() / self.weight;
        let rest = sums.iter().zip(&self.weights);
        let squares: f64 = rest
            .map(|(sum, weight)| (sum - mean * weight).powi(2))
            .sum();
        let units = sums.len() as f64;
        let error = (squares * units / (units - 1.0)).sqrt() / self.weight;
        (
            mean,
            if error.is_finite() {
                error
            } else {
                f64::INFINITY
            },
        )
    }
}
