//! Facts read from the bundled people's texts, against the facts that are known of them.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use ranker_core::{Fact, Profile};
use ranker_expand::Taxonomy;
use ranker_ingest::{FactFinder, Month, fact_names};
use serde::Deserialize;

use crate::{Outcome, print, table, workspace};

/// The month for which the bundled people were made.
const MADE: (u32, u32) = (2025, 6);

/// A bundled person.
#[derive(Deserialize)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) facts: Known,
}

/// What is known of a bundled person.
#[derive(Deserialize)]
pub(crate) struct Known {
    pub(crate) years_experience: f64,
    pub(crate) education: String,
    pub(crate) languages: BTreeSet<String>,
    pub(crate) skills: BTreeSet<String>,
}

/// All bundled people.
pub(crate) fn people() -> Outcome<Vec<Person>> {
    let path = workspace().join("data/bundled/profiles.jsonl");
    let people = fs::read_to_string(path)?;
    let people = people.lines().map(serde_json::from_str);
    Ok(people.collect::<Result<_, _>>()?)
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

    fn row(&self, fact: &str) {
        let share = |of: usize| format!("{:.3}", self.right as f64 / of.max(1) as f64);
        self.cells(fact, &share(self.found), &share(self.known));
    }

    /// A row for facts of which only some are known.
    fn row_of_some(&self, fact: &str) {
        let recall = self.right as f64 / self.known.max(1) as f64;
        self.cells(fact, "", &format!("{recall:.3}"));
    }

    fn cells(&self, fact: &str, precision: &str, recall: &str) {
        let [found, known] = [self.found, self.known].map(|count| count.to_string());
        table::row(&[fact, &found, &known, precision, recall]);
    }
}

/// A finder with the skills of a taxonomy, for the month in which the bundled people were made.
pub(crate) fn finder(taxonomy: &Taxonomy) -> Outcome<FactFinder> {
    let skills = taxonomy
        .skills()
        .map(|(name, labels)| (name.to_owned(), labels));
    let as_written = taxonomy
        .skills_as_written()
        .map(|(name, labels)| (name.to_owned(), labels));
    let finder = FactFinder::new(Month::new(MADE.0, MADE.1)?);
    Ok(finder
        .with_skills(skills)
        .with_skills_as_written(as_written))
}

#[derive(Deserialize)]
struct Text {
    #[serde(alias = "_id", default)]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

/// Prints the facts of each text, and the words that they were read from.
pub(crate) fn show(file: &Path) -> Outcome {
    let finder = finder(&Taxonomy::acronyms_and_skills())?;
    for line in fs::read_to_string(file)?.lines() {
        let read: Text = serde_json::from_str(line)?;
        let profile = Profile::new("p", read.text)?.with_title(read.title);
        let text = profile.full_text();
        print(&read.id);
        for found in finder.find(&text) {
            let words = text[found.place.clone()].replace('\n', " ");
            let confidence = found.confidence;
            print(&format!(
                "  {}: {}  ({words:?}, {confidence})",
                found.name, found.fact
            ));
        }
    }
    Ok(())
}

/// The name of each skill, by what it is called.
pub(crate) fn names(taxonomy: &Taxonomy) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for (name, labels) in taxonomy.skills() {
        for label in labels.into_iter().chain([name]) {
            names.insert(label.to_lowercase(), name.to_lowercase());
        }
    }
    names
}

/// Prints precision and recall.
///
/// Years are known in whole ones. Of the skills that a text states, the facts know some: those that the taxonomy
/// has by any of their names are looked for, and what else is found is not judged.
pub(crate) fn measure() -> Outcome {
    let people = people()?;
    let taxonomy = Taxonomy::acronyms_and_skills();
    let names = names(&taxonomy);
    let finder = finder(&taxonomy)?;
    let [mut whole, mut degree, mut languages, mut skills] = <[Counts; 4]>::default();
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
            whole.found += 1;
            whole.right += usize::from(years.floor() == person.facts.years_experience);
        }
        whole.known += 1;
        degree.add(
            &words(fact_names::EDUCATION),
            &BTreeSet::from([person.facts.education.clone()]),
        );
        languages.add(&words(fact_names::LANGUAGES), &person.facts.languages);
        let named = |words: BTreeSet<String>| -> BTreeSet<String> {
            words
                .iter()
                .filter_map(|word| names.get(word).cloned())
                .collect()
        };
        let claimed = named(words(fact_names::SKILLS));
        skills.add(&claimed, &named(person.facts.skills.clone()));
    }
    table::header(&["fact", "found", "known", "precision", "recall"], 1);
    whole.row("whole years of work");
    degree.row("degree");
    languages.row("languages");
    skills.row_of_some("skills");
    Ok(())
}
