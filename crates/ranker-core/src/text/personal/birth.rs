//! Dates and places of birth, ages, what a head says of sex and family, and years of graduation.

use std::ops::Range;

use super::kinds::Kind;
use super::page::{Case, Page, Token};
use super::vocabulary::BORN;

/// All of them; `head` is how many lines the head has.
pub(super) fn births(page: &Page<'_>, head: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let bytes = |tokens: Range<usize>| {
        page.tokens[tokens.start].at.start..page.tokens[tokens.end - 1].at.end
    };
    for (number, line) in page.lines.iter().enumerate() {
        let mut at = line.tokens.start;
        while at < line.tokens.end {
            let end = born(page, at..line.tokens.end).or_else(|| age(page, at..line.tokens.end));
            if let Some(end) = end {
                found.push(bytes(at..end));
            }
            at = end.unwrap_or(at + 1);
        }
        if number < head {
            found.extend(statuses(page, line.tokens.clone()).into_iter().map(bytes));
        }
    }
    found
}

/// The token after a date or place of birth that begins here.
fn born(page: &Page<'_>, tokens: Range<usize>) -> Option<usize> {
    let first = &page.tokens[tokens.start];
    let raw = page.text[first.at.clone()].to_lowercase();
    let star = page.gap_before(tokens.start).trim_end().ends_with('*')
        && is_date(page, tokens.start..tokens.end);
    if !star && (!BORN.contains(&raw.as_str()) || first.case == Case::Capitals) {
        return None;
    }
    let mut end = tokens.start + 1;
    let mut told = star;
    for at in tokens.start + 1..tokens.end {
        let token = &page.tokens[at];
        let gap = page.gap_after(at - 1);
        let near = gap
            .chars()
            .all(|c| matches!(c, ' ' | '.' | ',' | '/' | '-' | '(' | ')' | 'e' | ':'));
        let tells = token.case == Case::Number || token.is(Kind::Month) || token.is_capital();
        if !near
            || gap.contains(". ")
                && !is_number(&page.tokens[at - 1])
                && page.tokens[at - 1].folded != "geb"
            || !(tells || token.is(Kind::BirthWord))
        {
            break;
        }
        if tells {
            (end, told) = (at + 1, true);
        }
    }
    (told && (end > tokens.start + 1 || star)).then_some(end)
}

fn is_number(token: &Token) -> bool {
    token.folded.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a date with its day begins here: "12.03.1990", "12 March 1990".
fn is_date(page: &Page<'_>, tokens: Range<usize>) -> bool {
    let end = (tokens.start + 3).min(tokens.end);
    let words = &page.tokens[tokens.start..end];
    let part = |token: &Token| is_number(token) || token.is(Kind::Month);
    let year = |token: &Token| is_number(token) && token.folded.len() == 4;
    words.len() == 3
        && words.iter().all(part)
        && words.iter().filter(|token| year(token)).count() == 1
}

/// The token after an age: "34 years old", "34-year-old", "aged 34", "34 ans" only where that is all.
fn age(page: &Page<'_>, tokens: Range<usize>) -> Option<usize> {
    let word = |at: usize| {
        page.tokens
            .get(at)
            .filter(|_| at < tokens.end)
            .map_or("", |token| token.folded.as_str())
    };
    let years = |at: usize| {
        word(at)
            .parse::<u8>()
            .is_ok_and(|age| (14..100).contains(&age))
    };
    let at = tokens.start;
    if years(at) {
        return match (word(at + 1), word(at + 2)) {
            ("years" | "year" | "yrs" | "yr", "old" | "young")
            | ("jahre" | "jahren", "alt")
            | ("jaar", "oud") => Some(at + 3),
            ("anos", "de") if word(at + 3) == "edad" => Some(at + 4),
            ("ans", "revolus") => Some(at + 3),
            ("year-old" | "years-old" | "yo" | "y-o" | "jahrige" | "jahriger", _) => Some(at + 2),
            _ => None,
        };
    }
    match (word(at), word(at + 1), word(at + 2)) {
        ("aged" | "age", _, _) if years(at + 1) => Some(at + 2),
        ("im", "alter", "von") if years(at + 3) => {
            Some(at + 4 + usize::from(word(at + 4).starts_with("jahr")))
        }
        ("age" | "agee", "de", _) if years(at + 2) => {
            Some(at + 3 + usize::from(word(at + 3) == "ans"))
        }
        ("de" | "tengo" | "ho", _, "anos" | "anni") if years(at + 1) && word(at) != "de" => {
            Some(at + 3)
        }
        _ => None,
    }
}

/// The parts of a head's line that say nothing but sex, family, people or age, and a full date alone.
fn statuses(page: &Page<'_>, tokens: Range<usize>) -> Vec<Range<usize>> {
    let parts = parts(page, tokens);
    let personal = |part: &Range<usize>| {
        let words = &page.tokens[part.clone()];
        let date = words.len() == 3 && is_date(page, part.clone());
        let says = |token: &Token| {
            token.is(Kind::Status)
                || token.is(Kind::BesideStatus)
                || token.is(Kind::People)
                || is_number(token) && token.folded.len() <= 2
        };
        let sure = words.iter().any(|token| token.is(Kind::Status));
        date || (words.iter().all(says) && sure)
    };
    let mut found: Vec<Range<usize>> = parts
        .iter()
        .filter(|part| personal(part))
        .cloned()
        .collect();
    if !found.is_empty() {
        // Beside them a number is an age, and "Spanish" no language.
        let beside = |part: &&Range<usize>| {
            let words = &page.tokens[(*part).clone()];
            !personal(part)
                && words.iter().all(|token| {
                    token.is(Kind::People) || is_number(token) && token.folded.len() == 2
                })
        };
        found.extend(parts.iter().filter(beside).cloned());
    }
    found
}

/// The parts of a line between commas and separators.
pub(super) fn parts(page: &Page<'_>, tokens: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = tokens.start;
    for at in tokens.clone() {
        let gap = page.gap_after(at);
        if at + 1 == tokens.end
            || gap.contains([',', '|', '•', '·', ';', '(', ')', '●', '▪'])
            || matches!(gap, " - " | " – " | " — " | " / " | " * ")
        {
            parts.push(start..at + 1);
            start = at + 1;
        }
    }
    parts
}

/// Years, with their months, on lines about studies and under headings of education.
pub(super) fn graduations(page: &Page<'_>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut studying = false;
    for line in &page.lines {
        let words = &page.tokens[line.tokens.clone()];
        let heading =
            words.len() <= 4 && words.first().is_some_and(|token| token.is(Kind::Section));
        if heading {
            studying = words.iter().any(|token| token.is(Kind::Study));
        }
        if !(studying
            || words
                .iter()
                .any(|token| token.is(Kind::Study) && token.folded.len() > 1))
        {
            continue;
        }
        for at in line.tokens.clone() {
            let token = &page.tokens[at];
            let year = |token: &Token| {
                is_number(token)
                    && token.folded.len() == 4
                    && (token.folded.starts_with("19") || token.folded.starts_with("20"))
            };
            let month =
                token.is(Kind::Month) && at + 1 < line.tokens.end && year(&page.tokens[at + 1]);
            let number = is_number(token)
                && token.folded.len() <= 2
                && at + 1 < line.tokens.end
                && year(&page.tokens[at + 1])
                && matches!(page.gap_after(at), "/" | "." | "-");
            if year(token) || month || number {
                // "2009 - 2012" goes as one.
                match found
                    .last_mut()
                    .filter(|last| follows(page.text, last, &token.at))
                {
                    Some(last) => last.end = token.at.end,
                    None => found.push(token.at.clone()),
                }
            }
        }
    }
    found
}

/// Whether nothing but dashes and their like stand between two stretches.
fn follows(text: &str, before: &Range<usize>, next: &Range<usize>) -> bool {
    let between = &text[before.end..next.start];
    between
        .chars()
        .all(|c| matches!(c, ' ' | '-' | '–' | '—' | '/' | '.'))
}
