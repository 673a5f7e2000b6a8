//! Postal addresses.

use std::ops::Range;

use super::kinds::Kind;
use super::page::{Case, Page};
use super::vocabulary::STREET_ENDINGS;

/// Streets with their numbers, with the parts of an address that follow on their line.
pub(super) fn addresses(page: &Page<'_>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (number, line) in page.lines.iter().enumerate() {
        let mut at = line.tokens.start;
        while at < line.tokens.end {
            let street = street(page, at..line.tokens.end);
            at = match street {
                Some(end) => {
                    let (end, whole) = (with_place(page, end, line.tokens.end), end);
                    found.push(page.tokens[at].at.start..page.tokens[end.max(whole) - 1].at.end);
                    end.max(whole)
                }
                None => at + 1,
            };
        }
        // A place stands below its street.
        let ends = found
            .last()
            .is_some_and(|last| line.at.start <= last.start && last.end == line.at.end);
        if let Some(next) = page
            .lines
            .get(number + 1)
            .filter(|next| ends && is_postal(page, &next.tokens))
        {
            found.push(next.at.clone());
        }
    }
    found
}

/// The token after a street and its number, if one begins here.
fn street(page: &Page<'_>, tokens: Range<usize>) -> Option<usize> {
    let first = &page.tokens[tokens.start];
    if is_number(page, tokens.start) && page.tokens[tokens.start].folded.len() <= 6 {
        return after_number(page, tokens);
    }
    if !first.is_capital() {
        return None;
    }
    let one_word = STREET_ENDINGS
        .iter()
        .any(|ending| first.folded.len() > ending.len() + 2 && first.folded.ends_with(ending));
    let next = tokens.start + 1;
    if one_word && next < tokens.end && is_house(page, next) && is_joined(page, next - 1) {
        return Some(next + 1);
    }
    if first.is(Kind::StreetBefore) || first.is(Kind::Street) {
        return before_name(page, tokens);
    }
    two_words(page, tokens)
}

/// "12 Main Street", "12 rue de la Paix", "12, avenue Foch".
fn after_number(page: &Page<'_>, tokens: Range<usize>) -> Option<usize> {
    const NAME: usize = 5;
    let first = tokens.start + 1;
    let gap = page.gap_after(tokens.start);
    if first >= tokens.end || !matches!(gap, " " | ", " | " bis " | " ter ") {
        return None;
    }
    if page.tokens[first].is(Kind::StreetBefore) && page.tokens[first].folded.len() > 2 {
        let end = name_end(page, first + 1..tokens.end.min(first + 1 + NAME));
        return (end > first + 1).then_some(end);
    }
    let year = is_year(&page.tokens[tokens.start].folded);
    for at in first..tokens.end.min(first + NAME) {
        let token = &page.tokens[at];
        if at > first && token.is(Kind::Street) && token.is_capital() {
            return (!year).then_some(at + 1);
        }
        let named = token.is_capital() || token.case == Case::Number;
        if !named || token.is(Kind::Month) || !is_joined(page, at) {
            return None;
        }
    }
    None
}

/// "Calle Mayor 12", "Via Roma, 12": a number ends it.
fn before_name(page: &Page<'_>, tokens: Range<usize>) -> Option<usize> {
    const NAME: usize = 5;
    let end = name_end(
        page,
        tokens.start + 1..tokens.end.min(tokens.start + 1 + NAME),
    );
    let trade = page.tokens[tokens.start..end]
        .iter()
        .any(|token| token.is(Kind::Trade) && !token.is(Kind::Particle));
    let short = page.tokens[tokens.start].folded.len() <= 2;
    (end > tokens.start + 1
        && end < tokens.end
        && is_house(page, end)
        && !trade
        && !short
        && matches!(
            page.gap_after(end - 1),
            " " | ", " | ", nº " | " nº " | " n. " | " n° "
        ))
    .then_some(end + 1)
}

/// "Lange Straße 12", "Unter den Linden 5" is not found.
fn two_words(page: &Page<'_>, tokens: Range<usize>) -> Option<usize> {
    let end = tokens.start + 2;
    (end < tokens.end
        && page.tokens[end - 1].is(Kind::Street)
        && page.tokens[end - 1].folded.len() > 3
        && page.tokens[end - 1].is_capital()
        && is_joined(page, tokens.start)
        && is_house(page, end)
        && page.gap_after(end - 1).starts_with([' ', '.']))
    .then_some(end + 1)
}

/// The token after the words of a street's name.
fn name_end(page: &Page<'_>, tokens: Range<usize>) -> usize {
    let mut end = tokens.start;
    for at in tokens {
        let token = &page.tokens[at];
        let named = token.is_capital() || token.is_particle();
        if !named || (at > 0 && !is_joined(page, at - 1)) {
            break;
        }
        if token.is_capital() {
            end = at + 1;
        }
        if !is_joined(page, at) {
            break;
        }
    }
    end
}

/// Whether no sign stands between a token and the next.
fn is_joined(page: &Page<'_>, token: usize) -> bool {
    matches!(page.gap_after(token), " " | ". " | "'" | "’")
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && (word.starts_with("19") || word.starts_with("20"))
        && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_number(page: &Page<'_>, token: usize) -> bool {
    page.tokens[token]
        .folded
        .starts_with(|c: char| c.is_ascii_digit())
}

/// A number of a house: up to four digits and a letter, and no year.
fn is_house(page: &Page<'_>, token: usize) -> bool {
    let word = &page.tokens[token].folded;
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    (1..=4).contains(&digits) && word.len() - digits <= 1 && !is_year(word)
}

/// The token after the parts of an address that follow a street: flat, postcode, city, region, country.
fn with_place(page: &Page<'_>, from: usize, end: usize) -> usize {
    const PARTS: usize = 12;
    let mut at = from;
    while at < end.min(from + PARTS) {
        let token = &page.tokens[at];
        let gap = page.gap_after(at - 1);
        let follows = gap.chars().all(|c| {
            matches!(
                c,
                ' ' | ',' | '.' | '#' | '-' | '(' | ')' | '/' | 'º' | 'ª' | '°'
            )
        });
        let named = token.is_capital() && !token.is(Kind::Trade)
            || token.is(Kind::Flat)
            || token.is(Kind::Particle);
        if !follows
            || !(named || token.case == Case::Number)
            || gap.starts_with(". ") && !token.is(Kind::Flat)
        {
            break;
        }
        at += 1;
    }
    at
}

/// Whether a line is a place as an address has it: a postcode and a city, or a city and a region or country.
pub(super) fn is_postal(page: &Page<'_>, tokens: &Range<usize>) -> bool {
    let words = &page.tokens[tokens.clone()];
    let named = |token: &super::page::Token| {
        token.is_capital() && !token.is(Kind::Trade) && !token.is(Kind::Letters)
            || token.case == Case::Number && token.folded.len() <= 6 && !is_year(&token.folded)
            || token.is(Kind::Particle)
    };
    let all = !words.is_empty() && words.len() <= 7 && words.iter().all(named);
    let postcode = words.iter().any(|token| token.case == Case::Number);
    let comma = tokens
        .clone()
        .any(|at| at + 1 < tokens.end && page.gap_after(at) == ", ");
    let capital = words
        .iter()
        .any(|token| token.is_capital() && token.folded.len() > 2);
    all && (capital || (postcode && words.len() < 3)) && (postcode || comma)
}

/// Whether some tokens may be a place's name: capitalised words and no trade.
pub(super) fn is_place_shaped(page: &Page<'_>, tokens: &Range<usize>) -> bool {
    let words = &page.tokens[tokens.clone()];
    let named = |token: &super::page::Token| {
        (token.is_capital()
            && !token.is(Kind::Trade)
            && !token.is(Kind::Letters)
            && !token.is(Kind::Firm))
            || token.is_particle()
            || (token.case == Case::Number && token.folded.len() <= 6)
    };
    words.len() <= 6 && words.iter().all(named)
}
