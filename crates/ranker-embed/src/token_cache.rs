//! Token vectors kept in memory, so that late interaction encodes a profile once.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use half::f16;
use half::slice::HalfFloatSliceExt;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use ranker_core::{EmbedError, Embedded, EmbeddedTokens, Embedder, Role, TokenEmbeddings};

use crate::progress::reindex;

/// An embedder that keeps the token vectors that another one computes, up to a number of bytes.
///
/// Vectors are kept, and always returned, in half precision: 384 components of 250 tokens take
/// 190 kB. Those used least lately are dropped first. The embedding of a text is kept beside them where
/// both were asked for at once, as a ranking does of its job; asked for alone it is passed through: wrap a
/// [`CachedEmbedder`](crate::CachedEmbedder) to keep those too.
pub struct TokenCache<E> {
    embedder: E,
    kept: Cache<blake3::Hash, Arc<Kept>, Bytes>,
}

/// One text's token vectors in half precision.
struct Kept {
    /// Its embedding, where that came from the same pass.
    embedded: Option<Embedded>,
    dimension: usize,
    vectors: Vec<f16>,
    spans: Vec<Range<usize>>,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<blake3::Hash, Arc<Kept>> for Bytes {
    fn weight(&self, _: &blake3::Hash, kept: &Arc<Kept>) -> u64 {
        let embedded = kept.embedded.as_ref();
        let embedded = embedded.map_or(0, |kept| size_of_val(kept.embedding.as_slice()));
        let vectors = size_of_val(&*kept.vectors) + size_of_val(&*kept.spans);
        (vectors + embedded + size_of::<Kept>()) as u64
    }
}

impl<E: Embedder> TokenCache<E> {
    /// Bytes that suit a few thousand profiles: 512 MiB.
    pub const DEFAULT_BYTES: u64 = 512 << 20;

    /// Wraps an embedder; keeps at most `bytes` of token vectors. 0 keeps nothing.
    pub fn new(embedder: E, bytes: u64) -> Self {
        // What a profile of average length takes: the cache sizes its tables by it.
        const USUAL_BYTES: u64 = 128 << 10;
        let items = usize::try_from(bytes / USUAL_BYTES).unwrap_or(usize::MAX);
        Self {
            embedder,
            kept: Cache::with_weighter(items.max(1), bytes, Bytes),
        }
    }

    /// The embedder whose work is kept.
    pub fn inner(&self) -> &E {
        &self.embedder
    }

    /// Forgets what is kept of these texts, in both roles, and returns how many entries that were: for a
    /// person who is erased.
    pub fn forget(&self, texts: &[&str]) -> usize {
        let keys = texts.iter().flat_map(|text| keys(text));
        keys.filter(|key| self.kept.remove(key).is_some()).count()
    }

    /// Whether anything is kept of a text.
    pub fn holds(&self, text: &str) -> bool {
        keys(text).iter().any(|key| self.kept.peek(key).is_some())
    }

    /// How many texts' token vectors are kept now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether none are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The bytes that they take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.kept.weight()
    }
}

impl<E: Embedder> Embedder for TokenCache<E> {
    fn dimension(&self) -> usize {
        self.embedder.dimension()
    }

    fn model_id(&self) -> &str {
        self.embedder.model_id()
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        self.embedder.embed(texts, role)
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        let keys: Vec<_> = texts.iter().map(|text| key(role, text)).collect();
        let mut found: Vec<_> = keys.iter().map(|key| self.kept.get(key)).collect();
        let missing: Vec<usize> = (0..texts.len()).filter(|&i| found[i].is_none()).collect();
        let new: Vec<&str> = missing.iter().map(|&i| texts[i]).collect();
        let encoded = self.embedder.embed_tokens(&new, role);
        let encoded = encoded.map_err(|error| reindex(error, |index| missing[index]))?;
        for (&i, tokens) in missing.iter().zip(&encoded) {
            let kept = Arc::new(Kept::of(tokens));
            self.kept.insert(keys[i], Arc::clone(&kept));
            found[i] = Some(kept);
        }
        found
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(i, kept)| kept.restored(i))
            .collect()
    }

    /// From memory where both are kept of all texts. Where the vectors of any are, all are encoded for their
    /// embeddings alone, else once for both.
    fn embed_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
    ) -> Result<Vec<EmbeddedTokens>, EmbedError> {
        let kept = texts.iter().map(|text| self.kept.get(&key(role, text)));
        let kept: Vec<Option<Arc<Kept>>> = kept.collect();
        let both = |(index, kept): (usize, &Option<Arc<Kept>>)| kept.as_ref()?.both(index);
        let whole: Option<Vec<_>> = kept.iter().enumerate().map(both).collect();
        if let Some(whole) = whole {
            return whole.into_iter().collect();
        }
        if kept.iter().any(Option::is_some) {
            let tokens = self.embed_tokens(texts, role)?;
            let both = self.embedder.embed(texts, role)?.into_iter().zip(tokens);
            return Ok(both
                .map(|(embedded, tokens)| EmbeddedTokens { embedded, tokens })
                .collect());
        }
        let encoded = self.embedder.embed_with_tokens(texts, role)?;
        let both = texts.iter().zip(encoded).enumerate();
        both.map(|(index, (text, both))| {
            let mut kept = Kept::of(&both.tokens);
            kept.embedded = Some(both.embedded.clone());
            let kept = Arc::new(kept);
            self.kept.insert(key(role, text), Arc::clone(&kept));
            let tokens = kept.restored(index)?;
            Ok(EmbeddedTokens { tokens, ..both })
        })
        .collect()
    }
}

/// Under which a text may be kept.
fn keys(text: &str) -> [blake3::Hash; 2] {
    [Role::Query, Role::Document].map(|role| key(role, text))
}

fn key(role: Role, text: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(match role {
        Role::Query => b"q",
        Role::Document => b"d",
    });
    hasher.update(text.as_bytes());
    hasher.finalize()
}

impl Kept {
    fn of(tokens: &TokenEmbeddings) -> Self {
        let vectors = tokens
            .vectors()
            .flatten()
            .map(|&x| f16::from_f32(x))
            .collect();
        Self {
            embedded: None,
            dimension: tokens.dimension(),
            vectors,
            spans: tokens.spans().to_vec(),
        }
    }

    /// Embedding and vectors, where both are kept.
    fn both(&self, index: usize) -> Option<Result<EmbeddedTokens, EmbedError>> {
        let embedded = self.embedded.clone()?;
        let tokens = self.restored(index);
        Some(tokens.map(|tokens| EmbeddedTokens { embedded, tokens }))
    }

    /// The vectors as they will be on every later call too.
    fn restored(&self, index: usize) -> Result<TokenEmbeddings, EmbedError> {
        let mut vectors = vec![0.0; self.vectors.len()];
        self.vectors.convert_to_f32_slice(&mut vectors);
        TokenEmbeddings::new(self.dimension, vectors, self.spans.clone())
            .map_err(|source| EmbedError::Output { index, source })
    }
}

impl<E: Embedder> fmt::Debug for TokenCache<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("encoder", &self.model_id())
            .field("texts", &self.len())
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use ranker_core::{Embedding, TokenUsage};

    use super::*;

    /// A fake encoder: a token a word, its vector made of the word's bytes.
    #[derive(Default)]
    struct Words {
        encoded: AtomicUsize,
    }

    impl Embedder for Words {
        fn dimension(&self) -> usize {
            4
        }

        fn model_id(&self) -> &str {
            "fake words"
        }

        fn embed(&self, texts: &[&str], _: Role) -> Result<Vec<Embedded>, EmbedError> {
            self.encoded.fetch_add(texts.len(), Ordering::Relaxed);
            let embedding = Embedding::normalized(vec![1.0; 4]).unwrap();
            let usage = TokenUsage::new(1, 1);
            Ok(vec![Embedded::new(embedding, usage); texts.len()])
        }

        fn embed_tokens(
            &self,
            texts: &[&str],
            _: Role,
        ) -> Result<Vec<TokenEmbeddings>, EmbedError> {
            self.encoded.fetch_add(texts.len(), Ordering::Relaxed);
            let tokens = |(index, text): (usize, &&str)| {
                if text.is_empty() {
                    return Err(EmbedError::EmptyText { index });
                }
                let vector = |word: &str| {
                    let mut vector = vec![1.0; 4];
                    word.bytes()
                        .enumerate()
                        .for_each(|(i, b)| vector[i % 4] += f32::from(b));
                    Embedding::normalized(vector).unwrap().as_slice().to_vec()
                };
                let vectors = text.split(' ').flat_map(vector).collect();
                let spans = text.split(' ').enumerate().map(|(i, _)| i..i + 1).collect();
                Ok(TokenEmbeddings::new(4, vectors, spans).unwrap())
            };
            texts.iter().enumerate().map(tokens).collect()
        }
    }

    #[test]
    fn what_came_from_one_pass_is_kept_together() {
        let cache = TokenCache::new(Words::default(), 1 << 20);
        let encoded = || cache.inner().encoded.load(Ordering::Relaxed);
        let job = ["rust engineer"];
        let first = cache.embed_with_tokens(&job, Role::Query).unwrap();
        let once = encoded();
        assert_eq!(cache.embed_with_tokens(&job, Role::Query).unwrap(), first);
        assert_eq!(encoded(), once);
        // Of one of these texts, nothing is kept.
        let two = ["rust engineer", "nurse"];
        let both = cache.embed_with_tokens(&two, Role::Query).unwrap();
        assert_eq!(both[0], first[0]);
        assert!(encoded() > once);
    }

    #[test]
    fn encodes_a_text_once_and_returns_the_same_every_time() {
        let cache = TokenCache::new(Words::default(), 1 << 20);
        let texts = ["rust engineer", "nurse", "rust engineer"];
        let first = cache.embed_tokens(&texts, Role::Document).unwrap();
        let encoded = cache.inner().encoded.load(Ordering::Relaxed);
        let again = cache.embed_tokens(&texts, Role::Document).unwrap();
        assert_eq!(first, again);
        assert_eq!(first[0], first[2]);
        assert_eq!(cache.inner().encoded.load(Ordering::Relaxed), encoded);

        let plain = Words::default()
            .embed_tokens(&texts, Role::Document)
            .unwrap();
        for (kept, plain) in first.iter().zip(&plain) {
            assert_eq!(kept.spans(), plain.spans());
            let gaps = kept.vectors().flatten().zip(plain.vectors().flatten());
            assert!(gaps.into_iter().all(|(a, b)| (a - b).abs() < 1e-3));
        }
        cache.embed_tokens(&["nurse"], Role::Query).unwrap();
        assert_eq!(
            cache.inner().encoded.load(Ordering::Relaxed),
            encoded + 1,
            "another role"
        );
    }

    #[test]
    fn stays_within_its_bytes() {
        let cache = TokenCache::new(Words::default(), 4096);
        for i in 0..200 {
            let text = format!("profile number {i}");
            assert_eq!(
                cache.embed_tokens(&[&text], Role::Document).unwrap()[0].len(),
                3
            );
        }
        assert!(cache.bytes() <= 4096 && cache.len() < 200, "{cache:?}");
        let nothing = TokenCache::new(Words::default(), 0);
        assert_eq!(
            nothing.embed_tokens(&["a b"], Role::Query).unwrap()[0].len(),
            2
        );
    }

    #[test]
    fn an_error_names_the_text_of_the_call() {
        let cache = TokenCache::new(Words::default(), 1 << 20);
        cache.embed_tokens(&["known"], Role::Document).unwrap();
        let refused = cache.embed_tokens(&["known", ""], Role::Document);
        assert!(
            matches!(refused, Err(EmbedError::EmptyText { index: 1 })),
            "{refused:?}"
        );
    }
}
