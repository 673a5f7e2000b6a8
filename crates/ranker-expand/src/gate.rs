//! Whether to expand a job at all: a limit on one signal, fitted so that harm is seldom.

use std::fmt;

use ranker_core::{Expansion, JobDescription, ValueError};

use crate::checks::share;
use crate::fold::Words;
use crate::statistics::CollectionStatistics;

/// What is known of a job and its added terms before anything is retrieved.
///
/// The signals of specificity are those of Zhao, Scholer and Tsegay, "Effective Pre-retrieval Query Performance
/// Prediction Using Similarity and Variability Evidence" (2008), over the inverse document frequencies of the job's
/// distinct words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExpansionSignal {
    /// How many distinct words the job has.
    Words,
    /// The mean inverse document frequency.
    MeanIdf,
    /// The greatest inverse document frequency.
    MaxIdf,
    /// The variance of the inverse document frequencies.
    IdfVariance,
    /// The share of the words that the collection has.
    Coverage,
    /// How many terms would be added.
    AddedTerms,
    /// What the added terms weigh together.
    AddedWeight,
}

impl ExpansionSignal {
    /// All signals.
    pub const ALL: [Self; 7] = [
        Self::Words,
        Self::MeanIdf,
        Self::MaxIdf,
        Self::IdfVariance,
        Self::Coverage,
        Self::AddedTerms,
        Self::AddedWeight,
    ];
}

impl fmt::Display for ExpansionSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Words => "words",
            Self::MeanIdf => "mean_idf",
            Self::MaxIdf => "max_idf",
            Self::IdfVariance => "idf_variance",
            Self::Coverage => "coverage",
            Self::AddedTerms => "added_terms",
            Self::AddedWeight => "added_weight",
        })
    }
}

/// The value of every [`ExpansionSignal`] for one job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpansionSignals([f64; ExpansionSignal::ALL.len()]);

impl ExpansionSignals {
    /// The signals of a job that would be expanded so, in a collection.
    #[must_use]
    pub fn of(
        job: &JobDescription,
        expansion: &Expansion,
        statistics: &CollectionStatistics,
    ) -> Self {
        let words = Words::of(&job.full_text());
        let mut keys: Vec<&str> = words.list().iter().map(|word| word.key.as_str()).collect();
        keys.retain(|key| key.contains(char::is_alphanumeric));
        keys.sort_unstable();
        keys.dedup();
        let count = keys.len().max(1) as f64;
        let idfs: Vec<f64> = keys.iter().map(|key| statistics.idf(key)).collect();
        let mean = idfs.iter().sum::<f64>() / count;
        let squares: f64 = idfs.iter().map(|idf| (idf - mean).powi(2)).sum();
        let known = keys.iter().filter(|key| statistics.get(key).is_some());
        let terms = expansion.terms();
        Self([
            keys.len() as f64,
            mean,
            idfs.iter().copied().fold(0.0, f64::max),
            squares / count,
            known.count() as f64 / count,
            terms.len() as f64,
            terms.iter().map(|term| f64::from(term.weight())).sum(),
        ])
    }

    /// The value of one signal.
    #[must_use]
    pub fn get(&self, signal: ExpansionSignal) -> f64 {
        self.0[signal as usize]
    }

    /// The signals of these values, in the order of [`ExpansionSignal::ALL`], as from a file.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for one that is not finite.
    pub fn from_values(values: [f64; ExpansionSignal::ALL.len()]) -> Result<Self, ValueError> {
        for value in values {
            within("signal", value, f64::MIN, f64::MAX)?;
        }
        Ok(Self(values))
    }
}

/// A query that was measured without and with its expansion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedExpansion {
    /// What was known before.
    pub signals: ExpansionSignals,
    /// The metric without the expansion less the metric with it, from -1 (all gained) to 1 (all lost).
    pub loss: f64,
}

/// How much harm an expansion may do: at most a `share` of queries loses more than `loss`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HarmBound {
    /// From which loss of the metric a query counts as harmed, from 0 to 1. 0.05 by default.
    pub loss: f64,
    /// The greatest share of all queries that are harmed, from 0 to 1. 0.05 by default.
    pub share: f64,
    /// How sure that must be, from 0 to 1. 0.95 by default.
    pub confidence: f64,
}

impl Default for HarmBound {
    fn default() -> Self {
        Self {
            loss: 0.05,
            share: 0.05,
            confidence: 0.95,
        }
    }
}

/// The side of a gate's threshold on which a job is expanded. The threshold itself is among both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Where the signal is at most the threshold.
    AtMost,
    /// Where the signal is at least the threshold.
    AtLeast,
}

/// A limit on one signal: a job within it is expanded, another is asked as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpansionGate {
    signal: ExpansionSignal,
    side: Side,
    threshold: f64,
}

impl ExpansionGate {
    /// A gate of one's own choice.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for a threshold that is not finite.
    pub fn new(signal: ExpansionSignal, side: Side, threshold: f64) -> Result<Self, ValueError> {
        within("threshold", threshold, f64::MIN, f64::MAX)?;
        Ok(Self {
            signal,
            side,
            threshold,
        })
    }

    /// The gate of the greatest mean gain on judged queries among those that keep the bound; none where no threshold
    /// keeps it, or none that keeps it gains anything.
    ///
    /// A query that is not expanded loses nothing, so the share of all queries that are harmed only grows as a gate
    /// opens. Each signal is tried from both sides, from closed to open, until for the first time the hypothesis
    /// "more than `bound.share` are harmed" can no longer be refused by the exact binomial test, which is to say that
    /// the one-sided upper bound of Clopper and Pearson is above `bound.share`. With monotone harm that holds for all
    /// thresholds at once (Bates et al., "Distribution-Free, Risk-Controlling Prediction Sets", 2021; the fixed sequence
    /// of Angelopoulos et al., "Learn then Test", 2021), and as the best of 14 sequences is taken, each has a 14th of
    /// `1 - bound.confidence` (Bonferroni). At the default bound no gate is found from fewer than 110 queries.
    ///
    /// The bound is on queries drawn as the judged ones were. For other jobs, another collection or other terms
    /// it says nothing: judge some of those, and fit anew.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for a number of the bound outside 0 to 1, or a loss outside -1 to 1.
    pub fn fit(judged: &[JudgedExpansion], bound: HarmBound) -> Result<Option<Self>, ValueError> {
        share("harmful loss", bound.loss)?;
        share("share of harmed queries", bound.share)?;
        share("confidence", bound.confidence)?;
        for query in judged {
            within("loss", query.loss, -1.0, 1.0)?;
        }
        let sides = [Side::AtMost, Side::AtLeast];
        let sequences = ExpansionSignal::ALL.len() * sides.len();
        let level = (1.0 - bound.confidence) / sequences as f64;
        let most = most_harmed(judged.len(), bound.share, level);
        let mut best: Option<(f64, Self)> = None;
        for signal in ExpansionSignal::ALL {
            for side in sides {
                let Some((gain, threshold)) = widest(judged, signal, side, bound.loss, most) else {
                    continue;
                };
                if best.is_none_or(|(most, _)| gain > most) {
                    let gate = Self {
                        signal,
                        side,
                        threshold,
                    };
                    best = Some((gain, gate));
                }
            }
        }
        Ok(best.map(|(_, gate)| gate))
    }

    /// Whether a job of these signals is expanded.
    #[must_use]
    pub fn opens(&self, signals: &ExpansionSignals) -> bool {
        let value = signals.get(self.signal);
        match self.side {
            Side::AtMost => value <= self.threshold,
            Side::AtLeast => value >= self.threshold,
        }
    }
}

impl fmt::Display for ExpansionGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::AtMost => "at most",
            Side::AtLeast => "at least",
        };
        write!(f, "{} {side} {}", self.signal, self.threshold)
    }
}

/// The greatest gain, summed over the queries, and its threshold, of all that harm no more than `most` queries.
fn widest(
    judged: &[JudgedExpansion],
    signal: ExpansionSignal,
    side: Side,
    harmful: f64,
    most: Option<usize>,
) -> Option<(f64, f64)> {
    let most = most?;
    let mut sorted: Vec<(f64, f64)> = judged
        .iter()
        .map(|query| (query.signals.get(signal), query.loss))
        .collect();
    sorted.sort_by(|a, b| match side {
        Side::AtMost => a.0.total_cmp(&b.0),
        Side::AtLeast => b.0.total_cmp(&a.0),
    });
    let (mut harmed, mut gain, mut best) = (0, 0.0, None);
    // A threshold lets in all queries of its value.
    for same in sorted.chunk_by(|a, b| a.0 == b.0) {
        harmed += same.iter().filter(|(_, loss)| *loss > harmful).count();
        if harmed > most {
            break;
        }
        gain -= same.iter().map(|(_, loss)| loss).sum::<f64>();
        if gain > best.map_or(0.0, |(most, _)| most) {
            best = same.first().map(|(value, _)| (gain, *value));
        }
    }
    best
}

/// How many of `n` queries may be harmed so that a share of `share` or more is refused at this level; none if even
/// no harm would not refuse it.
fn most_harmed(n: usize, share: f64, level: f64) -> Option<usize> {
    if share >= 1.0 {
        return Some(n);
    }
    if share <= 0.0 {
        return None;
    }
    let odds = (share / (1.0 - share)).ln();
    let mut log_chance = n as f64 * (1.0 - share).ln();
    let (mut below, mut most) = (0.0, None);
    for harmed in 0..=n {
        below += log_chance.exp();
        if below > level {
            break;
        }
        most = Some(harmed);
        log_chance += odds + ((n - harmed) as f64 / (harmed + 1) as f64).ln();
    }
    most
}

fn within(what: &'static str, value: f64, min: f64, max: f64) -> Result<(), ValueError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(ValueError::OutOfRange {
        what,
        value,
        min,
        max,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from 0 to 1, the same each time (splitmix64).
    struct Chance(u64);

    impl Chance {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// Queries whose mean idf, even between 0 and 1, tells from where on two of five are harmed; all else is noise.
    fn queries(chance: &mut Chance, n: usize, safe_below: f64) -> Vec<JudgedExpansion> {
        let mut query = || {
            let values = std::array::from_fn(|_| chance.next());
            let signals = ExpansionSignals(values);
            let is_safe = signals.get(ExpansionSignal::MeanIdf) < safe_below;
            let loss = match (is_safe, chance.next() < 0.4) {
                (true, _) => -0.02,
                (false, true) => 0.2,
                (false, false) => 0.0,
            };
            JudgedExpansion { signals, loss }
        };
        (0..n).map(|_| query()).collect()
    }

    #[test]
    fn harm_is_refused_by_the_exact_test() {
        // 0.95^58 = 0.051 and 0.95^59 = 0.048; with one harmed, n = 93 is the first (Wilks' sample sizes).
        assert_eq!(most_harmed(58, 0.05, 0.05), None);
        assert_eq!(most_harmed(59, 0.05, 0.05), Some(0));
        assert_eq!(most_harmed(92, 0.05, 0.05), Some(0));
        assert_eq!(most_harmed(93, 0.05, 0.05), Some(1));
        assert_eq!(most_harmed(109, 0.05, 0.05 / 14.0), None);
        assert_eq!(most_harmed(110, 0.05, 0.05 / 14.0), Some(0));
    }

    #[test]
    fn the_safe_region_is_found_and_little_more() {
        let judged = queries(&mut Chance(1), 1000, 0.5);
        let gate = ExpansionGate::fit(&judged, HarmBound::default())
            .unwrap()
            .unwrap();
        assert_eq!(gate.signal, ExpansionSignal::MeanIdf);
        assert_eq!(gate.side, Side::AtMost);
        assert!((0.45..0.6).contains(&gate.threshold), "{gate}");
    }

    #[test]
    fn the_bound_holds_on_unseen_queries() {
        let (fits, mut broken, mut found) = (1000, 0, 0);
        let mut chance = Chance(2);
        for _ in 0..fits {
            // One of eight is safe, and so chosen that more than the safe ones would break the bound soon.
            let judged = queries(&mut chance, 300, 0.125);
            let gate = ExpansionGate::fit(&judged, HarmBound::default()).unwrap();
            let Some(gate) = gate else { continue };
            found += 1;
            // Signals are even between 0 and 1, so what is open can be told without drawing again.
            let open = match gate.side {
                Side::AtMost => gate.threshold,
                Side::AtLeast => 1.0 - gate.threshold,
            };
            let harmed = match (gate.signal, gate.side) {
                (ExpansionSignal::MeanIdf, Side::AtMost) => (open - 0.125).max(0.0) * 0.4,
                (ExpansionSignal::MeanIdf, Side::AtLeast) => open.min(0.875) * 0.4,
                _ => open * 0.875 * 0.4,
            };
            broken += usize::from(harmed > 0.05);
        }
        assert!(found > fits / 2, "{found} gates");
        assert!(
            broken as f64 <= 0.05 * f64::from(fits),
            "{broken} of {fits}"
        );
    }

    #[test]
    fn no_gate_where_nothing_is_safe_or_too_little_is_known_or_gained() {
        let fit =
            |judged: &[JudgedExpansion]| ExpansionGate::fit(judged, HarmBound::default()).unwrap();
        assert_eq!(fit(&[]), None);
        assert_eq!(fit(&queries(&mut Chance(3), 109, 1.1)), None, "too few");
        assert!(fit(&queries(&mut Chance(3), 110, 1.1)).is_some());
        let same = |loss: f64| {
            let signals = ExpansionSignals([1.0; ExpansionSignal::ALL.len()]);
            vec![JudgedExpansion { signals, loss }; 500]
        };
        assert_eq!(fit(&same(0.2)), None, "all are harmed");
        assert_eq!(fit(&same(0.0)), None, "nothing is gained");
        assert!(fit(&same(-0.01)).is_some());
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let bound = |share: f64| HarmBound {
            share,
            ..HarmBound::default()
        };
        assert!(ExpansionGate::fit(&[], bound(f64::NAN)).is_err());
        assert!(ExpansionGate::fit(&[], bound(1.5)).is_err());
        let mut judged = queries(&mut Chance(4), 1, 1.0);
        judged[0].loss = f64::NAN;
        assert!(ExpansionGate::fit(&judged, HarmBound::default()).is_err());
        let words = ExpansionSignal::Words;
        assert!(ExpansionGate::new(words, Side::AtMost, f64::NAN).is_err());
        assert!(ExpansionSignals::from_values([f64::INFINITY; 7]).is_err());
    }

    #[test]
    fn signals_are_of_the_distinct_words() {
        let statistics = CollectionStatistics::of(["rust cook", "rust", "rust"]);
        let job = JobDescription::new("Rust, rust; cook and weld").unwrap();
        let signals = ExpansionSignals::of(&job, &Expansion::default(), &statistics);
        // idf: rust ln(4/4), cook ln(4/2), and and weld ln(4/1).
        let (two, four) = (2.0_f64.ln(), 4.0_f64.ln());
        let mean = (two + 2.0 * four) / 4.0;
        let near = |signal, value: f64| assert!((signals.get(signal) - value).abs() < 1e-12);
        near(ExpansionSignal::Words, 4.0);
        near(ExpansionSignal::MeanIdf, mean);
        near(ExpansionSignal::MaxIdf, four);
        let variance = (mean.powi(2) + (two - mean).powi(2) + 2.0 * (four - mean).powi(2)) / 4.0;
        near(ExpansionSignal::IdfVariance, variance);
        near(ExpansionSignal::Coverage, 0.5);
        near(ExpansionSignal::AddedTerms, 0.0);
    }
}
