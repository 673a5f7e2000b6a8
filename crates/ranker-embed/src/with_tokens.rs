//! Two encoders as one: one for the vector of a text, one for those of its tokens.

use std::fmt;

use ranker_core::{
    CosineBaseline, EmbedError, Embedded, Embedder, Role, TokenEmbeddings, TokenUsage,
};

use crate::TokenLimit;

/// Embeddings of one encoder and token vectors of another, such as a ColBERT, for rankings whose late interaction has a
/// model of its own.
///
/// A model of late interaction gives no vector a text: retrieval by vectors needs an encoder that does. Both read
/// every text, so that it costs what both cost. [`TokenUsage`] is that of the one that reads less
/// of the text.
///
/// ```no_run
/// use ranker_embed::{Embedder, OnnxEmbedder, Role, WithTokens};
///
/// let tokens = OnnxEmbedder::builder("GTE-ModernColBERT-v1").query_tokens(256).build()?;
/// let encoder = WithTokens::new(OnnxEmbedder::from_dir("all-MiniLM-L6-v2")?, tokens);
/// let job = encoder.embed_with_tokens(&["Rust engineer"], Role::Query)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WithTokens<E, T> {
    embedder: E,
    tokens: T,
    model_id: String,
}

impl<E: Embedder, T: TokenLimit> WithTokens<E, T> {
    /// Embeds by the first, and gives the token vectors of the second.
    pub fn new(embedder: E, tokens: T) -> Self {
        let model_id = format!("{}+{}", embedder.model_id(), tokens.model_id());
        Self {
            embedder,
            tokens,
            model_id,
        }
    }

    /// The encoder of the embeddings.
    pub fn embedder(&self) -> &E {
        &self.embedder
    }

    /// The encoder of the token vectors.
    pub fn tokens(&self) -> &T {
        &self.tokens
    }

    /// Tells of each text what the two read of it: the lesser share.
    fn lesser(&self, texts: &[&str], role: Role, made: &mut [Embedded]) -> Result<(), EmbedError> {
        let share = |usage: TokenUsage| usage.used as f64 / usage.tokens.max(1) as f64;
        let read = self.tokens.token_usage(texts, role)?;
        for (embedded, read) in made.iter_mut().zip(read) {
            if share(read) < share(embedded.usage) {
                embedded.usage = read;
            }
        }
        Ok(())
    }
}

impl<E: Embedder, T: TokenLimit> Embedder for WithTokens<E, T> {
    fn dimension(&self) -> usize {
        self.embedder.dimension()
    }

    /// Those of both: neither's embeddings nor token vectors are taken for another's.
    fn model_id(&self) -> &str {
        &self.model_id
    }

    fn cosine_baseline(&self) -> CosineBaseline {
        let texts = self.embedder.cosine_baseline().embeddings();
        CosineBaseline::new(texts, self.tokens.cosine_baseline().tokens())
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let mut made = self.embedder.embed(texts, role)?;
        self.lesser(texts, role, &mut made)?;
        Ok(made)
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        self.tokens.embed_tokens(texts, role)
    }
}

impl<E: Embedder, T: Embedder> fmt::Debug for WithTokens<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithTokens")
            .field("embedder", &self.embedder.model_id())
            .field("tokens", &self.tokens.model_id())
            .finish_non_exhaustive()
    }
}
