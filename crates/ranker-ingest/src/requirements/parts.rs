//! The parts of a job's text that say what is required.

use std::ops::Range;

use ranker_core::{JobLine, JobLineKind, JobSection, is_wish, job_lines};

/// A sentence, or one point of a list, that may ask for something.
pub(super) struct Part<'t> {
    pub(super) text: &'t str,
    /// Where it begins in the job's text.
    pub(super) start: usize,
    /// Whether it is one point of a list.
    pub(super) point: bool,
    /// Whether it stands under a heading for requirements or wishes.
    pub(super) headed: bool,
    /// Whether what it asks for is a wish.
    pub(super) wish: bool,
}

impl Part<'_> {
    /// The bytes of the job's text that these bytes of the part are.
    pub(super) fn place(&self, at: &Range<usize>) -> Range<usize> {
        self.start + at.start..self.start + at.end
    }
}

/// The parts of a job's text that may ask for something, in order.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut all: Vec<(JobSection, Part)> = Vec::new();
    let lines = job_lines(text).filter(|line| line.kind != JobLineKind::Heading);
    for JobLine {
        text,
        at: line,
        section,
        kind,
        ..
    } in lines
    {
        for (at, sentence) in sentences(text) {
            let part = Part {
                text: sentence,
                start: line.start + at,
                point: kind == JobLineKind::Point,
                headed: matches!(section, JobSection::Required | JobSection::Wished),
                wish: section == JobSection::Wished || is_wish(sentence),
            };
            all.push((section, part));
        }
    }
    let has_section = all
        .iter()
        .any(|(section, _)| *section == JobSection::Required);
    let counts = |section: JobSection| match section {
        JobSection::Required | JobSection::Wished => true,
        JobSection::Unknown => !has_section,
        _ => false,
    };
    let counted = all.into_iter().filter(|(section, _)| counts(*section));
    counted.map(|(_, part)| part).collect()
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
