//! The highest degree.

use std::ops::Range;

use ranker_core::{Fact, words};

use super::{FoundFact, fact_names};
use crate::sections::{Section, SectionKind};

/// Degrees from the highest down, and what they are called in English, German, French, Spanish, Italian
/// and Dutch, by the words that [`ranker_core::words`] finds: initials have no dots, and no possessive its
/// ending. A mark before a name means: under a heading for education only.
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
        "two year degree", "foundation degree", "~associates", "~aas", "~aa", "~hnd", "~bts", "~dut",
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
pub(super) fn find(text: &str, sections: &[Section]) -> Option<FoundFact> {
    let taught = |section: &&Section| section.kind == SectionKind::Education;
    let schools: Vec<&Section> = sections.iter().filter(taught).collect();
    if schools.is_empty() {
        let elsewhere = sections
            .iter()
            .filter(|section| section.kind != SectionKind::Experience);
        return highest(text, elsewhere, false, 0.6);
    }
    highest(text, schools.into_iter(), true, 0.95)
}

fn highest<'s>(
    text: &str,
    sections: impl Iterator<Item = &'s Section>,
    taught: bool,
    confidence: f32,
) -> Option<FoundFact> {
    let bodies: Vec<(usize, Vec<Word>)> = sections
        .map(|section| (section.body.start, lower(&text[section.body.clone()])))
        .collect();
    DEGREES.iter().find_map(|(degree, names)| {
        let names: Vec<Vec<&str>> = names
            .iter()
            .filter_map(|name| match name.strip_prefix('~') {
                Some(name) => taught.then_some(name),
                None => Some(*name),
            })
            .map(|name| name.split(' ').collect())
            .collect();
        let place = bodies.iter().find_map(|(start, words)| {
            let at = names.iter().find_map(|name| position(words, name))?;
            Some(start + at.start..start + at.end)
        });
        place.map(|place| FoundFact {
            name: fact_names::EDUCATION,
            fact: Fact::keyword(degree),
            place,
            confidence,
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
                None => name,
            };
            position(&words, &name.split(' ').collect::<Vec<_>>())
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

/// Where these words stand in a row.
fn position(words: &[Word], name: &[&str]) -> Option<Range<usize>> {
    let same = |run: &&[Word]| run.iter().zip(name).all(|((word, _), name)| word == name);
    let run = words.windows(name.len()).find(same)?;
    Some(run.first()?.1.start..run.last()?.1.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::sections;

    fn degree(text: &str) -> Option<String> {
        find(text, &sections(text)).map(|found| found.fact.to_string())
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
        ] {
            let text = format!("Education\n{line}");
            assert_eq!(degree(&text), some(found), "{line}");
        }
        assert_eq!(degree("Education\nSales Associate, 2015"), None);
        assert_eq!(
            degree("Éducation continue à Zürich. ǅ phd"),
            some("doctorate")
        );
    }
}
