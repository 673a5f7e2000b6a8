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
            "leiter",
        ],
    ),
    ("principal", &["principal", "distinguished"]),
    ("lead", &["lead", "leader", "teamleiter", "responsable"]),
    ("senior", &["senior", "sr", "sênior", "expert"]),
    ("manager", &["manager", "supervisor", "managerin"]),
    ("junior", &["junior", "jr"]),
];

/// Words that name a step only beside others: "staff engineer", but not "staff accountant".
#[rustfmt::skip]
const PAIRS: [(&str, &str, &[&str]); 4] = [
    ("director", "head", &["of"]),
    ("principal", "staff", &["engineer", "developer", "scientist", "designer", "architect", "software"]),
    ("junior", "entry", &["level"]),
    ("junior", "graduate", &["engineer", "developer", "trainee"]),
];

/// The longest line that is a title.
const LONGEST: usize = 120;

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
        if let Some((step, token)) = step(&words) {
            return Some(FoundFact {
                name: fact_names::SENIORITY,
                fact: Fact::keyword(step),
                place: start + token.place.start..start + token.place.end,
                confidence,
            });
        }
    }
    None
}

/// The first step of [`STEPS`] that a title names, else of [`PAIRS`], and the word that does.
fn step(title: &[Token]) -> Option<(&'static str, &Token)> {
    let leads = title
        .windows(2)
        .any(|pair| pair[0].word() == Some("lead") && pair[1].word() == Some("generation"));
    let named = |names: &[&str]| {
        let named = |token: &&Token| token.word().is_some_and(|word| names.contains(&word));
        title.iter().find(named)
    };
    let alone = STEPS.iter().filter(|(step, _)| !(leads && *step == "lead"));
    let alone = alone
        .clone()
        .find_map(|(step, names)| Some((*step, named(names)?)));
    let paired = || {
        PAIRS.iter().find_map(|(step, first, next)| {
            let pair = title.windows(2).find(|pair| {
                let follows = pair[1].word().is_some_and(|word| next.contains(&word));
                pair[0].word() == Some(*first) && follows
            })?;
            Some((*step, &pair[0]))
        })
    };
    alone.or_else(paired)
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
        assert_eq!(
            step("Ana Doe\nStaff Software Engineer").as_deref(),
            Some("principal")
        );
        assert_eq!(
            step("Ana Doe\nHead of Kitchen").as_deref(),
            Some("director")
        );
        for title in [
            "Baker",
            "Staff Accountant",
            "Data Entry Clerk",
            "Administrative Assistant",
            "Lead Generation",
            "Head Nurse",
        ] {
            assert_eq!(step(&format!("Ana Doe\n{title}")), None, "{title}");
        }
    }
}
