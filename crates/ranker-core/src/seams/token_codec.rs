//! Token vectors in few bytes, compared as they are.

use std::fmt;
use std::sync::Arc;

use crate::{Embedding, TokenEmbeddings, ValueError};

/// Why token codes could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The bytes are not what this codec writes: truncated, changed, or another codec's.
    #[error("token codes cannot be read: {what}; encode the profile again")]
    Unreadable {
        /// What is wrong with them.
        what: &'static str,
    },
    /// The vectors do not fit the codes: another encoder's dimension.
    #[error("the token vectors do not fit the codes")]
    Value(#[from] ValueError),
}

/// Compresses the token vectors of a profile, so that they can be kept beside its text, and compares
/// jobs with the codes: late interaction then needs the encoder for the job alone.
///
/// Contract:
/// - the same vectors give the same bytes on every machine;
/// - what was not written by this codec is [`CodecError::Unreadable`], never another answer and
///   never a panic;
/// - [`TokenCodec::max_similarities`] is [`TokenEmbeddings::max_similarity`] of the job and
///   [`TokenCodec::decode`], to within 0.01.
///
/// Sync, because it computes.
pub trait TokenCodec: fmt::Debug + Send + Sync {
    /// Names the codec and its version: codes of different names are never compared.
    fn name(&self) -> &str;

    /// The codes of a text's token vectors.
    ///
    /// # Errors
    ///
    /// [`CodecError::Value`] for a text with more tokens or components than the codec's format holds.
    fn encode(&self, tokens: &TokenEmbeddings) -> Result<Vec<u8>, CodecError>;

    /// Vectors that the codes stand for, and the bytes of the text that each stands for. Where tokens are
    /// pooled there are fewer than the text's tokens; a vector of tokens in several places has a span for each
    /// place, best by [`TokenEmbeddings::shared`].
    ///
    /// # Errors
    ///
    /// [`CodecError::Unreadable`].
    fn decode(&self, codes: &[u8]) -> Result<TokenEmbeddings, CodecError>;

    /// The mean of the vectors that the codes stand for, scaled to unit length: about the embedding of the text, where
    /// the encoder takes the mean of its tokens. `None` where it has no direction.
    ///
    /// # Errors
    ///
    /// [`CodecError::Unreadable`].
    fn mean(&self, codes: &[u8]) -> Result<Option<Embedding>, CodecError> {
        Ok(self.decode(codes)?.mean())
    }

    /// MaxSim of a job with each profile's codes, in the same order.
    ///
    /// # Errors
    ///
    /// [`CodecError::Unreadable`], or [`CodecError::Value`] for a job of another dimension.
    fn max_similarities(
        &self,
        job: &TokenEmbeddings,
        profiles: &[&[u8]],
    ) -> Result<Vec<f32>, CodecError>;
}

/// The kept token vectors of one profile: codes, the codec that reads them, and whose vectors they
/// are.
#[derive(Clone)]
pub struct TokenCodes {
    codec: Arc<dyn TokenCodec>,
    encoder: Arc<str>,
    bytes: Arc<[u8]>,
}

impl TokenCodes {
    /// Codes that were kept.
    #[must_use]
    pub fn new(
        codec: Arc<dyn TokenCodec>,
        encoder: impl Into<Arc<str>>,
        bytes: impl Into<Arc<[u8]>>,
    ) -> Self {
        Self {
            codec,
            encoder: encoder.into(),
            bytes: bytes.into(),
        }
    }

    /// What reads them.
    #[must_use]
    pub fn codec(&self) -> &Arc<dyn TokenCodec> {
        &self.codec
    }

    /// The [`crate::Embedder::model_id`] of the encoder whose vectors they stand for.
    #[must_use]
    pub fn encoder(&self) -> &Arc<str> {
        &self.encoder
    }

    /// The codes, as they are stored.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The vectors that they stand for.
    ///
    /// # Errors
    ///
    /// [`CodecError::Unreadable`].
    pub fn decode(&self) -> Result<TokenEmbeddings, CodecError> {
        self.codec.decode(&self.bytes)
    }

    /// As [`TokenCodec::mean`].
    ///
    /// # Errors
    ///
    /// [`CodecError::Unreadable`].
    pub fn mean(&self) -> Result<Option<Embedding>, CodecError> {
        self.codec.mean(&self.bytes)
    }
}

impl PartialEq for TokenCodes {
    fn eq(&self, other: &Self) -> bool {
        self.codec.name() == other.codec.name()
            && self.encoder == other.encoder
            && self.bytes == other.bytes
    }
}

impl fmt::Debug for TokenCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCodes")
            .field("codec", &self.codec.name())
            .field("encoder", &self.encoder)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}
