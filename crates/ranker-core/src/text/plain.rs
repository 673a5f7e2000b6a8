//! The one form in which all stages read a text.

use std::borrow::Cow;
use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

use super::compose::{begins, compose, is_composed};
use super::hyphen::Hyphens;
use super::map::Map;

/// A text as it was written, and in the plain form that encoders, keyword search, features and
/// filters read.
///
/// In plain form characters are composed for compatibility (NFKC: `ﬁ` is `fi`, a full-width `Ａ` is
/// `A`, an accent joins its letter); format characters (soft hyphens, zero-width spaces and joiners,
/// marks of direction, variation selectors) and trademark signs are left out; all spaces are one kind
/// of space and all line ends one kind of line end; other control characters are spaces; and a word
/// that a hyphen breaks at a line's end is whole. A text that is plain already is kept once.
///
/// ```
/// use ranker_core::PlainText;
///
/// let text = PlainText::new("Veri\u{ad}ﬁed re-\nports".to_owned());
/// assert_eq!(text.as_str(), "Verified reports");
/// let at = text.as_str().find("reports").unwrap();
/// assert_eq!(&text.written()[text.written_at(at..at + 7)], "re-\nports");
/// ```
#[derive(Debug, Clone)]
pub struct PlainText {
    written: String,
    changed: Option<Box<Changed>>,
}

/// Equal when written alike: the plain form follows from that.
impl PartialEq for PlainText {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

#[derive(Debug, Clone)]
struct Changed {
    text: String,
    map: Map,
}

impl PlainText {
    /// Reads a text. Takes time linear in its length.
    #[must_use]
    pub fn new(written: String) -> Self {
        let changed = if is_plain(&written) {
            None
        } else {
            Reader::new(&written).read().map(Box::new)
        };
        Self { written, changed }
    }

    /// The text as it was written.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The text in plain form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.changed
            .as_ref()
            .map_or(&self.written, |changed| &changed.text)
    }

    /// The bytes of the written text that these bytes of the plain one stand for: the whole of what
    /// was written where the range touches a part of it.
    #[must_use]
    pub fn written_at(&self, plain: Range<usize>) -> Range<usize> {
        match &self.changed {
            Some(changed) => changed.map.back(plain),
            None => plain,
        }
    }
}

/// A text in plain form, for a caller that needs no way back; see [`PlainText`].
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    match Reader::new(text).read() {
        Some(changed) => Cow::Owned(changed.text),
        None => Cow::Borrowed(text),
    }
}

/// A quick look that finds most plain texts: ASCII without control characters and broken words.
fn is_plain(text: &str) -> bool {
    let broken = |line: &str| line.trim_end_matches(' ').ends_with('-');
    text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n')) && !text.lines().any(broken)
}

/// What becomes of one character before composition.
enum Fate {
    Keep,
    Drop,
    Become(char),
}

/// Reads a text character by character, writing the plain one and the way back.
struct Reader<'t> {
    written: &'t str,
    rest: Peekable<CharIndices<'t>>,
    plain: String,
    map: Map,
    hyphens: Hyphens<'t>,
}

impl<'t> Reader<'t> {
    fn new(written: &'t str) -> Self {
        Self {
            written,
            rest: written.char_indices().peekable(),
            plain: String::with_capacity(written.len()),
            map: Map::default(),
            hyphens: Hyphens::of(written),
        }
    }

    /// The plain text, where it differs.
    fn read(mut self) -> Option<Changed> {
        let mut stretch: Vec<char> = Vec::new();
        while let Some((at, c)) = self.next() {
            stretch.clear();
            stretch.push(c);
            self.take_stretch(&mut stretch);
            let end = self.at();
            let same = stretch.len() == 1
                && (is_composed(c) || is_fraction(c))
                && self.written[at..end].chars().eq(stretch.iter().copied());
            if same {
                self.map.keep(self.plain.len(), at);
                self.plain.push(c);
                continue;
            }
            let from = self.plain.len();
            compose(&stretch, &mut self.plain);
            if self.plain[from..] == self.written[at..end] {
                self.map.keep(from, at);
            } else {
                self.map.change(from, at);
                self.map.keep(self.plain.len(), end);
            }
        }
        (!self.map.is_identity()).then_some(Changed {
            text: self.plain,
            map: self.map,
        })
    }

    /// The byte of the written text that is read next.
    fn at(&mut self) -> usize {
        self.rest.peek().map_or(self.written.len(), |&(at, _)| at)
    }

    /// The next character that stays, with the byte at which it stands; what is dropped before it is
    /// marked.
    fn next(&mut self) -> Option<(usize, char)> {
        loop {
            let (at, c) = self.rest.next()?;
            if let Some(end) = self.broken(at, c) {
                self.skip_to(end);
                self.mark_dropped(at);
                continue;
            }
            match fate(c, self.rest.peek().map(|&(_, next)| next)) {
                Fate::Keep => return Some((at, c)),
                Fate::Become(other) => return Some((at, other)),
                Fate::Drop => self.mark_dropped(at),
            }
        }
    }

    /// Where the rest of the word stands that is broken at this character, if what lies between is
    /// to be left out.
    fn broken(&self, at: usize, c: char) -> Option<usize> {
        self.hyphens.rest_of_broken(&self.plain, at, c)
    }

    /// Whether the character that is read next may break a word at a line's end.
    fn breaks_here(&self) -> bool {
        let mut ahead = self.rest.clone();
        let soft = ahead.next().is_some_and(|(_, c)| c == '\u{ad}');
        soft && ahead.next().is_none_or(|(_, c)| c.is_whitespace())
    }

    fn skip_to(&mut self, end: usize) {
        while self.rest.next_if(|&(at, _)| at < end).is_some() {}
    }

    fn mark_dropped(&mut self, at: usize) {
        let (plain, next) = (self.plain.len(), self.at());
        self.map.change(plain, at);
        self.map.keep(plain, next);
    }

    /// Takes the characters that may compose with those of the stretch.
    fn take_stretch(&mut self, stretch: &mut Vec<char>) {
        while let Some(&(_, c)) = self.rest.peek() {
            match fate(c, None) {
                Fate::Drop if !self.breaks_here() => {}
                Fate::Keep if !begins(c) => stretch.push(c),
                Fate::Drop | Fate::Keep | Fate::Become(_) => return,
            }
            self.rest.next();
        }
    }
}

/// Characters that stay although they have a compatible form: `3½` is not `31⁄2`.
fn is_fraction(c: char) -> bool {
    matches!(c, '¼' | '½' | '¾')
}

fn fate(c: char, next: Option<char>) -> Fate {
    match c {
        '\n' | ' '..='~' => Fate::Keep,
        '\r' if next == Some('\n') => Fate::Drop,
        '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Fate::Become('\n'),
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            Fate::Become(' ')
        }
        '\u{2010}' | '\u{2011}' => Fate::Become('-'),
        '\u{b4}' => Fate::Become('\''),
        // Word's symbol fonts put their bullets into the private use area.
        '\u{f0a7}' | '\u{f0b7}' | '\u{f0d8}' | '\u{f076}' | '\u{f0fc}' => Fate::Become('•'),
        _ if is_invisible(c) => Fate::Drop,
        _ if c.is_control() => Fate::Become(' '),
        _ => Fate::Keep,
    }
}

/// Characters that nobody sees (format characters, fillers, variation selectors), and the signs of
/// trademarks, which would grow onto the word before them.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{70f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2120}' | '\u{2122}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> String {
        PlainText::new(text.to_owned()).as_str().to_owned()
    }

    #[test]
    fn what_a_file_made_of_a_text_is_undone() {
        for (written, expected) in [
            (
                "infor\u{ad}mation re\u{200b}trieval",
                "information retrieval",
            ),
            ("veri\u{fb01}ed o\u{fb04}ine", "verified offline"),
            ("Zu\u{308}rich, re\u{301}sume\u{301}", "Zürich, résumé"),
            ("\u{feff}New\u{a0}York\u{3000}City", "New York City"),
            ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
            ("tab\there\u{0}now", "tab here now"),
            ("Java™ \u{ff2e}\u{ff2c}\u{ff30}", "Java NLP"),
            ("\u{f0b7} Rust", "• Rust"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            ("u\u{ad}\u{308}", "ü"),
            ("क\u{93c}ि", "क\u{93c}ि"),
        ] {
            assert_eq!(plain(written), expected, "{written:?}");
        }
    }

    #[test]
    fn broken_words_are_whole_and_compounds_keep_their_hyphen() {
        for (written, expected) in [
            ("infor-\nmation", "information"),
            ("infor-\r\n   mation", "information"),
            ("infor\u{ad}\nmation", "information"),
            ("infor\u{2010}\nmation", "information"),
            (
                "full-text search, full-\ntext",
                "full-text search, full-text",
            ),
            ("self-\nemployed", "self-employed"),
            ("state-of-the-\nart", "state-of-the-art"),
            ("2019-\npresent", "2019-\npresent"),
            ("Front-\nEnd", "Front-\nEnd"),
            ("skills -\nsql", "skills -\nsql"),
            ("pre- and post-sales", "pre- and post-sales"),
            ("Vor-\nund Nachteile", "Vor-\nund Nachteile"),
            ("fine-\ntuning", "fine-tuning"),
        ] {
            assert_eq!(plain(written), expected, "{written:?}");
        }
    }

    #[test]
    fn evidence_points_into_what_was_written() {
        let text = PlainText::new("A\u{a0}veri\u{fb01}ed Elastic\u{ad}search\r\nteam".to_owned());
        assert_eq!(text.as_str(), "A verified Elasticsearch\nteam");
        let written = |word: &str| {
            let at = text.as_str().find(word).unwrap();
            &text.written()[text.written_at(at..at + word.len())]
        };
        assert_eq!(written("verified"), "veri\u{fb01}ed");
        assert_eq!(written("Elasticsearch"), "Elastic\u{ad}search");
        assert_eq!(written("team"), "team");
        assert_eq!(written("f"), "\u{fb01}");
        assert_eq!(
            text.written_at(0..text.as_str().len()),
            0..text.written().len()
        );
    }

    #[test]
    fn a_plain_text_is_kept_once() {
        for text in [
            "Rust, C++ and a well-known team\n- Go",
            "Zürich • 求人 – “ok”",
        ] {
            let text = PlainText::new(text.to_owned());
            assert!(text.changed.is_none(), "{text:?}");
            assert_eq!(text.written_at(2..5), 2..5);
        }
    }

    proptest! {
        #[test]
        fn plain_stays_plain_and_ranges_lie_on_characters(
            text in "[a-c é\u{301}\u{ad}\u{200b}\u{a0}\u{fb01}ｱ\u{ff9e}\r\n\u{1112}\u{1161}\u{11ab}求-]{0,40}"
        ) {
            let once = PlainText::new(text.clone());
            if !text.contains('-') {
                prop_assert_eq!(plain(once.as_str()), once.as_str());
            }
            let bounds: Vec<usize> = once.as_str().char_indices().map(|(at, _)| at).collect();
            let mut before = 0;
            for pair in bounds.windows(2) {
                let written = once.written_at(pair[0]..pair[1]);
                prop_assert!(text.get(written.clone()).is_some(), "{written:?}");
                prop_assert!(written.start >= before);
                before = written.start;
            }
        }
    }
}
