//! Making a table out of an encoder.

use ranker_core::{BoxError, Cancel, EmbedError, Role};
use ranker_folder::{TextTokenizer, Tokens};

use super::StaticEmbedder;
use super::components::principal;
use super::frequencies::{counted, sif, smoothed, zipf};
use super::table::Table;
use crate::engine::Sequence;
use crate::{OnnxEmbedder, batches};

/// Tokens that are encoded between two reports of progress.
const STEP: usize = 2048;

/// How often tokens are taken to occur, which decides how much each weighs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Frequencies<'a> {
    /// As Zipf's law has it for their place in the vocabulary, which most tokenizers sort by frequency.
    Zipf,
    /// As in these texts, with Zipf's law as a prior for what they have little of.
    Counted(&'a [&'a str]),
    /// All alike: every token weighs the same.
    Equal,
}

/// Settings of [`StaticEmbedder::distil`].
#[derive(Debug, Clone)]
pub struct DistilOptions<'a> {
    dimension: usize,
    sif: f64,
    frequencies: Frequencies<'a>,
}

/// Why no table came of an encoder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DistilError {
    /// A setting that this encoder does not allow.
    #[error("setting `{setting}` is not allowed: {reason}")]
    Setting {
        /// The setter's name.
        setting: &'static str,
        /// Why not, and what would be.
        reason: String,
    },
    /// The encoder failed on a token, or it was cancelled.
    #[error("the vocabulary could not be encoded")]
    Encode(#[from] EmbedError),
    /// The tokenizer failed.
    #[error("the tokenizer cannot be taken over")]
    Tokenizer(#[source] BoxError),
    /// The encoder's vector of a token holds a number that is not finite, or too large for 16 bits.
    #[error("the encoder's vector of token {token:?} holds a number that 16 bits do not hold")]
    NotFinite {
        /// The token, as it is written in the vocabulary.
        token: String,
    },
    /// The principal components were not found, though all numbers are finite.
    #[error("the principal components of the vectors could not be found")]
    Components,
}

impl Default for DistilOptions<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> DistilOptions<'a> {
    /// 256 components, a = 1e-4, [`Frequencies::Zipf`]: what model2vec does.
    #[must_use]
    pub fn new() -> Self {
        Self {
            dimension: 256,
            sif: 1e-4,
            frequencies: Frequencies::Zipf,
        }
    }

    /// How many principal components are kept, at most as many as the encoder's vectors have. Default: 256, or all
    /// where there are fewer.
    #[must_use]
    pub fn with_dimension(mut self, dimension: usize) -> Self {
        self.dimension = dimension;
        self
    }

    /// The parameter a of a / (a + p), above zero: a token of probability p = a weighs half of a rare one.
    /// Default: 1e-4.
    #[must_use]
    pub fn with_sif(mut self, a: f64) -> Self {
        self.sif = a;
        self
    }

    /// How often tokens occur. Default: [`Frequencies::Zipf`].
    #[must_use]
    pub fn with_frequencies(mut self, frequencies: Frequencies<'a>) -> Self {
        self.frequencies = frequencies;
        self
    }
}

impl StaticEmbedder {
    /// Makes a table out of an encoder (Model2Vec; Tulkens & van Dongen 2024): each token of the vocabulary goes
    /// through the encoder alone, between its special tokens, the vectors' principal components are kept, and each is
    /// weighted by smooth inverse frequency. It takes as long as encoding a few hundred pages.
    ///
    /// Prompts and limits of the encoder are not taken over. Control tokens and `[unused…]` ones get vectors of zeros:
    /// no text has them. The same encoder, engine, threads and options give the same bytes. `progress` hears how
    /// many of how many tokens are encoded.
    ///
    /// # Errors
    ///
    /// [`DistilError`].
    pub fn distil(
        encoder: &OnnxEmbedder,
        options: &DistilOptions<'_>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, DistilError> {
        encoder.refuse_late()?;
        if encoder.has_routes {
            let reason =
                "its queries and documents go different ways, and a table has one vector a token";
            return Err(setting("encoder", reason.to_owned()));
        }
        let width = encoder.dimension;
        let keep = kept(options, width)?;
        if !(options.sif.is_finite() && options.sif > 0.0) {
            let reason = format!("it is {}; it lies above 0", options.sif);
            return Err(setting("sif", reason));
        }
        let json = encoder
            .tokenizer
            .to_json()
            .map_err(DistilError::Tokenizer)?;
        let tokenizer = TextTokenizer::from_json(&json).map_err(DistilError::Tokenizer)?;
        let ids = vocabulary(&tokenizer);
        if ids.len() < 2 {
            let reason = "the encoder's vocabulary has fewer than two tokens".to_owned();
            return Err(setting("encoder", reason));
        }
        let not_finite = |id: Option<&u32>| DistilError::NotFinite {
            token: id.and_then(|&id| tokenizer.token(id)).unwrap_or_default(),
        };
        let vectors = encode(encoder, &ids, progress)?;
        let mut rows = vectors.chunks_exact(width);
        if let Some(at) = rows.position(|row| row.iter().any(|value| !value.is_finite())) {
            return Err(not_finite(ids.get(at)));
        }
        let weights = weights(options, &ids, &tokenizer).map_err(DistilError::Tokenizer)?;
        let components = principal(vectors, width, keep).ok_or(DistilError::Components)?;
        let tokens = tokenizer.largest_id().map_or(0, |id| id as usize + 1);
        let mut rows = vec![0.0; tokens * keep];
        let scores = components.scores.chunks_exact(keep);
        for ((&id, weight), scores) in ids.iter().zip(weights).zip(scores) {
            let row = &mut rows[id as usize * keep..][..keep];
            row.iter_mut()
                .zip(scores)
                .for_each(|(row, score)| *row = weight * score);
        }
        let table = Table::of_rows(keep, &rows);
        if let Some(&id) = ids.iter().find(|&&id| !table.is_finite(id)) {
            return Err(not_finite(Some(&id)));
        }
        let mut made = Self::new(table, tokenizer, &json);
        made.explained = Some(components.explained);
        Ok(made)
    }
}

fn setting(setting: &'static str, reason: String) -> DistilError {
    DistilError::Setting { setting, reason }
}

fn kept(options: &DistilOptions<'_>, width: usize) -> Result<usize, DistilError> {
    match options.dimension {
        0 => Err(setting(
            "dimension",
            "it is 0; at least 1 is needed".to_owned(),
        )),
        _ => Ok(options.dimension.min(width)),
    }
}

/// The tokens that a text may have, in the order of their ids, and the one for unknown words.
fn vocabulary(tokenizer: &TextTokenizer) -> Vec<u32> {
    let unknown = tokenizer.unknown();
    let all = 0..=tokenizer.largest_id().unwrap_or_default();
    let wanted = |&id: &u32| match tokenizer.token(id) {
        None => false,
        Some(_) if Some(id) == unknown => true,
        Some(written) => !tokenizer.is_control(id) && !is_unused(&written),
    };
    all.filter(wanted).collect()
}

/// Places that BERT's vocabularies keep free: `[unused0]` and so on.
fn is_unused(written: &str) -> bool {
    let number = written
        .strip_prefix("[unused")
        .and_then(|rest| rest.strip_suffix(']'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// The encoder's vector of each token, row after row.
fn encode(
    encoder: &OnnxEmbedder,
    ids: &[u32],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<f32>, EmbedError> {
    let mut vectors = Vec::with_capacity(ids.len() * encoder.dimension);
    let cancel = Cancel::current();
    for step in ids.chunks(STEP) {
        if cancel.is_cancelled() {
            return Err(EmbedError::Cancelled);
        }
        let alone: Vec<Tokens> = step.iter().map(|&id| encoder.tokenizer.alone(id)).collect();
        // All are of one length, so that batches are in the order of the ids.
        let lengths: Vec<usize> = alone.iter().map(|tokens| tokens.ids.len()).collect();
        let pool = encoder.engine.pool();
        let planned = batches::plan(&lengths, encoder.token_budget, pool);
        let encoded = batches::run_all(&planned, pool, |batch| pooled(encoder, batch, &alone))?;
        vectors.extend(encoded.into_iter().flatten());
        progress(vectors.len() / encoder.dimension, ids.len());
    }
    Ok(vectors)
}

fn pooled(
    encoder: &OnnxEmbedder,
    batch: &[usize],
    alone: &[Tokens],
) -> Result<Vec<f32>, EmbedError> {
    let sequences = batch.iter().map(|&at| Sequence::from(&alone[at]));
    let sequences: Vec<Sequence<'_>> = sequences.collect();
    let failed = |source| EmbedError::Backend {
        backend: encoder.engine.name().to_owned(),
        source,
    };
    let hidden = encoder.engine.run(&sequences).map_err(failed)?;
    if (hidden.dimension, hidden.is_pooled) != (encoder.hidden_size, encoder.is_pooled) {
        return Err(failed("the size of its vectors changes".into()));
    }
    let texts = hidden.texts().flat_map(|rows| {
        let mut vector = encoder.vector(rows, Role::Document, 0);
        vector.truncate(encoder.dimension);
        vector
    });
    Ok(texts.collect())
}

fn weights(
    options: &DistilOptions<'_>,
    ids: &[u32],
    tokenizer: &TextTokenizer,
) -> Result<Vec<f32>, BoxError> {
    let probabilities = match options.frequencies {
        Frequencies::Equal => return Ok(vec![1.0; ids.len()]),
        Frequencies::Zipf => zipf(ids.len()),
        Frequencies::Counted(texts) => smoothed(&counted(texts, ids, tokenizer)?, &zipf(ids.len())),
    };
    Ok(sif(&probabilities, options.sif))
}

#[cfg(test)]
mod tests {
    use super::is_unused;

    #[test]
    fn unused_places_are_told_from_words() {
        assert!(is_unused("[unused0]") && is_unused("[unused993]"));
        for word in ["[unused]", "unused1", "[unused1", "[UNK]", "[unusedx]"] {
            assert!(!is_unused(word), "{word}");
        }
    }
}
