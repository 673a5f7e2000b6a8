//! A linear model from judged lists, held near the model before.

use super::bradley_terry::BradleyTerry;
use super::comparison::{Comparison, Outcome};
use super::error::LearnError;
use super::judged::JudgedList;
use super::learner::Learner;
use crate::LinearScorer;
use crate::scorers::Model;

/// Pairs of one list: more say little that is new, and cost time.
const MOST_PAIRS: usize = 200;

/// Learns a [`LinearScorer`] from the pairs of judged lists, pulled towards a prior: what
/// [`BradleyTerry`] does with comparisons. The strength of the pull is cross-validated.
///
/// With little feedback the order stays the prior's, so this is the learner to begin with. Of each
/// list at most 200 pairs of different gain are compared, evenly spread over all; together they
/// weigh as much as it takes to put the list in order, its rows' weight less one row.
#[derive(Debug, Clone)]
pub struct Anchored {
    learner: BradleyTerry,
    prior: LinearScorer,
}

impl Anchored {
    /// Learns from this prior.
    #[must_use]
    pub fn to(prior: LinearScorer) -> Self {
        Self {
            learner: BradleyTerry::new(),
            prior,
        }
    }

    /// Sets how comparisons are learned from.
    #[must_use]
    pub fn with_learner(mut self, learner: BradleyTerry) -> Self {
        self.learner = learner;
        self
    }
}

impl Learner for Anchored {
    fn learn(&self, lists: &[JudgedList]) -> Result<Model, LearnError> {
        let mut comparisons = Vec::new();
        for list in lists {
            comparisons.extend(compared(list)?);
        }
        let fit = self.learner.fit(&comparisons, &self.prior)?;
        Ok(Model::Linear(fit.scorer))
    }
}

/// Some of the pairs of different gain, the better row first.
pub(crate) fn compared(list: &JudgedList) -> Result<Vec<Comparison>, LearnError> {
    let (gains, weights) = (list.gains(), list.weights());
    let seen: Vec<usize> = (0..gains.len()).filter(|&at| weights[at] > 0.0).collect();
    let pairs = seen
        .iter()
        .enumerate()
        .flat_map(|(place, &a)| seen[place + 1..].iter().map(move |&b| (a, b)))
        .filter(|&(a, b)| gains[a] != gains[b]);
    let count = pairs.clone().count();
    let kept = count.min(MOST_PAIRS);
    let pairs = pairs
        .enumerate()
        .filter(|(place, _)| (place + 1) * kept / count > place * kept / count);
    let pairs: Vec<(usize, usize)> = pairs
        .map(|(_, (a, b))| if gains[a] > gains[b] { (a, b) } else { (b, a) })
        .collect();
    let product = |&(a, b): &(usize, usize)| weights[a] * weights[b];
    let rows: f64 = seen.iter().map(|&at| weights[at]).sum();
    let unit = rows * (seen.len().saturating_sub(1)) as f64
        / seen.len().max(1) as f64
        / pairs.iter().map(product).sum::<f64>();
    let row = |at| list.features().row(at).unwrap_or_default();
    let comparison = |pair: &(usize, usize)| {
        let (better, worse) = (row(pair.0), row(pair.1));
        let said = Comparison::new(list.job(), Outcome::Preferred, better, worse)?;
        said.with_weight(product(pair) * unit)
    };
    pairs.iter().map(comparison).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ranker_core::{Direction, FeatureMatrix, FeatureSchema, FeatureSpec};

    use super::*;

    fn list(rows: Vec<f32>, gains: Vec<f64>) -> JudgedList {
        let spec = |name: &'static str| FeatureSpec {
            name: name.into(),
            description: "a test's".into(),
            min: 0.0,
            max: 1.0,
            direction: Direction::Any,
        };
        let schema = FeatureSchema::new(vec![spec("a"), spec("b")]).unwrap();
        let features = FeatureMatrix::new(Arc::new(schema), rows).unwrap();
        JudgedList::new("job", features, gains).unwrap()
    }

    #[test]
    fn a_list_weighs_one_less_than_its_rows() {
        let list = list(vec![0.0; 12], vec![3.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        let pairs = compared(&list).unwrap();
        assert_eq!(pairs.len(), 9);
        let total: f64 = pairs.iter().map(Comparison::weight).sum();
        assert!((total - 5.0).abs() < 1e-12, "{total}");
    }

    #[test]
    fn long_lists_give_a_bounded_number_of_pairs() {
        let gains: Vec<f64> = (0..500).map(f64::from).collect();
        let list = list(vec![0.5; 1000], gains);
        assert_eq!(compared(&list).unwrap().len(), MOST_PAIRS);
    }

    #[test]
    fn learns_what_the_prior_did_not_know() {
        let list = list(vec![0.9, 0.1, 0.1, 0.9, 0.2, 0.2], vec![0.0, 1.0, 0.0]);
        let prior = LinearScorer::new(list.features().schema().clone(), vec![1.0, 0.0]).unwrap();
        let learned = Anchored::to(prior).learn(&vec![list.clone(); 30]).unwrap();
        let Model::Linear(learned) = learned else {
            panic!("{learned:?}");
        };
        assert!(learned.weight("b") > Some(0.0));
    }
}
