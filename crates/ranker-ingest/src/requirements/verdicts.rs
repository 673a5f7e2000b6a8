//! Whether a profile meets a requirement.

use std::collections::BTreeSet;

use ranker_core::{Asked, Assessment, Demand, Fact, Facts, Filter, Verdict};

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
    reason: String,
    had: Option<Had>,
}

impl Finding {
    fn new(verdict: Verdict) -> Self {
        Self {
            verdict,
            reason: String::new(),
            had: None,
        }
    }

    fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
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
    let (verdict, more) = match (years >= asked, related) {
        (true, true) => match under_title {
            Some(under) if under < asked * PART => (
                Verdict::Partly,
                format!(", {under} of them under titles like the job's"),
            ),
            _ => (Verdict::Met, String::new()),
        },
        (true, false) => (
            Verdict::Partly,
            ", under no title like the job's".to_owned(),
        ),
        (false, true) if years >= asked * PART => (Verdict::Partly, String::new()),
        (false, _) => (Verdict::Missing, String::new()),
    };
    let unit = if years == 1.0 { "year" } else { "years" };
    let reason = format!("has {years} {unit}{more}");
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
            .because(format!("names {skill}"))
            .by(had);
    }
    let given = held.facts().get(fact_names::SKILLS);
    let keys: BTreeSet<_> = given.into_iter().flat_map(Fact::keys).collect();
    if let Some(skill) = with_tools(skills.iter()).find(|skill| keys.contains(key(skill).as_str()))
    {
        return Finding::new(Verdict::Met).because(format!("has {skill}"));
    }
    if let Some((skill, passage)) = held.denied(skills.iter()) {
        let had = Had {
            fact: Fact::keyword(skill),
            passage: Some(passage),
            confidence: 0.9,
        };
        let reason = format!("says that it has no {skill}");
        return Finding::new(Verdict::Contradicted).because(reason).by(had);
    }
    match held.lists_skills() {
        true => Finding::new(Verdict::Missing).because("lists other skills"),
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
    let reason = format!("has {}", had.fact);
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
            return Finding::new(Verdict::NotSaid).because(format!("is written in {written}"));
        }
        (false, None) => Verdict::Missing,
    };
    let reason = format!("speaks {}", had.fact);
    Finding::new(verdict).because(reason).by(had)
}
