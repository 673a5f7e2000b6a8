//! E-mail addresses, links to pages, and telephone numbers.

use std::ops::Range;

use super::tidy::meets;
use super::vocabulary::{DOMAINS, MONTHS, PLATFORMS};
use crate::text::names;

/// What a stretch of a text is that leads to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contact {
    /// An e-mail address.
    Mail,
    /// A page.
    Link,
    /// A domain without a path, which may be an employer.
    Domain,
    /// A telephone number by its shape.
    Phone,
    /// Digits in the groups of a telephone number, which may be an amount.
    Digits,
}

/// All of them, in order.
pub(super) fn contacts(text: &str) -> Vec<(Contact, Range<usize>)> {
    let mut found = chunks(text)
        .filter_map(|chunk| link_or_mail(text, chunk))
        .collect::<Vec<_>>();
    let taken: Vec<Range<usize>> = found.iter().map(|(_, at)| at.clone()).collect();
    let phones = phones(text).into_iter();
    found.extend(phones.filter(|(_, at)| !meets(&taken, at)));
    found.sort_by_key(|(_, at)| at.start);
    found
}

/// What stands between white space and separators.
fn chunks(text: &str) -> impl Iterator<Item = Range<usize>> {
    let parts = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '|' | '•' | '·' | '●' | ';' | '<' | '>' | '(' | ')' | '[' | ']' | ',' | '"'
            )
    };
    text.split(parts).filter_map(move |chunk| {
        let start = chunk.as_ptr().addr() - text.as_ptr().addr();
        let from = chunk.len() - chunk.trim_start_matches(['.', ':', '\'']).len();
        let to = chunk.trim_end_matches(['.', ':', '\'', '!', '?']).len();
        (from < to).then(|| start + from..start + to)
    })
}

fn link_or_mail(text: &str, at: Range<usize>) -> Option<(Contact, Range<usize>)> {
    let chunk = &text[at.clone()];
    if !chunk.contains(['.', '@', '/']) {
        return None;
    }
    if let Some(mail) = mail(chunk) {
        // "E-mail:ana@example.com" is a label and an address.
        return Some((Contact::Mail, at.start + mail..at.end));
    }
    let small = chunk.to_ascii_lowercase();
    if chunk.starts_with('@') && chunk.len() > 2 && chunk[1..].starts_with(char::is_alphanumeric) {
        return Some((Contact::Domain, at));
    }
    let labelled = small.find("http").or_else(|| small.find("www."));
    if let Some(from) = labelled.filter(|from| small[*from..].contains('.')) {
        return Some((Contact::Link, at.start + from..at.end));
    }
    let (from, host) = match small.rsplit_once(':') {
        Some((label, rest)) if !rest.starts_with(|c: char| c.is_ascii_digit()) => {
            (label.len() + 1, rest)
        }
        _ => (0, small.as_str()),
    };
    let (host, path) = host
        .split_once('/')
        .map_or((host, None), |(host, path)| (host, Some(path)));
    let kind = domain(host, path)?;
    Some((kind, at.start + from..at.end))
}

/// Where an address begins in a chunk that ends in one.
fn mail(chunk: &str) -> Option<usize> {
    let (before, host) = chunk.rsplit_once('@')?;
    let dotted = host.contains('.')
        && host
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    let local = before.trim_start_matches(|c: char| !c.is_alphanumeric());
    let local = local.rsplit([':', '/', '=']).next().unwrap_or(local);
    (dotted && !local.is_empty()).then(|| before.len() - local.len())
}

fn domain(host: &str, path: Option<&str>) -> Option<Contact> {
    let (name, end) = host.rsplit_once('.')?;
    let letters =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    if !name.split('.').all(letters) || name.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if names::begins(host).is_some_and(|(length, _)| length == host.len())
        || !DOMAINS.contains(&end)
    {
        return None;
    }
    let platform = PLATFORMS
        .iter()
        .any(|known| host == *known || host.ends_with(&format!(".{known}")));
    let deep = path.is_some_and(|path| path.chars().any(char::is_alphanumeric));
    Some(match deep || platform && path.is_some() {
        true => Contact::Link,
        false => Contact::Domain,
    })
}

/// Runs of digits in groups that may be telephone numbers.
fn phones(text: &str) -> Vec<(Contact, Range<usize>)> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let begins = matches!(bytes[at], b'+' | b'(' | b'0'..=b'9');
        let inside = at > 0
            && (bytes[at - 1].is_ascii_alphanumeric()
                || matches!(bytes[at - 1], b'.' | b'-' | b'_' | b'/' | b','));
        if !begins || inside {
            at += 1;
            continue;
        }
        let end = end_of_digits(bytes, at);
        if let Some(kind) = phone(text, at..end) {
            found.push((kind, at..end));
        }
        at = end.max(at + 1);
    }
    found
}

/// Where a run of digits and the signs between them ends, at a digit.
fn end_of_digits(bytes: &[u8], start: usize) -> usize {
    let (mut end, mut at, mut signs) = (start, start, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'0'..=b'9' => {
                (end, signs) = (at + 1, 0);
            }
            b' ' | b'-' | b'.' | b'/' | b'(' | b')' | b'+' if signs < 3 => signs += 1,
            _ => break,
        }
        at += 1;
    }
    end
}

fn phone(text: &str, at: Range<usize>) -> Option<Contact> {
    let run = &text[at.clone()];
    let groups: Vec<&str> = run
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .collect();
    let digits: usize = groups.iter().map(|group| group.len()).sum();
    if !(7..=15).contains(&digits)
        || text[at.end..].starts_with(|c: char| c.is_alphabetic() || c == '%')
    {
        return None;
    }
    if run.starts_with('+') || (run.starts_with("00") && digits >= 10) {
        return Some(Contact::Phone);
    }
    if is_dates(&groups) || is_amount(text, &at) || after_month(text, at.start) {
        return None;
    }
    let long = groups.iter().filter(|group| group.len() >= 3).count();
    let thousands = groups.len() > 1
        && groups[0].len() <= 3
        && groups[1..].iter().all(|group| group.len() == 3);
    let dialled = run.starts_with('0')
        || run.starts_with('(')
        || run.contains('-')
        || digits >= 9 && long >= 2 && !thousands;
    match groups.len() {
        1 if run.starts_with('0') && digits >= 9 => Some(Contact::Phone),
        1 => Some(Contact::Digits),
        _ if thousands && !run.contains('-') && !run.starts_with(['0', '(']) => {
            Some(Contact::Digits)
        }
        _ if dialled && long >= 1 => Some(Contact::Phone),
        _ => Some(Contact::Digits),
    }
}

/// Whether all groups are years, months or days: "2011 - 2014", "01/2015 03/2016", "2019-03-31".
fn is_dates(groups: &[&str]) -> bool {
    let year =
        |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let small = |group: &str| group.len() <= 2;
    groups.iter().any(|group| year(group)) && groups.iter().all(|group| year(group) || small(group))
}

/// Whether a sign of money or a unit stands beside it.
fn is_amount(text: &str, at: &Range<usize>) -> bool {
    let money = |c: char| matches!(c, '$' | '€' | '£' | '¥' | '₹' | '#');
    text[..at.start].trim_end().ends_with(money) || text[at.end..].trim_start().starts_with(money)
}

/// Whether a month stands before it: "May 2011 2015-2019".
fn after_month(text: &str, start: usize) -> bool {
    let before = text[..start].trim_end_matches([' ', '.']);
    let word = &before[before.trim_end_matches(char::is_alphabetic).len()..];
    MONTHS.contains(&super::page::fold(word).as_str())
}
