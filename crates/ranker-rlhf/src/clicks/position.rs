//! Examination that depends on the position alone.

use super::latent::{Evidence, Examiner, Latent, Posterior, answers};
use super::log::View;
use super::rates::{Count, Rates, within};

/// How many sessions' worth an even chance counts in a position's examination.
const POSITION_STRENGTH: f64 = 1.0;

/// The position-based model: `P(click) = θ_position · α_candidate`. The first position is always
/// examined, which makes θ and α distinguishable (Craswell and others 2008; EM after Chuklin, Markov
/// and de Rijke, Click Models for Web Search, 2015, section 4.3).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Position {
    /// Of the positions from the second.
    examination: Examination,
    attraction: Rates,
}

#[derive(Debug, Clone, PartialEq)]
enum Examination {
    /// Clicks are labels: all is examined, whatever was logged.
    Always,
    /// θ from the second position on.
    Learned(Rates),
    /// θ from the first position on.
    Given(Vec<f64>),
}

impl Position {
    /// Everything is examined.
    pub(super) fn always() -> Self {
        Self {
            examination: Examination::Always,
            attraction: Rates::pooled(0.5),
        }
    }

    /// θ is learned, for as many positions as the longest list has.
    pub(super) fn learned(views: &[&View]) -> Self {
        let longest = views.iter().map(|view| view.len()).max().unwrap_or(0);
        let mut chances = Rates::pooled(0.5);
        chances.split(longest.saturating_sub(1), POSITION_STRENGTH);
        Self {
            examination: Examination::Learned(chances),
            attraction: Rates::pooled(0.5),
        }
    }

    /// θ is given, from the first position on; beyond it is that of the last.
    pub(super) fn given(chances: Vec<f64>, attraction: Rates) -> Self {
        Self {
            examination: Examination::Given(chances),
            attraction,
        }
    }

    pub(super) fn chance(&self, place: usize) -> f64 {
        match &self.examination {
            Examination::Always => 1.0,
            Examination::Learned(_) if place == 0 => 1.0,
            Examination::Learned(chances) => {
                let last = chances.values().len().saturating_sub(1);
                chances.get(Some((place - 1).min(last)))
            }
            Examination::Given(chances) => {
                let own = chances.get(place).or(chances.last());
                own.copied().unwrap_or(1.0)
            }
        }
    }
}

/// The chance that a position was examined, and the log-likelihood of what is known of it.
pub(super) fn believe(
    chance: f64,
    attraction: f64,
    (clicked, known): (bool, Option<bool>),
) -> (f64, f64) {
    let answer = if clicked {
        attraction
    } else {
        1.0 - attraction
    };
    match known {
        _ if clicked => (1.0, (chance * answer).ln()),
        Some(true) => (1.0, (chance * answer).ln()),
        Some(false) => (0.0, within(1.0 - chance).ln()),
        None => {
            let unclicked = 1.0 - chance * attraction;
            (chance * answer / unclicked, unclicked.ln())
        }
    }
}

impl Examiner for Position {
    fn posterior(&self, view: &View, evidence: Evidence) -> Posterior {
        let mut known = evidence.known(view);
        if self.examination == Examination::Always {
            known.fill(Some(true));
        }
        let mut log_likelihood = 0.0;
        let examined = (0..view.len()).map(|at| {
            let attraction = self.attraction(view.shown[at]);
            let said = (view.clicked[at], known[at]);
            let (examined, log) = believe(self.chance(at), attraction, said);
            log_likelihood += log;
            examined
        });
        let examined = examined.collect();
        Posterior {
            examined,
            log_likelihood,
        }
    }

    fn propensities(&self, view: &View) -> Vec<f64> {
        (0..view.len()).map(|at| self.chance(at)).collect()
    }

    fn attraction(&self, candidate: Option<usize>) -> f64 {
        self.attraction.get(candidate)
    }
}

impl Latent for Position {
    fn update(&mut self, views: &[&View], posteriors: &[Posterior]) {
        self.attraction.update(&answers(views, posteriors));
        if let Examination::Learned(chances) = &mut self.examination {
            let mut counts = vec![Count::default(); chances.values().len()];
            for (view, posterior) in views.iter().zip(posteriors) {
                for (count, &e) in counts.iter_mut().zip(posterior.examined.iter().skip(1)) {
                    count.add(view.weight * e, view.weight * (1.0 - e));
                }
            }
            chances.update(&counts);
        }
    }

    fn log_prior(&self) -> f64 {
        let examination = match &self.examination {
            Examination::Learned(chances) => chances.log_prior(),
            Examination::Always | Examination::Given(_) => 0.0,
        };
        examination + self.attraction.log_prior()
    }

    fn split(&mut self, candidates: usize, strength: f64) {
        self.attraction.split(candidates, strength);
    }
}
