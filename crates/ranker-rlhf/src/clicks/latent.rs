//! Models with hidden examination, and how they are fitted.

use super::log::View;
use super::rates::{Count, trust};

const MOST_ITERATIONS: usize = 300;

/// The gain in log posterior per session, in nats, that counts as none.
const TOLERANCE: f64 = 1e-7;

/// What of a session may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Clicks alone: what models are compared by.
    Clicks,
    /// Who was opened or seen, too.
    All,
}

impl Evidence {
    /// What is known of each examination.
    pub(super) fn known(self, view: &View) -> Vec<Option<bool>> {
        match self {
            Self::Clicks => {
                let clicked = view.clicked.iter();
                clicked.map(|&clicked| clicked.then_some(true)).collect()
            }
            Self::All => view.known.clone(),
        }
    }
}

/// What a model believes of a session.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Posterior {
    /// The chance that each position was examined, given the evidence.
    pub(super) examined: Vec<f64>,
    /// `log P` of the evidence.
    pub(super) log_likelihood: f64,
}

/// A model of who examines what.
pub(super) trait Examiner {
    fn posterior(&self, view: &View, evidence: Evidence) -> Posterior;

    /// The chance of each position to be examined before anything is clicked.
    fn propensities(&self, view: &View) -> Vec<f64>;

    /// The chance to be clicked once examined.
    fn attraction(&self, candidate: Option<usize>) -> f64;
}

/// A model that expectation maximisation fits (Dempster, Laird and Rubin 1977).
pub(super) trait Latent: Examiner {
    /// Sets the most probable parameters given who examined what.
    fn update(&mut self, views: &[&View], posteriors: &[Posterior]);

    /// The log density of the parameters before any evidence, but for a constant.
    fn log_prior(&self) -> f64;

    /// Gives each candidate its own parameters, beginning at the common ones; of its attraction the
    /// common one counts as this many examinations.
    fn split(&mut self, candidates: usize, strength: f64);
}

/// Fits common parameters first, which become the prior of each candidate's own, and then those. How
/// strong that prior is the answers to repeated showings say. Both times the log posterior never falls, and the fit ends when a step gains less than 1e-7 nats
/// a session, or after 300. Tells whether the last one came to rest.
pub(super) fn fit(model: &mut impl Latent, views: &[&View], candidates: usize) -> bool {
    maximise(model, views);
    let believed: Vec<Posterior> = believe(model, views);
    let common = vec![model.attraction(None); candidates];
    let strength = trust(&common, &answers(views, &believed));
    model.split(candidates, strength);
    maximise(model, views)
}

fn believe(model: &impl Latent, views: &[&View]) -> Vec<Posterior> {
    let believed = |view: &&View| model.posterior(view, Evidence::All);
    views.iter().map(believed).collect()
}

fn maximise(model: &mut impl Latent, views: &[&View]) -> bool {
    let mut before = f64::NEG_INFINITY;
    let weight: f64 = views.iter().map(|view| view.weight).sum();
    for _ in 0..MOST_ITERATIONS {
        let posteriors = believe(model, views);
        let weighted = views.iter().zip(&posteriors);
        let likelihood: f64 = weighted.map(|(v, p)| v.weight * p.log_likelihood).sum();
        let now = likelihood + model.log_prior();
        if now - before <= TOLERANCE * weight {
            return true;
        }
        before = now;
        model.update(views, &posteriors);
    }
    false
}

/// Clicks and examinations without a click that are to be expected, by candidate.
pub(super) fn answers(views: &[&View], posteriors: &[Posterior]) -> Vec<Count> {
    let most = views
        .iter()
        .flat_map(|view| view.shown.iter().flatten())
        .max();
    let mut counts = vec![Count::default(); most.map_or(0, |most| most + 1)];
    for (view, posterior) in views.iter().zip(posteriors) {
        for (at, candidate) in view.shown.iter().enumerate() {
            if let Some(candidate) = *candidate {
                let clicked = if view.clicked[at] { 1.0 } else { 0.0 };
                let unclicked = posterior.examined[at] - clicked;
                counts[candidate].add(view.weight * clicked, view.weight * unclicked);
            }
        }
    }
    counts
}
