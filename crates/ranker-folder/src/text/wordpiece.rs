//! The ids of ASCII words, read straight from a WordPiece vocabulary.
//!
//! `tokenizers` keeps for every character where it came from, which takes most of its time and serves byte
//! spans alone. Where only ids are wanted, words of ASCII letters, digits and punctuation, which is most of
//! a text, are looked up here; all others go to `tokenizers`, and the ids are the same either way.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

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
    removes_controls: bool,
    lower_case: bool,
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
        let (removes_controls, lower_case) = match tokenizer.get_normalizer() {
            Some(NormalizerWrapper::BertNormalizer(bert)) => (bert.clean_text, bert.lowercase),
            _ => return None,
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
        for (piece, &id) in vocabulary.iter().filter(|(piece, _)| piece.is_ascii()) {
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
            removes_controls,
            lower_case,
        })
    }

    /// The ids of a text; `others` gives those of what is not ASCII.
    pub(super) fn ids(
        &self,
        text: &str,
        others: impl Fn(&str) -> Result<Vec<u32>, BoxError>,
    ) -> Result<Vec<u32>, BoxError> {
        let mut ids = Vec::with_capacity(text.len() / 4);
        let mut word = Vec::new();
        // Other white space is left to `tokenizers`: some of it counts as control characters, which join.
        for part in text.split([' ', '\t', '\n', '\r']) {
            if part.is_ascii() {
                self.part(part.as_bytes(), &mut word, &mut ids);
            } else {
                ids.extend(others(part)?);
            }
        }
        Ok(ids)
    }

    /// Parts words from punctuation.
    fn part(&self, part: &[u8], word: &mut Vec<u8>, ids: &mut Vec<u32>) {
        word.clear();
        for &byte in part {
            match byte {
                _ if byte.is_ascii_punctuation() => {
                    self.word(word, ids);
                    self.word(&[byte], ids);
                    word.clear();
                }
                _ if byte.is_ascii_control() && self.removes_controls => {}
                // White space of ASCII that was not split at, and is not removed.
                0x0B | 0x0C => {
                    self.word(word, ids);
                    word.clear();
                }
                _ if self.lower_case => word.push(byte.to_ascii_lowercase()),
                _ => word.push(byte),
            }
        }
        self.word(word, ids);
        word.clear();
    }

    /// The longest pieces, from left to right; the unknown token alone where they do not make up the word.
    fn word(&self, word: &[u8], ids: &mut Vec<u32>) {
        if word.is_empty() {
            return;
        }
        let begun = ids.len();
        let mut rest = word;
        if word.len() > self.most {
            rest = &[];
            ids.push(self.unknown);
        }
        while !rest.is_empty() {
            let pieces = match rest.len() == word.len() {
                true => &self.first,
                false => &self.later,
            };
            let mut lengths = (1..=rest.len().min(self.longest)).rev();
            let found = lengths.find_map(|length| Some((length, *pieces.get(&rest[..length])?)));
            let Some((length, id)) = found else {
                ids.truncate(begun);
                ids.push(self.unknown);
                return;
            };
            ids.push(id);
            rest = &rest[length..];
        }
    }
}

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
