//! The smallest changes of job-related facts that would move a candidate up.
//!
//! A counterfactual, not advice: it tells what a ranking rests on. It never says to state what is not so.

mod change;
mod levers;
mod search;

use std::fmt;

use ranker_core::Score;

pub use change::{Change, ChangeNames};
pub use levers::{Lever, levers};
pub use search::smallest_changes;

/// Which place is to be reached, and how much is tried for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Goal {
    /// The place, from 1.
    pub place: usize,
    /// The most changes at once; 3 by default.
    pub most_changes: usize,
    /// The most changed profiles that are scored; 128 by default.
    pub most_evaluations: usize,
    /// What the facts are called.
    pub names: ChangeNames,
}

impl Goal {
    /// This place, from 1, or a better one.
    #[must_use]
    pub fn place(place: usize) -> Self {
        Self {
            place,
            most_changes: 3,
            most_evaluations: 128,
            names: ChangeNames::default(),
        }
    }

    /// Sets the most changes at once.
    #[must_use]
    pub fn with_most_changes(mut self, most: usize) -> Self {
        self.most_changes = most;
        self
    }

    /// Sets the most changed profiles that are scored, the unchanged one among them.
    #[must_use]
    pub fn with_most_evaluations(mut self, most: usize) -> Self {
        self.most_evaluations = most;
        self
    }

    /// Sets what the facts are called.
    #[must_use]
    pub fn with_names(mut self, names: ChangeNames) -> Self {
        self.names = names;
        self
    }
}

/// Where a changed profile stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reached {
    /// The place, from 1.
    pub place: usize,
    /// The score.
    pub score: Score,
}

/// Changes that were tried together, and where they led.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// The changes; none where the profile reaches the place as it is.
    pub changes: Vec<Change>,
    /// Where the changed profile stands.
    pub reached: Reached,
}

/// The smallest changes that reach a place, as [`smallest_changes`] found them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SmallestChanges {
    /// The place that was to be reached.
    pub goal: usize,
    /// Every smallest way: of as few changes as any, and none that a smaller step of the same facts makes
    /// needless. Each was verified.
    pub ways: Vec<Verified>,
    /// How many changed profiles were scored.
    pub tried: usize,
    /// Every set of at most so many changes was tried; `None` where not even the unchanged profile was.
    pub complete_to: Option<usize>,
    /// Of how many facts a change could be tried.
    pub levers: usize,
}

/// What the changes mean and what they do not, for whoever reads them.
pub const MEANING: &str = "Each was scored anew in the same list: the facts as changed, and a sentence added to what is \
    read of the profile that says so. The rest of the text and its keyword score stay as they are, and so does everybody \
    else. It tells what this ranking rests on, and is no advice to state what is not so.";

impl fmt::Display for SmallestChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { goal, tried, .. } = self;
        if self.levers == 0 {
            return writeln!(f, "No job-related fact that is asked is left to change.");
        }
        if self.ways.is_empty() {
            let complete = self.complete_to.unwrap_or_default();
            return writeln!(
                f,
                "No set of at most {complete} changes of the {} job-related facts that are asked and not met reaches \
                 place {goal} ({tried} scored).",
                self.levers
            );
        }
        writeln!(
            f,
            "To reach place {goal} ({tried} scored), the smallest changes:"
        )?;
        for way in &self.ways {
            let Reached { place, score } = way.reached;
            let changes: Vec<String> = way.changes.iter().map(Change::to_string).collect();
            let changes = match changes.is_empty() {
                true => "none".to_owned(),
                false => changes.join("; "),
            };
            writeln!(f, "  {changes}: place {place}, score {:.3}", score.get())?;
        }
        writeln!(f, "{MEANING}")
    }
}
