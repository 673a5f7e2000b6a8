//! Which of two interleaved rankers is better.

use super::draft::Team;
use crate::stats::{ln_beta, sign_test};

/// Counts which of two interleaved rankers won each list.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    wins: [u64; 2],
    ties: u64,
    /// The greatest evidence so far against equal rankers, as a logarithm.
    evidence: f64,
}

/// How two interleaved rankers compare.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct InterleavedResult {
    /// How many lists were shown.
    pub impressions: u64,
    /// How many each won; the others were ties.
    pub wins: [u64; 2],
    /// Who won more.
    pub better: Option<Team>,
    /// The two-sided p-value of the sign test on the lists that were no ties, with mid-p. Valid if
    /// looked at once, after a number of impressions that was settled before.
    pub p_value: f64,
    /// A p-value that stays valid however often one looks, and if one stops for what one saw: at
    /// most a share `p` of comparisons of equal rankers ever falls to `p`. Needs more impressions.
    pub anytime_p_value: f64,
}

impl Tally {
    /// Counts a list: positive credit is a win of the first ranker, negative of the second; 0 and
    /// NaN are ties.
    pub fn add(&mut self, credit: f64) {
        if credit > 0.0 {
            self.wins[0] += 1;
        } else if credit < 0.0 {
            self.wins[1] += 1;
        } else {
            self.ties += 1;
            return;
        }
        let [a, b] = self.wins.map(|wins| wins as f64);
        // The coin's likelihood ratio, averaged over its bias under Jeffreys' prior: a martingale
        // from 1 under a fair coin, so it exceeds 1/p with chance p at most (Ville).
        let ratio = ln_beta(a + 0.5, b + 0.5) - ln_beta(0.5, 0.5) + (a + b) * 2_f64.ln();
        self.evidence = self.evidence.max(ratio);
    }

    /// How the rankers compare so far.
    #[must_use]
    pub fn result(&self) -> InterleavedResult {
        let [a, b] = self.wins;
        let better = match a.cmp(&b) {
            std::cmp::Ordering::Greater => Some(Team::A),
            std::cmp::Ordering::Less => Some(Team::B),
            std::cmp::Ordering::Equal => None,
        };
        InterleavedResult {
            impressions: a + b + self.ties,
            wins: self.wins,
            better,
            p_value: sign_test(a, a + b),
            anytime_p_value: (-self.evidence).exp(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn wins_add_up() {
        let mut tally = Tally::default();
        assert_eq!(tally.result().p_value, 1.0);
        for credit in [1.0, 2.0, -1.0, 0.0, f64::NAN] {
            tally.add(credit);
        }
        let result = tally.result();
        assert_eq!((result.impressions, result.wins), (5, [2, 1]));
        assert_eq!(result.better, Some(Team::A));
    }

    #[test]
    fn looking_often_does_not_fool_the_anytime_p_value() {
        let mut alarms = 0;
        for run in 0..1_000 {
            let mut stream = Stream::numbered(1, [run, 0]);
            let mut tally = Tally::default();
            for _ in 0..500 {
                tally.add(if stream.coin() { 1.0 } else { -1.0 });
            }
            alarms += u32::from(tally.result().anytime_p_value <= 0.05);
        }
        assert!(alarms <= 50, "{alarms} of 1000");
    }

    #[test]
    fn a_better_ranker_is_found() {
        let mut stream = Stream::named(2, "better");
        let mut tally = Tally::default();
        for _ in 0..500 {
            tally.add(if stream.unit() < 0.6 { 1.0 } else { -1.0 });
        }
        let result = tally.result();
        assert!(
            result.p_value < 0.01 && result.anytime_p_value < 0.05,
            "{result:?}"
        );
    }
}
