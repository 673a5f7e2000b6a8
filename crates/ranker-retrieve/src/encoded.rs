//! What an encoder makes of a profile.

use std::borrow::Borrow;
use std::sync::{Arc, OnceLock};

use ranker_core::{
    CodecError, EmbedError, Embedded, EmbeddedTokens, Embedder, Embedding, Profile, Role,
    TokenCodes,
};

use crate::error::IndexError;
use crate::token_codes::TwoBitCodec;

/// Profiles encoded at once: enough to sort by length, few enough that their token vectors, some
/// 400 kB each, fit the memory where an encoder hands them over all together.
const STEP: usize = 128;

/// A profile's embedding, or its several, and its token vectors where they are kept.
///
/// Made from an [`Embedding`] alone, from what an encoder answers ([`Embedded`]), or of many profiles by
/// [`encode_profiles`].
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// Where the profile lies; of several vectors the first.
    pub embedding: Embedding,
    /// Further vectors of the profile: of the later windows of its text, of its other titles. It is as near to
    /// a job as the nearest of all.
    pub further: Vec<Embedding>,
    /// Its token vectors, compressed.
    pub tokens: Option<TokenCodes>,
}

impl From<Embedding> for Encoded {
    fn from(embedding: Embedding) -> Self {
        Self {
            embedding,
            further: Vec::new(),
            tokens: None,
        }
    }
}

impl From<Embedded> for Encoded {
    fn from(embedded: Embedded) -> Self {
        Self::from(embedded.embedding).with_further(embedded.further)
    }
}

impl Encoded {
    /// Sets the further vectors, each of the first one's dimension.
    #[must_use]
    pub fn with_further(mut self, further: Vec<Embedding>) -> Self {
        self.further = further;
        self
    }
}

/// Embeds profiles as documents and compresses their token vectors, from one pass of the encoder; without
/// token vectors where the encoder gives none. One answer a profile, in the same order.
///
/// # Errors
///
/// [`IndexError::Embed`].
pub fn encode_profiles<P: Borrow<Profile>>(
    embedder: &dyn Embedder,
    profiles: &[P],
) -> Result<Vec<Encoded>, IndexError> {
    let encoder: Arc<str> = embedder.model_id().into();
    let mut encoded = Vec::with_capacity(profiles.len());
    for step in profiles.chunks(STEP) {
        let text = |profile: &P| Borrow::<Profile>::borrow(profile).full_text();
        let texts: Vec<String> = step.iter().map(text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        match compressed(embedder, &encoder, &texts) {
            Ok(both) => encoded.extend(both),
            Err(EmbedError::NoTokenVectors { .. }) => {
                let alone = embedder.embed(&texts, Role::Document);
                let alone = alone.map_err(IndexError::Embed)?.into_iter();
                encoded.extend(alone.map(Encoded::from));
            }
            Err(error) => return Err(IndexError::Embed(error)),
        }
    }
    Ok(encoded)
}

/// Texts with their token vectors compressed, each as soon as the encoder has read it.
fn compressed(
    embedder: &dyn Embedder,
    encoder: &Arc<str>,
    texts: &[&str],
) -> Result<Vec<Encoded>, EmbedError> {
    let encoded: Vec<OnceLock<_>> = texts.iter().map(|_| OnceLock::new()).collect();
    embedder.embed_each_with_tokens(texts, Role::Document, &|index, both| {
        if let Some(slot) = encoded.get(index) {
            slot.get_or_init(|| compress(encoder, index, both));
        }
    })?;
    let missing = |index| EmbedError::Backend {
        backend: embedder.model_id().to_owned(),
        source: format!("it gave nothing for text {index}").into(),
    };
    let each = encoded.into_iter().enumerate();
    each.map(|(index, slot)| slot.into_inner().unwrap_or_else(|| Err(missing(index))))
        .collect()
}

fn compress(encoder: &Arc<str>, index: usize, both: EmbeddedTokens) -> Result<Encoded, EmbedError> {
    let failed = |error: CodecError| EmbedError::Backend {
        backend: format!("the codec of token vectors, at text {index}"),
        source: error.into(),
    };
    let tokens = TwoBitCodec::compress(encoder, &both.tokens).map_err(failed)?;
    Ok(Encoded {
        tokens: Some(tokens),
        ..both.embedded.into()
    })
}
