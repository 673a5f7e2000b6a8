//! The ends of sentences.

use std::ops::Range;

use super::{trimmed, words};

/// The sentences of a block.
pub(super) fn split(text: &str, block: Range<usize>) -> Vec<Range<usize>> {
    let slice = &text[block.clone()];
    let mut found = Vec::new();
    let mut start = 0;
    let mut word = 0; // Where the present word began.
    let mut at = 0;
    while let Some(c) = slice[at..].chars().next() {
        let after = at + c.len_utf8();
        if matches!(c, '.' | '!' | '?' | '…') {
            let end = closed(slice, after);
            let last = Last {
                word: &slice[word..at],
                opens: slice[start..word].trim().is_empty(),
                single: c == '.' && end == after,
            };
            if ends_sentence(&last, &slice[end..]) {
                found.extend(trimmed(text, block.start + start..block.start + end));
                (start, word) = (end, end);
            }
            at = end;
            continue;
        }
        if matches!(c, '。' | '！' | '？') {
            found.extend(trimmed(text, block.start + start..block.start + after));
            (start, word) = (after, after);
        }
        if c.is_whitespace() {
            word = after;
        }
        at = after;
    }
    found.extend(trimmed(text, block.start + start..block.end));
    found
}

/// The end of the marks that close a sentence, from the first of them.
fn closed(slice: &str, from: usize) -> usize {
    let marks = ['.', '!', '?', '…', '"', '\'', ')', ']', '”', '’', '»'];
    slice.len() - slice[from..].trim_start_matches(marks).len()
}

/// What stands before a full stop.
struct Last<'a> {
    word: &'a str,
    /// Whether the word opens the sentence.
    opens: bool,
    /// Whether nothing closes the sentence but one full stop.
    single: bool,
}

fn ends_sentence(last: &Last<'_>, rest: &str) -> bool {
    let next = rest.trim_start();
    let Some(first) = next.chars().next() else {
        return true;
    };
    if next.len() == rest.len() || first.is_lowercase() {
        return false;
    }
    let number = last.opens && last.word.chars().all(|c| c.is_ascii_digit());
    !(last.single && (number || words::is_abbreviation(last.word, first)))
}
