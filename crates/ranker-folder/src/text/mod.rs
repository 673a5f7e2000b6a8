//! Texts into token ids.

mod ends;
mod slices;
#[cfg(test)]
mod tests;
mod wordpiece;

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use ranker_core::{BoxError, TokenUsage};
use rayon::prelude::*;
use tokenizers::normalizers::{Lowercase, Sequence};
use tokenizers::{
    Encoding, ModelWrapper, NormalizerWrapper, PostProcessor, PostProcessorWrapper, Token,
    Tokenizer,
};

use crate::error::FolderError;
use crate::folder::ModelFolder;
use crate::json;
use crate::limits::TOKENIZER_FILE;
use crate::static_folder::StaticFolder;
use ends::Ends;
use slices::slices;
use wordpiece::{Placed, Sink, Wordpieces};

/// A tokenizer that truncates and counts, and never pads.
///
/// The truncation and padding that `tokenizer.json` sets are switched off: a fixed padding would waste
/// most of a batch, and its limit is often shorter than what the model was made for.
#[derive(Debug, Clone)]
pub struct TextTokenizer {
    tokenizer: Tokenizer,
    frame: Frame,
    /// What finds tokens faster, where the tokenizer is of the kind that allows it.
    words: Option<Wordpieces>,
    /// How control tokens are written: in a text they are text.
    controls: Vec<String>,
    max_tokens: usize,
}

/// The special tokens around a text: ids and segment ids.
#[derive(Debug, Clone, Default, PartialEq)]
struct Frame {
    before: Vec<(u32, u32)>,
    after: Vec<(u32, u32)>,
    /// The segment id of the text between them.
    body: u32,
}

/// One text's tokens, as the encoder reads them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Tokens {
    /// The token ids, special tokens included.
    pub ids: Vec<u32>,
    /// The segment id of each token.
    pub types: Vec<u32>,
    /// The index of the first of the text's own tokens among `ids`.
    pub body: usize,
    /// The byte range in prompt and text of each of the text's own tokens; empty with
    /// [`Spans::Skip`].
    pub spans: Vec<Range<usize>>,
    /// How many tokens the whole text has, and how many of them are among `ids`.
    pub usage: TokenUsage,
    /// How many of `ids`, from the first on, are attended to: all, unless masks follow that fill up a query.
    pub attended: usize,
}

/// Where the tokens of a text lie.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenSpans {
    /// The byte range of each token that was asked for, in the order of the text.
    pub spans: Vec<Range<usize>>,
    /// How many tokens the whole text has.
    pub counted: usize,
}

impl TokenSpans {
    /// The places of a text's first tokens, and how many tokens it has.
    #[must_use]
    pub fn new(spans: Vec<Range<usize>>, counted: usize) -> Self {
        Self { spans, counted }
    }
}

/// A text's own tokens as they are read, without those around them.
#[derive(Default)]
struct Own {
    ids: Vec<u32>,
    spans: Vec<Range<usize>>,
    counted: usize,
}

/// Whether byte ranges of tokens are computed, which takes longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spans {
    /// They are left out.
    Skip,
    /// They are computed.
    Keep,
}

pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, FolderError> {
    std::fs::read(path).map_err(FolderError::read(path))
}

/// The tokenizer with lower case before its own normalisation.
pub(crate) fn lower_cased(mut tokenizer: Tokenizer) -> Result<Tokenizer, BoxError> {
    let mut steps = vec![NormalizerWrapper::from(Lowercase)];
    steps.extend(tokenizer.get_normalizer().cloned());
    tokenizer.with_normalizer(Some(Sequence::new(steps)))?;
    Ok(tokenizer)
}

impl TextTokenizer {
    /// Reads the folder's `tokenizer.json`, without a limit: see [`TextTokenizer::with_max_tokens`]. Where
    /// `tokenizer_config.json` has `add_bos_token` or `add_eos_token`, texts begin or end with those tokens;
    /// what `tokenizer.json` itself puts around them is never taken away.
    ///
    /// # Errors
    /// [`FolderError`] for a file that is missing or damaged, or whose special tokens do not stand
    /// at the ends of a text.
    pub fn read(folder: &ModelFolder) -> Result<Self, FolderError> {
        let path = folder.tokenizer_file();
        let tokenizer = Self::parse(&read_bytes(&path)?, folder.lower_case);
        let mut tokenizer = tokenizer.map_err(FolderError::invalid(&path))?;
        let path = folder.root.join(TOKENIZER_FILE);
        let ends: Ends = json::read_if_present(&path)?.unwrap_or_default();
        tokenizer.end(&ends).map_err(FolderError::invalid(&path))?;
        Ok(tokenizer)
    }

    /// Puts the tokens there that are asked for and are not there yet.
    fn end(&mut self, ends: &Ends) -> Result<(), BoxError> {
        let id = |written: Option<&str>| match written {
            None => Ok(None),
            Some(written) => match self.tokenizer.token_to_id(written) {
                None => Err(format!("the tokenizer has no token {written:?}")),
                found => Ok(found),
            },
        };
        let (first, last) = (id(ends.first()?)?, id(ends.last()?)?);
        let body = self.frame.body;
        if let Some(first) = first
            && self.frame.before.first().is_none_or(|&(id, _)| id != first)
        {
            self.frame.before.insert(0, (first, body));
        }
        if let Some(last) = last
            && self.frame.after.last().is_none_or(|&(id, _)| id != last)
        {
            self.frame.after.push((last, body));
        }
        Ok(())
    }

    /// Reads the tokenizer of a static encoder, which puts no special tokens around a text.
    ///
    /// # Errors
    /// [`FolderError`] for a file that is missing or damaged.
    pub fn read_static(folder: &StaticFolder) -> Result<Self, FolderError> {
        let path = &folder.tokenizer;
        Self::from_json(&read_bytes(path)?).map_err(FolderError::invalid(path))
    }

    /// Reads the bytes of a `tokenizer.json`, as [`TextTokenizer::to_json`] gives them, without special tokens
    /// around a text.
    ///
    /// # Errors
    /// What is wrong with the bytes.
    pub fn from_json(bytes: &[u8]) -> Result<Self, BoxError> {
        let mut tokenizer = Tokenizer::from_bytes(bytes)?;
        tokenizer.with_post_processor(None::<PostProcessorWrapper>);
        Self::of(tokenizer, false)
    }

    /// The tokenizer as a `tokenizer.json` that neither truncates nor pads nor puts anything around a text.
    ///
    /// # Errors
    /// What the tokenizer reports.
    pub fn to_json(&self) -> Result<Vec<u8>, BoxError> {
        Ok(self.tokenizer.to_string(false)?.into_bytes())
    }

    fn parse(bytes: &[u8], lower_case: bool) -> Result<Self, BoxError> {
        Self::of(Tokenizer::from_bytes(bytes)?, lower_case)
    }

    fn of(mut tokenizer: Tokenizer, lower_case: bool) -> Result<Self, BoxError> {
        tokenizer.with_truncation(None)?;
        tokenizer.with_padding(None);
        if lower_case {
            tokenizer = lower_cased(tokenizer)?;
        }
        let frame = match tokenizer.get_post_processor() {
            Some(processor) => Frame::of(processor)?,
            None => Frame::default(),
        };
        tokenizer.with_post_processor(None::<PostProcessorWrapper>);
        let controls = controls(&mut tokenizer);
        Ok(Self {
            words: Wordpieces::of(&tokenizer, &controls),
            controls,
            tokenizer,
            frame,
            max_tokens: usize::MAX,
        })
    }

    /// The tokenizer with a limit on the tokens of a text, special tokens included.
    #[must_use]
    pub fn with_max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = max_tokens;
        self
    }

    /// The number of special tokens around a text.
    #[must_use]
    pub fn special_tokens(&self) -> usize {
        self.frame.before.len() + self.frame.after.len()
    }

    /// The number of token ids that the model must have embeddings for.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.tokenizer.get_vocab_size(false)
    }

    /// The largest token id, with those of control tokens; `None` of an empty vocabulary.
    #[must_use]
    pub fn largest_id(&self) -> Option<u32> {
        self.tokenizer.get_vocab(true).into_values().max()
    }

    /// How a token is written in the vocabulary.
    #[must_use]
    pub fn token(&self, id: u32) -> Option<String> {
        self.tokenizer.id_to_token(id)
    }

    /// The token that is written so, control tokens among them.
    #[must_use]
    pub fn id(&self, written: &str) -> Option<u32> {
        self.tokenizer.token_to_id(written)
    }

    /// The control token that a prompt begins with, and the rest of the prompt: the whole prompt or its first
    /// word, where that is one. In a text it would be text.
    #[must_use]
    pub fn leading_control<'p>(&self, prompt: &'p str) -> Option<(u32, &'p str)> {
        let word = prompt.split_whitespace().next()?;
        let wholes = [prompt, prompt.get(..word.len())?];
        wholes.into_iter().find_map(|written| {
            let id = self.id(written).filter(|&id| self.is_control(id))?;
            Some((id, &prompt[written.len()..]))
        })
    }

    /// How many control tokens stand before a text.
    #[must_use]
    pub fn before(&self) -> usize {
        self.frame.before.len()
    }

    /// Whether a token is a control token, which no text has.
    #[must_use]
    pub fn is_control(&self, id: u32) -> bool {
        let added = self.tokenizer.get_added_vocabulary();
        added
            .get_added_tokens_decoder()
            .get(&id)
            .is_some_and(|token| token.special)
    }

    /// The token that stands for what the vocabulary has no token for; `None` where there is none.
    #[must_use]
    pub fn unknown(&self) -> Option<u32> {
        let by_name = |written: &str| self.tokenizer.token_to_id(written);
        match self.tokenizer.get_model() {
            ModelWrapper::WordPiece(model) => by_name(&model.unk_token),
            ModelWrapper::WordLevel(model) => by_name(&model.unk_token),
            ModelWrapper::BPE(model) => by_name(model.unk_token.as_deref()?),
            // Of this one no function tells; its file does.
            ModelWrapper::Unigram(model) => {
                let written = serde_json::to_value(model).ok()?;
                u32::try_from(written.get("unk_id")?.as_u64()?).ok()
            }
        }
    }

    /// The sequence of one token between the special tokens.
    #[must_use]
    pub fn alone(&self, id: u32) -> Tokens {
        self.framed(&[id], Vec::new(), 1)
    }

    /// The number of tokens at the start of a text that are special or the prompt's.
    ///
    /// # Errors
    /// What the tokenizer reports.
    pub fn prompt_tokens(&self, prompt: &str) -> Result<usize, BoxError> {
        let own = self.tokenizer.encode_fast(prompt, false)?.len();
        Ok(self.frame.before.len() + own)
    }

    /// A sequence that any model can run: the special tokens, or else one token.
    #[must_use]
    pub fn probe(&self) -> Tokens {
        let tokens = self.framed(&[], Vec::new(), 0);
        if tokens.ids.is_empty() {
            self.framed(&[0], Vec::new(), 1)
        } else {
            tokens
        }
    }

    /// The tokens of a text with its prompt before it.
    ///
    /// A text is read only as far as needed, but counted to its end; a long one in slices, so that
    /// memory does not grow with it.
    ///
    /// # Errors
    /// What the tokenizer reports, or that it finds no token.
    pub fn tokens(&self, prompt: &str, text: &str, spans: Spans) -> Result<Tokens, BoxError> {
        self.tokens_within(self.max_tokens, (prompt, text), spans)
    }

    /// The same with another limit: the tokens of prompt and text.
    ///
    /// # Errors
    /// As [`Self::tokens`].
    pub fn tokens_within(
        &self,
        max_tokens: usize,
        (prompt, text): (&str, &str),
        spans: Spans,
    ) -> Result<Tokens, BoxError> {
        let text: Cow<'_, str> = if prompt.is_empty() {
            text.into()
        } else {
            format!("{prompt}{text}").into()
        };
        let room = max_tokens.saturating_sub(self.special_tokens());
        let own = self.own(&text, room, spans)?;
        if own.counted + self.special_tokens() == 0 {
            return Err("the tokenizer finds no token in it".into());
        }
        Ok(self.framed(&own.ids, own.spans, own.counted))
    }

    /// Where the first `most` of a text's own tokens lie, and how many it has, whatever the limit is:
    /// for dividing a text into parts that keep to it.
    ///
    /// # Errors
    /// What the tokenizer reports.
    pub fn spans(&self, text: &str, most: usize) -> Result<TokenSpans, BoxError> {
        let Own { spans, counted, .. } = self.own(text, most, Spans::Keep)?;
        Ok(TokenSpans::new(spans, counted))
    }

    /// A text's own tokens, the first `room` of them.
    fn own(&self, text: &str, room: usize, spans: Spans) -> Result<Own, BoxError> {
        let mut own = Own::default();
        let mut offset = 0;
        let mut slices = slices(text).flat_map(|slice| self.without_controls(slice));
        while own.ids.len() < room {
            let Some(slice) = slices.next() else { break };
            let left = room - own.ids.len();
            let ids = match spans {
                Spans::Skip => self.ids(slice)?,
                Spans::Keep => {
                    let mut placed = Placed {
                        room: left,
                        ..Placed::default()
                    };
                    self.read_slice(slice, &mut placed)?;
                    let places = placed.places.into_iter();
                    let places = places.map(|place| place.start + offset..place.end + offset);
                    own.spans.extend(places.map(|span| tidy(text, span)));
                    placed.ids
                }
            };
            own.ids.extend(ids.iter().take(left));
            own.counted += ids.len();
            offset += slice.len();
        }
        own.counted += self.count(slices.collect())?;
        Ok(own)
    }

    /// A slice in parts, none of which holds a control token: each is cut after its first character.
    ///
    /// Vocabularies hold `<s>` and the like as pieces, so that not looking for control tokens does not
    /// keep a text from having them.
    fn without_controls<'t>(&self, slice: &'t str) -> Vec<&'t str> {
        let mut cuts: Vec<usize> = Vec::new();
        for written in &self.controls {
            let first = written.chars().next().map_or(0, char::len_utf8);
            let found = slice.match_indices(written.as_str());
            cuts.extend(found.map(|(at, _)| at + first));
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut parts = Vec::with_capacity(cuts.len() + 1);
        let mut rest = slice;
        for cut in cuts.into_iter().rev() {
            let (before, after) = rest.split_at(cut);
            parts.push(after);
            rest = before;
        }
        parts.push(rest);
        parts.reverse();
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// The ids of a text without control tokens.
    fn ids(&self, text: &str) -> Result<Vec<u32>, BoxError> {
        let mut ids = Vec::with_capacity(text.len() / 4);
        self.read_slice(text, &mut ids)?;
        Ok(ids)
    }

    /// Adds the tokens of a text without control tokens.
    fn read_slice(&self, text: &str, tokens: &mut impl Sink) -> Result<(), BoxError> {
        match &self.words {
            Some(words) => words.read(&self.tokenizer, text, tokens),
            None => tokens.read(&self.tokenizer, text, 0),
        }
    }

    fn count(&self, slices: Vec<&str>) -> Result<usize, BoxError> {
        let counts = slices
            .into_par_iter()
            .map(|slice| Ok(self.ids(slice)?.len()));
        counts.sum()
    }

    /// Puts the special tokens around a text's own; `counted` is how many of those the text has.
    fn framed(&self, own: &[u32], spans: Vec<Range<usize>>, counted: usize) -> Tokens {
        let own = own.iter().map(|&id| (id, self.frame.body));
        let before = self.frame.before.iter().copied();
        let after = self.frame.after.iter().copied();
        let (ids, types): (Vec<u32>, Vec<u32>) = before.chain(own).chain(after).unzip();
        let usage = TokenUsage::new(counted + self.special_tokens(), ids.len());
        Tokens {
            ids,
            types,
            body: self.frame.before.len(),
            spans,
            attended: usage.used,
            usage,
        }
    }
}

/// Has a tokeniser no longer look for control tokens, and returns how they are written.
pub(crate) fn controls(tokenizer: &mut Tokenizer) -> Vec<String> {
    tokenizer.set_encode_special_tokens(true);
    let added = tokenizer.get_added_tokens_decoder();
    let special = added.into_values().filter(|token| token.special);
    let written = special.map(|token| token.content);
    written.filter(|written| written.len() > 1).collect()
}

impl Frame {
    /// Finds out what a post-processor puts around a text, by giving it one.
    fn of(processor: &PostProcessorWrapper) -> Result<Self, BoxError> {
        let own = [7, 8].map(|id| Token::new(id, "a".to_owned(), (0, 1)));
        let framed = processor.process(Encoding::from_tokens(own.to_vec(), 0), None, true)?;
        let pairs = framed.get_ids().iter().zip(framed.get_type_ids());
        let pairs: Vec<(u32, u32)> = pairs.map(|(&id, &kind)| (id, kind)).collect();
        let special = framed.get_special_tokens_mask();
        let before = special.iter().take_while(|&&mask| mask == 1).count();
        let after = special.iter().rev().take_while(|&&mask| mask == 1).count();
        let body = pairs.get(before..pairs.len().saturating_sub(after));
        match body {
            Some(&[(7, kind), (8, _)]) => Ok(Self {
                before: pairs[..before].to_vec(),
                after: pairs[pairs.len() - after..].to_vec(),
                body: kind,
            }),
            _ => Err("its post-processor puts special tokens inside a text".into()),
        }
    }
}

/// Widens a span to whole characters and takes the white space off its ends.
fn tidy(text: &str, span: Range<usize>) -> Range<usize> {
    let end = text.ceil_char_boundary(span.end);
    let start = text.floor_char_boundary(span.start).min(end);
    let token = &text[start..end];
    let trimmed = token.trim();
    if trimmed.is_empty() {
        return start..end;
    }
    let start = start + (token.len() - token.trim_start().len());
    start..start + trimmed.len()
}
