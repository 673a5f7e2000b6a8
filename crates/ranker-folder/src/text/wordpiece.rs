//! The pieces of ASCII words, read straight from a WordPiece vocabulary.
//!
//! `tokenizers` keeps for every character where it came from, which takes most of its time. Words of ASCII
//! letters, digits and punctuation, with the dashes and quotation marks of typesetting, which is most of a text, are as
//! long before normalisation as after it: they are looked up here. All others go to `tokenizers`, and ids and places are the same either way.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::{Range, RangeInclusive};

use ranker_core::BoxError;
use tokenizers::{Model, ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

/// A vocabulary with what BERT's normalisation does to ASCII.
#[derive(Debug, Clone)]
pub(super) struct Wordpieces {
    /// Pieces that begin a word.
    first: Pieces,
    /// Pieces that go on with one, without the prefix that says so.
    later: Pieces,
    /// The most bytes of a piece.
    longest: usize,
    /// The most characters of a word that is looked up at all.
    most: usize,
    unknown: u32,
    lower_case: bool,
}

/// Where a text's tokens are written to, one after the other.
pub(super) trait Sink {
    fn count(&self) -> usize;

    /// Adds a token, which lies at these bytes of the text.
    fn push(&mut self, id: u32, place: Range<usize>);

    /// Takes all tokens away but the first `count`.
    fn truncate(&mut self, count: usize);

    /// Adds what `tokenizers` finds in a part of the text that begins at `start`.
    fn read(&mut self, tokenizer: &Tokenizer, part: &str, start: usize) -> Result<(), BoxError>;
}

/// Ids alone.
impl Sink for Vec<u32> {
    fn count(&self) -> usize {
        self.len()
    }

    fn push(&mut self, id: u32, _: Range<usize>) {
        self.push(id);
    }

    fn truncate(&mut self, count: usize) {
        self.truncate(count);
    }

    fn read(&mut self, tokenizer: &Tokenizer, part: &str, _: usize) -> Result<(), BoxError> {
        self.extend(tokenizer.encode_fast(part, false)?.get_ids());
        Ok(())
    }
}

/// Ids, and where the first of them lie.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Placed {
    pub(super) ids: Vec<u32>,
    pub(super) places: Vec<Range<usize>>,
    /// The most places.
    pub(super) room: usize,
}

impl Sink for Placed {
    fn count(&self) -> usize {
        self.ids.len()
    }

    fn push(&mut self, id: u32, place: Range<usize>) {
        self.ids.push(id);
        if self.places.len() < self.room {
            self.places.push(place);
        }
    }

    fn truncate(&mut self, count: usize) {
        self.ids.truncate(count);
        self.places.truncate(count);
    }

    fn read(&mut self, tokenizer: &Tokenizer, part: &str, start: usize) -> Result<(), BoxError> {
        if self.places.len() == self.room {
            return self.ids.read(tokenizer, part, start);
        }
        let found = tokenizer.encode(part, false)?;
        for (&id, &(from, to)) in found.get_ids().iter().zip(found.get_offsets()) {
            self.push(id, start + from..start + to);
        }
        Ok(())
    }
}

type Pieces = HashMap<Box<[u8]>, u32, BuildHasherDefault<Fnv>>;

impl Wordpieces {
    /// The vocabulary of a tokenizer that reads words one by one as BERT does; `None` for any other.
    ///
    /// `controls` are the control tokens as they are written: each must begin with punctuation, where words are
    /// parted anyway.
    pub(super) fn of(tokenizer: &Tokenizer, controls: &[String]) -> Option<Self> {
        let ModelWrapper::WordPiece(model) = tokenizer.get_model() else {
            return None;
        };
        let Some(PreTokenizerWrapper::BertPreTokenizer(_)) = tokenizer.get_pre_tokenizer() else {
            return None;
        };
        let Some(NormalizerWrapper::BertNormalizer(bert)) = tokenizer.get_normalizer() else {
            return None;
        };
        let added = tokenizer.get_added_tokens_decoder();
        let parted = controls
            .iter()
            .all(|written| written.starts_with(|c: char| c.is_ascii_punctuation()));
        if !parted || added.values().any(|token| !token.special) {
            return None;
        }
        let vocabulary = model.get_vocab();
        let unknown = *vocabulary.get(&model.unk_token)?;
        let prefix = model.continuing_subword_prefix.as_str();
        if prefix.is_empty() {
            return None;
        }
        let (mut first, mut later) = (Pieces::default(), Pieces::default());
        for (piece, &id) in vocabulary.iter().filter(|(piece, _)| is_plain(piece)) {
            // A piece with the prefix may also begin a word that is written so.
            first.insert(piece.as_bytes().into(), id);
            if let Some(rest) = piece.strip_prefix(prefix) {
                later.insert(rest.as_bytes().into(), id);
            }
        }
        Some(Self {
            longest: first.keys().map(|piece| piece.len()).max()?,
            first,
            later,
            most: model.max_input_chars_per_word,
            unknown,
            lower_case: bert.lowercase,
        })
    }

    /// Adds the tokens of a text; `tokenizer` reads what is not plain.
    pub(super) fn read(
        &self,
        tokenizer: &Tokenizer,
        text: &str,
        tokens: &mut impl Sink,
    ) -> Result<(), BoxError> {
        let (mut word, mut start) = (Vec::new(), 0);
        // Other white space is left to `tokenizers`: some of it counts as control characters, which join.
        for part in text.split([' ', '\t', '\n', '\r']) {
            if is_plain(part) {
                self.part(part, start, &mut word, tokens);
            } else {
                tokens.read(tokenizer, part, start)?;
            }
            start += part.len() + 1;
        }
        Ok(())
    }

    /// Parts words from punctuation. `word` is empty, and is left so.
    fn part(&self, part: &str, start: usize, word: &mut Vec<u8>, tokens: &mut impl Sink) {
        let bytes = part.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let next = at + if byte.is_ascii() { 1 } else { MARK_BYTES };
            if byte.is_ascii_alphanumeric() {
                word.push(match self.lower_case {
                    true => byte.to_ascii_lowercase(),
                    false => byte,
                });
            } else {
                self.word(word, start + at, tokens);
                word.clear();
                self.word(&bytes[at..next], start + next, tokens);
            }
            at = next;
        }
        self.word(word, start + part.len(), tokens);
        word.clear();
    }

    /// The longest pieces of a word that ends at a byte, from left to right; the unknown token alone where they do
    /// not make up the word.
    fn word(&self, word: &[u8], end: usize, tokens: &mut impl Sink) {
        let (begun, mut rest) = (tokens.count(), word);
        while !rest.is_empty() {
            let Some((length, id)) = self.longest_piece(word, rest) else {
                tokens.truncate(begun);
                tokens.push(self.unknown, end - word.len()..end);
                return;
            };
            let start = end - rest.len();
            tokens.push(id, start..start + length);
            rest = &rest[length..];
        }
    }

    /// The longest piece that what is left of a word begins with: its bytes and its id.
    fn longest_piece(&self, word: &[u8], rest: &[u8]) -> Option<(usize, u32)> {
        let pieces = match rest.len() == word.len() {
            true => &self.first,
            false => &self.later,
        };
        let mut lengths = (1..=rest.len().min(self.longest)).rev();
        let found = lengths.find_map(|length| Some((length, *pieces.get(&rest[..length])?)));
        found.filter(|_| word.len() <= self.most)
    }
}

/// Whether a text has nothing but ASCII letters, digits and punctuation, and [`MARKS`].
fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic();
    text.bytes().all(is_plain)
        || text
            .chars()
            .all(|c| MARKS.contains(&c) || u8::try_from(c).is_ok_and(is_plain))
}

/// Dashes, quotation marks, bullets and ellipses: punctuation that every step of BERT's normalisation leaves as it is.
const MARKS: RangeInclusive<char> = '\u{2010}'..='\u{2027}';

/// What each of them takes in UTF-8.
const MARK_BYTES: usize = 3;

/// FNV-1a (Fowler, Noll, Vo): fast for keys of a few bytes. The keys are the vocabulary's own, so nobody can fill
/// a bucket.
#[derive(Debug, Clone)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_usize(&mut self, length: usize) {
        self.0 = (self.0 ^ length as u64).wrapping_mul(0x0100_0000_01b3);
    }
}
