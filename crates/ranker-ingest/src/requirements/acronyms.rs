//! Acronyms beside the words that they stand for.

use std::ops::Range;

use super::forms::{Form, Token};
use super::named::Named;

/// An acronym with the words that it stands for: "Customer Data Platform (CDP)", "Amazon Elastic Compute Cloud EC2".
pub(super) fn acronym(tokens: &[Token<'_>], item: Range<usize>) -> Option<Named> {
    let is_acronym = |token: &Token<'_>| {
        let small = token.text.trim_end_matches('s');
        token.form == Form::Sure
            && small
                .chars()
                .all(|c| c.is_uppercase() || c.is_ascii_digit())
    };
    let at = item.clone().rev().find(|at| is_acronym(&tokens[*at]))?;
    let initials = initials(tokens[at].text.trim_end_matches('s'));
    // In brackets it is an item of its own.
    let from = if tokens[at].opens { 0 } else { item.start };
    let start = at
        .checked_sub(initials.len())
        .filter(|start| *start >= from)?;
    let words = &tokens[start..at];
    let stands = words.iter().zip(&initials).all(|(word, initial)| {
        word.text
            .chars()
            .next()
            .is_some_and(|first| first.to_lowercase().eq(initial.to_lowercase()))
    });
    if initials.len() < 2 || !stands || words.iter().any(|word| word.ends == Some(',')) {
        return None;
    }
    let acronym = tokens[at].text.trim_end_matches('s');
    let mut names = vec![
        acronym.to_owned(),
        words
            .iter()
            .map(|word| word.text)
            .collect::<Vec<_>>()
            .join(" "),
    ];
    if item.start + 1 == start && tokens[item.start].in_name() {
        names.push(format!("{} {acronym}", tokens[item.start].text));
    }
    let start = if names.len() > 2 { item.start } else { start };
    Some(Named {
        names,
        at: tokens[start].at.start..tokens[at].at.end,
    })
}

/// The initials that an acronym stands for: "EC2" is E, C, C.
fn initials(acronym: &str) -> Vec<char> {
    let mut all = Vec::new();
    for c in acronym.chars() {
        match (c.to_digit(10), all.last().copied()) {
            (Some(times), Some(last)) => all.extend((1..times.min(5)).map(|_| last)),
            (Some(_), None) => return Vec::new(),
            (None, _) => all.push(c),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::forms::tokens;
    use super::*;

    #[test]
    fn an_acronym_stands_for_the_words_before_it() {
        let names = |text: &str| {
            let tokens = tokens(text);
            acronym(&tokens, 0..tokens.len()).map(|named| named.names.join("|"))
        };
        for (text, expected) in [
            (
                "Elastic Compute Cloud EC2",
                Some("EC2|Elastic Compute Cloud"),
            ),
            (
                "Amazon Simple Storage Service S3",
                Some("S3|Simple Storage Service|Amazon S3"),
            ),
            (
                "local area networks (LANs)",
                Some("LAN|local area networks"),
            ),
            ("SAP", None),
            ("Big Data SAP", None),
        ] {
            assert_eq!(names(text).as_deref(), expected, "{text}");
        }
        assert_eq!(initials("EC2"), ['E', 'C', 'C']);
        assert_eq!(initials("3D"), []);
    }
}
