//! Which task statements may appear in a resume, and in which words.

use super::{
    draw::Draw,
    onet::{Tables, Task},
    voice::{Tense, Verbs},
};

/// Longest statement used, in words.
const LONGEST: usize = 24;

/// Statements that read wrong in a resume of any country, or that touch on protected matters.
#[rustfmt::skip]
const UNFIT: &[&str] = &[
    "Medicare", "Medicaid", "federal", " state ", "district", "Constitution", "O*NET", "Social Security",
    "fleet crypto", "livestock", "fish ", "drug tests", "crippling", "religious", "child abuse",
    "Perform other", "all administration policies", "biofuel", "taxpayer", "dust, temperature",
    "floodlight", "juror", "criminal", "lawsuit", "facsimile", "computer viruses", "occupants",
    "telephone answering", "racial", "gender", "deformity", "elderly", "wills", "hospice", "their own",
    "psychological, or drug", "harassment", "diapers", "carbon", "green ", "power supply requirements",
    "license or identification", "city water", "explosive", "prosecut", "jury", "juries", "prison",
    "parole", "military", "weapon", "legislation", "Act ", "comatose", "enema", "savings bond", "erminated",
    "upon witnesses", "business management duties", "toxic waste", "Scrub arms", "securities", "syndicat", "investment bankers", "pen, template", "firing", "insurance policy", "claims adj", "Escort or drive", "anesthetics",
];

/// Words of somebody in charge.
const CHARGE: [&str; 9] = [
    "Supervise",
    "Direct ",
    "Direct,",
    "Hire",
    "Recruit",
    "Assign",
    "Manage ",
    "budgets",
    "Oversee",
];

/// Ways to say the same, tried in order; the verb forms come out in the tense of the job.
#[rustfmt::skip]
const PHRASES: [(&str, &[&str]); 21] = [
    ("Confer with", &["Work with", "Consult", "Meet with", "Confer with"]),
    ("Analyze", &["Analyze", "Examine", "Analyze"]),
    ("Develop", &["Develop", "Create", "Develop"]),
    ("Monitor", &["Monitor", "Track", "Monitor"]),
    ("Evaluate", &["Evaluate", "Assess"]),
    ("Inspect", &["Inspect", "Check"]),
    ("Conduct", &["Conduct", "Carry out"]),
    ("Perform", &["Perform", "Carry out"]),
    ("Resolve", &["Resolve", "Settle", "Resolve"]),
    ("Select", &["Select", "Choose"]),
    ("utilizing", &["using"]),
    ("in accordance with", &["following"]),
    ("personnel", &["staff", "personnel"]),
    ("Web sites", &["websites"]),
    ("Web site", &["website"]),
    ("prior to", &["before"]),
    ("establishments", &["sites"]),
    ("regarding", &["about", "regarding"]),
    ("pertaining to", &["about"]),
    ("in order to", &["to"]),
    ("conformance to", &["compliance with"]),
];

/// The statements of one occupation that can be used, in the order of the table.
pub(crate) fn usable<'a>(tables: &'a Tables, verbs: &Verbs, code: &str) -> Vec<&'a Task> {
    let tasks = tables.tasks.get(code).map_or(&[][..], Vec::as_slice);
    tasks
        .iter()
        .filter(|task| fits(&task.text, verbs))
        .collect()
}

fn fits(text: &str, verbs: &Verbs) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let adverb = first.ends_with("ly") && !["Apply", "Supply", "Comply"].contains(&first);
    let long = words(&shortened(text)) > LONGEST || words(text) < 4;
    !adverb
        && !long
        && !text.contains("and/or")
        && !UNFIT.iter().any(|unfit| text.contains(unfit))
        && verbs.line(&shortened(text), Tense::Past).is_some()
}

/// Whether a statement is about leading others.
pub(crate) fn is_charge(task: &Task) -> bool {
    CHARGE.iter().any(|word| task.text.contains(word))
}

/// One statement as a line of a resume.
pub(crate) fn line(task: &Task, verbs: &Verbs, tense: Tense, draw: &mut Draw) -> String {
    let mut text = shortened(&task.text);
    let mut opening_words = text.split_whitespace();
    let one = opening_words
        .next()
        .is_some_and(|word| !word.ends_with(','));
    let single = one
        && opening_words
            .next()
            .is_some_and(|word| word != "or" && word != "and");
    for (old, new) in PHRASES {
        let opening = old.starts_with(char::is_uppercase) && old.split(' ').count() == 1;
        if text.contains(old) && (!opening || (single && text.starts_with(old))) {
            text = text.replacen(old, draw.pick::<&str>(new), 1);
        }
    }
    let line = verbs
        .line(&text, tense)
        .or_else(|| verbs.line(&shortened(&task.text), tense));
    line.map_or_else(|| task.text.clone(), |line| and_for_or(&line))
}

/// Drops a list of examples from the end of a long statement.
fn shortened(text: &str) -> String {
    let text = text.trim_end_matches('.');
    match text.rsplit_once(", such as ") {
        Some((head, _)) if words(text) > 14 && words(head) > 5 => head.to_owned(),
        _ => text.to_owned(),
    }
}

/// A resume lists what was done: "prices or terms" becomes "prices and terms". Only plural words
/// are joined so; "a nurse or doctor" and "comatose or in pain" stay.
fn and_for_or(line: &str) -> String {
    let plural = |word: &str| {
        let word = word.trim_end_matches(',');
        word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("'s")
    };
    let mut words: Vec<&str> = line.split(' ').collect();
    let doubtful = [
        "whether", "either", "who", "that", "if", "a", "an", "each", "any", "no",
    ];
    for index in 1..words.len() {
        let before = &words[index.saturating_sub(5)..index];
        let clear = !before.iter().any(|word| doubtful.contains(word));
        if words[index] == "or" && plural(words[index - 1]) && clear {
            words[index] = "and";
        }
    }
    words.join(" ")
}

/// Words of a text, separated by white space.
pub(crate) fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::{super::fixture::tables, *};

    fn task(text: &str) -> Task {
        Task {
            id: 1,
            text: text.into(),
        }
    }

    #[test]
    fn refuses_what_reads_wrong() {
        let verbs = Verbs::new(&tables());
        for text in [
            "Inspect Medicare files and plans.",
            "Plan it.",
            "Visually inspect all parts.",
        ] {
            assert!(!fits(text, &verbs), "{text}");
        }
        assert!(fits("Inspect project sites to monitor progress.", &verbs));
    }

    #[test]
    fn cuts_examples_and_doubts() {
        let text = "Inspect prices or terms of all service contracts that are signed in a year, \
            such as those for gas, water, or heating.";
        let line = line(
            &task(text),
            &Verbs::new(&tables()),
            Tense::Past,
            &mut Draw::new(1, 1),
        );
        let rest = "prices and terms of all service contracts that are signed in a year";
        assert!(
            line == format!("Inspected {rest}") || line == format!("Checked {rest}"),
            "{line}"
        );
    }

    #[test]
    fn knows_who_is_in_charge() {
        assert!(is_charge(&task("Supervise cooks.")) && !is_charge(&task("Cook meals.")));
    }
}
