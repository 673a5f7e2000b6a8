//! White space that says nothing.

use std::ops::Range;

/// Spaces at the ends of lines and beside other spaces, and blank lines: without them one space stands between words
/// and one line end between lines.
pub(crate) fn spaces(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find([' ', '\n']).map(|from| at + from) {
        let run = text[start..].len() - text[start..].trim_start_matches([' ', '\n']).len();
        let end = start + run;
        let edge = start == 0 || end == text.len();
        let keep = match text[start..end].find('\n') {
            _ if edge => start..start,
            Some(line) => start + line..start + line + 1,
            None => start..start + 1,
        };
        found.push(start..keep.start);
        found.push(keep.end..end);
        at = end;
    }
    found.retain(|stretch| !stretch.is_empty());
    found
}
