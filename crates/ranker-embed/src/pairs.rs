//! Two texts into one sequence of token ids.

use std::borrow::Cow;
use std::path::Path;

use ranker_core::BoxError;
use tokenizers::normalizers::{Lowercase, Sequence};
use tokenizers::{NormalizerWrapper, Tokenizer, TruncationParams};

use crate::LoadError;
use crate::tokens::controls;

/// How many bytes of a text are looked at for each token that is read. Longer words than these are
/// not words; the limit keeps the cost of a profile of a million words that of its beginning.
const BYTES_A_TOKEN: usize = 64;

/// A tokeniser that joins two texts as the model's own does, and cuts the longer one.
pub(crate) struct PairTokenizer {
    tokenizer: Tokenizer,
    /// How control tokens are written: in a text they are text.
    controls: Vec<String>,
    max_tokens: usize,
}

/// Token ids and segment ids.
pub(crate) type PairTokens = (Vec<u32>, Vec<u32>);

impl PairTokenizer {
    pub(crate) fn read(
        path: &Path,
        max_tokens: usize,
        lower_case: bool,
    ) -> Result<Self, LoadError> {
        let bytes = std::fs::read(path).map_err(|source| LoadError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        Self::parse(&bytes, max_tokens, lower_case)
            .map_err(|source| crate::builder::invalid(path, source))
    }

    fn parse(bytes: &[u8], max_tokens: usize, lower_case: bool) -> Result<Self, BoxError> {
        let mut tokenizer = Tokenizer::from_bytes(bytes)?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(Some(TruncationParams {
            max_length: max_tokens,
            ..TruncationParams::default()
        }))?;
        if lower_case {
            let mut steps = vec![NormalizerWrapper::from(Lowercase)];
            steps.extend(tokenizer.get_normalizer().cloned());
            tokenizer.with_normalizer(Some(Sequence::new(steps)))?;
        }
        Ok(Self {
            controls: controls(&mut tokenizer),
            tokenizer,
            max_tokens,
        })
    }

    pub(crate) fn tokens(&self, query: &str, document: &str) -> Result<PairTokens, BoxError> {
        let pair = (self.as_text(query), self.as_text(document));
        let encoding = self.tokenizer.encode_fast(pair, true)?;
        Ok((
            encoding.get_ids().to_vec(),
            encoding.get_type_ids().to_vec(),
        ))
    }

    /// As much of a text as its tokens can come from, its control tokens parted.
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
