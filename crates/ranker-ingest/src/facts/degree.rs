//! The highest degree.

use ranker_core::Fact;

use super::{FoundFact, fact_names};
use crate::sections::{Section, SectionKind};

/// Degrees from the highest down, and what they are called in English, German, French, Spanish,
/// Italian and Dutch. A mark before a name means: under a heading for education only.
const DEGREES: [(&str, &[&str]); 6] = [
    (
        "doctorate",
        &[
            "phd",
            "ph.d",
            "doctorate",
            "doctoral degree",
            "doctor of",
            "dr. rer",
            "dr.-ing",
            "~promotion",
            "~doctor",
            "doctorat",
            "doctorado",
            "dottorato",
        ],
    ),
    (
        "master",
        &[
            "msc",
            "m.sc",
            "m.a.",
            "mba",
            "meng",
            "m.eng",
            "~ma",
            "~ms",
            "master of",
            "master's",
            "master’s",
            "masters degree",
            "~master",
            "~magister",
            "~diplom",
            "diplom-",
            "~máster",
            "laurea magistrale",
            "~drs",
            "mestrado",
            "postgraduate degree",
        ],
    ),
    (
        "bachelor",
        &[
            "bsc",
            "b.sc",
            "b.a.",
            "beng",
            "b.eng",
            "~ba",
            "~bs",
            "bachelor",
            "undergraduate degree",
            "~licence",
            "~licenciatura",
            "~grado",
            "~laurea",
            "~hbo",
            "licenciatura",
            "first degree",
        ],
    ),
    (
        "associate",
        &[
            "associate degree",
            "associate's",
            "associate’s",
            "associate of",
            "two-year degree",
            "foundation degree",
            "~hnd",
            "~bts",
            "~dut",
            "~associate",
        ],
    ),
    (
        "vocational",
        &[
            "vocational",
            "apprenticeship",
            "~ausbildung",
            "~lehre",
            "gesellenbrief",
            "journeyman",
            "~cap",
            "formación profesional",
            "~mbo",
            "trade certificate",
            "berufsausbildung",
            "trade school",
        ],
    ),
    (
        "secondary",
        &[
            "high school",
            "secondary school",
            "abitur",
            "baccalauréat",
            "bachillerato",
            "maturità",
            "~ged",
            "a-levels",
            "school diploma",
            "school certificate",
            "realschule",
            "~havo",
            "~vwo",
        ],
    ),
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
    sections: impl Iterator<Item = &'s Section> + Clone,
    taught: bool,
    confidence: f32,
) -> Option<FoundFact> {
    for (degree, names) in DEGREES {
        for section in sections.clone() {
            let body = &text[section.body.clone()];
            let bare = names
                .iter()
                .filter_map(|name| match name.strip_prefix('~') {
                    Some(name) => taught.then_some(name),
                    None => Some(*name),
                });
            for name in bare {
                if let Some(at) = whole_word(body, name) {
                    let start = section.body.start + at;
                    return Some(FoundFact {
                        name: fact_names::EDUCATION,
                        fact: Fact::keyword(degree),
                        place: start..start + name.len(),
                        confidence,
                    });
                }
            }
        }
    }
    None
}

/// Where a name stands as a word of its own, in any case. Folding by ASCII keeps the places.
fn whole_word(text: &str, name: &str) -> Option<usize> {
    let folded = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = folded[from..].find(name) {
        let (start, end) = (from + found, from + found + name.len());
        let before = folded[..start].chars().next_back();
        let after = folded[end..].chars().next();
        let open = name.ends_with('-') || name.ends_with('.');
        let ends = open || after.is_none_or(|c| !c.is_alphanumeric());
        if before.is_none_or(|c| !c.is_alphanumeric()) && ends {
            return Some(start);
        }
        from = end;
    }
    None
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
        assert_eq!(degree("Scrum master, loves masters of film"), None);
        assert_eq!(
            degree("Éducation continue à Zürich. ǅ phd"),
            some("doctorate")
        );
    }
}
