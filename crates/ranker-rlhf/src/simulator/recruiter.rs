//! People who look at lists and click.

use super::Simulator;
use super::list::GradedList;
use crate::clicks::Session;

/// How a simulated recruiter looks at a list.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Looking {
    /// Each position is examined with its own chance, from the first on; beyond them with the
    /// last's.
    Positions(Vec<f64>),
    /// From the top down. After each position the recruiter stops with one chance, and after a
    /// click, if they go on looking at all, with another one on top.
    ///
    /// `stop: 0.2, satisfied: 0.0` is the user of LightGBM's test of position bias, and `stop: 0.0,
    /// satisfied: 1.0` the cascade model's.
    Cascade {
        /// The chance to give up at each position.
        stop: f64,
        /// The chance that a clicked candidate is enough.
        satisfied: f64,
    },
    /// Everything is examined, and clicked with one chance whatever it is: noise.
    Noise(f64),
    /// Everything is clicked.
    Everything,
    /// Nothing is clicked, though all is examined.
    Nothing,
}

/// A simulated recruiter.
#[derive(Debug, Clone, PartialEq)]
pub struct Recruiter {
    looking: Looking,
    appeal: Vec<f64>,
    favoured: Option<(u32, f64)>,
}

/// What a simulated recruiter did, and what they looked at to do so.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Visit {
    /// What would be logged: it does not say what was examined.
    pub session: Session,
    /// Which positions were truly examined.
    pub examined: Vec<bool>,
}

impl Recruiter {
    /// One who clicks what they examine with a chance of .4, .6, .7, .8 or .9 for grades 0 to 4, as
    /// in LightGBM's test of position bias.
    #[must_use]
    pub fn new(looking: Looking) -> Self {
        Self {
            looking,
            appeal: vec![0.4, 0.6, 0.7, 0.8, 0.9],
            favoured: None,
        }
    }

    /// Sets the chance to click what was examined, from grade 0 on; above them it is the last's, and
    /// 0 if there are none.
    #[must_use]
    pub fn with_appeal(mut self, appeal: Vec<f64>) -> Self {
        self.appeal = appeal;
        self
    }

    /// Makes the recruiter biased: candidates of the group are clicked with `more` added to the
    /// log-odds, whatever their grade.
    #[must_use]
    pub fn favouring(mut self, group: u32, more: f64) -> Self {
        self.favoured = Some((group, more));
        self
    }

    /// The chance that a candidate is clicked once examined.
    #[must_use]
    pub fn appeal(&self, list: &GradedList, candidate: usize) -> f64 {
        match self.looking {
            Looking::Noise(chance) => return chance,
            Looking::Everything => return 1.0,
            Looking::Nothing => return 0.0,
            Looking::Positions(_) | Looking::Cascade { .. } => {}
        }
        let grade = list.grades.get(candidate).copied().unwrap_or(0) as usize;
        let appeal = self.appeal.get(grade).or(self.appeal.last());
        let chance = appeal.copied().unwrap_or(0.0);
        match self.favoured {
            Some((group, more)) if list.groups.get(candidate) == Some(&group) => {
                let odds = (chance / (1.0 - chance)).ln() + more;
                1.0 / (1.0 + (-odds).exp())
            }
            _ => chance,
        }
    }
}

impl Simulator {
    /// Shows a recruiter the candidates of these places in the list, in this order. Places that the
    /// list does not have, and those named before, are left out.
    #[must_use]
    pub fn visit(&mut self, recruiter: &Recruiter, list: &GradedList, order: &[usize]) -> Visit {
        let mut met = vec![false; list.candidates.len()];
        let shown = order.iter().copied().filter(|&at| {
            let new = met.get(at) == Some(&false);
            if new {
                met[at] = true;
            }
            new
        });
        let shown: Vec<usize> = shown.collect();
        let (mut clicked, mut examined) = (Vec::new(), Vec::new());
        let mut looking = true;
        for (place, &candidate) in shown.iter().enumerate() {
            let looks = match &recruiter.looking {
                Looking::Positions(chances) => {
                    let chance = chances.get(place).or(chances.last());
                    self.happens(chance.copied().unwrap_or(1.0))
                }
                _ => looking,
            };
            let click = looks && self.happens(recruiter.appeal(list, candidate));
            if let (Looking::Cascade { stop, satisfied }, true) = (&recruiter.looking, looking) {
                let ended = self.happens(*stop) || (click && self.happens(*satisfied));
                looking = !ended;
            }
            examined.push(looks);
            clicked.push(click);
        }
        let shown = shown.iter().map(|&at| list.candidates[at].clone());
        let session = Session::new(list.job.clone(), shown.collect(), clicked);
        Visit {
            session: session.expect("a flag each, and nobody twice"),
            examined,
        }
    }
}
