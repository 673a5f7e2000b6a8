//! A person as the bundle shows them: a headline, a resume and typed facts.

use serde::Serialize;

use super::{
    career::{Career, Source},
    catalog::{CatalogError, Level, Occupation},
    draw::Draw,
    kind::{Cast, Part},
    layout::{Parts, fitted},
    template::expand,
    wording::{CITIES, FIELDS, FURTHER, MANNERS, WISHES},
};

/// One line of `profiles.jsonl`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Profile {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) facts: Facts,
}

/// What a filter may ask for.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct Facts {
    pub(crate) years_experience: usize,
    pub(crate) location: String,
    pub(crate) skills: Vec<String>,
    pub(crate) work_permit: bool,
    pub(crate) education: String,
    pub(crate) remote: bool,
    pub(crate) languages: Vec<String>,
}

impl<'a> Source<'a> {
    /// Makes one person; `id` is given later, when everybody is in order.
    pub(crate) fn profile(
        &self,
        person: &Cast<'a>,
        draw: &mut Draw,
    ) -> Result<Profile, CatalogError> {
        let occupation = self.catalog.occupation(person.occ);
        let mut career = self.career(person, draw)?;
        let (city, local) = *draw.pick(&CITIES);
        let (level, subject) = draw.pick(&occupation.edu).clone();
        let languages = languages(local, draw);
        let (shown, keys) = skills(person, &career, occupation, draw);
        let desk = field_of(occupation).1;
        let facts = Facts {
            years_experience: career.years(),
            location: city.to_owned(),
            skills: keys,
            work_permit: planted(person) || draw.percent(85),
            education: level.clone(),
            remote: desk && draw.percent(55),
            languages: languages
                .iter()
                .map(|(name, _)| name.to_lowercase())
                .collect(),
        };
        let parts = Parts {
            summary: summary(person, &career, &facts, (occupation, draw)),
            skills: shown,
            education: education(&level, &subject, draw),
            languages,
        };
        let text = fitted(&mut career, &parts, draw);
        Ok(Profile {
            id: String::new(),
            title: career.jobs[0].title.clone(),
            text,
            facts,
        })
    }
}

/// People who are to be found are also allowed to work, so that a filter keeps them.
fn planted(person: &Cast) -> bool {
    matches!(person.part, Part::Match | Part::Half | Part::Seniority)
}

/// What the field of an occupation is called, and whether its work can be done from home.
pub(crate) fn field_of(occupation: &Occupation) -> (&'static str, bool) {
    let found = FIELDS
        .iter()
        .find(|(sector, ..)| *sector == occupation.sector);
    found.map_or(("the field", false), |(_, name, desk)| (*name, *desk))
}

/// The skills section, and the keys for the facts.
fn skills(
    person: &Cast,
    career: &Career,
    occupation: &Occupation,
    draw: &mut Draw,
) -> (Vec<String>, Vec<String>) {
    let mut keys: Vec<String> = career.skills.iter().map(|skill| skill.0.clone()).collect();
    let mut shown: Vec<String> = career
        .skills
        .iter()
        .map(|skill| expand(&skill.2, draw))
        .collect();
    let tools = draw.sample(&occupation.tools, if shown.is_empty() { 5 } else { 3 });
    let decoy = person.role.filter(|_| person.part == Part::Decoy);
    let extra = decoy.map_or(&[][..], |role| role.decoy.skills.as_slice());
    for name in extra.iter().chain(tools) {
        let key = name.to_lowercase();
        let named = shown.iter().any(|text| text.to_lowercase().contains(&key));
        if !named && !keys.contains(&key) {
            shown.push(name.clone());
            keys.push(key);
        }
    }
    draw.shuffle(&mut shown);
    keys.sort();
    (shown, keys)
}

/// English, the language of the city and perhaps one more, with a level of the European framework.
fn languages(local: &'static str, draw: &mut Draw) -> Vec<(&'static str, &'static str)> {
    let mut all = Vec::new();
    if local != "English" {
        all.push((local, *draw.pick(&["C2", "C2", "C1", "B2"])));
    }
    all.push((
        "English",
        if local == "English" {
            "C2"
        } else {
            *draw.pick(&["C1", "B2", "C2"])
        },
    ));
    let further = *draw.pick(&FURTHER);
    if draw.percent(45) && further != local {
        all.push((further, *draw.pick(&["A2", "B1", "B2"])));
    }
    all
}

fn education(level: &str, subject: &str, draw: &mut Draw) -> String {
    let (degree, school) = match level {
        "doctorate" => ("Doctorate", "university"),
        "master" => ("Master's degree", "university"),
        "bachelor" => (
            "Bachelor's degree",
            *draw.pick(&["university", "university of applied sciences"]),
        ),
        "associate" => (
            "Two-year degree",
            *draw.pick(&["community college", "technical college"]),
        ),
        "vocational" => ("Vocational qualification", "vocational school"),
        _ => {
            return draw
                .pick(&["Secondary school certificate", "Secondary school diploma"])
                .to_string();
        }
    };
    match draw.below(3) {
        0 => format!("{degree} in {subject}, {school}"),
        1 => format!("{degree}, {subject}"),
        _ => format!("{subject}: {} ({school})", degree.to_lowercase()),
    }
}

fn summary(
    person: &Cast,
    career: &Career,
    facts: &Facts,
    (occupation, draw): (&Occupation, &mut Draw),
) -> String {
    let (field, _) = field_of(occupation);
    let years = match facts.years_experience {
        0 | 1 => "One year".to_owned(),
        years => format!("{} years", capital_number(years)),
    };
    let lower = years.to_lowercase();
    let focus = career.skills.first().map(|skill| expand(&skill.2, draw));
    let opening = match (draw.below(5), focus) {
        (0, Some(focus)) => format!("{years} in {field}, most recently with a focus on {focus}."),
        (0 | 1, _) => format!("{years} of experience in {field}."),
        (2, _) => format!(
            "Has worked in {field} for {lower}, currently based in {}.",
            facts.location
        ),
        (3, _) => format!("Background: {lower} in {field}."),
        _ => format!("Professional with {lower} of experience in {field}."),
    };
    let mut sentences = vec![opening];
    // A beginner does not yet "run a quiet kitchen", unless the role is one for beginners.
    let about = person
        .role
        .filter(|role| {
            planted(person) && (person.level != Level::Junior || role.level == person.level)
        })
        .map(|role| role.about.as_slice());
    if let Some(about) = about {
        let line: &String = draw.pick(about);
        sentences.push(format!("{}.", expand(line, draw)));
    }
    sentences.push(expand(draw.pick::<&str>(&MANNERS), draw));
    sentences.push(match draw.below(4) {
        0 if facts.remote => "Open to remote work.".to_owned(),
        1 if facts.work_permit => "Holds a valid work permit.".to_owned(),
        _ => expand(draw.pick::<&str>(&WISHES), draw),
    });
    sentences.join(" ")
}

fn capital_number(value: usize) -> String {
    let names = [
        "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
    ];
    names
        .get(value.wrapping_sub(2))
        .map_or_else(|| value.to_string(), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_spelled() {
        assert_eq!(
            (capital_number(2), capital_number(15)),
            ("Two".into(), "15".into())
        );
    }

    #[test]
    fn every_sector_has_a_field() {
        let catalog = super::super::catalog::Catalog::load().unwrap();
        for occupation in catalog.occupations.values() {
            assert_ne!(field_of(occupation).0, "the field", "{}", occupation.sector);
        }
    }
}
