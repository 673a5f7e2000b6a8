//! Job descriptions of the catalog's roles.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    catalog::{Level, Role},
    draw::Draw,
    wording::CITIES,
};

/// One line of `jobs.jsonl`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct JobDescription {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) facts: JobFacts,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) filter: Map<String, Value>,
}

/// What the job says about itself.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub(crate) struct JobFacts {
    pub(crate) location: String,
    pub(crate) min_years: usize,
    pub(crate) skills: Vec<String>,
}

const LAYOUTS: [[&str; 4]; 4] = [
    ["", "What you will do", "What you bring", "Nice to have"],
    ["About us", "Your tasks", "Your profile", "A plus"],
    [
        "Who we are",
        "Responsibilities",
        "Requirements",
        "Also welcome",
    ],
    ["", "The work", "We are looking for", "And perhaps"],
];

const OFFERS: [&str; 6] = [
    "We offer a permanent contract, 28 days of leave and a pension plan. Apply with a short letter about what draws you to us.",
    "You get a training budget, a thorough introduction and colleagues who answer questions. We reply within ten days.",
    "Pay follows the collective agreement, with supplements where they are due. Part-time work can be discussed.",
    "We state salaries openly in the first conversation, and we mean it when we say that overtime is rare.",
    "The position is permanent and can start at any time. Two conversations and a visit are our whole process.",
    "Expect six weeks of introduction, public transport paid for, and a say in how we work.",
];

/// Writes the description of `role`, the `number`th of the bundle.
pub(crate) fn describe(role: &Role, number: usize, draw: &mut Draw) -> JobDescription {
    let (city, _) = *draw.pick(&CITIES);
    let heads = *draw.pick(&LAYOUTS);
    let bullet = *draw.pick(&["- ", "* ", "\u{2022} "]);
    let list = |lines: Vec<String>| -> String {
        lines
            .iter()
            .map(|line| format!("{bullet}{line}"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let duties = list(role.duties.iter().map(|(_, text)| text.clone()).collect());
    let mut wanted: Vec<String> = vec![experience(role, draw)];
    wanted.extend(role.skills.iter().map(|skill| capital(&skill.1)));
    let blurb = format!("{} The position is based in {city}.", role.blurb);
    let sections = [
        (heads[0], blurb),
        (heads[1], duties),
        (heads[2], list(wanted)),
        (heads[3], role.nice.clone()),
        ("", (*draw.pick(&OFFERS)).to_owned()),
    ];
    let text = sections.map(|(head, body)| match head {
        "" => body,
        head => format!("{head}\n{body}"),
    });
    JobDescription {
        id: format!("j-{number:03}"),
        title: role.title.clone(),
        text: text.join("\n\n"),
        facts: JobFacts {
            location: city.to_owned(),
            min_years: role.years,
            skills: role.skills.iter().map(|skill| skill.0.clone()).collect(),
        },
        filter: role.filter.clone(),
    }
}

fn experience(role: &Role, draw: &mut Draw) -> String {
    let years = role.years;
    match role.level {
        Level::Junior => "A completed training and, ideally, a first year of practice".to_owned(),
        Level::Mid | Level::Senior => match draw.below(3) {
            0 => format!("At least {years} years in a comparable position"),
            1 => format!("{years} or more years of practice"),
            _ => format!("{years}+ years of relevant work"),
        },
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
