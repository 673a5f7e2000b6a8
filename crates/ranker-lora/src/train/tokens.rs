use std::path::Path;

use serde::Deserialize;
use tokenizers::normalizers::{Lowercase, Sequence};
use tokenizers::{NormalizerWrapper, Tokenizer, TruncationParams};

use super::{Pair, TokenList, TokenPair, TrainError};
use crate::error::Source;
use crate::{EncoderConfig, LoraError, PairIds, files};

/// The tokenizer of an encoder's folder: texts to the ids that the encoder reads, special tokens
/// included.
#[derive(Clone, Debug)]
pub struct TextTokenizer {
    tokenizer: Tokenizer,
    max_tokens: usize,
}

/// The part of `sentence_bert_config.json` that matters.
#[derive(Default, Deserialize)]
struct Lengths {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

impl TextTokenizer {
    /// Reads `tokenizer.json`; texts are cut to the length in `sentence_bert_config.json`, or to
    /// what the encoder has positions for.
    ///
    /// # Errors
    /// [`LoraError::Io`] and [`LoraError::Format`] for a file that is missing or damaged.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, TrainError> {
        let folder = folder.as_ref();
        let path = folder.join("tokenizer.json");
        let tokenizer =
            Tokenizer::from_bytes(files::read(&path)?)
                .map_err(LoraError::format::<Source>(&path, "a tokenizer"))?;
        let positions = EncoderConfig::read(folder.join("config.json"))?.max_positions();
        let lengths = lengths(&folder.join("sentence_bert_config.json"))?;
        let mut this = Self {
            tokenizer,
            max_tokens: positions,
        };
        this.tokenizer.with_padding(None);
        if lengths.do_lower_case {
            this.lower_case()
                .map_err(LoraError::format(&path, "a tokenizer"))?;
        }
        this.max_tokens(lengths.max_seq_length.unwrap_or(positions).min(positions))
    }

    /// Cuts texts to `count` tokens, special tokens included.
    ///
    /// # Errors
    /// [`LoraError::Setting`] for a number that leaves no room for text.
    pub fn max_tokens(mut self, count: usize) -> Result<Self, TrainError> {
        let truncation = TruncationParams {
            max_length: count,
            ..TruncationParams::default()
        };
        let wrong = |_| LoraError::setting("max_tokens", count, "it must leave room for text");
        if count <= 2 {
            return Err(wrong(()).into());
        }
        self.tokenizer
            .with_truncation(Some(truncation))
            .map_err(|_| wrong(()))?;
        self.max_tokens = count;
        Ok(self)
    }

    /// The ids of a text.
    ///
    /// # Errors
    /// [`TrainError::Tokens`] where the tokenizer fails.
    pub fn ids(&self, text: &str) -> Result<Vec<u32>, TrainError> {
        let encoding = self.tokenizer.encode_fast(text, true);
        let encoding = encoding.map_err(failed(text))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The ids of two texts in one sequence, as the tokenizer joins them; of the longer one as much
    /// is cut as needed.
    ///
    /// # Errors
    /// [`TrainError::Tokens`] where the tokenizer fails.
    pub fn pair_ids(&self, query: &str, document: &str) -> Result<PairIds, TrainError> {
        let encoding = self.tokenizer.encode_fast((query, document), true);
        let encoding = encoding.map_err(failed(query))?;
        let types = encoding.get_type_ids().iter();
        let second = types.take_while(|&&kind| kind == 0).count();
        Ok(PairIds::new(encoding.get_ids().to_vec(), second))
    }

    /// Each pair's query joined with its positive and with its negatives. Groups are not needed:
    /// nothing else is taken for a negative.
    ///
    /// # Errors
    /// As for [`TextTokenizer::pair_ids`].
    pub fn lists(&self, pairs: &[Pair]) -> Result<Vec<TokenList>, TrainError> {
        let one = |pair: &Pair| {
            let join = |text: &String| self.pair_ids(&pair.query, text);
            Ok(TokenList {
                positive: join(&pair.positive)?,
                negatives: pair.negatives.iter().map(join).collect::<Result<_, _>>()?,
                score: pair.score,
                weight: pair.weight.unwrap_or(1.0),
            })
        };
        pairs.iter().map(one).collect()
    }

    /// The ids of all texts of pairs. Groups become numbers: equal names, equal numbers.
    ///
    /// # Errors
    /// As for [`TextTokenizer::ids`].
    pub fn pairs(&self, pairs: &[Pair]) -> Result<Vec<TokenPair>, TrainError> {
        let mut groups = std::collections::BTreeMap::new();
        let mut number = |name: &str| {
            let next = groups.len() as u64;
            *groups.entry(name.to_owned()).or_insert(next)
        };
        let one = |pair: &Pair| {
            let negatives = pair.negatives.iter().map(|text| self.ids(text));
            Ok(TokenPair {
                query: self.ids(&pair.query)?,
                positive: self.ids(&pair.positive)?,
                negatives: negatives.collect::<Result<_, _>>()?,
                group: pair.group.as_deref().map(&mut number),
                score: pair.score,
                weight: pair.weight.unwrap_or(1.0),
            })
        };
        pairs.iter().map(one).collect()
    }

    fn lower_case(&mut self) -> Result<(), Source> {
        let mut steps = vec![NormalizerWrapper::from(Lowercase)];
        steps.extend(self.tokenizer.get_normalizer().cloned());
        self.tokenizer.with_normalizer(Some(Sequence::new(steps)))?;
        Ok(())
    }
}

fn failed(text: &str) -> impl FnOnce(Source) -> TrainError {
    move |source| TrainError::Tokens {
        text: text.chars().take(80).collect(),
        source,
    }
}

fn lengths(path: &Path) -> Result<Lengths, LoraError> {
    if !path.exists() {
        return Ok(Lengths::default());
    }
    let bytes = files::read(path)?;
    serde_json::from_slice(&bytes).map_err(LoraError::format(path, "JSON with a text's length"))
}
