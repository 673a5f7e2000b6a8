//! The additive model: what a candidate is like, and where it stands.

use std::collections::BTreeMap;

use super::error::ClickError;
use super::latent::{Evidence, Examiner, Posterior};
use super::log::{ClickLog, View};
use super::logistic::{INTERCEPT, Logistic, Penalty, dot, log_loss, sigmoid};
use super::position::Position;
use super::rates::{Count, Rates, within};
use super::scaling::Scaling;

/// The ridge of the steps between neighbouring positions.
const WALK: f64 = 1.0;

/// `logit P(click) = f(x) + g(position)`: `f` is linear in the standardised features, and `g` a
/// free number a position that begins at 0 and goes in small steps (the form of LightGBM's position
/// bias, fitted to clicks rather than to pairs).
///
/// It knows no examination. What stands for it is how often a position is clicked, everything else
/// being equal, against the position that is clicked most.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Additive {
    /// `f` of each candidate, where it has features.
    log_odds: Vec<f64>,
    /// `f` of a candidate without.
    stranger: f64,
    /// `g`, from the first position on.
    positions: Vec<f64>,
    examination: Position,
}

impl Additive {
    /// Fits `f` with a ridge of this strength.
    ///
    /// # Errors
    ///
    /// [`ClickError::NoFeatures`] and [`ClickError::NotConverged`].
    pub(super) fn fit(log: &ClickLog, views: &[&View], ridge: f64) -> Result<Self, ClickError> {
        if let Some(lacking) = log.lacking() {
            return Err(lacking);
        }
        let features = |at: usize| log.rows[at].as_deref().unwrap_or_default();
        let cells = cells(views);
        let places = cells
            .keys()
            .map(|key| key.1)
            .max()
            .map_or(1, |last| last + 1);
        let counts: Vec<Count> = cells.values().copied().collect();
        let raw: Vec<&[f32]> = cells.keys().map(|key| features(key.0)).collect();
        let scaling = Scaling::new(&raw, &counts);
        let rows = raw.iter().zip(cells.keys()).map(|(row, &(_, place))| {
            let mut row = scaling.row(row);
            row.resize(scaling.len() + places, 0.0);
            if place > 0 {
                row[scaling.len() + place] = 1.0;
            }
            row
        });
        let rows: Vec<Vec<f64>> = rows.collect();
        let penalty = penalty(ridge, scaling.len(), places);
        let problem = Logistic {
            rows: &rows,
            counts: &counts,
            penalty: &penalty,
        };
        let x = problem.minimise(vec![0.0; penalty.ridge.len()])?;
        let of = |row: Vec<f64>| dot(&x, &row);
        let all = (0..log.rows.len()).map(|at| of(scaling.row(features(at))));
        Ok(Self::new(
            (all.collect(), of(scaling.unknown())),
            &x[1 + scaling.len()..],
            &cells,
        ))
    }

    fn new((log_odds, stranger): (Vec<f64>, f64), walk: &[f64], cells: &Cells) -> Self {
        let positions: Vec<f64> = std::iter::once(0.0).chain(walk.iter().copied()).collect();
        // How often each position would be clicked if all candidates had stood there.
        let clicked = |g: f64| {
            let cells = cells.iter();
            let terms =
                cells.map(|((at, _), count)| (count.yes + count.no) * sigmoid(log_odds[*at] + g));
            terms.sum::<f64>()
        };
        let rates: Vec<f64> = positions.iter().map(|&g| clicked(g)).collect();
        let most = rates.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let best = positions.iter().copied().fold(0.0, f64::max);
        let chances = rates.iter().map(|rate| rate / most).collect();
        let attraction = log_odds.iter().map(|f| sigmoid(f + best)).collect();
        let attraction = Rates::given(sigmoid(stranger + best), attraction);
        Self {
            log_odds,
            stranger,
            positions,
            examination: Position::given(chances, attraction),
        }
    }

    /// `g`, from the first position on.
    pub(super) fn positions(&self) -> &[f64] {
        &self.positions
    }

    fn log_likelihood(&self, view: &View) -> f64 {
        let places = view.shown.iter().zip(&view.clicked).enumerate();
        let log = places.map(|(at, (candidate, &clicked))| {
            let f = candidate.and_then(|candidate| self.log_odds.get(candidate));
            let g = self.positions.get(at).or(self.positions.last());
            let odds = f.unwrap_or(&self.stranger) + g.copied().unwrap_or(0.0);
            let (yes, no) = if clicked { (1.0, 0.0) } else { (0.0, 1.0) };
            let chance = log_loss(odds, Count { yes, no }).exp().recip();
            within(chance).ln()
        });
        log.sum()
    }
}

fn penalty(ridge: f64, features: usize, places: usize) -> Penalty {
    let mut all = vec![ridge; 1 + features];
    all[0] = INTERCEPT;
    all.resize(features + places, 0.0);
    Penalty {
        ridge: all,
        walk_from: 1 + features,
        walk: WALK,
    }
}

/// Answers by candidate and place.
type Cells = BTreeMap<(usize, usize), Count>;

fn cells(views: &[&View]) -> Cells {
    let mut cells = Cells::new();
    for view in views {
        for (place, (candidate, &clicked)) in view.shown.iter().zip(&view.clicked).enumerate() {
            if let Some(candidate) = *candidate {
                let weight = view.weight;
                let (yes, no) = if clicked {
                    (weight, 0.0)
                } else {
                    (0.0, weight)
                };
                cells.entry((candidate, place)).or_default().add(yes, no);
            }
        }
    }
    cells
}

impl Examiner for Additive {
    fn posterior(&self, view: &View, evidence: Evidence) -> Posterior {
        Posterior {
            log_likelihood: self.log_likelihood(view),
            ..self.examination.posterior(view, evidence)
        }
    }

    fn propensities(&self, view: &View) -> Vec<f64> {
        self.examination.propensities(view)
    }

    fn attraction(&self, candidate: Option<usize>) -> f64 {
        self.examination.attraction(candidate)
    }
}
