//! Preferences and grades of people whose taste is known.

use super::Simulator;
use super::list::GradedList;
use crate::Outcome;

/// Two places of a list, and what was said of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preferred {
    /// The better one; of a tie, the first asked about.
    pub better: usize,
    /// The worse one; of a tie, the second.
    pub worse: usize,
    /// What was said.
    pub outcome: Outcome,
}

impl Simulator {
    /// Compares two candidates after Davidson (1970), as [`BradleyTerry`](crate::BradleyTerry) takes
    /// people to: with `d` the difference of their worths in log-odds, the first is preferred with
    /// the odds `e^{d/2}`, they tie with `nu`, and the second is preferred with `e^{-d/2}`.
    #[must_use]
    pub fn prefer(
        &mut self,
        (first, second): (usize, usize),
        worths: &[f64],
        nu: f64,
    ) -> Preferred {
        let worth = |at: usize| worths.get(at).copied().unwrap_or(0.0);
        let half = (worth(first) - worth(second)) / 2.0;
        let (up, down) = (half.exp(), (-half).exp());
        let drawn = self.unit() * (up + nu + down);
        let (better, worse, outcome) = if drawn < up {
            (first, second, Outcome::Preferred)
        } else if drawn < up + nu {
            (first, second, Outcome::Tie)
        } else {
            (second, first, Outcome::Preferred)
        };
        Preferred {
            better,
            worse,
            outcome,
        }
    }

    /// Compares two candidates of a list, whose worth is `scale` a grade.
    #[must_use]
    pub fn compare(
        &mut self,
        list: &GradedList,
        pair: (usize, usize),
        (scale, nu): (f64, f64),
    ) -> Preferred {
        let worths: Vec<f64> = list.grades.iter().map(|&g| scale * f64::from(g)).collect();
        self.prefer(pair, &worths, nu)
    }

    /// What a recruiter would grade each candidate: its grade, and with the chance `slip` one more
    /// or one less, within those that the list has.
    #[must_use]
    pub fn grades(&mut self, list: &GradedList, slip: f64) -> Vec<u32> {
        let least = list.grades.iter().copied().min().unwrap_or(0);
        let most = list.grades.iter().copied().max().unwrap_or(0);
        let grade = |&grade: &u32| {
            let slipped = self.happens(slip);
            let given = match (slipped, self.happens(0.5)) {
                (false, _) => grade,
                (true, true) => grade.saturating_add(1),
                (true, false) => grade.saturating_sub(1),
            };
            given.clamp(least, most)
        };
        list.grades.iter().map(grade).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_follow_davidson() {
        let mut simulator = Simulator::new(3);
        let (mut first, mut ties) = (0.0, 0.0);
        let draws = 40_000;
        for _ in 0..draws {
            let said = simulator.prefer((0, 1), &[1.0, 0.0], 0.5);
            match said.outcome {
                Outcome::Tie => ties += 1.0,
                Outcome::Preferred if said.better == 0 => first += 1.0,
                Outcome::Preferred => {}
            }
        }
        let (up, down) = (0.5_f64.exp(), (-0.5_f64).exp());
        let all = up + 0.5 + down;
        assert!((first / f64::from(draws) - up / all).abs() < 0.01);
        assert!((ties / f64::from(draws) - 0.5 / all).abs() < 0.01);
    }

    #[test]
    fn grades_slip_by_one_at_most() {
        let ids = (0..200).map(|at| ranker_core::CandidateId::new(format!("c{at}")).unwrap());
        let truth: Vec<u32> = (0..200).map(|at| at % 5).collect();
        let list = GradedList::new("job", ids.collect(), truth.clone()).unwrap();
        assert_eq!(Simulator::new(1).grades(&list, 0.0), truth);
        let said = Simulator::new(1).grades(&list, 0.5);
        assert!(said.iter().zip(&truth).all(|(a, b)| a.abs_diff(*b) <= 1));
        assert_ne!(said, truth);
    }
}
