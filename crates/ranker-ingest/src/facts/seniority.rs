//! How senior the headline or the most recent job is.

use ranker_core::Fact;

use super::tokens::{Token, tokens};
use super::{FoundFact, fact_names};
use crate::sections::{Section, SectionKind};

/// Words of a title and the step of a career that they name; the first that is found counts.
const STEPS: [(&str, &[&str]); 8] = [
    (
        "intern",
        &[
            "intern",
            "trainee",
            "apprentice",
            "praktikant",
            "werkstudent",
            "stagiaire",
            "becario",
            "stagista",
            "auszubildender",
            "azubi",
        ],
    ),
    (
        "executive",
        &[
            "chief",
            "ceo",
            "cto",
            "cfo",
            "coo",
            "cio",
            "president",
            "geschäftsführer",
            "vp",
        ],
    ),
    (
        "director",
        &[
            "director",
            "directeur",
            "directora",
            "direttore",
            "direktor",
            "head",
            "leiter",
        ],
    ),
    ("principal", &["principal", "staff", "distinguished"]),
    ("lead", &["lead", "leader", "teamleiter", "responsable"]),
    ("senior", &["senior", "sr", "sênior", "expert"]),
    ("manager", &["manager", "supervisor", "managerin"]),
    (
        "junior",
        &["junior", "jr", "assistant", "graduate", "entry"],
    ),
];

/// The longest line that is a title.
const LONGEST: usize = 80;

/// The step of a career that the headline names, else the first title under a heading for jobs.
pub(super) fn find(text: &str, sections: &[Section]) -> Option<FoundFact> {
    let of = |kind: SectionKind| sections.iter().find(move |section| section.kind == kind);
    [(SectionKind::Head, 0.7), (SectionKind::Experience, 0.8)]
        .into_iter()
        .find_map(|(kind, confidence)| titled(text, of(kind)?, confidence))
}

fn titled(text: &str, section: &Section, confidence: f32) -> Option<FoundFact> {
    let mut at = section.body.start;
    for line in text[section.body.clone()].split_inclusive('\n').take(3) {
        let start = at;
        at += line.len();
        if line.chars().count() > LONGEST {
            continue;
        }
        let words = tokens(line);
        for (step, names) in STEPS {
            let named = |token: &&Token| token.word().is_some_and(|word| names.contains(&word));
            if let Some(token) = words.iter().find(named) {
                return Some(FoundFact {
                    name: fact_names::SENIORITY,
                    fact: Fact::keyword(step),
                    place: start + token.place.start..start + token.place.end,
                    confidence,
                });
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::sections;

    #[test]
    fn the_headline_counts_before_the_jobs() {
        let step = |text: &str| find(text, &sections(text)).map(|found| found.fact.to_string());
        assert_eq!(
            step("Ana Doe\nSr. Rust Engineer").as_deref(),
            Some("senior")
        );
        assert_eq!(
            step("Ana\nExperience\nTeam Lead, X, 2019 - 2021\nJunior Engineer").as_deref(),
            Some("lead")
        );
        assert_eq!(step("Ana Doe\nBaker"), None);
    }
}
