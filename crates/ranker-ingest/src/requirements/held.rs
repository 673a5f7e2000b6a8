//! What a profile has of what jobs ask for.

use std::cell::OnceCell;
use std::ops::Range;

use ranker_core::{Fact, Facts, Profile, Uncounted, language, word_key};

use super::kinds::with_tools;
use super::titles::{Job, Title, jobs, titles};
use super::written::Written;
use crate::facts::{fact_names, years_of};
use crate::{FactFinder, FoundFact, Section, SectionKind, sections};

/// A profile as requirements are compared with it.
pub(super) struct Held<'p> {
    profile: &'p Profile,
    /// Title and text, as every stage reads them.
    full: String,
    found: Vec<FoundFact>,
    /// The skills that the text names: key and place.
    named: Vec<(String, Range<usize>)>,
    /// Those that it denies, with their places in the text as it was written.
    denied: Vec<(String, Range<usize>)>,
    /// Whether the text has a section for skills.
    lists_skills: bool,
    sections: Vec<Section>,
    finder: &'p FactFinder,
    /// Read where years are asked.
    titles: OnceCell<Vec<Title>>,
    /// Read where something is asked that the finder's taxonomy does not know.
    written: OnceCell<Written>,
    jobs: OnceCell<Vec<Job>>,
}

/// A fact of a profile.
pub(super) struct Had {
    pub(super) fact: Fact,
    /// Bytes of the text as it was written.
    pub(super) passage: Option<Range<usize>>,
    pub(super) confidence: f32,
}

impl<'p> Held<'p> {
    pub(super) fn of(finder: &'p FactFinder, profile: &'p Profile) -> Self {
        let full = profile.full_text();
        let sections = sections(&full);
        let mut named = Vec::new();
        for section in &sections {
            let listed = section.kind == SectionKind::Skills;
            let start = section.body.start;
            for skill in finder.skills.named(&full[section.body.clone()], listed) {
                named.push((
                    key(skill.skill),
                    start + skill.at.start..start + skill.at.end,
                ));
            }
        }
        let denied = profile
            .uncounted()
            .filter(|(why, _)| *why == Uncounted::Negated)
            .flat_map(|(_, at)| {
                let skills = finder.skills.named(&profile.text()[at.clone()], true);
                skills
                    .into_iter()
                    .map(move |skill| (key(skill.skill), at.clone()))
            });
        Self {
            denied: denied.collect(),
            lists_skills: sections
                .iter()
                .any(|section| section.kind == SectionKind::Skills),
            found: finder.find_all_but_skills(&full, &sections),
            named,
            full,
            profile,
            sections,
            finder,
            titles: OnceCell::new(),
            written: OnceCell::new(),
            jobs: OnceCell::new(),
        }
    }

    pub(super) fn facts(&self) -> &Facts {
        self.profile.facts()
    }

    /// The fact of this name: the given one, else what the text says.
    pub(super) fn fact(&self, name: &str) -> Option<Had> {
        let found = self.found.iter().find(|found| found.name == name);
        let passage = |found: &FoundFact| self.written_at(&found.place);
        let given = self.profile.facts().get(name);
        match (given, found) {
            (Some(given), found) => Some(Had {
                fact: given.clone(),
                passage: found.filter(|found| found.fact == *given).and_then(passage),
                confidence: 1.0,
            }),
            (None, Some(found)) => Some(Had {
                fact: found.fact.clone(),
                passage: passage(found),
                confidence: found.confidence,
            }),
            (None, None) => None,
        }
    }

    /// Its headline and the titles of its jobs.
    pub(super) fn titles(&self) -> &[Title] {
        let read = || {
            titles(
                self.finder,
                self.profile.title(),
                &self.full,
                &self.sections,
            )
        };
        self.titles.get_or_init(read)
    }

    /// The years under titles like this one; `None` where no dated job has one, or the years were given.
    pub(super) fn years_like(&self, title: &Title) -> Option<f64> {
        if self.facts().get(fact_names::YEARS).is_some() {
            return None;
        }
        let read = || jobs(self.finder, &self.full, &self.sections);
        let jobs = self.jobs.get_or_init(read).iter();
        let like = jobs.filter(|job| title.is_like(&job.titles));
        let months: Vec<Range<u32>> = like.map(|job| job.months.clone()).collect();
        (!months.is_empty()).then(|| years_of(months))
    }

    /// The language that the text is written in, by its English name in lower case.
    pub(super) fn written_in(&self) -> Option<String> {
        Some(language(&self.full)?.to_string().to_lowercase())
    }

    /// Where the text names one of these skills, and the skill; else where it names a tool of one that is a kind, and the tool.
    pub(super) fn named<'s>(
        &self,
        skills: impl Iterator<Item = &'s String> + Clone,
    ) -> Option<(&'s str, Option<Range<usize>>)> {
        with_tools(skills).find_map(|skill| {
            let at = self.place_of(skill)?;
            Some((skill, self.written_at(&at)))
        })
    }

    /// Where the text names a skill.
    fn place_of(&self, skill: &str) -> Option<Range<usize>> {
        if !self.finder.skills.knows(skill) {
            return self.written(skill);
        }
        let called = self.finder.skills.named(skill, true);
        let wanted = called.first().map_or(key(skill), |known| key(known.skill));
        let known = self.named.iter().find(|(key, _)| *key == wanted);
        known.map(|(_, at)| at.clone())
    }

    /// Where the text has a name that the taxonomy does not know.
    fn written(&self, name: &str) -> Option<Range<usize>> {
        let written = self.written.get_or_init(|| Written::of(&self.full));
        let listed = |at: usize| {
            let mut sections = self.sections.iter();
            let section = sections.find(|section| section.body.contains(&at));
            section.is_some_and(|section| section.kind == SectionKind::Skills)
        };
        written.find(&self.full, name, listed)
    }

    /// Where the text denies one of these skills, and the skill.
    pub(super) fn denied<'s>(
        &self,
        mut skills: impl Iterator<Item = &'s String>,
    ) -> Option<(&'s str, Range<usize>)> {
        skills.find_map(|skill| {
            let wanted = key(skill);
            let known = self.denied.iter().find(|(key, _)| *key == wanted);
            let at = match known {
                Some((_, at)) => at.clone(),
                None if self.finder.skills.knows(skill) => return None,
                None => self.denies(skill)?,
            };
            Some((skill.as_str(), at))
        })
    }

    /// Where the text denies what has a name that the taxonomy does not know.
    fn denies(&self, name: &str) -> Option<Range<usize>> {
        let mut denied = self
            .profile
            .uncounted()
            .filter(|(why, _)| *why == Uncounted::Negated);
        let names = |at: &Range<usize>| {
            let text = &self.profile.text()[at.clone()];
            Written::of(text).find(text, name, |_| true).is_some()
        };
        denied.find_map(|(_, at)| names(&at).then_some(at))
    }

    /// Whether the profile says which skills it has.
    pub(super) fn lists_skills(&self) -> bool {
        self.lists_skills || self.facts().get(fact_names::SKILLS).is_some()
    }

    /// The bytes of the text as it was written; `None` for the title's.
    fn written_at(&self, full: &Range<usize>) -> Option<Range<usize>> {
        let title = self.full.len() - self.profile.plain_text().len();
        let start = full.start.checked_sub(title)?;
        Some(self.profile.written_at(start..full.end - title))
    }
}

/// What a skill is compared by.
pub(super) fn key(skill: &str) -> String {
    word_key(&skill.to_lowercase()).into_owned()
}
