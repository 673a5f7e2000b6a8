//! Whether a profile meets a requirement.

use std::collections::BTreeSet;

use ranker_core::{Asked, Assessment, Because, Demand, Fact, Facts, Filter, Verdict};

use super::asked::Item;
use super::held::{Had, Held, key};
use super::kinds::with_tools;
use super::titles::Title;
use crate::facts::{degree, fact_names};

/// The share of the years asked for that counts as part of them.
const PART: f64 = 0.5;

/// The verdict on one requirement.
pub(super) fn verdict(item: &Item, held: &Held<'_>) -> Assessment {
    let finding = match (&item.requirement.asked, &item.condition) {
        (Asked::Years(years), _) => of_years(*years, &item.title, held),
        (Asked::Skills(skills), _) => of_skills(skills, held),
        (Asked::Degree(asked), _) => of_degree(asked, held),
        (Asked::Languages(languages), _) => of_languages(languages, held),
        (_, Some(condition)) => Finding::new(match condition.matches(held.facts()) {
            true => Verdict::Met,
            false if !speaks_of(held.facts(), condition) => Verdict::NotSaid,
            false => Verdict::Missing,
        }),
        (_, None) => Finding::new(Verdict::NotSaid),
    };
    let finding = match item.requirement.demand {
        Demand::Excluded => finding.turned(),
        Demand::Required | Demand::Preferred => finding,
    };
    let Finding {
        verdict,
        reason,
        had,
    } = finding;
    let assessment = Assessment::new(item.requirement.clone(), verdict, reason);
    match had {
        Some(had) => assessment.read_from(had.passage, had.confidence),
        None => assessment,
    }
}

/// Whether any fact that a condition reads is known.
fn speaks_of(facts: &Facts, condition: &Filter) -> bool {
    let any = |all: &[Filter]| all.iter().any(|one| speaks_of(facts, one));
    match condition {
        Filter::Range { fact, .. }
        | Filter::Flag { fact, .. }
        | Filter::AnyOf { fact, .. }
        | Filter::AllOf { fact, .. } => facts.get(fact).is_some(),
        Filter::And(all) | Filter::Or(all) => any(all),
        Filter::Not(one) => speaks_of(facts, one),
        _ => true,
    }
}

/// A verdict on what is asked, before it is known whether that is wanted.
struct Finding {
    verdict: Verdict,
    reason: Because,
    had: Option<Had>,
}

impl Finding {
    fn new(verdict: Verdict) -> Self {
        Self {
            verdict,
            reason: Because::default(),
            had: None,
        }
    }

    fn because(mut self, reason: Because) -> Self {
        self.reason = reason;
        self
    }

    fn by(mut self, had: Had) -> Self {
        self.had = Some(had);
        self
    }

    /// The verdict where what is asked must not be there.
    fn turned(mut self) -> Self {
        self.verdict = match self.verdict {
            Verdict::Met | Verdict::Partly => Verdict::Contradicted,
            Verdict::Missing | Verdict::Contradicted | Verdict::NotSaid => Verdict::Met,
        };
        self
    }
}

/// As many years as asked count as met where one of the jobs is called like the one that asks.
fn of_years(asked: f64, title: &Title, held: &Held<'_>) -> Finding {
    let Some(had) = held.fact(fact_names::YEARS) else {
        return Finding::new(Verdict::NotSaid);
    };
    let Some(years) = had.fact.number() else {
        return Finding::new(Verdict::NotSaid);
    };
    let related = title.is_like(held.titles());
    let under_title = held.years_like(title).filter(|_| related);
    let (verdict, reason) = match (years >= asked, related) {
        (true, true) => match under_title {
            Some(alike) if alike < asked * PART => {
                (Verdict::Partly, Because::YearsPartly { years, alike })
            }
            _ => (Verdict::Met, Because::Years(years)),
        },
        (true, false) => (Verdict::Partly, Because::YearsElsewhere(years)),
        (false, true) if years >= asked * PART => (Verdict::Partly, Because::Years(years)),
        (false, _) => (Verdict::Missing, Because::Years(years)),
    };
    Finding::new(verdict).because(reason).by(had)
}

fn of_skills(skills: &BTreeSet<String>, held: &Held<'_>) -> Finding {
    if let Some((skill, passage)) = held.named(skills.iter()) {
        let had = Had {
            fact: Fact::keyword(skill),
            passage,
            confidence: 0.9,
        };
        return Finding::new(Verdict::Met)
            .because(Because::Names(skill.to_owned()))
            .by(had);
    }
    let given = held.facts().get(fact_names::SKILLS);
    let keys: BTreeSet<_> = given.into_iter().flat_map(Fact::keys).collect();
    if let Some(skill) = with_tools(skills.iter()).find(|skill| keys.contains(key(skill).as_str()))
    {
        return Finding::new(Verdict::Met).because(Because::Has(skill.to_owned()));
    }
    if let Some((skill, passage)) = held.denied(skills.iter()) {
        let had = Had {
            fact: Fact::keyword(skill),
            passage: Some(passage),
            confidence: 0.9,
        };
        let reason = Because::Denies(skill.to_owned());
        return Finding::new(Verdict::Contradicted).because(reason).by(had);
    }
    match held.lists_skills() {
        true => Finding::new(Verdict::Missing).because(Because::OtherSkills),
        false => Finding::new(Verdict::NotSaid),
    }
}

fn of_degree(asked: &str, held: &Held<'_>) -> Finding {
    let Some(had) = held.fact(fact_names::EDUCATION) else {
        return Finding::new(Verdict::NotSaid);
    };
    let height = had.fact.words().filter_map(degree::height).max();
    let verdict = match height {
        None => Verdict::NotSaid,
        Some(_) if height >= degree::height(asked) => Verdict::Met,
        Some(_) => Verdict::Missing,
    };
    let reason = Because::Degrees(words(&had.fact));
    Finding::new(verdict).because(reason).by(had)
}

fn of_languages(languages: &BTreeSet<String>, held: &Held<'_>) -> Finding {
    let Some(had) = held.fact(fact_names::LANGUAGES) else {
        return Finding::new(Verdict::NotSaid);
    };
    let keys: BTreeSet<_> = had.fact.keys().collect();
    let met = languages
        .iter()
        .any(|language| keys.contains(key(language).as_str()));
    let written = held
        .written_in()
        .filter(|written| languages.contains(written));
    let verdict = match (met, written) {
        (true, _) => Verdict::Met,
        // Who lists the languages that were learnt may leave out the one in which the text is.
        (false, Some(written)) => {
            return Finding::new(Verdict::NotSaid).because(Because::WrittenIn(written));
        }
        (false, None) => Verdict::Missing,
    };
    let reason = Because::Speaks(words(&had.fact));
    Finding::new(verdict).because(reason).by(had)
}

fn words(fact: &Fact) -> Vec<String> {
    fact.words().map(str::to_owned).collect()
}
