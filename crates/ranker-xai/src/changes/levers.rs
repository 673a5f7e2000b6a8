//! Which facts could be otherwise, as the job asks for them.

use std::collections::BTreeSet;

use ranker_core::{
    Asked, Assessment, Demand, Fact, Filter, JobDescription, Profile, Verdict, years_asked,
};

use super::change::{Change, ChangeNames};

/// A fact that could be otherwise: the ways in which it could, smallest step first.
#[derive(Debug, Clone, PartialEq)]
pub struct Lever(pub Vec<Change>);

/// Levels that stand before a title.
const LEVELS: [&str; 4] = ["Junior", "Senior", "Lead", "Principal"];

/// What a job asks and a profile does not meet, as far as a job-related fact of it could be otherwise: years of work
/// (each whole year up to those asked), skills, languages, the degree, and the level in the title.
///
/// Read from the verdicts, where there are such, from the conditions of the job's filter, and from the years that the
/// job's text asks. What a text denies ("no experience with Java") is no lever: the text would have to say otherwise.
#[must_use]
pub fn levers(
    job: &JobDescription,
    profile: &Profile,
    assessments: &[Assessment],
    names: &ChangeNames,
) -> Vec<Lever> {
    let had = Had { profile, names };
    let open = assessments.iter().filter(|one| is_open(one));
    let mut found: Vec<Lever> = open.map(|one| had.asked(&one.requirement.asked)).collect();
    found.extend(had.filter(job.filter()));
    let judged = assessments
        .iter()
        .any(|one| matches!(one.requirement.asked, Asked::Years(_)));
    if let (Some(asked), false) = (years_asked(&job.full_text()), judged) {
        found.push(had.years(asked.years));
    }
    found.push(had.seniority(job.title()));
    found.retain(|lever| !lever.0.is_empty());
    let mut distinct: Vec<Lever> = Vec::with_capacity(found.len());
    for lever in found {
        let known = |other: &Lever| lever.0.iter().any(|change| other.0.contains(change));
        if !distinct.iter().any(known) {
            distinct.push(lever);
        }
    }
    distinct
}

fn is_open(one: &Assessment) -> bool {
    let wanted = one.requirement.demand != Demand::Excluded;
    let open = matches!(
        one.verdict,
        Verdict::Partly | Verdict::Missing | Verdict::NotSaid
    );
    wanted && open
}

/// A profile, as what is asked is compared with it.
struct Had<'a> {
    profile: &'a Profile,
    names: &'a ChangeNames,
}

impl Had<'_> {
    fn asked(&self, asked: &Asked) -> Lever {
        match asked {
            Asked::Years(years) => self.years(*years),
            Asked::Skills(skills) => Lever(skills.iter().cloned().map(Change::Skill).collect()),
            Asked::Languages(all) => Lever(all.iter().cloned().map(Change::Language).collect()),
            Asked::Degree(degree) => self.degree(degree),
            // A condition of the filter on another fact: a permit, a place, an age.
            _ => Lever(Vec::new()),
        }
    }

    fn years(&self, asked: f64) -> Lever {
        let had = self.profile.facts().get(&self.names.years);
        let from = had.and_then(Fact::number);
        let change = |to| Change::Years { from, to };
        match from {
            Some(had) if had >= asked => Lever(Vec::new()),
            Some(had) => {
                let whole = (1..).map(|more| had.max(0.0).floor() + f64::from(more));
                let below = whole.take_while(|years| *years < asked);
                Lever(below.chain([asked]).map(change).collect())
            }
            None => Lever(vec![change(asked)]),
        }
    }

    fn degree(&self, to: &str) -> Lever {
        let had = self.profile.facts().get(&self.names.degree);
        let from = had.map(ToString::to_string);
        let to = to.to_owned();
        Lever(vec![Change::Degree { from, to }])
    }

    fn seniority(&self, title: &str) -> Lever {
        let from = self.profile.plain_title();
        let level = |title: &str| {
            let mut words = title.split_whitespace();
            words.find_map(|word| LEVELS.iter().find(|level| level.eq_ignore_ascii_case(word)))
        };
        match (level(title), level(from)) {
            _ if from.is_empty() => Lever(Vec::new()),
            (Some(asked), had) if Some(asked) != had => {
                let is_level = |word: &&str| !LEVELS.iter().any(|l| l.eq_ignore_ascii_case(word));
                let rest = from.split_whitespace().filter(is_level);
                let to: Vec<&str> = [*asked].into_iter().chain(rest).collect();
                let (from, to) = (from.to_owned(), to.join(" "));
                Lever(vec![Change::Seniority { from, to }])
            }
            _ => Lever(Vec::new()),
        }
    }

    /// The conditions of a filter that are not met and that are on the facts that may change.
    fn filter(&self, filter: &Filter) -> Vec<Lever> {
        let (facts, names) = (self.profile.facts(), self.names);
        if filter.matches(facts) {
            return Vec::new();
        }
        match filter {
            Filter::And(all) => all.iter().flat_map(|one| self.filter(one)).collect(),
            Filter::Range { fact, min, .. } if *fact == names.years && min.is_finite() => {
                vec![self.years(*min)]
            }
            Filter::AnyOf { fact, words } => self.one_of(fact, words).into_iter().collect(),
            Filter::AllOf { fact, words } => {
                let held = facts
                    .get(fact)
                    .map(|fact| fact.keys().collect::<BTreeSet<_>>());
                let held = held.unwrap_or_default();
                let lacking = words.iter().filter(|word| !held.contains(word.as_str()));
                let one = |word: &String| self.one_of(fact, &[word.clone()].into());
                lacking.filter_map(one).collect()
            }
            _ => Vec::new(),
        }
    }

    fn one_of(&self, fact: &str, words: &BTreeSet<String>) -> Option<Lever> {
        let names = self.names;
        let changes = words.iter().cloned();
        Some(Lever(match fact {
            fact if fact == names.skills => changes.map(Change::Skill).collect(),
            fact if fact == names.languages => changes.map(Change::Language).collect(),
            fact if fact == names.degree => {
                words.iter().flat_map(|word| self.degree(word).0).collect()
            }
            _ => return None,
        }))
    }
}
