//! Which shortened texts are scored, and what follows.

use super::rank::chance;

/// The shares of the segments that are taken away or kept alone (DeYoung et al., *ERASER*, 2020).
pub const SHARES: [f64; 5] = [0.01, 0.05, 0.1, 0.2, 0.5];

/// The points of a curve, in tenths of the segments.
const TENTHS: std::ops::RangeInclusive<usize> = 1..=9;

/// How faithful an order of segments is to a score. All in units of the score.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Faithfulness {
    /// By how much the score falls without the first segments, on average over [`SHARES`] (AOPC): more is better.
    pub comprehensiveness: f64,
    /// By how much the score falls with the first segments alone, on average over [`SHARES`] (AOPC): less is better.
    pub sufficiency: f64,
    /// The mean height of the curve of scores while the first segments are taken away, from none to nine tenths (Petsiuk,
    /// Das and Saenko, *RISE*, 2018): less is better.
    pub deletion: f64,
    /// The mean height of the curve while the first segments come, from a tenth to all: more is better.
    pub insertion: f64,
    /// Of the steps of that curve, the share at which the score does not fall, in `0..=1`.
    pub monotonicity: f64,
}

impl Faithfulness {
    /// The mean of several, number by number; `None` of none.
    #[must_use]
    pub fn mean(all: &[Self]) -> Option<Self> {
        let mean = |of: fn(&Self) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        (!all.is_empty()).then(|| Self {
            comprehensiveness: mean(|one| one.comprehensiveness),
            sufficiency: mean(|one| one.sufficiency),
            deletion: mean(|one| one.deletion),
            insertion: mean(|one| one.insertion),
            monotonicity: mean(|one| one.monotonicity),
        })
    }
}

/// The shortened texts of one order of segments, as masks: `true` is kept. No text is left without a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    kept: Vec<Vec<bool>>,
}

impl Plan {
    /// For an order of all segments, the first to be taken away first. `None` for fewer than two segments, of which
    /// nothing can be told.
    ///
    /// A share is that of the number of segments, rounded up for [`SHARES`], so that one at least is taken away, and
    /// to the nearest for the curves.
    #[must_use]
    pub fn new(order: &[usize]) -> Option<Self> {
        let all = order.len();
        if all < 2 {
            return None;
        }
        let first = |count: usize, kept: bool| {
            let mut mask = vec![!kept; all];
            let count = count.clamp(1, all - 1);
            order[..count].iter().for_each(|&at| mask[at] = kept);
            mask
        };
        let up = |share: f64| (share * all as f64).ceil() as usize;
        let nearest = |tenths: usize| (tenths * all + 5) / 10;
        let without = SHARES.iter().map(|&share| first(up(share), false));
        let alone = SHARES.iter().map(|&share| first(up(share), true));
        let deleted = TENTHS.map(|tenths| first(nearest(tenths), false));
        let inserted = TENTHS.map(|tenths| first(nearest(tenths), true));
        Some(Self {
            kept: without
                .chain(alone)
                .chain(deleted)
                .chain(inserted)
                .collect(),
        })
    }

    /// The masks to score, in the order in which [`Self::measured`] takes the scores.
    #[must_use]
    pub fn kept(&self) -> &[Vec<bool>] {
        &self.kept
    }

    /// The plan by chance that takes away, or keeps, about as much text as this one each time. `lengths` are those of
    /// the segments. `None` for another number of lengths than of segments.
    ///
    /// Segments are taken in an order by chance, those that are longer than what is left are passed over, and one is
    /// taken at least.
    #[must_use]
    pub fn as_long(&self, lengths: &[usize], seed: u64) -> Option<Self> {
        let (aways, alones) = (SHARES.len(), 2 * SHARES.len());
        let deletions = alones + TENTHS.count();
        let masks = self.kept.iter().enumerate().map(|(at, mask)| {
            if mask.len() != lengths.len() {
                return None;
            }
            // What the plan chose: what it takes away, or what it keeps.
            let chosen = !(at < aways || (alones..deletions).contains(&at));
            let of_those = mask
                .iter()
                .zip(lengths)
                .filter(|(kept, _)| **kept == chosen);
            let length = of_those.map(|(_, length)| length).sum();
            let drawn = drawn(lengths, length, seed.wrapping_add(at as u64));
            Some(drawn.into_iter().map(|drawn| drawn == chosen).collect())
        });
        Some(Self {
            kept: masks.collect::<Option<_>>()?,
        })
    }

    /// What follows from the score of the whole text and those of [`Self::kept`], in their order. `None` where there are
    /// more or fewer scores.
    #[must_use]
    pub fn measured(&self, whole: f64, scores: &[f64]) -> Option<Faithfulness> {
        if scores.len() != self.kept.len() {
            return None;
        }
        let (without, rest) = scores.split_at(SHARES.len());
        let (alone, rest) = rest.split_at(SHARES.len());
        let (deleted, inserted) = rest.split_at(TENTHS.count());
        let falls = |scores: &[f64]| {
            let falls = scores.iter().map(|score| whole - score);
            falls.sum::<f64>() / scores.len() as f64
        };
        let deletion: Vec<f64> = std::iter::once(whole)
            .chain(deleted.iter().copied())
            .collect();
        let insertion: Vec<f64> = inserted.iter().copied().chain([whole]).collect();
        let steps = insertion.windows(2);
        let rising = steps.clone().filter(|step| step[1] >= step[0]).count();
        Some(Faithfulness {
            comprehensiveness: falls(without),
            sufficiency: falls(alone),
            deletion: height(&deletion),
            insertion: height(&insertion),
            monotonicity: rising as f64 / steps.count() as f64,
        })
    }
}

/// The mean height of a curve through points at equal distances, by trapezoids.
fn height(curve: &[f64]) -> f64 {
    let steps = curve.windows(2);
    let count = steps.len().max(1) as f64;
    steps.map(|step| (step[0] + step[1]) / 2.0).sum::<f64>() / count
}

/// Which segments are drawn for so much text: one at least, and never all.
fn drawn(lengths: &[usize], length: usize, seed: u64) -> Vec<bool> {
    let order = chance(lengths.len(), seed);
    let mut drawn = vec![false; lengths.len()];
    let (mut left, mut count) = (length, 0);
    for &at in &order {
        if lengths[at] <= left && count + 1 < lengths.len() {
            drawn[at] = true;
            left -= lengths[at];
            count += 1;
        }
    }
    if count == 0 {
        // All are longer: the nearest is the shortest.
        let shortest = order.into_iter().min_by_key(|&at| lengths[at]);
        shortest.into_iter().for_each(|at| drawn[at] = true);
    }
    drawn
}

/// The gate: without the first segments the score falls by twice as much as without segments by chance at least, and
/// with them alone by half as much at most. An attribution that does not pass is not one that an account should show.
#[must_use]
pub fn passes(measured: &Faithfulness, by_chance: &Faithfulness) -> bool {
    measured.comprehensiveness >= 2.0 * by_chance.comprehensiveness
        && 2.0 * measured.sufficiency <= by_chance.sufficiency
        && measured.comprehensiveness > 0.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::order;
    use super::*;

    const WORTH: [f64; 4] = [0.1, 0.6, 0.0, 0.3];

    fn additive(worth: &[f64], plan: &Plan) -> Faithfulness {
        let score = |kept: &Vec<bool>| -> f64 {
            let kept = worth.iter().zip(kept).filter(|(_, kept)| **kept);
            kept.map(|(worth, _)| worth).sum()
        };
        let scores: Vec<f64> = plan.kept().iter().map(score).collect();
        plan.measured(worth.iter().sum(), &scores).unwrap()
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn by_hand() {
        // In order .6, .3, .1, 0. ERASER's shares of 4 take 1, 1, 1, 1, 2 segments.
        let plan = Plan::new(&order(&WORTH)).unwrap();
        let found = additive(&WORTH, &plan);
        near(found.comprehensiveness, (4.0 * 0.6 + 0.9) / 5.0);
        near(found.sufficiency, (4.0 * 0.4 + 0.1) / 5.0);
        // Tenths of 4, to the nearest, one at least and three at most: 1 1 1 2 2 2 3 3 3.
        // Taken away: 1 | .4 .4 .4 .1 .1 .1 0 0 0; trapezoids: .7 .4 .4 .25 .1 .1 .05 0 0.
        near(found.deletion, 2.0 / 9.0);
        // Kept: .6 .6 .6 .9 .9 .9 1 1 1 | 1; trapezoids: .6 .6 .75 .9 .9 .95 1 1 1.
        near(found.insertion, 7.7 / 9.0);
        near(found.monotonicity, 1.0);
    }

    #[test]
    fn the_worst_order_is_worst() {
        let backwards: Vec<usize> = order(&WORTH).into_iter().rev().collect();
        let worst = additive(&WORTH, &Plan::new(&backwards).unwrap());
        near(worst.comprehensiveness, (4.0 * 0.0 + 0.1) / 5.0);
        near(worst.sufficiency, (4.0 * 1.0 + 0.9) / 5.0);
        let best = additive(&WORTH, &Plan::new(&order(&WORTH)).unwrap());
        assert!(passes(&best, &worst) && !passes(&worst, &best));
        assert!(!passes(&best, &best));
        let mean = Faithfulness::mean(&[best, worst]).unwrap();
        near(mean.comprehensiveness, (3.3 + 0.1) / 10.0);
        assert_eq!(Faithfulness::mean(&[]), None);
        // A score that nothing moves tells nothing.
        let nothing = additive(&[0.0; 4], &Plan::new(&order(&WORTH)).unwrap());
        assert!(!passes(&nothing, &nothing));
    }

    #[test]
    fn what_harms_breaks_monotonicity() {
        // The last segment to come takes away: one of nine steps falls.
        let worth = [0.5, 0.4, 0.3, -0.2];
        let found = additive(&worth, &Plan::new(&order(&worth)).unwrap());
        near(found.monotonicity, 8.0 / 9.0);
    }

    #[test]
    fn one_segment_tells_nothing() {
        assert_eq!(Plan::new(&[0]), None);
        assert_eq!(Plan::new(&[]), None);
        let plan = Plan::new(&[1, 0]).unwrap();
        assert_eq!(plan.measured(1.0, &[0.0]), None);
        assert_eq!(plan.as_long(&[1], 0), None);
    }

    proptest! {
        #[test]
        fn no_text_is_empty_or_whole(
            lengths in prop::collection::vec(1_usize..200, 2..40),
            seed in any::<u64>(),
        ) {
            let plan = Plan::new(&chance(lengths.len(), seed)).unwrap();
            let as_long = plan.as_long(&lengths, seed).unwrap();
            prop_assert_eq!(plan.kept().len(), as_long.kept().len());
            for mask in plan.kept().iter().chain(as_long.kept()) {
                prop_assert!(mask.contains(&true) && mask.contains(&false));
            }
        }

        #[test]
        fn as_long_is_never_longer_than_what_was_chosen_unless_nothing_fits(
            lengths in prop::collection::vec(1_usize..200, 2..40),
            length in 1_usize..4000,
            seed in any::<u64>(),
        ) {
            let drawn = drawn(&lengths, length, seed);
            let taken: usize = lengths.iter().zip(&drawn).filter(|(_, d)| **d).map(|(l, _)| l).sum();
            let shortest = *lengths.iter().min().unwrap();
            prop_assert!(taken <= length || taken == shortest);
        }
    }
}
