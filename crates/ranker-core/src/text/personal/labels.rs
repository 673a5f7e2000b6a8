//! Data that say what they are: "Name: ...", "Geburtsdatum: ...".

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::contact::Contact;
use super::kinds::Kind;
use super::page::{Line, Page, fold};
use super::vocabulary::{BARE_LABELS, CONTACT_LABELS, NAME_LABELS, PERSON_LABELS};

/// What a label introduces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Name,
    Person,
    Contact,
}

static LABELS: LazyLock<HashMap<String, Label>> = LazyLock::new(|| {
    let lists = [
        (Label::Contact, BARE_LABELS),
        (Label::Contact, CONTACT_LABELS),
        (Label::Person, PERSON_LABELS),
        (Label::Name, NAME_LABELS),
    ];
    let labels = lists
        .iter()
        .flat_map(|(label, list)| list.iter().map(|text| (fold(text), *label)));
    labels.collect()
});

/// What a text as a whole introduces, if it is a label.
pub(super) fn label(text: &str) -> Option<Label> {
    let trimmed = text
        .trim()
        .trim_end_matches([':', '：', '.', '=', '-', '–', ' ']);
    LABELS.get(&fold(trimmed)).copied()
}

/// A label and what it introduces.
#[derive(Debug)]
pub(super) struct Labelled {
    pub(super) label: Label,
    /// The label and its value.
    pub(super) at: Range<usize>,
    /// The tokens of the value.
    pub(super) value: Range<usize>,
}

/// The most words of a label, and of what one outside of the head introduces.
const LABEL: usize = 5;
const VALUE: usize = 9;
/// How far a value reaches at most, in bytes.
const LONGEST: usize = 300;

/// The labelled data of a text; `head` is how many lines its head has.
pub(super) fn labelled(
    page: &Page<'_>,
    head: usize,
    contacts: &[(Contact, Range<usize>)],
) -> Vec<Labelled> {
    let mut found = Vec::new();
    for (number, line) in page.lines.iter().enumerate() {
        for (first, end, label) in in_line(page, line) {
            let one = match labelled_at(page, line, first..end) {
                Some(one) => one,
                None if number < head || label == Label::Name => {
                    match below(page, number, first..end, label) {
                        Some(one) => one,
                        None => continue,
                    }
                }
                None => continue,
            };
            let one = Labelled { label, ..one };
            if is_personal(page, &one, number < head, contacts) {
                found.push(one);
            }
        }
    }
    found
}

/// The labels of a line that something follows: their first token, the token after them, and what they are.
fn in_line(page: &Page<'_>, line: &Line) -> Vec<(usize, usize, Label)> {
    let mut found: Vec<(usize, usize, Label)> = Vec::new();
    for first in line.tokens.clone() {
        if found.last().is_some_and(|(_, end, _)| first < *end) {
            continue;
        }
        let starts = line
            .cells
            .binary_search_by_key(&first, |cell| cell.tokens.start)
            .is_ok();
        let longest = (first + LABEL).min(line.tokens.end);
        let labels = (first + 1..=longest).rev().filter_map(|end| {
            let colon = page
                .gap_after(end - 1)
                .trim_start_matches(['.', ')', ' '])
                .starts_with([':', '：', '=']);
            // Most words are no label's, and folding costs more than this look.
            if !(colon || starts) {
                return None;
            }
            let text = &page.text[page.tokens[first].at.start..page.tokens[end - 1].at.end];
            let alone = starts && (end == line.tokens.end || page.gap_after(end - 1) != " ");
            let bare = starts && is_strong(text) && page.gap_after(end - 1) == " ";
            let label = LABELS.get(&fold(text)).copied()?;
            (colon || alone || bare).then_some((first, end, label))
        });
        found.extend(labels.into_iter().next());
    }
    found
}

/// Whether a label needs no colon.
fn is_strong(text: &str) -> bool {
    const STRONG: [&str; 26] = [
        "date of birth",
        "dob",
        "nationality",
        "marital status",
        "gender",
        "sex",
        "age",
        "place of birth",
        "geburtsdatum",
        "geburtsort",
        "staatsangehorigkeit",
        "nationalitat",
        "familienstand",
        "geschlecht",
        "date de naissance",
        "nationalite",
        "fecha de nacimiento",
        "nacionalidad",
        "estado civil",
        "data di nascita",
        "nazionalita",
        "stato civile",
        "geboortedatum",
        "nationaliteit",
        "burgerlijke staat",
        "leeftijd",
    ];
    STRONG.contains(&fold(text).as_str())
}

/// A label with its value on the same line.
fn labelled_at(page: &Page<'_>, line: &Line, label: Range<usize>) -> Option<Labelled> {
    let start = page.tokens[label.start].at.start;
    let from = page.tokens[label.end - 1].at.end;
    let mut end = page
        .text
        .floor_char_boundary(line.at.end.min(from + LONGEST));
    if let Some(at) = page.text[from..end].find(['|', '•', '·', ';', '●', '▪', '¦']) {
        end = from + at;
    }
    // Another label in the same cell begins what it introduces.
    let next = (label.end..line.tokens.end.min(label.end + LONGEST / 4)).find(|&token| {
        let begins = (token + 1..=(token + LABEL).min(line.tokens.end)).any(|after| {
            let colon = page
                .gap_after(after - 1)
                .trim_start_matches(['.', ')', ' '])
                .starts_with([':', '：']);
            colon
                && LABELS.contains_key(&fold(
                    &page.text[page.tokens[token].at.start..page.tokens[after - 1].at.end],
                ))
        });
        begins && page.tokens[token].at.start < end
    });
    if let Some(next) = next {
        end = page.tokens[next].at.start;
    }
    let value = page.within(&(from..end));
    (!value.is_empty() || page.text[from..end].contains(['+', '@'])).then_some(Labelled {
        label: Label::Person,
        at: start..end,
        value,
    })
}

/// A label with its value on the next line.
fn below(page: &Page<'_>, number: usize, label: Range<usize>, kind: Label) -> Option<Labelled> {
    let (line, next) = (page.lines.get(number)?, page.lines.get(number + 1)?);
    let alone = label == line.tokens;
    let short = !next.tokens.is_empty() && next.tokens.len() <= VALUE;
    if !alone || !short || !in_line(page, next).is_empty() {
        return None;
    }
    let trade = page.tokens[next.tokens.clone()]
        .iter()
        .any(|token| token.is(Kind::Trade) || token.is(Kind::Section));
    let colon = page.text[..line.at.end].ends_with([':', '：']);
    let says = colon
        || kind == Label::Name
        || is_strong(&page.text[page.tokens[label.start].at.start..line.at.end]);
    (says && !trade).then(|| Labelled {
        label: kind,
        at: line.at.start..next.at.end,
        value: next.tokens.clone(),
    })
}

/// Whether what a label introduces is of a person: "Mobile: Android, Kotlin" is not, nor is "Name: Inventory System".
fn is_personal(
    page: &Page<'_>,
    one: &Labelled,
    in_head: bool,
    contacts: &[(Contact, Range<usize>)],
) -> bool {
    let value = &page.tokens[one.value.clone()];
    let trade = value.iter().any(|token| token.is(Kind::Trade));
    match one.label {
        Label::Contact => {
            let digits = page.text[one.at.clone()]
                .chars()
                .filter(char::is_ascii_digit)
                .count();
            let first = contacts.partition_point(|(_, at)| at.start < one.at.start);
            let contact = contacts
                .get(first)
                .is_some_and(|(_, at)| at.end <= one.at.end);
            contact
                || digits >= 6
                || (in_head
                    && !trade
                    && value.len() <= 3
                    && value
                        .iter()
                        .any(|token| token.folded.contains('_') || token.is(Kind::People)))
        }
        Label::Name => value.len() <= VALUE && (in_head || !trade),
        Label::Person => {
            value.len() <= 2 * VALUE
                && (in_head || value.len() <= VALUE)
                && (!trade || in_head || one.at.len() < 60)
        }
    }
}
