//! Facts that a resume's text states, each with the place it was read from.

mod dates;
mod degree;
mod languages;
mod names;
mod seniority;
mod skills;
mod tokens;
mod years;

use std::ops::Range;

use ranker_core::{Fact, Profile, ValueError};

pub use dates::Month;
pub use names::fact_names;

use crate::sections::sections;
use skills::Skills;

/// A fact, and what of the text says so.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FoundFact {
    /// The fact's name, one of [`fact_names`].
    pub name: &'static str,
    /// The fact.
    pub fact: Fact,
    /// The bytes of the text that it was read from: the first of them where there are several.
    pub place: Range<usize>,
    /// How sure the reading is: 1 is a plain statement under the right heading, 0.5 a guess that is
    /// right about half of the time.
    pub confidence: f32,
}

/// Reads facts from texts.
///
/// ```
/// use ranker_core::Fact;
/// use ranker_ingest::{FactFinder, Month};
///
/// let finder = FactFinder::new(Month::new(2026, 11)?);
/// let found = finder.find("Experience\nEngineer, 03/2011 - 02/2015\nEducation\nMSc Physics");
/// let years = &found[0];
/// assert_eq!((years.name, &years.fact), ("years_experience", &Fact::Number(4.0)));
/// assert_eq!(found[1].fact, Fact::keyword("master"));
/// # Ok::<(), ranker_core::ValueError>(())
/// ```
#[derive(Debug, Clone)]
pub struct FactFinder {
    today: Month,
    skills: Skills,
}

impl FactFinder {
    /// Facts below this confidence do not enter a profile.
    const LEAST: f32 = 0.5;

    /// A finder for which "present" is this month, and which knows no skill.
    #[must_use]
    pub fn new(today: Month) -> Self {
        Self {
            today,
            skills: Skills::default(),
        }
    }

    /// Adds skills: the name of each, and what else it is called.
    #[must_use]
    pub fn with_skills<L: AsRef<str>>(
        mut self,
        skills: impl IntoIterator<Item = (String, Vec<L>)>,
    ) -> Self {
        for (name, labels) in skills {
            self.skills.add(&name, &labels);
        }
        self
    }

    /// The facts of a text, at most one of each name: years of work (from dated jobs, overlaps counted
    /// once; else as stated), seniority, the highest degree, languages, skills that are not denied.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<FoundFact> {
        let sections = sections(text);
        let found = [
            years::find(text, &sections, self.today),
            degree::find(text, &sections),
            languages::find(text, &sections),
            seniority::find(text, &sections),
            self.skills.find(text, &sections),
        ];
        found.into_iter().flatten().collect()
    }

    /// Adds the facts of a profile's title and text that it does not have. A given fact wins.
    ///
    /// # Errors
    ///
    /// As [`Profile::with_fact`]; the finder's own facts are valid.
    pub fn complete(&self, mut profile: Profile) -> Result<Profile, ValueError> {
        for found in self.find(&profile.full_text()) {
            if found.confidence >= Self::LEAST && profile.facts().get(found.name).is_none() {
                profile = profile.with_fact(found.name, found.fact)?;
            }
        }
        Ok(profile)
    }
}
