//! People who look from the top down and stop somewhere: cascade, DCM and DBN.

use super::latent::answers;
use super::latent::{Evidence, Examiner, Latent, Posterior};
use super::log::View;
use super::rates::{Count, LEAST, Rates, within};

/// How many clicks' worth the pooled chance counts in a position's or candidate's own.
const STOP_STRENGTH: f64 = 10.0;

/// A model in which the first position is examined, and each further one only if the one before it
/// was: `P(E_1) = 1`, `P(E_k+1 | E_k, C_k)` as [`Going`] says, `P(C_k | E_k) = α_candidate`.
///
/// Everything down to the last click was therefore examined, and what comes after it with a chance
/// that falls with each position (Chapelle and Zhang, A dynamic Bayesian network click model for web
/// search ranking, 2009).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chain {
    attraction: Rates,
    going: Going,
}

/// With which chance the next position is examined.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Going {
    /// 1, and never after a click: one click a session (Craswell and others 2008).
    ToFirstClick,
    /// 1, and after a click a chance of the position's (Guo, Liu and Wang 2009).
    AfterClick(Rates),
    /// γ, and after a click γ times the chance that the candidate did not satisfy.
    Unsatisfied {
        /// γ; none stands for 1.
        perseverance: Option<Rates>,
        /// By candidate.
        satisfaction: Rates,
    },
}

impl Chain {
    pub(super) fn new(going: Going) -> Self {
        Self {
            attraction: Rates::pooled(0.5),
            going,
        }
    }

    /// The chance to go on from a place, after a click or without one.
    pub(super) fn go(&self, view: &View, at: usize) -> f64 {
        let clicked = view.clicked[at];
        self.going.chance(clicked, at, view.shown[at])
    }
}

impl Going {
    fn chance(&self, clicked: bool, at: usize, candidate: Option<usize>) -> f64 {
        let chance = match (self, clicked) {
            (Self::ToFirstClick, true) => LEAST,
            (Self::ToFirstClick | Self::AfterClick(_), false) => 1.0,
            (Self::AfterClick(chances), true) => chances.get(Some(at)),
            (Self::Unsatisfied { perseverance, .. }, false) => persevering(perseverance.as_ref()),
            (
                Self::Unsatisfied {
                    perseverance,
                    satisfaction,
                },
                true,
            ) => persevering(perseverance.as_ref()) * (1.0 - satisfaction.get(candidate)),
        };
        within(chance)
    }

    /// Learns from the chances that each place was examined, and the next one too.
    fn update(&mut self, views: &[&View], posteriors: &[Posterior]) {
        let steps = || views.iter().zip(posteriors).flat_map(steps);
        match self {
            Self::ToFirstClick => {}
            Self::AfterClick(chances) => {
                let clicked = steps().filter(|step| step.clicked);
                chances.update(&tally(
                    clicked.map(|step| (step.at, step.went, step.stopped)),
                ));
            }
            Self::Unsatisfied {
                perseverance,
                satisfaction,
            } => {
                let stayed = 1.0 - persevering(perseverance.as_ref());
                // Who stopped after a click was satisfied, or gave up unsatisfied.
                let satisfied = |step: &Step| {
                    let chance = satisfaction.get(step.candidate);
                    let share = chance / (chance + (1.0 - chance) * stayed);
                    if step.clicked {
                        step.stopped * share
                    } else {
                        0.0
                    }
                };
                let gave_up = |step: Step| (0, step.went, step.stopped - satisfied(&step));
                let patience = tally(steps().map(gave_up));
                let clicked = steps().filter(|step| step.clicked);
                let answers = tally(clicked.filter_map(|step| {
                    let yes = satisfied(&step);
                    Some((step.candidate?, yes, step.went + step.stopped - yes))
                }));
                satisfaction.update(&answers);
                if let Some(perseverance) = perseverance {
                    perseverance.update(&patience);
                }
            }
        }
    }
}

fn persevering(perseverance: Option<&Rates>) -> f64 {
    perseverance.map_or(1.0, |rates| rates.get(None))
}

/// From one place to the next: how much went on, and how much stopped there.
#[derive(Clone, Copy)]
struct Step {
    at: usize,
    candidate: Option<usize>,
    clicked: bool,
    went: f64,
    stopped: f64,
}

fn steps<'a>((view, posterior): (&'a &'a View, &'a Posterior)) -> impl Iterator<Item = Step> + 'a {
    posterior
        .examined
        .windows(2)
        .enumerate()
        .map(|(at, pair)| Step {
            at,
            candidate: view.shown[at],
            clicked: view.clicked[at],
            went: view.weight * pair[1],
            stopped: view.weight * (pair[0] - pair[1]),
        })
}

/// Sums answers by number.
fn tally(answers: impl Iterator<Item = (usize, f64, f64)>) -> Vec<Count> {
    let mut counts: Vec<Count> = Vec::new();
    for (at, yes, no) in answers {
        if counts.len() <= at {
            counts.resize(at + 1, Count::default());
        }
        counts[at].add(yes, no);
    }
    counts
}

impl Examiner for Chain {
    fn posterior(&self, view: &View, evidence: Evidence) -> Posterior {
        let known = evidence.known(view);
        let len = view.len();
        let mut examined = vec![0.0; len];
        let mut log_likelihood = 0.0;
        // From the top down: all above a place that was examined were examined.
        let sure = known.iter().rposition(|known| *known == Some(true));
        let sure = sure.map_or(0, |last| last + 1);
        examined[..sure].fill(1.0);
        for at in 0..sure {
            let attraction = self.attraction(view.shown[at]);
            let clicked = view.clicked[at];
            log_likelihood += if clicked {
                attraction
            } else {
                1.0 - attraction
            }
            .ln();
            if at + 1 < sure {
                log_likelihood += self.go(view, at).ln();
            }
        }
        // rest[k] = P(no click from k on | k examined), 0 where k is known not to be.
        let mut rest = vec![0.0; len + 1];
        for at in (sure..len).rev().filter(|at| known[*at].is_none()) {
            let on = if at + 1 < len {
                let go = self.go(view, at);
                1.0 - go + go * rest[at + 1]
            } else {
                1.0
            };
            rest[at] = (1.0 - self.attraction(view.shown[at])) * on;
        }
        for at in sure..len {
            let (before, go) = match at.checked_sub(1) {
                None => (1.0, if known[0].is_none() { 1.0 } else { 0.0 }),
                Some(before) => (examined[before], self.go(view, before)),
            };
            let (went, stopped) = (go * rest[at], 1.0 - go);
            if at == sure {
                log_likelihood += (went + stopped).ln();
            }
            examined[at] = before * went / (went + stopped);
        }
        Posterior {
            examined,
            log_likelihood,
        }
    }

    fn propensities(&self, view: &View) -> Vec<f64> {
        let mut chance = 1.0;
        let mut all = Vec::with_capacity(view.len());
        for (at, &candidate) in view.shown.iter().enumerate() {
            all.push(chance);
            let attraction = self.attraction(candidate);
            let clicked = self.going.chance(true, at, candidate);
            let unclicked = self.going.chance(false, at, candidate);
            chance *= attraction * clicked + (1.0 - attraction) * unclicked;
        }
        all
    }

    fn attraction(&self, candidate: Option<usize>) -> f64 {
        self.attraction.get(candidate)
    }
}

impl Latent for Chain {
    fn update(&mut self, views: &[&View], posteriors: &[Posterior]) {
        self.attraction.update(&answers(views, posteriors));
        self.going.update(views, posteriors);
    }

    fn log_prior(&self) -> f64 {
        let going = match &self.going {
            Going::ToFirstClick => 0.0,
            Going::AfterClick(chances) => chances.log_prior(),
            Going::Unsatisfied {
                perseverance,
                satisfaction,
            } => perseverance.as_ref().map_or(0.0, Rates::log_prior) + satisfaction.log_prior(),
        };
        self.attraction.log_prior() + going
    }

    fn split(&mut self, candidates: usize, strength: f64) {
        self.attraction.split(candidates, strength);
        match &mut self.going {
            Going::ToFirstClick => {}
            Going::AfterClick(chances) => chances.split(candidates, STOP_STRENGTH),
            Going::Unsatisfied { satisfaction, .. } => {
                satisfaction.split(candidates, STOP_STRENGTH)
            }
        }
    }
}
