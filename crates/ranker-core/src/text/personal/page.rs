//! A text as lines, cells and words: what the finders of personal data read.

use std::ops::Range;

use super::kinds::{Kind, Kinds, kinds};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    /// In small letters, or in a script without capitals.
    Small,
    /// With a capital first.
    Capital,
    /// In capitals, two at least.
    Capitals,
    /// With digits alone or in it.
    Number,
}

/// A run of letters and digits, with single hyphens and apostrophes inside.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) at: Range<usize>,
    /// In small letters, without accents.
    pub(super) folded: String,
    pub(super) case: Case,
    pub(super) kinds: Kinds,
}

impl Token {
    /// Whether its word is in one of the lists.
    pub(super) fn is(&self, kind: Kind) -> bool {
        self.kinds.has(kind)
    }

    /// "van", "de": a small word of names.
    pub(super) fn is_particle(&self) -> bool {
        self.is(Kind::Particle) && self.case == Case::Small
    }

    /// A single capital letter, which may be short for a name.
    pub(super) fn is_initial(&self) -> bool {
        self.case != Case::Small && self.folded.chars().count() == 1 && self.case != Case::Number
    }

    /// Whether it may stand for somebody or something of its own.
    pub(super) fn is_capital(&self) -> bool {
        matches!(self.case, Case::Capital | Case::Capitals)
    }
}

/// A stretch of a line between its separators, and its tokens.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) at: Range<usize>,
    pub(super) tokens: Range<usize>,
}

/// A line: its cells, in order.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) at: Range<usize>,
    pub(super) tokens: Range<usize>,
    pub(super) cells: Vec<Cell>,
}

/// A text, read once.
#[derive(Debug)]
pub(super) struct Page<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token>,
    pub(super) lines: Vec<Line>,
}

impl<'t> Page<'t> {
    /// Takes a text with single spaces and without blank lines.
    pub(super) fn of(text: &'t str) -> Self {
        let tokens = tokens(text);
        let mut lines = Vec::new();
        let (mut start, mut token) = (0, 0);
        for line in text.split_inclusive('\n') {
            let at = start..start + line.trim_end_matches('\n').len();
            start += line.len();
            let first = token;
            token += tokens[token..].partition_point(|one| one.at.start < at.end);
            let cells = cells(text, &at, &tokens[first..token], first);
            lines.push(Line {
                at,
                tokens: first..token,
                cells,
            });
        }
        Self {
            text,
            tokens,
            lines,
        }
    }

    /// What stands between a token and the one after it; up to the line's end for its last one.
    pub(super) fn gap_after(&self, token: usize) -> &'t str {
        let from = self.tokens[token].at.end;
        let to = self
            .tokens
            .get(token + 1)
            .map_or(self.text.len(), |next| next.at.start);
        let gap = &self.text[from..to];
        gap.split_inclusive('\n').next().unwrap_or_default()
    }

    /// What stands between a token and the one before it, back to the line's start.
    pub(super) fn gap_before(&self, token: usize) -> &'t str {
        let to = self.tokens[token].at.start;
        let from = token
            .checked_sub(1)
            .map_or(0, |before| self.tokens[before].at.end);
        let gap = &self.text[from..to];
        &gap[gap.rfind('\n').unwrap_or(0)..]
    }

    /// The number of the line that a byte stands in.
    pub(super) fn line_at(&self, byte: usize) -> usize {
        self.lines.partition_point(|line| line.at.end < byte)
    }

    /// The words of some tokens, in small letters and without accents, with single spaces.
    pub(super) fn folded(&self, tokens: Range<usize>) -> String {
        let words: Vec<&str> = self.tokens[tokens]
            .iter()
            .map(|token| token.folded.as_str())
            .collect();
        words.join(" ")
    }

    /// The tokens that a stretch of the text holds.
    pub(super) fn within(&self, at: &Range<usize>) -> Range<usize> {
        let first = self
            .tokens
            .partition_point(|token| token.at.start < at.start);
        let end = self.tokens.partition_point(|token| token.at.start < at.end);
        first..end.max(first)
    }
}

/// In small letters, without accents and other marks.
pub(super) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase().replace('\'', "");
    }
    let small = word.chars().flat_map(char::to_lowercase);
    let bare = small.nfd().filter(|c| !is_combining_mark(*c));
    let mut folded = String::with_capacity(word.len());
    for c in bare {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            '\'' | '’' => {}
            _ => folded.push(c),
        }
    }
    // What a script composes of marks alone must come back composed.
    folded.nfc().collect()
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 6);
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !c.is_alphanumeric() {
            continue;
        }
        let mut end = start + c.len_utf8();
        while let Some(&(at, next)) = chars.peek() {
            let joins = matches!(next, '\'' | '’' | '-')
                && text[at + next.len_utf8()..].starts_with(char::is_alphabetic)
                && text[..at].ends_with(char::is_alphabetic);
            if !(next.is_alphanumeric() || is_combining_mark(next) || joins) {
                break;
            }
            end = at + next.len_utf8();
            chars.next();
        }
        tokens.push(token(text, start..end));
    }
    tokens
}

fn token(text: &str, at: Range<usize>) -> Token {
    let word = &text[at.clone()];
    let case = case(word);
    // "Lopez's" is a mention of Lopez, and what follows the name goes with it.
    let bare = word
        .strip_suffix("'s")
        .or_else(|| word.strip_suffix("’s"))
        .unwrap_or(word);
    let folded = fold(bare);
    Token {
        at,
        kinds: kinds(&folded),
        folded,
        case,
    }
}

fn case(word: &str) -> Case {
    if word.chars().any(char::is_numeric) {
        return Case::Number;
    }
    // "al-Masri" is a name as "Masri" is.
    let article =
        |(before, rest): (&str, &str)| before.len() < 4 && rest.starts_with(char::is_uppercase);
    if word.starts_with(char::is_lowercase) && word.split_once('-').is_some_and(article) {
        return Case::Capital;
    }
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let first = letters.next().is_some_and(char::is_uppercase);
    let mut rest = letters.peekable();
    match first {
        false => Case::Small,
        true if rest.peek().is_some() && rest.all(char::is_uppercase) => Case::Capitals,
        true => Case::Capital,
    }
}

/// Signs that part the cells of a line wherever they stand.
const SEPARATORS: [char; 12] = ['|', '•', '·', '●', '▪', '◦', ';', '¦', '∙', '‣', '■', '│'];

/// Whether a sign parts cells: dashes and slashes do between spaces.
pub(super) fn separates(text: &str, at: usize, c: char) -> bool {
    let spaced = text[..at].ends_with(' ') && text[at + c.len_utf8()..].starts_with(' ');
    SEPARATORS.contains(&c) || (spaced && matches!(c, '-' | '–' | '—' | '/' | '*'))
}

fn cells(text: &str, line: &Range<usize>, tokens: &[Token], first: usize) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut start = line.start;
    let mut cell = |at: Range<usize>| {
        let from = tokens.partition_point(|token| token.at.start < at.start);
        let to = tokens.partition_point(|token| token.at.start < at.end);
        if from < to {
            cells.push(Cell {
                at,
                tokens: first + from..first + to,
            });
        }
    };
    for (at, c) in text[line.clone()].char_indices() {
        let at = line.start + at;
        if separates(text, at, c) {
            cell(start..at);
            start = at + c.len_utf8();
        }
    }
    cell(start..line.end);
    cells
}
