//! The highest degree.

use std::ops::Range;

use ranker_core::{Fact, words};

use super::{FoundFact, Month, fact_names};
use crate::sections::{Section, SectionKind};

/// Degrees from the highest down, and what they are called in English, German, French, Spanish, Italian
/// and Dutch, by the words that [`ranker_core::words`] finds: initials have no dots, and no possessive its
/// ending. A mark before a name means: under a heading for education only (`~`), and there as the first word of a line (`^`).
#[rustfmt::skip]
const DEGREES: [(&str, &[&str]); 6] = [
    ("doctorate", &[
        "phd", "ph d", "dphil", "doctorate", "doctoral degree", "doctor of", "juris doctor", "dr rer", "dr ing", "pharmd",
        "~md", "~jd", "~edd", "~dba", "~dnp", "~dds", "~promotion", "~doctor", "doctorat", "doctorado", "dottorato", "doutorado",
    ]),
    ("master", &[
        "msc", "mba", "meng", "m eng", "master of", "masters of", "master degree", "masters degree", "~master", "~masters", "~ma",
        "~ms", "~mfa", "~med", "~msn", "~msw", "~mph", "~mpa", "~magister", "~diplom", "diplom informatiker",
        "diplom informatikerin", "diplom ingenieur", "diplom ingenieurin", "diplom kaufmann", "diplom kauffrau", "dipl ing",
        "dipl inf", "~máster", "~maestría", "laurea magistrale", "~drs", "mestrado", "postgraduate degree",
    ]),
    ("bachelor", &[
        "bsc", "bba", "beng", "b eng", "bsn", "b tech", "btech", "b com", "bcom", "bachelor", "bachelors", "undergraduate degree",
        "~ba", "~bs", "~b s", "~bfa", "~bed", "~llb", "~licence", "licenciatura", "~licenciada", "~licenciado", "~grado",
        "~laurea", "~hbo", "first degree",
    ]),
    ("associate", &[
        "associate degree", "associates degree", "associate of", "associates of", "associate in", "associates in",
        "two year degree", "foundation degree", "~associates", "^associate", "~aas", "~aa", "~hnd", "~bts", "~dut",
    ]),
    ("vocational", &[
        "vocational", "apprenticeship", "~ausbildung", "~lehre", "gesellenbrief", "journeyman", "~cap",
        "formación profesional", "~mbo", "trade certificate", "berufsausbildung", "trade school",
    ]),
    ("secondary", &[
        "high school", "secondary school", "abitur", "baccalauréat", "bachillerato", "maturità", "~ged", "~hs diploma", "a levels",
        "school diploma", "school certificate", "realschule", "~havo", "~vwo",
    ]),
];

/// The highest degree under a heading for education, else anywhere.
pub(super) fn find(text: &str, sections: &[Section], today: Month) -> Option<FoundFact> {
    let taught = |section: &&Section| section.kind == SectionKind::Education;
    let schools: Vec<&Section> = sections.iter().filter(taught).collect();
    if schools.is_empty() {
        let elsewhere = sections
            .iter()
            .filter(|section| section.kind != SectionKind::Experience);
        return highest(text, elsewhere, today, None);
    }
    highest(text, schools.into_iter(), today, Some(Taught))
}

/// Under a heading for education.
#[derive(Clone, Copy)]
struct Taught;

fn highest<'s>(
    text: &str,
    sections: impl Iterator<Item = &'s Section>,
    today: Month,
    taught: Option<Taught>,
) -> Option<FoundFact> {
    let bodies = sections.map(|section| {
        let body = &text[section.body.clone()];
        (section.body.start, body, lower(body))
    });
    let bodies: Vec<(usize, &str, Vec<Word>)> = bodies.collect();
    DEGREES.iter().find_map(|(degree, names)| {
        let names = names.iter().filter_map(|name| {
            let first = name.starts_with('^');
            let marked = first || name.starts_with('~');
            let name = name.trim_start_matches(['^', '~']).split(' ');
            (!marked || taught.is_some()).then(|| (name.collect::<Vec<_>>(), first))
        });
        let names: Vec<(Vec<&str>, bool)> = names.collect();
        let place = bodies.iter().find_map(|(start, body, words)| {
            let counts = |name: &[&str], at: usize| {
                !is_product(words, at, name) && is_completed(body, words, at, today)
            };
            let begins = |at: usize| {
                let before = body[..words[at].1.start].lines().next_back();
                let before = before.filter(|_| !body[..words[at].1.start].ends_with('\n'));
                before.is_none_or(|before| !before.contains(char::is_alphanumeric))
            };
            let at = names.iter().find_map(|(name, first)| {
                let mut named = positions(words, name).filter(|&at| !first || begins(at));
                let at = named.find(|&at| counts(name, at))?;
                Some(place(words, at, name))
            })?;
            Some(start + at.start..start + at.end)
        });
        place.map(|place| FoundFact {
            name: fact_names::EDUCATION,
            fact: Fact::keyword(degree),
            place,
            confidence: taught.map_or(0.6, |Taught| 0.95),
        })
    })
}

/// How high a degree is, from 0; `None` for what is no degree's name.
pub(crate) fn height(degree: &str) -> Option<usize> {
    let from_top = DEGREES.iter().position(|(name, _)| *name == degree)?;
    Some(DEGREES.len() - 1 - from_top)
}

/// The lowest degree that a part of a job's text names, which is the one that will do, and where.
pub(crate) fn lowest(text: &str) -> Option<(&'static str, Range<usize>)> {
    let words = lower(text);
    let taught = words
        .iter()
        .any(|(word, _)| OF_STUDIES.contains(&word.as_str()));
    DEGREES.iter().rev().find_map(|(degree, names)| {
        let named = names.iter().find_map(|name| {
            let name = match name.strip_prefix('~') {
                Some(name) => taught.then_some(name)?,
                None if name.starts_with('^') => return None,
                None => name,
            };
            let name: Vec<&str> = name.split(' ').collect();
            let mut named = positions(&words, &name).filter(|&at| !is_product(&words, at, &name));
            let at = named
                .find(|&at| *degree != "secondary" || is_certificate(&words, at + name.len()))?;
            Some(place(&words, at, &name))
        });
        Some((*degree, named?))
    })
}

/// Words beside which a short name of a degree is one, outside of a section for education.
#[rustfmt::skip]
const OF_STUDIES: [&str; 20] = [
    "degree", "degrees", "university", "studies", "education", "studium", "abschluss", "hochschulabschluss", "ausbildung",
    "diplôme", "études", "formation", "titulación", "estudios", "título", "laurea", "titolo", "opleiding", "diploma", "graduate",
];

/// A word in lower case, and where it stands.
type Word = (String, Range<usize>);

fn lower(text: &str) -> Vec<Word> {
    words(text)
        .map(|word| (word.text.to_lowercase(), word.at))
        .collect()
}

/// Where these words stand in a row: each time, the first of them.
fn positions(words: &[Word], name: &[&str]) -> impl Iterator<Item = usize> {
    let same = move |run: &[Word]| run.iter().zip(name).all(|((word, _), name)| word == name);
    let runs = words.windows(name.len()).enumerate();
    runs.filter(move |(_, run)| same(run)).map(|(at, _)| at)
}

/// The bytes of a name of which this is the first word.
fn place(words: &[Word], at: usize, name: &[&str]) -> Range<usize> {
    words[at].1.start..words[at + name.len() - 1].1.end
}

/// Whether a short name is a maker's: "MS Office" is no degree.
fn is_product(words: &[Word], at: usize, name: &[&str]) -> bool {
    #[rustfmt::skip]
    const PRODUCTS: [&str; 20] = [
        "office", "word", "excel", "powerpoint", "power", "access", "outlook", "project", "visio", "sql", "windows", "dos", "exchange",
        "sharepoint", "teams", "publisher", "suite", "dynamics", "server", "works",
    ];
    let next = words.get(at + name.len());
    *name == ["ms"] && next.is_some_and(|(next, _)| PRODUCTS.contains(&next.as_str()))
}

/// Whether "high school" before these words is a certificate that is asked, not the place of the work.
fn is_certificate(words: &[Word], after: usize) -> bool {
    #[rustfmt::skip]
    const OTHER: [&str; 20] = [
        "level", "levels", "teacher", "teachers", "teaching", "student", "students", "pupils", "class", "classes", "age", "setting",
        "children", "mathematics", "math", "english", "science", "sports", "principal", "counselor",
    ];
    let next = words.get(after);
    next.is_none_or(|(next, _)| !OTHER.contains(&next.as_str()))
}

/// Whether nothing beside a degree on its line says that its studies go on. What was expected before this year is over.
fn is_completed(text: &str, words: &[Word], at: usize, today: Month) -> bool {
    #[rustfmt::skip]
    const GOES_ON: [&str; 10] = [
        "current", "currently", "present", "ongoing", "pursuing", "candidate", "progress", "incomplete", "laufend", "heute",
    ];
    const EXPECTED: [&str; 4] = ["expected", "anticipated", "voraussichtlich", "prévu"];
    const BEFORE: usize = 3;
    const AFTER: usize = 10;
    let place = &words[at].1;
    let start = text[..place.start].rfind('\n').map_or(0, |found| found + 1);
    let end = text[place.end..].find('\n');
    let end = end.map_or(text.len(), |found| place.end + found);
    let around = &words[at.saturating_sub(BEFORE)..(at + AFTER).min(words.len())];
    let on_line = |(_, place): &&Word| start <= place.start && place.end <= end;
    let line: Vec<&str> = around
        .iter()
        .filter(on_line)
        .map(|(word, _)| word.as_str())
        .collect();
    let is = |known: &[&str]| line.iter().any(|word| known.contains(word));
    let mut years = line
        .iter()
        .filter(|word| word.len() == 4)
        .filter_map(|word| word.parse().ok());
    let is_over = years.any(|year: u32| year < today.year());
    !is(&GOES_ON) && (is_over || !is(&EXPECTED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::sections;

    fn degree(text: &str) -> Option<String> {
        let today = Month::new(2026, 11).unwrap();
        find(text, &sections(text), today).map(|found| found.fact.to_string())
    }

    #[test]
    fn the_highest_degree_is_found() {
        let some = |degree: &str| Some(degree.to_owned());
        assert_eq!(
            degree("Education\nBSc 2009\nMSc Physics 2011"),
            some("master")
        );
        assert_eq!(degree("Ausbildung\nDiplom Informatik"), some("master"));
        assert_eq!(
            degree("Training\nTwo-year degree in Nursing"),
            some("associate")
        );
        assert_eq!(degree("Engineer, B.Sc. in Physics"), some("bachelor"));
        assert_eq!(degree("Scrum master, sales associate"), None);
        for (line, found) in [
            ("M.B.A , Business 2005", "master"),
            ("Masters of Education 2015", "master"),
            ("Master's degree", "master"),
            ("Dipl.-Ing. Maschinenbau", "master"),
            ("B.A : Journalism", "bachelor"),
            ("BBA, Accounting 1988", "bachelor"),
            ("B. S. Computer Science", "bachelor"),
            ("A.A.S, Medical Billing", "associate"),
            ("Associates Degree: Retail", "associate"),
            ("JD, People's College of Law", "doctorate"),
            ("Licenciada en Diseño", "bachelor"),
            ("HS Diploma 2004", "secondary"),
            ("- Associate : Drafting, 1998", "associate"),
        ] {
            let text = format!("Education\n{line}");
            assert_eq!(degree(&text), some(found), "{line}");
        }
        assert_eq!(degree("Education\nSales Associate, 2015"), None);
        assert_eq!(
            degree("Qualifications\nMS Office, MS Project; team player"),
            None
        );
    }

    #[test]
    fn studies_that_go_on_are_no_degree_yet() {
        let some = |degree: &str| Some(degree.to_owned());
        for (text, found) in [
            (
                "Master of Arts, expected 2027\nBachelor of Arts, 2024",
                "bachelor",
            ),
            (
                "Master of Arts, expected 2019\nBachelor of Arts, 2017",
                "master",
            ),
            (
                "Bachelor of Science: Botany, current\nAssociate of Arts",
                "associate",
            ),
            ("PhD candidate\nMSc Physics", "master"),
            ("2022 - present BSc Physics\nAbitur", "secondary"),
        ] {
            assert_eq!(degree(&format!("Education\n{text}")), some(found), "{text}");
        }
    }

    #[test]
    fn a_job_at_a_school_asks_for_none_of_its_certificates() {
        let asked = |text| lowest(text).map(|(degree, _)| degree);
        assert_eq!(
            asked("Teach chemistry at junior or high school level"),
            None
        );
        assert_eq!(asked("High school teachers are welcome"), None);
        assert_eq!(
            asked("High school diploma or equivalent"),
            Some("secondary")
        );
        assert_eq!(asked("Skilled in MS Office; degree in law"), None);
    }

    #[test]
    fn whatever_the_script() {
        let some = |degree: &str| Some(degree.to_owned());
        assert_eq!(
            degree("Éducation continue à Zürich. ǅ phd"),
            some("doctorate")
        );
    }
}
