//! Facts that a resume's text states, each with the place it was read from.

mod dates;
pub(crate) mod degree;
mod language_names;
pub(crate) mod languages;
mod names;
mod seniority;
mod skills;
mod tokens;
mod years;

use std::ops::Range;

use ranker_core::{Fact, Profile, ValueError};

pub use dates::Month;
pub(crate) use dates::Period;
pub use names::fact_names;
use years::worked;
pub(crate) use years::years_of;

use crate::sections::{Section, sections};
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
    pub(crate) skills: Skills,
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

    /// Adds what else skills are called by words that mean something else otherwise ("Excel", "BI"): these count only in
    /// lists of skills, and only as they are written.
    #[must_use]
    pub fn with_skills_as_written<L: AsRef<str>>(
        mut self,
        skills: impl IntoIterator<Item = (String, Vec<L>)>,
    ) -> Self {
        for (name, labels) in skills {
            self.skills.add_as_written(&name, &labels);
        }
        self
    }

    /// The facts of a text, at most one of each name: years of work (from dated jobs, overlaps counted
    /// once; else as stated), seniority, the highest degree, languages, skills.
    ///
    /// The text is one in plain form ([`ranker_core::PlainText`]). What it denies counts like what it
    /// affirms: [`Self::complete`] reads a profile without it.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<FoundFact> {
        let sections = sections(text);
        let mut found = self.find_all_but_skills(text, &sections);
        found.extend(self.skills.find(text, &sections));
        found
    }

    /// As [`Self::find`], of a text whose sections are known and whose skills are read otherwise.
    pub(crate) fn find_all_but_skills(&self, text: &str, sections: &[Section]) -> Vec<FoundFact> {
        let found = [
            years::find(text, sections, self.today),
            degree::find(text, sections, self.today),
            languages::find(text, sections),
            seniority::find(text, sections),
        ];
        found.into_iter().flatten().collect()
    }

    /// The dated jobs of a text.
    pub(crate) fn jobs(&self, text: &str, sections: &[Section]) -> Vec<Period> {
        worked(text, sections, self.today)
    }

    /// The places of the dates of a line.
    pub(crate) fn dates_in(&self, line: &str) -> Vec<Range<usize>> {
        // Most lines have none, which is cheap to see.
        if !line.contains(|c: char| c.is_ascii_digit()) {
            return Vec::new();
        }
        let periods = dates::periods(&tokens::tokens(line), self.today).into_iter();
        periods.map(|period| period.place).collect()
    }

    /// Adds the facts that a profile's title and text state and that it does not have: a given fact wins.
    /// What does not count of the text ([`ranker_core::Uncounted`]) is not read.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn finder() -> FactFinder {
        let skills = [
            ("Java".to_owned(), vec![""; 0]),
            ("C++".to_owned(), vec!["cpp"]),
        ];
        FactFinder::new(Month::new(2026, 11).unwrap()).with_skills(skills)
    }

    #[test]
    fn what_is_denied_is_no_fact_and_given_facts_win() {
        let text = "No experience with Java. Knows C++.\nExperience\nBaker, 2010 - 2014";
        let profile = Profile::new("p", text).unwrap();
        let found = finder().complete(profile.clone()).unwrap();
        assert_eq!(found.facts().get("skills"), Some(&Fact::keywords(["c++"])));
        assert_eq!(
            found.facts().get("years_experience"),
            Some(&Fact::Number(4.0))
        );
        let given = profile
            .with_fact("years_experience", Fact::Number(9.0))
            .unwrap();
        let given = finder().complete(given).unwrap();
        assert_eq!(
            given.facts().get("years_experience"),
            Some(&Fact::Number(9.0))
        );
    }

    #[test]
    fn places_lie_in_the_text() {
        let text = "Ana, Senior Cook\nExperience\nCook, since 03/2019\nEducation\nBSc\nLanguages\nFrench\nSkills\nC++";
        let found = finder().find(text);
        let read: Vec<_> = found
            .iter()
            .map(|found| (found.name, &text[found.place.clone()]))
            .collect();
        assert_eq!(
            read,
            [
                ("years_experience", "since 03/2019"),
                ("education", "BSc"),
                ("languages", "French"),
                ("seniority", "Senior"),
                ("skills", "C++"),
            ]
        );
    }
}
