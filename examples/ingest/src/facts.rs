//! Facts read from the bundled people's texts, against the facts that are known of them.

use std::collections::BTreeSet;
use std::fs;

use ranker_core::Fact;
use ranker_expand::Taxonomy;
use ranker_ingest::{FactFinder, Month, fact_names};
use serde::Deserialize;

use crate::{Outcome, table, workspace};

/// The month for which the bundled people were made.
const MADE: (u32, u32) = (2025, 6);

#[derive(Deserialize)]
struct Person {
    title: String,
    text: String,
    facts: Known,
}

#[derive(Deserialize)]
struct Known {
    years_experience: f64,
    education: String,
    languages: BTreeSet<String>,
    skills: BTreeSet<String>,
}

/// Found, known, and both.
#[derive(Default)]
struct Counts {
    found: usize,
    known: usize,
    right: usize,
}

impl Counts {
    fn add(&mut self, found: &BTreeSet<String>, known: &BTreeSet<String>) {
        self.found += found.len();
        self.known += known.len();
        self.right += found.intersection(known).count();
    }

    fn row(&self, fact: &str, people: usize) {
        let share = |of: usize| format!("{:.3}", self.right as f64 / of.max(1) as f64);
        let [found, known] = [self.found, self.known].map(|count| count.to_string());
        let people = people.to_string();
        table::row(&[
            fact,
            &people,
            &found,
            &known,
            &share(self.found),
            &share(self.known),
        ]);
    }
}

/// Prints precision and recall.
///
/// Skills are known for these people by names of the bundle's own, which the texts seldom write in the
/// same words; only those that the taxonomy knows by name are counted.
pub(crate) fn measure() -> Outcome {
    let path = workspace().join("data/bundled/profiles.jsonl");
    let people: Vec<Person> = fs::read_to_string(path)?
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let taxonomy = Taxonomy::acronyms_and_skills();
    let names: BTreeSet<String> = taxonomy
        .skills()
        .map(|(name, _)| name.to_lowercase())
        .collect();
    let skills = taxonomy
        .skills()
        .map(|(name, labels)| (name.to_owned(), labels));
    let finder = FactFinder::new(Month::new(MADE.0, MADE.1)?).with_skills(skills);
    let [mut exact, mut near, mut degree, mut languages, mut skills] = <[Counts; 5]>::default();
    for person in &people {
        let text = format!("{}\n{}", person.title, person.text);
        let found = finder.find(&text);
        let fact = |name: &str| {
            found
                .iter()
                .find(|found| found.name == name)
                .map(|found| &found.fact)
        };
        let words = |name: &str| -> BTreeSet<String> {
            fact(name)
                .into_iter()
                .flat_map(Fact::words)
                .map(str::to_owned)
                .collect()
        };
        if let Some(years) = fact(fact_names::YEARS).and_then(Fact::number) {
            let off = (years - person.facts.years_experience).abs();
            exact.found += 1;
            exact.right += usize::from(off <= 0.5);
            near.found += 1;
            near.right += usize::from(off <= 1.0);
        }
        exact.known += 1;
        near.known += 1;
        degree.add(
            &words(fact_names::EDUCATION),
            &BTreeSet::from([person.facts.education.clone()]),
        );
        languages.add(&words(fact_names::LANGUAGES), &person.facts.languages);
        let known: BTreeSet<String> = person.facts.skills.intersection(&names).cloned().collect();
        let claimed = words(fact_names::SKILLS);
        skills.add(&claimed, &known);
    }
    table::header(
        &["fact", "people", "found", "known", "precision", "recall"],
        1,
    );
    let count = people.len();
    exact.row("years of work, within half a year", count);
    near.row("years of work, within a year", count);
    degree.row("degree", count);
    languages.row("languages", count);
    skills.row("skills that the taxonomy knows", count);
    Ok(())
}
