//! What a page shows of a person: without what says who somebody is, unless that is asked for.

use std::sync::Arc;

use ranker::core::{Candidate, Facts, Reading, Uncounted};
use ranker::{Profile, Ranked};

use crate::intake::CAME_WITH;

/// Stands for bytes that are not shown: a character of nobody's, three bytes long. The text keeps its length, so that
/// passages are where they were.
const HIDDEN: char = '\u{e000}';

/// A candidate as shown to somebody who does not ask who it is.
pub(crate) fn blind(ranked: &Ranked) -> Ranked {
    let profile = ranked.candidate.profile();
    let hidden = profile.uncounted();
    let hidden = hidden.filter(|(why, _)| *why == Uncounted::Personal);
    let mut text = profile.text().to_owned();
    for (_, bytes) in hidden {
        let cover = cover(&profile.text()[bytes.clone()]);
        text.replace_range(bytes, &cover);
    }
    shown(ranked, profile.plain_title(), text)
}

/// The same with all that is there.
pub(crate) fn whole(ranked: &Ranked) -> Ranked {
    let profile = ranked.candidate.profile();
    shown(ranked, profile.title(), profile.text().to_owned())
}

/// With what it is called by for a title.
pub(crate) fn named(ranked: &Ranked, name: &str) -> Ranked {
    let mut ranked = ranked.clone();
    let profile = (**ranked.candidate.profile()).clone().with_title(name);
    ranked.candidate = Candidate::new(ranked.candidate.hit().clone(), Arc::new(profile));
    ranked
}

/// As it is shown: what the service notes for itself is not.
fn shown(ranked: &Ranked, title: &str, text: String) -> Ranked {
    let profile = ranked.candidate.profile();
    let mut facts = Facts::new();
    let known = profile.facts().iter();
    for (name, fact) in known.filter(|(name, _)| *name != CAME_WITH) {
        // They were facts before.
        let _ = facts.insert(name, fact.clone());
    }
    let mut ranked = ranked.clone();
    // What is left of a text that says nothing but who somebody is may be blank: then it is shown by its id alone.
    if let Ok(shown) = Profile::new(profile.id().as_str(), text) {
        let shown = shown.with_title(title).with_facts(facts);
        let shown = Arc::new(shown.read_as(Reading::Whole));
        ranked.candidate = Candidate::new(ranked.candidate.hit().clone(), shown);
    }
    ranked
}

/// As many bytes that say nothing; spaces and ends of lines stay.
fn cover(text: &str) -> String {
    let mut covered = String::with_capacity(text.len());
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let (whole, rest) = (word.len() / 3, word.len() % 3);
        covered.extend(std::iter::repeat_n(HIDDEN, whole));
        covered.push_str(&"_".repeat(rest));
        covered.push_str(&piece[word.len()..]);
    }
    covered
}

/// Whether something of a text is covered.
pub(crate) fn is_hidden(text: &str) -> bool {
    text.contains(HIDDEN)
}

/// Markup in which this word says of what is covered that it is, once for each run of words.
pub(crate) fn told(html: &str, word: &str) -> String {
    let hidden = format!("<span class=\"hidden\">{word}</span>");
    let mut told = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(HIDDEN) {
        told.push_str(&rest[..at]);
        told.push_str(&hidden);
        let covered = |c: char| c == HIDDEN || c == '_' || c == ' ';
        let after = rest[at..].trim_start_matches(covered);
        // The spaces after the last covered word stay.
        let taken = &rest[at..rest.len() - after.len()];
        rest = &rest[at + taken.trim_end_matches(' ').len()..];
    }
    told.push_str(rest);
    told
}

#[cfg(test)]
mod tests {
    use ranker::core::{FeatureMatrix, FeatureSchema, FeatureSpec, Hit, Query, Score};
    use ranker::{JobDescription, Ranking};

    use super::*;

    fn ranked(title: &str, text: &str) -> Ranked {
        let profile = Profile::new("p-1", text).unwrap().with_title(title);
        let hit = Hit::new(profile.id().clone(), Score::default());
        let spec = FeatureSpec::new("years", "Years.", 0.0..=50.0);
        let schema = Arc::new(FeatureSchema::new(vec![spec]).unwrap());
        let features = FeatureMatrix::new(schema, vec![1.0]).unwrap();
        let query = Arc::new(Query::new(JobDescription::new("Java").unwrap()));
        let candidate = Candidate::new(hit, Arc::new(profile));
        let scored = vec![(Score::default(), candidate, features)];
        Ranking::new(query, "model", scored).as_slice()[0].clone()
    }

    #[test]
    fn names_are_covered_and_places_stay() {
        let text = "Ana Lopez\nJava Developer\nana.lopez@example.com\nShe led a team of six.\nÄnderung <b>";
        let shown = blind(&ranked("Ana Lopez", text));
        let profile = shown.candidate.profile();
        assert_eq!(profile.title(), "");
        assert_eq!(profile.text().len(), text.len());
        let at = text.find("led a team").unwrap();
        assert_eq!(&profile.text()[at..at + 10], "led a team");
        for gone in ["Ana", "Lopez", "example.com", "She"] {
            assert!(!profile.text().contains(gone), "{gone}: {}", profile.text());
        }
        let told = told(profile.text(), "hidden");
        let hidden = "<span class=\"hidden\">hidden</span>";
        assert_eq!(
            told,
            format!(
                "{hidden}\nJava Developer\n{hidden}\n{hidden} led a team of six.\nÄnderung <b>"
            )
        );
        assert_eq!(
            whole(&ranked("Ana Lopez", text)).candidate.profile().text(),
            text
        );
        assert_eq!(told_of("nothing"), "nothing");
    }

    fn told_of(text: &str) -> String {
        told(text, "hidden")
    }

    #[test]
    fn what_the_service_notes_for_itself_is_not_shown() {
        let mut one = ranked("Cook", "Cook in Lyon");
        let profile = one.candidate.profile().as_ref().clone();
        let fact = |word: &str| ranker::core::Fact::keywords([word]);
        let profile = profile.with_fact(CAME_WITH, fact("form-1")).unwrap();
        let profile = profile.with_fact("skills", fact("sauces")).unwrap();
        one.candidate = Candidate::new(one.candidate.hit().clone(), Arc::new(profile));
        for shown in [blind(&one), whole(&one)] {
            let facts = shown.candidate.profile().facts().clone();
            assert_eq!(
                facts.iter().map(|fact| fact.0).collect::<Vec<_>>(),
                ["skills"]
            );
        }
    }
}
