//! The items of a list on one line.

use std::ops::Range;

use super::trimmed;

/// A list has at least so many commas ...
const LEAST_COMMAS: usize = 4;
/// ... and items of at most so many words on average; a sentence with commas has longer ones.
const MOST_WORDS: usize = 4;

/// The items of a sentence that is a list; else the sentence.
///
/// Semicolons and bars between spaces always separate. Commas do in lists of short items; a bullet
/// or a full stop shows that it is a sentence.
pub(super) fn split(text: &str, sentence: Range<usize>, bulleted: bool) -> Vec<Range<usize>> {
    let slice = &text[sentence.clone()];
    let strong = separators(slice, |before, c, after| {
        after && (c == ';' || (c == '|' && before))
    });
    if !strong.is_empty() {
        return items(text, sentence, &strong);
    }
    let commas = separators(slice, |_, c, after| after && c == ',');
    let words = slice.split_whitespace().count();
    let is_list = commas.len() >= LEAST_COMMAS
        && words <= MOST_WORDS * (commas.len() + 1)
        && !bulleted
        && !slice.ends_with(['.', '!', '?']);
    if is_list {
        items(text, sentence, &commas)
    } else {
        vec![sentence]
    }
}

/// Where separators stand, outside of parentheses. `is` is told whether white space stands before
/// the character, the character, and whether white space stands after it.
fn separators(slice: &str, is: impl Fn(bool, char, bool) -> bool) -> Vec<usize> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut before = false;
    let mut chars = slice.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().is_some_and(|(_, next)| next.is_whitespace());
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 && is(before, c, after) => found.push(at),
            _ => {}
        }
        before = c.is_whitespace();
    }
    found
}

/// The pieces between separators of one byte each.
fn items(text: &str, sentence: Range<usize>, separators: &[usize]) -> Vec<Range<usize>> {
    let ends = separators.iter().map(|at| sentence.start + at);
    let starts = ends.clone().map(|end| end + 1);
    std::iter::once(sentence.start)
        .chain(starts)
        .zip(ends.chain([sentence.end]))
        .filter_map(|(start, end)| trimmed(text, start..end))
        .collect()
}
