//! Numbers, lists and names as each language writes them.

use std::collections::BTreeMap;

use ranker_core::{Asked, CandidateId, Demand, Requirement};

use super::Language;
use super::names;
use crate::render::number::{Fixed, Signed};
use crate::render::text::Line;

/// The most of a list that is named one by one.
const MOST: usize = 6;

/// How a language says things.
pub(super) struct Grammar<'a> {
    pub(super) language: Language,
    pub(super) features: &'a BTreeMap<String, String>,
    /// What people are called, by their ids.
    pub(super) people: &'a BTreeMap<CandidateId, String>,
}

impl Grammar<'_> {
    /// The English or the German of it.
    pub(super) fn say<'t>(&self, english: &'t str, german: &'t str) -> &'t str {
        match self.language {
            Language::English => english,
            Language::German => german,
        }
    }

    /// With three digits after the point.
    pub(super) fn fixed(&self, number: f64) -> String {
        self.pointed(&Fixed(number).to_string())
    }

    /// With a sign and three digits after the point.
    pub(super) fn signed(&self, number: f64) -> String {
        self.pointed(&Signed(number).to_string())
    }

    /// A number of years: as many digits as it has.
    pub(super) fn plain(&self, number: f64) -> String {
        self.pointed(&number.to_string())
    }

    /// A number with this language's decimal sign.
    fn pointed(&self, number: &str) -> String {
        number.replace('.', self.say(".", ","))
    }

    /// What somebody is called.
    pub(super) fn somebody(&self, id: &CandidateId) -> String {
        let name = self.people.get(id).map_or(id.as_str(), String::as_str);
        Line(name).to_string()
    }

    /// What a feature is called.
    pub(super) fn feature(&self, name: &str) -> String {
        if let Some(words) = self.features.get(name) {
            return Line(words).to_string();
        }
        if let Some(words) = names::feature(name, self.language) {
            return words.to_owned();
        }
        let name = Line(name);
        match self.language {
            Language::English => format!("the feature “{name}”"),
            Language::German => format!("das Merkmal „{name}“"),
        }
    }

    /// "a, b and c"; of many, the first with the number of the others.
    pub(super) fn and(&self, items: &[String]) -> String {
        let rest = items.len().saturating_sub(MOST);
        let mut shown: Vec<String> = items.iter().take(MOST).cloned().collect();
        if rest > 0 {
            shown.push(format!("{rest} {}", self.say("more", "weitere")));
        }
        joined(&shown, self.say("and", "und"))
    }

    /// What a requirement asks for.
    pub(super) fn asked(&self, asked: &Asked) -> String {
        match asked {
            Asked::Years(years) => self.years(*years),
            Asked::Skills(skills) => self.or(skills.iter().map(|skill| Line(skill).to_string())),
            Asked::Languages(all) => {
                self.or(all.iter().map(|one| names::language(one, self.language)))
            }
            Asked::Degree(degree) => names::degree(degree, self.language),
            other => self.condition(&other.to_string()),
        }
    }

    /// What a requirement asks for, or asks to be without.
    pub(super) fn required(&self, requirement: &Requirement) -> String {
        let asked = self.asked(&requirement.asked);
        match requirement.demand {
            Demand::Excluded => format!("{} {asked}", self.say("without", "ohne")),
            Demand::Required | Demand::Preferred => asked,
        }
    }

    fn or(&self, names: impl Iterator<Item = String>) -> String {
        joined(&names.collect::<Vec<_>>(), self.say("or", "oder"))
    }

    fn years(&self, years: f64) -> String {
        let number = self.plain(years);
        match (self.language, years == 1.0) {
            (Language::English, true) => format!("{number} year of work"),
            (Language::English, false) => format!("{number} years of work"),
            (Language::German, true) => format!("{number} Jahr Berufserfahrung"),
            (Language::German, false) => format!("{number} Jahre Berufserfahrung"),
        }
    }

    fn condition(&self, words: &str) -> String {
        let words = Line(words);
        match self.language {
            Language::English => format!("the condition “{words}”"),
            Language::German => format!("die Bedingung „{words}“"),
        }
    }
}

/// "a, b WORD c".
fn joined(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

/// With a capital at its beginning.
pub(super) fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
