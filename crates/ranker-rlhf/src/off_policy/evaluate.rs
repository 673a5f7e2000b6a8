//! Evaluating a policy on logged lists.

use std::collections::BTreeMap;

use super::error::OffPolicyError;
use super::estimate::Estimate;
use super::estimator::Estimator;
use super::interval::Spread;
use super::list::LoggedList;
use super::regression;
use super::replay::{Replay, replay_all};
use super::target::Target;

/// Folds of the regression.
const FOLDS: usize = 3;

/// The fewest lists or jobs that an interval is made from.
const LEAST_UNITS: usize = 10;

/// How many standard errors the mean weight may be off 1, and how far at least.
const MEAN_WEIGHT: (f64, f64) = (4.0, 0.02);

/// What varies by itself, between which observations are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Unit {
    /// Each list: the interval is about the jobs in the log.
    #[default]
    List,
    /// Each job with all its lists: the interval is about jobs like those in the log.
    Job,
}

/// Estimates what a policy would have earned from lists that another policy showed.
///
/// The value of a policy is the mean sum of rewards of a list. Intervals are Student's t with
/// Hall's correction for skewness. Where the log says too little of what the policy would show, the
/// answer is an error with the numbers, never a guess: fewer than
/// [`OffPolicy::with_least_effective`] effective lists, or importance weights that do not average 1
/// (by more than 4 standard errors and 0.02).
///
/// No source of feedback counts for more than a tenth of the lists, however many it sent; where
/// there are fewer than ten sources, they count alike above that share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OffPolicy {
    estimator: Estimator,
    confidence: f64,
    least_effective: f64,
    source_share: f64,
    unit: Unit,
}

impl Default for OffPolicy {
    fn default() -> Self {
        Self {
            estimator: Estimator::default(),
            confidence: 0.95,
            least_effective: 100.0,
            source_share: 0.1,
            unit: Unit::default(),
        }
    }
}

impl OffPolicy {
    /// Cascade-DR with 95 % intervals over lists.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the estimator.
    #[must_use]
    pub fn with_estimator(mut self, estimator: Estimator) -> Self {
        self.estimator = estimator;
        self
    }

    /// Sets the chance with which the interval holds the true value, in `0.5..=0.9999`; 0.95
    /// without it.
    #[must_use]
    pub fn with_confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// Sets the least effective sample size that is answered; 100 without it.
    #[must_use]
    pub fn with_least_effective(mut self, lists: f64) -> Self {
        self.least_effective = lists;
        self
    }

    /// Sets the greatest share of the lists that one source counts for, in `(0, 1]`; 0.1 without
    /// it.
    #[must_use]
    pub fn with_source_share(mut self, share: f64) -> Self {
        self.source_share = share;
        self
    }

    /// Sets between what the observations are independent.
    #[must_use]
    pub fn with_unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    /// The value of a policy.
    ///
    /// # Errors
    ///
    /// [`OffPolicyError`]: too few lists, too little support, no marginal chances for IIPS, a
    /// setting that cannot be used, or a model for other features.
    pub fn value(
        &self,
        lists: &[LoggedList],
        target: &Target<'_>,
    ) -> Result<Estimate, OffPolicyError> {
        Ok(self.estimate(&self.values(lists, target)?))
    }

    /// How much more a candidate policy earns than the serving one, compared list by list.
    ///
    /// # Errors
    ///
    /// As [`OffPolicy::value`].
    pub fn difference(
        &self,
        lists: &[LoggedList],
        candidate: &Target<'_>,
        serving: &Target<'_>,
    ) -> Result<Estimate, OffPolicyError> {
        let candidate = self.values(lists, candidate)?;
        let serving = self.values(lists, serving)?;
        Ok(self.estimate(&candidate.less(&serving)))
    }

    /// The value of each list under a policy, after all checks.
    pub(crate) fn values(
        &self,
        lists: &[LoggedList],
        target: &Target<'_>,
    ) -> Result<Values, OffPolicyError> {
        self.check()?;
        let (unit_of, units) = units(lists, self.unit);
        if units < LEAST_UNITS {
            return Err(OffPolicyError::TooFew {
                units,
                least: LEAST_UNITS,
            });
        }
        let counts = source_weights(lists, self.source_share);
        let replays = replay_all(lists, target, self.estimator)?;
        let mut values = Values {
            values: self.list_values(lists, &replays, &counts),
            counts,
            unit_of,
            units,
            effective: 0.0,
            mean_weight: 1.0,
        };
        self.check_support(lists, &replays, &mut values)?;
        Ok(values)
    }

    pub(crate) fn estimate(&self, values: &Values) -> Estimate {
        let (value, spread) = (values.mean(), values.spread());
        let (low, high) = spread.interval(value, self.confidence);
        Estimate {
            value,
            low,
            high,
            confidence: self.confidence,
            standard_error: spread.error,
            lists: values.values.len(),
            effective: values.effective,
            mean_weight: values.mean_weight,
        }
    }

    fn check(&self) -> Result<(), OffPolicyError> {
        let setting = |setting, allowed, value| {
            Err(OffPolicyError::Setting {
                setting,
                allowed,
                value,
            })
        };
        if !(0.5..=0.9999).contains(&self.confidence) {
            return setting("the confidence", "0.5..=0.9999", self.confidence);
        }
        if !(self.source_share > 0.0 && self.source_share <= 1.0) {
            return setting("a source's share", "(0, 1]", self.source_share);
        }
        if !(self.least_effective >= 1.0 && self.least_effective.is_finite()) {
            return setting(
                "the least effective sample size",
                "1..",
                self.least_effective,
            );
        }
        Ok(())
    }

    fn list_values(&self, lists: &[LoggedList], replays: &[Replay], counts: &[f64]) -> Vec<f64> {
        let whole = |(list, replay): (&LoggedList, &Replay)| list.reward() * replay.whole();
        let by_position = |(list, replay): (&LoggedList, &Replay)| {
            let positions = list.shown().iter().zip(&replay.weights);
            positions.map(|(shown, weight)| weight * shown.reward).sum()
        };
        let pairs = lists.iter().zip(replays);
        match self.estimator {
            Estimator::Ips => pairs.map(whole).collect(),
            Estimator::Snips => self_normalised(lists, replays, counts),
            Estimator::Iips | Estimator::Rips => pairs.map(by_position).collect(),
            Estimator::CascadeDr => regression::cascade_dr(lists, replays, FOLDS),
        }
    }

    fn check_support(
        &self,
        lists: &[LoggedList],
        replays: &[Replay],
        values: &mut Values,
    ) -> Result<(), OffPolicyError> {
        let shares = self.shares(lists, replays);
        values.effective = effective(replays, &values.counts, &shares);
        let weights = Values {
            values: replays.iter().map(|replay| replay.mean(&shares)).collect(),
            ..values.clone()
        };
        values.mean_weight = weights.mean();
        if values.effective < self.least_effective {
            return Err(OffPolicyError::TooLittleSupport {
                lists: lists.len(),
                effective: values.effective,
                least: self.least_effective,
            });
        }
        let error = weights.spread().error;
        if (values.mean_weight - 1.0).abs() > (MEAN_WEIGHT.0 * error).max(MEAN_WEIGHT.1) {
            return Err(OffPolicyError::Overlap {
                mean_weight: values.mean_weight,
                error,
            });
        }
        Ok(())
    }

    /// The share of each position in the rewards that the policy earns; whole lists have one.
    fn shares(&self, lists: &[LoggedList], replays: &[Replay]) -> Vec<f64> {
        let depth = replays.iter().map(|replay| replay.weights.len()).max();
        let depth = depth.unwrap_or(0).max(1);
        let mut shares = vec![0.0; depth];
        let whole = matches!(self.estimator, Estimator::Ips | Estimator::Snips);
        for (list, replay) in lists.iter().zip(replays) {
            let positions = list.shown().iter().zip(&replay.weights).enumerate();
            for (at, (shown, weight)) in positions.filter(|_| !whole) {
                shares[at] += weight * shown.reward.abs();
            }
        }
        let total: f64 = shares.iter().sum();
        if total > 0.0 {
            shares.iter_mut().for_each(|share| *share /= total);
        } else {
            shares[depth - 1] = 1.0;
        }
        shares
    }
}

impl Replay {
    /// The weight of the whole list.
    fn whole(&self) -> f64 {
        self.at(usize::MAX)
    }

    /// The weight of a position; past the end, of the whole list.
    fn at(&self, position: usize) -> f64 {
        let at = position.min(self.weights.len().wrapping_sub(1));
        self.weights.get(at).copied().unwrap_or(1.0)
    }

    fn mean(&self, shares: &[f64]) -> f64 {
        let weighed = shares.iter().enumerate();
        weighed
            .map(|(position, share)| share * self.at(position))
            .sum()
    }
}

/// SNIPS, and each list's pseudo-value: the estimate plus the list's influence on it.
fn self_normalised(lists: &[LoggedList], replays: &[Replay], counts: &[f64]) -> Vec<f64> {
    let total = |of: &dyn Fn(usize) -> f64| (0..lists.len()).map(|at| counts[at] * of(at)).sum();
    let weight = |at: usize| replays[at].whole();
    let weights: f64 = total(&weight);
    let rewards: f64 = total(&|at| weight(at) * lists[at].reward());
    let lists_counted: f64 = counts.iter().sum();
    let (value, mean_weight) = if weights > 0.0 {
        (rewards / weights, weights / lists_counted)
    } else {
        (0.0, 1.0)
    };
    let pseudo = |at: usize| value + weight(at) * (lists[at].reward() - value) / mean_weight;
    (0..lists.len()).map(pseudo).collect()
}

fn effective(replays: &[Replay], counts: &[f64], shares: &[f64]) -> f64 {
    let at = |(position, share): (usize, &f64)| {
        let weights = replays.iter().zip(counts);
        let weights = weights.map(|(replay, count)| count * replay.at(position));
        let (sum, squares) = weights.fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
        let lists = if squares > 0.0 {
            sum * sum / squares
        } else {
            0.0
        };
        share * lists
    };
    shares
        .iter()
        .enumerate()
        .filter(|(_, share)| **share > 0.0)
        .map(at)
        .sum()
}

/// How much each list counts: those of a source that sent more than its share count less.
fn source_weights(lists: &[LoggedList], share: f64) -> Vec<f64> {
    let mut sent: BTreeMap<&str, usize> = BTreeMap::new();
    for source in lists.iter().filter_map(LoggedList::source) {
        *sent.entry(source).or_default() += 1;
    }
    let most = share * lists.len() as f64;
    let weight = |list: &LoggedList| {
        list.source()
            .map_or(1.0, |source| (most / sent[source] as f64).min(1.0))
    };
    lists.iter().map(weight).collect()
}

fn units(lists: &[LoggedList], unit: Unit) -> (Vec<usize>, usize) {
    match unit {
        Unit::List => ((0..lists.len()).collect(), lists.len()),
        Unit::Job => {
            let mut jobs: BTreeMap<&str, usize> = BTreeMap::new();
            for list in lists {
                let next = jobs.len();
                jobs.entry(list.job()).or_insert(next);
            }
            let units = lists.iter().map(|list| jobs[list.job()]).collect();
            (units, jobs.len())
        }
    }
}

/// The value of each list, how much it counts, and to which unit it belongs.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    values: Vec<f64>,
    counts: Vec<f64>,
    unit_of: Vec<usize>,
    units: usize,
    effective: f64,
    mean_weight: f64,
}

impl Values {
    pub(crate) fn mean(&self) -> f64 {
        let pairs = self.values.iter().zip(&self.counts);
        pairs.map(|(v, c)| v * c).sum::<f64>() / self.counts.iter().sum::<f64>()
    }

    /// List by list, with the support of the one that has less.
    pub(crate) fn less(&self, other: &Self) -> Self {
        let weaker = if self.effective <= other.effective {
            self
        } else {
            other
        };
        let pairs = self.values.iter().zip(&other.values);
        Self {
            values: pairs.map(|(a, b)| a - b).collect(),
            ..weaker.clone()
        }
    }

    /// Without the lists that `left_out` names.
    pub(crate) fn without(&self, left_out: impl Fn(usize) -> bool) -> Self {
        let mut kept = self.clone();
        for (at, count) in kept.counts.iter_mut().enumerate() {
            if left_out(at) {
                *count = 0.0;
            }
        }
        kept
    }

    pub(crate) fn spread(&self) -> Spread {
        let mean = self.mean();
        let mut influences = vec![0.0; self.units];
        let mut counted = vec![false; self.units];
        for ((value, count), &unit) in self.values.iter().zip(&self.counts).zip(&self.unit_of) {
            influences[unit] += count * (value - mean);
            counted[unit] |= *count > 0.0;
        }
        let mut counted = counted.into_iter();
        influences.retain(|_| counted.next() == Some(true));
        let scale = influences.len() as f64 / self.counts.iter().sum::<f64>();
        influences.iter_mut().for_each(|e| *e *= scale);
        Spread::of(&influences)
    }
}
