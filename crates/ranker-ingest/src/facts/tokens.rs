//! Words, numbers and marks of a text, with their places.

use std::ops::Range;

/// A piece of a text that is not white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Bytes of the text.
    pub(super) place: Range<usize>,
    /// Whether it stands on another line than the one before.
    pub(super) new_line: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Digits: their number, and how many they are.
    Number { value: u32, digits: usize },
    /// Letters, in lower case.
    Word(String),
    /// Anything else.
    Mark(char),
}

impl Token {
    pub(super) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_mark(&self, marks: &[char]) -> bool {
        matches!(self.kind, Kind::Mark(mark) if marks.contains(&mark))
    }
}

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut new_line = false;
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if c.is_whitespace() {
            new_line |= c == '\n';
            continue;
        }
        let same: fn(char) -> bool = if c.is_ascii_digit() {
            |c| c.is_ascii_digit()
        } else if c.is_alphabetic() {
            char::is_alphabetic
        } else {
            |_| false
        };
        let mut end = at + c.len_utf8();
        while let Some((next, c)) = rest.next_if(|(_, c)| same(*c)) {
            end = next + c.len_utf8();
        }
        let content = &text[at..end];
        let kind = if c.is_ascii_digit() {
            Kind::Number {
                value: content.parse().unwrap_or(u32::MAX),
                digits: content.len(),
            }
        } else if c.is_alphabetic() {
            Kind::Word(content.to_lowercase())
        } else {
            Kind::Mark(c)
        };
        tokens.push(Token {
            kind,
            place: at..end,
            new_line: std::mem::take(&mut new_line),
        });
    }
    tokens
}
