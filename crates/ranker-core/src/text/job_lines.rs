//! The sections that headings divide a job into.

use std::ops::Range;

use super::job_headings::{
    ABOUT, APPLICATION, EMPLOYER, IN_NAMES, NO_NAME, OFFER, OTHER, REQUIRED, WELCOME,
};
use super::wishes::is_wish;

/// What the lines under a heading of a job are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobSection {
    /// What is required.
    Required,
    /// What is wished for.
    Wished,
    /// The work, or anything else that is neither asked for nor surely one of the next three.
    Other,
    /// Who the employer is.
    Employer,
    /// What the employer offers: pay, benefits, equal opportunity.
    Offer,
    /// How to apply.
    Application,
    /// What stands before the first heading, or under one that is not known.
    Unknown,
}

/// What a line is within its section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobLineKind {
    /// The heading of the section.
    Heading,
    /// One point of a list.
    Point,
    /// Neither; may be blank.
    Plain,
}

/// A line of a job's text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobLine<'t> {
    /// The line, with its end.
    pub text: &'t str,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// The section that it stands in.
    pub section: JobSection,
    /// What it is there.
    pub kind: JobLineKind,
}

/// The longest line, in words, that may be a heading.
const HEADING: usize = 6;

/// A line of at least so many words is prose.
const PROSE: usize = 8;

/// The lines of a job's text in plain form, in order, each with the section that the last heading before it begins:
/// in English, German, French, Spanish, Italian and Dutch. A line that ends in a colon is a heading too, of a section
/// that is not known.
///
/// ```
/// use ranker_core::{JobSection, job_lines};
///
/// let lines = job_lines("Build search.\nYour profile\n- Rust\nWe offer:\n- coffee");
/// let sections: Vec<JobSection> = lines.map(|line| line.section).collect();
/// use JobSection::{Offer, Required, Unknown};
/// assert_eq!(sections, [Unknown, Required, Required, Offer, Offer]);
/// ```
pub fn job_lines(text: &str) -> impl Iterator<Item = JobLine<'_>> {
    let (mut section, mut start) = (JobSection::Unknown, 0);
    text.split_inclusive('\n').map(move |line| {
        let at = start..start + line.len();
        start = at.end;
        let found = match is_point(line) {
            true => Err(JobLineKind::Point),
            false => heading(line, &text[start..]).ok_or(JobLineKind::Plain),
        };
        let kind = match found {
            Ok(found) => {
                section = found;
                JobLineKind::Heading
            }
            Err(kind) => kind,
        };
        JobLine {
            text: line,
            at,
            section,
            kind,
        }
    })
}

/// What a line is the heading of, before the rest of the text.
fn heading(line: &str, rest: &str) -> Option<JobSection> {
    let line = line.trim_matches(|c: char| !c.is_alphanumeric() && c != ':' && c != '.');
    let sentence = line.ends_with('.') || line.contains(". ");
    if line.is_empty() || sentence || line.split_whitespace().count() > HEADING {
        return None;
    }
    let name = line.trim_end_matches([':', ' ']);
    let lower = lower(name);
    let begins = |names: &[&str]| {
        let whole = |name: &&str| {
            let rest = lower.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        names.iter().any(whole)
    };
    if let Some(section) = whole_heading(&lower) {
        Some(section)
    } else if line.ends_with(':') && goes_on(&lower)(OFFER) {
        Some(JobSection::Offer)
    } else if names_employer(name) && is_prose(first_line(rest)) {
        Some(JobSection::Employer)
    } else if is_wish(&lower) || WELCOME.contains(&lower.as_str()) {
        Some(JobSection::Wished)
    } else if begins(OTHER)
        || [EMPLOYER, OFFER, APPLICATION]
            .into_iter()
            .any(goes_on(&lower))
    {
        Some(JobSection::Other)
    } else if begins(REQUIRED) {
        Some(JobSection::Required)
    } else {
        line.ends_with(':').then_some(JobSection::Unknown)
    }
}

/// Whether a heading begins with one of these names, of two words or more, and goes on: "We offer work in Rust" is not
/// surely about the offer, and asks for nothing.
fn goes_on(lower: &str) -> impl Fn(&[&str]) -> bool {
    move |names: &[&str]| {
        let begins = |name: &&str| {
            let rest = lower.strip_prefix(name);
            name.contains(' ') && rest.is_some_and(|rest| rest.starts_with(' '))
        };
        names.iter().any(begins)
    }
}

/// The section about the employer, the offer or the application that this is the whole heading of.
fn whole_heading(lower: &str) -> Option<JobSection> {
    let all = [
        (EMPLOYER, JobSection::Employer),
        (OFFER, JobSection::Offer),
        (APPLICATION, JobSection::Application),
    ];
    let found = all.into_iter().find(|(names, _)| names.contains(&lower));
    found.map(|(_, section)| section)
}

/// The section about the employer, the offer or the application of which this stands before a colon, on one line
/// with what it is about: "About Acme: ...".
pub(super) fn label(before_colon: &str) -> Option<JobSection> {
    let name = before_colon.trim_matches(|c: char| !c.is_alphanumeric());
    let named = || names_employer(name).then_some(JobSection::Employer);
    whole_heading(&lower(name)).or_else(named)
}

/// Whether a heading is "About" and a name, every word of which begins with a capital.
fn names_employer(heading: &str) -> bool {
    let words: Vec<&str> = heading.split_whitespace().take(HEADING + 1).collect();
    let lower: Vec<String> = words.iter().map(|word| lower(word)).collect();
    let about = |about: &&str| {
        let count = about.split(' ').count();
        let same = lower
            .iter()
            .map(String::as_str)
            .take(count)
            .eq(about.split(' '));
        same.then_some(count)
    };
    let Some(from) = ABOUT.iter().find_map(about) else {
        return false;
    };
    let is_name = |(at, lower): (usize, &String)| {
        let capital = words[at].starts_with(char::is_uppercase);
        let small = at > from && IN_NAMES.contains(&lower.as_str());
        !NO_NAME.contains(&lower.as_str()) && (capital || small)
    };
    let mut name = lower.iter().enumerate().skip(from);
    words.len() > from && words.len() <= HEADING && name.all(is_name)
}

fn first_line(text: &str) -> &str {
    text.trim_start().lines().next().unwrap_or_default()
}

/// Whether a line is a sentence rather than a heading or a point.
pub(super) fn is_prose(line: &str) -> bool {
    !is_point(line) && line.split_whitespace().nth(PROSE - 1).is_some()
}

/// In lower case, with one form of what is written in several.
fn lower(name: &str) -> String {
    let lower = name.to_lowercase().replace('’', "'");
    let lower = lower.replace(" & ", " and ").replace(',', "");
    lower.trim_end_matches(['?', '!', ' ']).to_owned()
}

pub(super) fn is_point(line: &str) -> bool {
    let line = line.trim_start();
    // Bold in Markdown.
    if line.starts_with("**") {
        return false;
    }
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with(['-', '*', '•', '–', '·', '▪', '●'])
        || (number.len() < line.len() && number.starts_with(['.', ')']))
}
