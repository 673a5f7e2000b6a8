//! The gate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ranker_core::ScoreError;

use super::evidence::Evidence;
use super::verdict::{Numbers, Reason, Verdict};
use super::{impact, kl, ndcg};
use crate::JudgedList;
use crate::off_policy::{LoggedList, OffPolicy, Target, Values};
use crate::stats::t_quantile;

/// The fewest held-out lists that nDCG is judged by.
const LEAST_HELD_OUT: usize = 10;

/// The impact ratio below which a group must not fall.
const FOUR_FIFTHS: f64 = 0.8;

/// Decides whether a learned model may be served.
///
/// A candidate passes only if all of this holds:
/// - there are jobs that it has not seen, judged by more than one source where sources are named;
/// - it tells the candidates of some job apart;
/// - the lower bound of what it earns more than the serving model is above 0: by default
///   cascade-DR on logged lists, list by list, with 99.5 % one-sided confidence;
/// - the same without the feedback of any one source;
/// - the KL divergence of its lists from the serving policy's is at most the cap, 3 nats a list by
///   default;
/// - nDCG@10 on held-out lists does not fall: the lower 95 % bound of the paired difference is
///   above minus the margin, 0.01 by default. A job without a list, but with preferences, is such a list
///   too: of the mean over its pairs;
/// - no group's impact ratio (of being among the first ten) falls by more than the tolerance, 0.05
///   by default, nor from four fifths or more to below. Groups of fewer than 20 are not judged.
///
/// A gate never fails: what it cannot measure is a reason not to promote. Only without groups in
/// the evidence is impact not judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    off_policy: OffPolicy,
    confidence: f64,
    kl_cap: f64,
    ndcg_margin: f64,
    impact_tolerance: f64,
    at: usize,
    by_judgments: bool,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            off_policy: OffPolicy::new(),
            confidence: 0.995,
            kl_cap: 3.0,
            ndcg_margin: 0.01,
            impact_tolerance: 0.05,
            at: 10,
            by_judgments: false,
        }
    }
}

impl Gate {
    /// A gate with the defaults above.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A gate for logs without exploration, which say nothing of lists that were not shown: what the
    /// candidate earns is its nDCG on held-out lists, whose lower bound must be above the serving
    /// model's, and the KL divergence is not judged.
    #[must_use]
    pub fn by_judgments() -> Self {
        Self {
            by_judgments: true,
            kl_cap: f64::INFINITY,
            ndcg_margin: 0.0,
            ..Self::default()
        }
    }

    /// Sets how values are estimated. Its confidence is that of the numbers told, not the gate's.
    #[must_use]
    pub fn with_off_policy(mut self, off_policy: OffPolicy) -> Self {
        self.off_policy = off_policy;
        self
    }

    /// Sets the one-sided confidence of the lower bound, held in `0.5..=0.9999`.
    #[must_use]
    pub fn with_confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    /// Sets the most nats a list by which the policy may change.
    #[must_use]
    pub fn with_kl_cap(mut self, nats: f64) -> Self {
        self.kl_cap = nats;
        self
    }

    /// Sets by how much held-out nDCG may fall for all that is known; infinite for no check.
    #[must_use]
    pub fn with_ndcg_margin(mut self, margin: f64) -> Self {
        self.ndcg_margin = margin;
        self
    }

    /// Sets by how much a group's impact ratio may fall.
    #[must_use]
    pub fn with_impact_tolerance(mut self, tolerance: f64) -> Self {
        self.impact_tolerance = tolerance;
        self
    }

    /// Sets how many positions nDCG and selection count.
    #[must_use]
    pub fn with_positions(mut self, positions: usize) -> Self {
        self.at = positions;
        self
    }

    /// Judges whether the candidate may take the serving one's place.
    #[must_use]
    pub fn judge(
        &self,
        candidate: &Target<'_>,
        serving: &Target<'_>,
        evidence: &Evidence<'_>,
    ) -> Verdict {
        let mut reasons = Vec::new();
        let mut numbers = Numbers::default();
        let both = (candidate, serving);
        if candidate.scorer().model_id() == serving.scorer().model_id() {
            reasons.push(Reason::Same);
        }
        if evidence.logged.is_empty() && evidence.judged().next().is_none() {
            reasons.push(Reason::NothingHeldOut);
        }
        reasons.extend(source_alone(evidence));
        if !self.by_judgments {
            self.judge_value(both, evidence, (&mut reasons, &mut numbers));
        }
        let checks = [
            Self::judge_scores,
            Self::judge_kl,
            Self::judge_ndcg,
            Self::judge_impact,
        ];
        for check in checks {
            if let Err(error) = check(self, both, evidence, (&mut reasons, &mut numbers)) {
                reasons.push(Reason::NotScored(error));
                break;
            }
        }
        Verdict {
            candidate: candidate.scorer().model_id().to_owned(),
            serving: serving.scorer().model_id().to_owned(),
            promoted: reasons.is_empty(),
            reasons,
            numbers,
        }
    }

    fn judge_value(
        &self,
        (candidate, serving): (&Target<'_>, &Target<'_>),
        evidence: &Evidence<'_>,
        (reasons, numbers): (&mut Vec<Reason>, &mut Numbers),
    ) {
        let values = |target| self.off_policy.values(evidence.logged, target);
        let difference = match values(candidate).and_then(|c| Ok(c.less(&values(serving)?))) {
            Ok(difference) => difference,
            Err(error) => return reasons.push(Reason::NotEvaluated(error)),
        };
        let estimate = self.off_policy.estimate(&difference);
        numbers.difference = Some(estimate);
        let low = self.low(&difference);
        if low.is_nan() || low <= 0.0 {
            let value = estimate.value;
            return reasons.push(Reason::NotBetter { value, low });
        }
        reasons.extend(self.one_source(&difference, evidence));
    }

    fn low(&self, difference: &Values) -> f64 {
        let confidence = self.confidence.clamp(0.5, 0.9999);
        difference.spread().bound(difference.mean(), confidence)
    }

    /// The source without which the candidate is no longer better, by the most.
    fn one_source(&self, difference: &Values, evidence: &Evidence<'_>) -> Option<Reason> {
        let mut sources: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, list) in evidence.logged.iter().enumerate() {
            if let Some(source) = list.source() {
                sources.entry(source).or_default().push(at);
            }
        }
        // Of one source alone there is nothing to compare with: a reason of its own.
        if sources
            .values()
            .any(|lists| lists.len() == evidence.logged.len())
        {
            return None;
        }
        let without = sources.into_iter().map(|(source, lists)| {
            let rest = difference.without(|at| lists.binary_search(&at).is_ok());
            (source, self.low(&rest))
        });
        let (source, low) = without.min_by(|a, b| a.1.total_cmp(&b.1))?;
        let source = Arc::from(source);
        (low.is_nan() || low <= 0.0).then_some(Reason::OneSource { source, low })
    }

    /// A model that orders nobody must not pass for want of a difference.
    fn judge_scores(
        &self,
        (candidate, _): (&Target<'_>, &Target<'_>),
        evidence: &Evidence<'_>,
        (reasons, _): (&mut Vec<Reason>, &mut Numbers),
    ) -> Result<(), ScoreError> {
        let logged = evidence.logged.iter().map(LoggedList::features);
        let lists = logged.chain(evidence.judged().map(JudgedList::features));
        let mut lists = lists.filter(|rows| rows.len() > 1).peekable();
        if lists.peek().is_none() {
            return Ok(());
        }
        for rows in lists {
            let scores = candidate.scorer().score(rows)?;
            if scores.windows(2).any(|pair| pair[0] != pair[1]) {
                return Ok(());
            }
        }
        reasons.push(Reason::SameScores);
        Ok(())
    }

    fn judge_kl(
        &self,
        (candidate, serving): (&Target<'_>, &Target<'_>),
        evidence: &Evidence<'_>,
        (reasons, numbers): (&mut Vec<Reason>, &mut Numbers),
    ) -> Result<(), ScoreError> {
        let kl = kl::kl(evidence.logged, candidate, serving)?;
        numbers.kl = Some(kl);
        if kl.is_nan() || kl > self.kl_cap {
            let cap = self.kl_cap;
            reasons.push(Reason::TooFar { kl, cap });
        }
        Ok(())
    }

    fn judge_ndcg(
        &self,
        (candidate, serving): (&Target<'_>, &Target<'_>),
        evidence: &Evidence<'_>,
        (reasons, numbers): (&mut Vec<Reason>, &mut Numbers),
    ) -> Result<(), ScoreError> {
        if self.ndcg_margin == f64::INFINITY {
            return Ok(());
        }
        let (lists, pairs) = (evidence.held_out.iter(), evidence.pairs.iter());
        let differences = ndcg::differences(lists, pairs, (candidate, serving, self.at))?;
        if differences.len() < LEAST_HELD_OUT {
            let (lists, least) = (differences.len(), LEAST_HELD_OUT);
            reasons.push(Reason::NoHeldOut { lists, least });
            return Ok(());
        }
        let (difference, low) = lower_bound(&differences, 0.95);
        numbers.ndcg = Some((difference, low));
        let gains = low > 0.0 || !self.by_judgments;
        if low.is_nan() || low < -self.ndcg_margin || !gains {
            let margin = self.ndcg_margin;
            reasons.push(Reason::NdcgFalls {
                difference,
                low,
                margin,
            });
            return Ok(());
        }
        reasons.extend(self.one_judge((candidate, serving), evidence)?);
        Ok(())
    }

    /// The source without whose judgements nDCG may fall, where judgements decide.
    fn one_judge(
        &self,
        (candidate, serving): (&Target<'_>, &Target<'_>),
        evidence: &Evidence<'_>,
    ) -> Result<Option<Reason>, ScoreError> {
        let sources: BTreeSet<&str> = evidence.judged().filter_map(JudgedList::source).collect();
        for source in sources.into_iter().filter(|_| self.by_judgments) {
            let others = |list: &&JudgedList| list.source() != Some(source);
            let lists = evidence.held_out.iter().filter(others);
            let pairs = evidence.pairs.iter().filter(others);
            let differences = ndcg::differences(lists, pairs, (candidate, serving, self.at))?;
            let source = Arc::from(source);
            if differences.len() < LEAST_HELD_OUT {
                return Ok(Some(Reason::SourceAlone { source }));
            }
            let (_, low) = lower_bound(&differences, 0.95);
            if low.is_nan() || low <= 0.0 {
                return Ok(Some(Reason::OneSource { source, low }));
            }
        }
        Ok(None)
    }

    fn judge_impact(
        &self,
        (candidate, serving): (&Target<'_>, &Target<'_>),
        evidence: &Evidence<'_>,
        (reasons, numbers): (&mut Vec<Reason>, &mut Numbers),
    ) -> Result<(), ScoreError> {
        let tolerance = self.impact_tolerance;
        let of = |target| impact::ratios(evidence.groups, target, self.at);
        let (candidates, before) = (of(candidate)?, of(serving)?);
        for (group, candidate) in candidates {
            // Nobody was selected before: no group was worse off than another.
            let serving = before.get(&group).copied().unwrap_or(1.0);
            numbers.impact.push((group.clone(), serving, candidate));
            let below = serving >= FOUR_FIFTHS && candidate < FOUR_FIFTHS;
            if below || serving - candidate > tolerance {
                reasons.push(Reason::Impact {
                    group,
                    serving,
                    candidate,
                    tolerance,
                });
            }
        }
        Ok(())
    }
}

/// The source of all the evidence, if it is one and named. Events without a source are the
/// operator's own.
fn source_alone(evidence: &Evidence<'_>) -> Option<Reason> {
    let logged = evidence.logged.iter().map(LoggedList::source);
    let mut sources = logged.chain(evidence.judged().map(JudgedList::source));
    let first = sources.next().flatten()?;
    let source = Arc::from(first);
    sources
        .all(|source| source == Some(first))
        .then_some(Reason::SourceAlone { source })
}

/// The mean, and its one-sided lower bound by Student's t.
fn lower_bound(values: &[f64], confidence: f64) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    (mean, mean - error * t_quantile(confidence, n - 1.0))
}
