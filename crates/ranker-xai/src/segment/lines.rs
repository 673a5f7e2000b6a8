//! Lines, bullets and headings.

use std::ops::Range;

use super::{trimmed, words};

/// A line without its bullet, or several that a narrow page broke.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) bytes: Range<usize>,
    pub(super) bulleted: bool,
}

impl Block {
    /// A short line of its own that ends in a colon or says nothing but "Skills" or "Your tasks".
    pub(super) fn is_heading(&self, text: &str) -> bool {
        const MOST_WORDS: usize = 5;
        let line = &text[self.bytes.clone()];
        let short = line.split_whitespace().nth(MOST_WORDS).is_none();
        short && !self.bulleted && (line.ends_with(':') || words::only_names_a_section(line))
    }
}

/// Bullets wherever they stand; a hyphen or an asterisk is one only at the start of a line.
const BULLETS: [char; 8] = ['•', '●', '▪', '◦', '‣', '■', '⁃', '∙'];
const LINE_BULLETS: [char; 6] = ['-', '*', '–', '—', '·', '+'];

/// The blocks of a text, in order.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut after_blank = true;
    for line in lines(text) {
        let Some(line) = trimmed(text, line) else {
            after_blank = true;
            continue;
        };
        for (i, block) in bullets(text, line).into_iter().enumerate() {
            match blocks.last_mut() {
                Some(before) if i == 0 && !after_blank && continues(text, before, &block) => {
                    before.bytes.end = block.bytes.end;
                }
                _ => blocks.push(block),
            }
        }
        after_blank = false;
    }
    blocks
}

/// The lines of a text, without their ends.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let ends = [
        '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
    ];
    text.split(ends).map(move |line| {
        let start = line.as_ptr().addr() - text.as_ptr().addr();
        start..start + line.len()
    })
}

/// A trimmed line, split at its bullets; a bullet that nothing follows stays text.
fn bullets(text: &str, line: Range<usize>) -> Vec<Block> {
    let slice = &text[line.clone()];
    let mut blocks = Vec::new();
    let mut bulleted = is_numbered(slice);
    let mut start = line.start;
    let mut open = true; // Whether a bullet may stand here: at the start or after a space.
    let mut chars = slice.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let spaced = chars.peek().is_some_and(|(_, next)| next.is_whitespace());
        let is_bullet = BULLETS.contains(&c) || (at == 0 && spaced && LINE_BULLETS.contains(&c));
        if open && is_bullet {
            let after = at + c.len_utf8();
            if let Some(bytes) = trimmed(text, start..line.start + at) {
                blocks.push(Block { bytes, bulleted });
            }
            (start, bulleted) = (line.start + after, true);
        }
        open = c.is_whitespace();
    }
    match trimmed(text, start..line.end) {
        Some(bytes) => blocks.push(Block { bytes, bulleted }),
        None if blocks.is_empty() => blocks.push(Block {
            bytes: line,
            bulleted: false,
        }),
        None => {}
    }
    blocks
}

/// Whether a line begins with "3." or "12)", which stays part of it.
fn is_numbered(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = line.len() - rest.len();
    let mark = rest.strip_prefix(['.', ')']);
    (1..=2).contains(&digits) && mark.is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

/// Whether a line goes on where a long one before it was broken.
fn continues(text: &str, before: &Block, block: &Block) -> bool {
    const WRAPPED: usize = 60;
    let line = &text[before.bytes.clone()];
    let line = line.rsplit('\n').next().unwrap_or(line);
    let first = text[block.bytes.clone()].chars().next();
    !block.bulleted
        && line.len() >= WRAPPED
        && !line.ends_with(['.', '!', '?', ':', ';', '。'])
        && first.is_some_and(char::is_lowercase)
}
