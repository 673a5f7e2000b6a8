//! Two texts into one sequence of token ids.

use std::borrow::Cow;

use ranker_core::BoxError;
use tokenizers::{PostProcessor, Tokenizer, TruncationParams};

use crate::error::FolderError;
use crate::folder::ModelFolder;
use crate::text::{controls, lower_cased, read_bytes};

/// How many bytes of a text are looked at for each token that is read. Longer words than these are
/// not words; the limit keeps the cost of a profile of a million words that of its beginning.
const BYTES_A_TOKEN: usize = 64;

/// A tokenizer that joins two texts as the model's own does, and truncates the longer one.
#[derive(Debug, Clone)]
pub struct PairTokenizer {
    tokenizer: Tokenizer,
    /// The spellings of control tokens: in a text they are text.
    controls: Vec<String>,
    max_tokens: usize,
}

/// Two texts in one sequence, special tokens included.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PairTokens {
    /// The token ids.
    pub ids: Vec<u32>,
    /// The segment id of each token: as the tokenizer has it, mostly 0 for the first text.
    pub types: Vec<u32>,
}

impl PairTokenizer {
    /// Reads the folder's `tokenizer.json`; pairs are truncated to `max_tokens`, special tokens
    /// included. Prompts have no part in it: cross-encoders are not given any.
    ///
    /// # Errors
    /// [`FolderError`] for a file that is missing or damaged, or a limit that leaves no room.
    pub fn read(folder: &ModelFolder, max_tokens: usize) -> Result<Self, FolderError> {
        let path = folder.tokenizer_file();
        let tokenizer = Self::parse(&read_bytes(&path)?, folder, max_tokens);
        tokenizer.map_err(FolderError::invalid(&path))
    }

    fn parse(bytes: &[u8], folder: &ModelFolder, max_tokens: usize) -> Result<Self, BoxError> {
        let mut tokenizer = Tokenizer::from_bytes(bytes)?;
        // The library subtracts one from the other.
        let around = tokenizer.get_post_processor();
        let around = around.map_or(0, |processor| processor.added_tokens(true));
        if max_tokens < around + 2 {
            let least = around + 2;
            return Err(format!("a pair needs {least} tokens, and {max_tokens} are read").into());
        }
        tokenizer.with_padding(None);
        tokenizer.with_truncation(Some(TruncationParams {
            max_length: max_tokens,
            ..TruncationParams::default()
        }))?;
        if folder.lower_case {
            tokenizer = lower_cased(tokenizer)?;
        }
        Ok(Self {
            controls: controls(&mut tokenizer),
            tokenizer,
            max_tokens,
        })
    }

    /// The tokens of a query and a document in one sequence.
    ///
    /// # Errors
    /// What the tokenizer reports.
    pub fn tokens(&self, query: &str, document: &str) -> Result<PairTokens, BoxError> {
        let pair = (self.as_text(query), self.as_text(document));
        let encoding = self.tokenizer.encode_fast(pair, true)?;
        Ok(PairTokens {
            ids: encoding.get_ids().to_vec(),
            types: encoding.get_type_ids().to_vec(),
        })
    }

    /// As much of a text as its tokens can come from, with its control tokens taken apart.
    fn as_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let limit = self.max_tokens.saturating_mul(BYTES_A_TOKEN);
        let start = Cow::Borrowed(&text[..text.floor_char_boundary(limit)]);
        self.controls.iter().fold(start, |text, written| {
            if !text.contains(written) {
                return text;
            }
            let (first, rest) = written.split_at(written.chars().next().map_or(0, char::len_utf8));
            Cow::Owned(text.replace(written, &format!("{first} {rest}")))
        })
    }
}
