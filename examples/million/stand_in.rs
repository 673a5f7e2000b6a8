//! Token vectors for a million profiles in minutes: a stand-in for profiles, an encoder for jobs.

use std::ops::Range;
use std::path::Path;

use ranker::core::{
    BoxError, EmbedError, Embedded, EmbeddedTokens, Embedder, JobDescription, Role,
    TokenEmbeddings, TokenUsage, ValueError,
};
use ranker::retrieve::{Encoded, TwoBitCodec};
use ranker_examples::{AnyEncoder, Computing, Outcome, open_encoder_in};
use rayon::prelude::*;

use crate::vectors::Directions;

/// The stand-in's name, as a collection records it.
pub(crate) const MODEL: &str = "stand-in: hashed words";

/// Pieces of a word that have a vector each, in bytes: WordPiece reads English in about as many.
const PIECE: usize = 5;

/// Hashed words in the place of an encoder of profiles. Jobs are read by the encoder, so that they take
/// its time and have as many tokens as it gives; only a job's embedding is of hashed words, to lie
/// among the profiles' and be searched as one does.
pub(crate) struct StandIn {
    directions: Directions,
    jobs: AnyEncoder,
}

impl StandIn {
    /// With the encoder of a folder, or the bundled one.
    pub(crate) fn open((model, computing): (Option<&Path>, Computing), seed: u64) -> Outcome<Self> {
        let jobs = open_encoder_in(model, computing)?;
        let directions = Directions::new(jobs.dimension(), seed);
        Ok(Self { directions, jobs })
    }

    /// Tokens that the encoder reads of a job, on average.
    pub(crate) fn tokens_of(&self, jobs: &[JobDescription]) -> Outcome<f64> {
        let texts: Vec<String> = jobs.iter().map(JobDescription::full_text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let read = self.jobs.embed(&texts, Role::Query)?;
        let tokens: usize = read.iter().map(|read| read.usage.used).sum();
        Ok(tokens as f64 / jobs.len().max(1) as f64)
    }

    pub(crate) fn directions(&self) -> &Directions {
        &self.directions
    }

    /// What a collection keeps of profiles.
    pub(crate) fn encode(&self, texts: &[String]) -> Outcome<Vec<Encoded>> {
        let encoder = MODEL.into();
        let encode = |text: &String| -> Result<Encoded, BoxError> {
            let tokens = TwoBitCodec::compress(&encoder, &self.tokens(text)?)?;
            let mut encoded = Encoded::from(self.directions.embed(text)?);
            encoded.tokens = Some(tokens);
            Ok(encoded)
        };
        let encoded = texts.par_iter().map(encode).collect::<Result<_, _>>();
        Ok(encoded.map_err(|error: BoxError| error.to_string())?)
    }

    /// A vector for each piece of a word and each sign, as tokenizers cut a text.
    fn tokens(&self, text: &str) -> Result<TokenEmbeddings, ValueError> {
        let (mut vectors, mut spans) = (Vec::new(), Vec::new());
        for span in pieces(text) {
            let direction = self.directions.of(&text[span.clone()]);
            let norm = direction.iter().map(|x| x * x).sum::<f32>().sqrt();
            vectors.extend(direction.iter().map(|x| x / norm));
            spans.push(span);
        }
        TokenEmbeddings::new(self.directions.dimension(), vectors, spans)
    }

    fn embedded(&self, text: &str, usage: TokenUsage) -> Result<Embedded, EmbedError> {
        let embedding = self.directions.embed(text);
        let embedding = embedding.map_err(|source| EmbedError::Output { index: 0, source })?;
        Ok(Embedded::new(embedding, usage))
    }
}

/// Runs of letters and digits, in pieces, and signs.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for (at, letter) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        let end = at + letter.len_utf8();
        match pieces.last_mut() {
            Some(last)
                if last.end == at
                    && last.len() < PIECE
                    && letter.is_alphanumeric()
                    && text[last.clone()].ends_with(char::is_alphanumeric) =>
            {
                last.end = end;
            }
            _ => pieces.push(at..end),
        }
    }
    pieces
}

impl Embedder for StandIn {
    fn dimension(&self) -> usize {
        self.directions.dimension()
    }

    fn model_id(&self) -> &str {
        MODEL
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let read = self.jobs.embed(texts, role)?;
        let both = texts.iter().zip(read);
        both.map(|(text, read)| self.embedded(text, read.usage))
            .collect()
    }

    /// Of a profile one vector, its embedding, which the mean of the encoder's tokens would not be: the table of
    /// occupations looks whether it is.
    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        if role == Role::Query {
            return self.jobs.embed_tokens(texts, role);
        }
        let whole = |(index, text): (usize, &&str)| {
            let whole = std::iter::once(0..text.len()).collect();
            let embedding = self.directions.embed(text);
            embedding
                .and_then(|one| {
                    TokenEmbeddings::new(one.dimension(), one.as_slice().to_vec(), whole)
                })
                .map_err(|source| EmbedError::Output { index, source })
        };
        texts.iter().enumerate().map(whole).collect()
    }

    fn embed_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
    ) -> Result<Vec<EmbeddedTokens>, EmbedError> {
        let mut read = self.jobs.embed_with_tokens(texts, role)?;
        for (text, read) in texts.iter().zip(&mut read) {
            read.embedded = self.embedded(text, read.embedded.usage)?;
        }
        Ok(read)
    }
}
