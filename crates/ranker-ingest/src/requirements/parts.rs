//! The parts of a job's text that say what is required.

use std::ops::Range;

use ranker_core::is_wish;

/// A sentence, or one point of a list, that may ask for something.
pub(super) struct Part<'t> {
    pub(super) text: &'t str,
    /// Where it begins in the job's text.
    pub(super) start: usize,
    /// Whether it is one point of a list.
    pub(super) point: bool,
    /// Whether what it asks for is a wish.
    pub(super) wish: bool,
}

impl Part<'_> {
    /// The bytes of the job's text that these bytes of the part are.
    pub(super) fn place(&self, at: &Range<usize>) -> Range<usize> {
        self.start + at.start..self.start + at.end
    }
}

/// What the lines under a heading are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Required,
    Wished,
    /// The employer, the work, and what is offered.
    Other,
    Unknown,
}

/// The longest line, in words, that may be a heading.
const HEADING: usize = 6;

/// Headings over what is required begin with one of these, in lower case.
#[rustfmt::skip]
const REQUIRED: [&str; 44] = [
    "requirements", "required", "qualifications", "minimum", "basic", "must", "skills", "your profile", "your skills", "your background",
    "what you bring", "what you'll bring", "what we expect", "what we look for", "what we are looking for", "we are looking for",
    "you bring", "you have", "who you are", "about you", "experience", "essential", "job requirements", "key requirements",
    "anforderungen", "dein profil", "ihr profil", "das bringst", "das bringen sie", "qualifikation", "voraussetzungen", "profil",
    "exigences", "votre profil", "profil recherché", "compétences", "requisitos", "tu perfil", "perfil", "requisiti", "il tuo profilo",
    "profilo", "functie-eisen", "jouw profiel",
];

/// Headings over what is not.
#[rustfmt::skip]
const OTHER: [&str; 50] = [
    "about us", "about the", "who we are", "our company", "the company", "company", "the work", "your work", "your tasks", "tasks", "duties",
    "responsibilities", "key responsibilities", "what you will do", "what you'll do", "the role", "your role", "role", "we offer",
    "what we offer", "our offer", "benefits", "perks", "pay", "salary", "how to apply", "apply", "contact", "equal opportunity",
    "über uns", "wer wir sind", "aufgaben", "deine aufgaben", "ihre aufgaben", "wir bieten", "unser angebot", "kontakt", "à propos",
    "missions", "vos missions", "nous offrons", "avantages", "sobre nosotros", "funciones", "ofrecemos", "chi siamo", "mansioni",
    "offriamo", "over ons", "wij bieden",
];

/// What a line is the heading of.
fn heading(line: &str) -> Option<About> {
    let line = line.trim_matches(|c: char| !c.is_alphanumeric() && c != ':' && c != '.');
    let sentence = line.ends_with('.') || line.contains(". ");
    if line.is_empty() || sentence || line.split_whitespace().count() > HEADING {
        return None;
    }
    let lower = line.trim_end_matches(':').to_lowercase().replace('’', "'");
    let begins = |names: &[&str]| {
        let whole = |name: &&str| {
            let rest = lower.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        names.iter().any(whole)
    };
    if is_wish(&lower) || WELCOME.contains(&lower.as_str()) {
        Some(About::Wished)
    } else if begins(&OTHER) {
        Some(About::Other)
    } else if begins(&REQUIRED) {
        Some(About::Required)
    } else {
        line.ends_with(':').then_some(About::Unknown)
    }
}

/// Headings over wishes that say so in no other way.
const WELCOME: [&str; 8] = [
    "also welcome",
    "welcome",
    "and perhaps",
    "extras",
    "außerdem willkommen",
    "bienvenu",
    "bienvenido",
    "welkom",
];

/// The parts of a job's text that may ask for something, in order.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut all: Vec<(About, Part)> = Vec::new();
    let (mut about, mut start) = (About::Unknown, 0);
    for line in text.split_inclusive('\n') {
        let is_point = is_point(line);
        match heading(line).filter(|_| !is_point) {
            Some(found) => about = found,
            None => {
                for (at, sentence) in sentences(line) {
                    let wish = about == About::Wished || is_wish(sentence);
                    let part = Part {
                        text: sentence,
                        start: start + at,
                        point: is_point,
                        wish,
                    };
                    all.push((about, part));
                }
            }
        }
        start += line.len();
    }
    let has_section = all.iter().any(|(about, _)| *about == About::Required);
    let counts = |about: About| match about {
        About::Required | About::Wished => true,
        About::Unknown => !has_section,
        About::Other => false,
    };
    let counted = all.into_iter().filter(|(about, _)| counts(*about));
    counted.map(|(_, part)| part).collect()
}

fn is_point(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with(['-', '*', '•', '–', '·', '▪', '●'])
        || (number.len() < line.len() && number.starts_with(['.', ')']))
}

/// The sentences of a line, each with its place: a full stop ends one before white space.
fn sentences(line: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in line.char_indices() {
        let after = at + c.len_utf8();
        let ends = match c {
            ';' | '!' | '?' => true,
            '.' => line[after..].chars().next().is_none_or(char::is_whitespace),
            _ => false,
        };
        if ends {
            found.push((start, &line[start..at]));
            start = after;
        }
    }
    found.push((start, &line[start..]));
    found.retain(|(_, sentence)| !sentence.trim().is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, bool)> {
        let parts = parts(text).into_iter();
        parts.map(|part| (part.text.trim(), part.wish)).collect()
    }

    #[test]
    fn only_the_sections_for_requirements_and_wishes_are_read() {
        let text = "About us\nWe sell Java.\n\nYour tasks\n- Python\n\nYour profile\n- Rust; Go is a plus\n\nNice to have\n- Kafka\nWe offer\n- coffee";
        assert_eq!(
            read(text),
            [("- Rust", false), ("Go is a plus", true), ("- Kafka", true)]
        );
        assert_eq!(
            read("We need Rust. Wir bieten:\nKaffee"),
            [
                ("We need Rust", false),
                ("Wir bieten:", false),
                ("Kaffee", false)
            ]
        );
        assert_eq!(
            read("Über uns\nalt\nAnforderungen\n1. Rust"),
            [("1", false), ("Rust", false)]
        );
    }
}
