//! **A simulator** of recruiters, for tests and documentation.
//!
//! Nobody is like this. Its recruiters have a known truth, so that tests can tell whether a learner
//! finds it: what they examine, how likely they click what they examine, and what they prefer. What
//! comes of it is made up, and no model learned from it should rank people.
//!
//! ```
//! use ranker_core::CandidateId;
//! use ranker_rlhf::simulator::{GradedList, Looking, Recruiter, Simulator};
//!
//! let ids = ["ann", "bob", "eve"].map(CandidateId::new).into_iter().collect::<Result<_, _>>()?;
//! let list = GradedList::new("job 7", ids, vec![0, 2, 1]).expect("one grade each");
//! let recruiter = Recruiter::new(Looking::Cascade { stop: 0.2, satisfied: 0.0 });
//! let visit = Simulator::new(1).visit(&recruiter, &list, &[0, 1, 2]);
//! assert_eq!(visit.session.shown().len(), 3);
//! assert!(visit.examined[0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod judgement;
mod list;
mod recruiter;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub use judgement::Preferred;
pub use list::GradedList;
pub use recruiter::{Looking, Recruiter, Visit};

/// A source of chance: the same seed gives the same recruiters' answers, on any machine.
#[derive(Debug, Clone)]
pub struct Simulator {
    rng: ChaCha8Rng,
}

impl Simulator {
    /// A simulator of that seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Uniform from 0 up to 1.
    #[must_use]
    pub fn unit(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this chance happened.
    #[must_use]
    pub fn happens(&mut self, chance: f64) -> bool {
        self.unit() < chance
    }

    /// A random order of that many things (Fisher and Yates).
    #[must_use]
    pub fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for at in (1..count).rev() {
            let other = (self.unit() * (at + 1) as f64) as usize;
            order.swap(at, other.min(at));
        }
        order
    }
}
