//! Chances, one a candidate or position, drawn to a common one.

/// No chance is nearer to 0 or 1 than this, or likelihoods would vanish.
pub(super) const LEAST: f64 = 1e-6;

pub(super) fn within(chance: f64) -> f64 {
    chance.clamp(LEAST, 1.0 - LEAST)
}

/// How many answers a prediction can count as, most first.
const TRUSTS: [f64; 9] = [500.0, 200.0, 100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0];

/// Expected yes and no answers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Count {
    pub(super) yes: f64,
    pub(super) no: f64,
}

impl Count {
    pub(super) fn add(&mut self, yes: f64, no: f64) {
        self.yes += yes;
        self.no += no;
    }
}

/// Chances with the prior `Beta(1 + strength · pooled, 1 + strength · (1 - pooled))` each.
///
/// At infinite strength there is the pooled chance alone, which is then itself estimated.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rates {
    pub(super) pooled: f64,
    strength: f64,
    values: Vec<f64>,
}

impl Rates {
    /// Everyone shares one chance.
    pub(super) fn pooled(chance: f64) -> Self {
        Self {
            pooled: chance,
            strength: f64::INFINITY,
            values: Vec::new(),
        }
    }

    /// Chances known from elsewhere; a stranger's is `pooled`.
    pub(super) fn given(pooled: f64, values: Vec<f64>) -> Self {
        Self {
            pooled,
            strength: 1.0,
            values,
        }
    }

    /// From now on `len` of them have their own, beginning at the pooled one.
    pub(super) fn split(&mut self, len: usize, strength: f64) {
        self.strength = strength;
        self.values = vec![self.pooled; len];
    }

    /// The chance of that number; the pooled one for a stranger.
    pub(super) fn get(&self, at: Option<usize>) -> f64 {
        let own = at.and_then(|at| self.values.get(at));
        within(own.copied().unwrap_or(self.pooled))
    }

    /// The most probable chances given expected answers.
    pub(super) fn update(&mut self, counts: &[Count]) {
        if self.strength.is_infinite() {
            let yes: f64 = counts.iter().map(|count| count.yes).sum();
            let no: f64 = counts.iter().map(|count| count.no).sum();
            // Half an answer each way (Jeffreys) keeps the chance off 0 and 1.
            self.pooled = (yes + 0.5) / (yes + no + 1.0);
            return;
        }
        for (value, count) in self.values.iter_mut().zip(counts) {
            *value =
                (count.yes + self.strength * self.pooled) / (count.yes + count.no + self.strength);
        }
    }

    /// The prior's log density, but for a constant.
    pub(super) fn log_prior(&self) -> f64 {
        let log = |chance: f64, yes: f64, no: f64| {
            let chance = within(chance);
            yes * chance.ln() + no * (1.0 - chance).ln()
        };
        if self.strength.is_infinite() {
            return log(self.pooled, 0.5, 0.5);
        }
        let (yes, no) = (
            self.strength * self.pooled,
            self.strength * (1.0 - self.pooled),
        );
        self.values.iter().map(|&value| log(value, yes, no)).sum()
    }

    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }
}

/// How many answers predictions count as: what makes these answers most likely when each chance is
/// drawn from a Beta distribution around its prediction. Where nobody answered twice nothing tells,
/// and predictions count most.
pub(super) fn trust(predicted: &[f64], answers: &[Count]) -> f64 {
    let likelihood = |trust: f64| {
        let cases = predicted.iter().zip(answers);
        cases
            .map(|(&chance, &count)| beta_binomial(trust, chance, count))
            .sum::<f64>()
    };
    let tried = TRUSTS.map(|trust| (trust, likelihood(trust)));
    // Rounding must not make a choice where nothing tells.
    let better = |other: f64, best: f64| other > best + 1e-9 * best.abs();
    let best = tried.into_iter().reduce(
        |best, other| {
            if better(other.1, best.1) { other } else { best }
        },
    );
    best.map_or(TRUSTS[0], |best| best.0)
}

/// `log P` of answers whose chance is drawn from `Beta(trust · chance, trust · (1 - chance))`, but
/// for a constant. Answers may be fractions.
fn beta_binomial(trust: f64, chance: f64, count: Count) -> f64 {
    let chance = within(chance);
    let rise = |from: f64, by: f64| libm::lgamma(from + by) - libm::lgamma(from);
    let (yes, no) = (trust * chance, trust * (1.0 - chance));
    rise(yes, count.yes) + rise(no, count.no) - rise(trust, count.yes + count.no)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_answers_say_little() {
        let mut rates = Rates::pooled(0.5);
        rates.update(&[Count { yes: 1.0, no: 3.0 }, Count { yes: 1.5, no: 3.5 }]);
        assert_eq!(rates.pooled, 0.3);
        rates.split(2, 2.0);
        rates.update(&[Count { yes: 8.0, no: 0.0 }, Count::default()]);
        assert!((rates.get(Some(0)) - 0.86).abs() < 1e-12);
        assert!((rates.get(Some(1)) - 0.3).abs() < 1e-12);
        assert_eq!(rates.get(None), 0.3);
        assert_eq!(rates.get(Some(7)), 0.3);
    }

    #[test]
    fn trust_is_what_repeated_answers_say() {
        let half = vec![0.5; 40];
        let alike = vec![
            Count {
                yes: 50.0,
                no: 50.0
            };
            40
        ];
        assert_eq!(trust(&half, &alike), 500.0);
        let opposed = [Count { yes: 50.0, no: 0.0 }, Count { yes: 0.0, no: 50.0 }];
        let opposed: Vec<Count> = opposed.into_iter().cycle().take(40).collect();
        assert_eq!(trust(&half, &opposed), 1.0);
        let once = [Count { yes: 1.0, no: 0.0 }, Count { yes: 0.0, no: 1.0 }];
        let once: Vec<Count> = once.into_iter().cycle().take(40).collect();
        assert_eq!(trust(&half, &once), 500.0);
    }
}
