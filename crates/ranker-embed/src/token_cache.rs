//! What an encoder made of texts, kept in memory, so that late interaction encodes each once.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use half::f16;
use half::slice::HalfFloatSliceExt;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use ranker_core::{
    CosineBaseline, EmbedError, Embedded, EmbeddedTokens, Embedder, Role, TokenEmbeddings,
};

use crate::progress::reindex;

/// An embedder that keeps the token vectors and embeddings that another one computes, up to a number of
/// bytes. What was used least lately is dropped first.
///
/// Token vectors are kept, and always returned, in half precision: 384 components of 250 tokens take
/// 190 kB. Embeddings are kept as they are. To keep those in a file, wrap it in a
/// [`CachedEmbedder`](crate::CachedEmbedder).
pub struct TokenCache<E> {
    embedder: E,
    kept: Cache<blake3::Hash, Arc<Kept>, Bytes>,
}

enum Kept {
    Embedding(Embedded),
    Tokens(Tokens),
}

/// One text's token vectors in half precision.
struct Tokens {
    dimension: usize,
    vectors: Box<[f16]>,
    spans: Box<[Range<usize>]>,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<blake3::Hash, Arc<Kept>> for Bytes {
    fn weight(&self, _: &blake3::Hash, kept: &Arc<Kept>) -> u64 {
        let own = match &**kept {
            Kept::Embedding(embedded) => {
                let vectors = embedded.vectors();
                vectors.map(|vector| size_of_val(vector.as_slice())).sum()
            }
            Kept::Tokens(tokens) => size_of_val(&*tokens.vectors) + size_of_val(&*tokens.spans),
        };
        (own + size_of::<Kept>()) as u64
    }
}

impl<E: Embedder> TokenCache<E> {
    /// Bytes that suit a few thousand profiles: 512 MiB.
    pub const DEFAULT_BYTES: u64 = 512 << 20;

    /// Wraps an embedder; keeps at most `bytes` of what it makes. 0 keeps nothing.
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

    /// Forgets what is kept of these texts, in both roles, and returns how many entries that were.
    ///
    /// For a person who is erased, [`Self::clear`] forgets more: a ranking also encodes what remains of a
    /// profile without the words that it copied from the job.
    pub fn forget(&self, texts: &[&str]) -> usize {
        let keys = texts.iter().flat_map(|text| keys(text));
        keys.filter(|key| self.kept.remove(key).is_some()).count()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.kept.clear();
    }

    /// Whether anything is kept of a text.
    pub fn holds(&self, text: &str) -> bool {
        keys(text).iter().any(|key| self.kept.peek(key).is_some())
    }

    /// How many entries are kept now: a text's embedding is one, its token vectors are another.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The bytes that they take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.kept.weight()
    }

    fn embedding(&self, role: Role, text: &str) -> Option<Embedded> {
        match &*self.kept.get(&key(Kind::Embedding, role, text))? {
            Kept::Embedding(embedded) => Some(embedded.clone()),
            Kept::Tokens(_) => None,
        }
    }

    fn tokens(&self, role: Role, text: &str) -> Option<TokenEmbeddings> {
        match &*self.kept.get(&key(Kind::Tokens, role, text))? {
            Kept::Embedding(_) => None,
            // What cannot be restored is encoded again.
            Kept::Tokens(tokens) => tokens.restored(0).ok(),
        }
    }

    fn keep_embedding(&self, role: Role, text: &str, embedded: &Embedded) {
        let kept = Kept::Embedding(embedded.clone());
        self.kept
            .insert(key(Kind::Embedding, role, text), Arc::new(kept));
    }

    /// Keeps the token vectors of the text at `index`; returns them as they will be on every later call too.
    fn keep_tokens(
        &self,
        role: Role,
        (index, text): (usize, &str),
        tokens: &TokenEmbeddings,
    ) -> Result<TokenEmbeddings, EmbedError> {
        let tokens = Tokens::of(tokens);
        let restored = tokens.restored(index);
        let kept = Arc::new(Kept::Tokens(tokens));
        self.kept.insert(key(Kind::Tokens, role, text), kept);
        restored
    }
}

impl<E: Embedder> Embedder for TokenCache<E> {
    fn dimension(&self) -> usize {
        self.embedder.dimension()
    }

    fn model_id(&self) -> &str {
        self.embedder.model_id()
    }

    fn cosine_baseline(&self) -> CosineBaseline {
        self.embedder.cosine_baseline()
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let find = |text: &str| self.embedding(role, text);
        found_or_made(texts, find, |new| {
            let made = self.embedder.embed(new, role)?;
            let each = new.iter().zip(&made);
            each.for_each(|(text, embedded)| self.keep_embedding(role, text, embedded));
            Ok(made)
        })
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        if texts.is_empty() {
            // That is how it is asked whether there are token vectors at all, which the encoder knows.
            return self.embedder.embed_tokens(texts, role);
        }
        let find = |text: &str| self.tokens(role, text);
        found_or_made(texts, find, |new| {
            let made = self.embedder.embed_tokens(new, role)?;
            let each = new.iter().copied().enumerate().zip(&made);
            each.map(|(text, tokens)| self.keep_tokens(role, text, tokens))
                .collect()
        })
    }

    /// A text of which either is not kept is encoded once for both.
    fn embed_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
    ) -> Result<Vec<EmbeddedTokens>, EmbedError> {
        let find = |text: &str| {
            let (embedded, tokens) = (self.embedding(role, text)?, self.tokens(role, text)?);
            Some(EmbeddedTokens { embedded, tokens })
        };
        found_or_made(texts, find, |new| {
            let made = self.embedder.embed_with_tokens(new, role)?;
            let each = new.iter().copied().enumerate().zip(made);
            each.map(|(text, made)| {
                self.keep_embedding(role, text.1, &made.embedded);
                let tokens = self.keep_tokens(role, text, &made.tokens)?;
                Ok(EmbeddedTokens { tokens, ..made })
            })
            .collect()
        })
    }
}

/// One answer a text: what is found of it, else what is made of all that are not, in one batch.
fn found_or_made<T>(
    texts: &[&str],
    find: impl Fn(&str) -> Option<T>,
    make: impl FnOnce(&[&str]) -> Result<Vec<T>, EmbedError>,
) -> Result<Vec<T>, EmbedError> {
    let mut found: Vec<Option<T>> = texts.iter().map(|text| find(text)).collect();
    let missing: Vec<usize> = (0..texts.len()).filter(|&i| found[i].is_none()).collect();
    if !missing.is_empty() {
        let new: Vec<&str> = missing.iter().map(|&i| texts[i]).collect();
        let made = make(&new).map_err(|error| reindex(error, |index| missing[index]))?;
        for (&i, made) in missing.iter().zip(made) {
            found[i] = Some(made);
        }
    }
    Ok(found.into_iter().flatten().collect())
}

#[derive(Clone, Copy)]
enum Kind {
    Embedding,
    Tokens,
}

/// Under which anything may be kept of a text.
fn keys(text: &str) -> [blake3::Hash; 4] {
    use {Kind::*, Role::*};
    let kinds = [
        (Embedding, Query),
        (Embedding, Document),
        (Tokens, Query),
        (Tokens, Document),
    ];
    kinds.map(|(kind, role)| key(kind, role, text))
}

fn key(kind: Kind, role: Role, text: &str) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(match (kind, role) {
        (Kind::Embedding, Role::Query) => b"Q",
        (Kind::Embedding, Role::Document) => b"D",
        (Kind::Tokens, Role::Query) => b"q",
        (Kind::Tokens, Role::Document) => b"d",
    });
    hasher.update(text.as_bytes());
    hasher.finalize()
}

impl Tokens {
    fn of(tokens: &TokenEmbeddings) -> Self {
        let vectors = tokens.vectors().flatten();
        Self {
            dimension: tokens.dimension(),
            vectors: vectors.map(|&x| f16::from_f32(x)).collect(),
            spans: tokens.spans().into(),
        }
    }

    fn restored(&self, index: usize) -> Result<TokenEmbeddings, EmbedError> {
        let mut vectors = vec![0.0; self.vectors.len()];
        self.vectors.convert_to_f32_slice(&mut vectors);
        TokenEmbeddings::new(self.dimension, vectors, self.spans.to_vec())
            .map_err(|source| EmbedError::Output { index, source })
    }
}

impl<E: Embedder> fmt::Debug for TokenCache<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("encoder", &self.model_id())
            .field("entries", &self.len())
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
    fn what_came_from_one_pass_is_not_encoded_again() {
        let cache = TokenCache::new(Words::default(), 1 << 20);
        let encoded = || cache.inner().encoded.load(Ordering::Relaxed);
        let job = ["rust engineer"];
        let first = cache.embed_with_tokens(&job, Role::Query).unwrap();
        let once = encoded();
        let embedded = cache.embed(&job, Role::Query).unwrap().swap_remove(0);
        let tokens = cache.embed_tokens(&job, Role::Query).unwrap();
        let again = cache.embed_with_tokens(&job, Role::Query).unwrap();
        let expected = (&first[0].embedded, &first[0].tokens);
        assert_eq!((&embedded, &tokens[0]), expected);
        assert_eq!((again, encoded()), (first.clone(), once));

        // A text alone is new, or what is known of it is of the other role or only half.
        cache.embed(&["nurse"], Role::Query).unwrap();
        let half = encoded();
        let both = cache.embed_with_tokens(&["rust engineer", "nurse"], Role::Query);
        assert_eq!((&both.unwrap()[0], encoded()), (&first[0], half + 2));
        cache.embed_with_tokens(&job, Role::Document).unwrap();
        assert_eq!(encoded(), half + 4);
    }

    #[test]
    fn what_is_kept_of_a_text_is_forgotten_in_every_form() {
        let cache = TokenCache::new(Words::default(), 1 << 20);
        for role in [Role::Query, Role::Document] {
            cache.embed_with_tokens(&["ana", "ben"], role).unwrap();
        }
        assert_eq!((cache.len(), cache.forget(&["ana"])), (8, 4));
        assert!(!cache.holds("ana") && cache.holds("ben"));
        let before = cache.inner().encoded.load(Ordering::Relaxed);
        cache.embed(&["ana"], Role::Query).unwrap();
        assert_eq!(cache.inner().encoded.load(Ordering::Relaxed), before + 1);
        cache.clear();
        assert!(cache.is_empty() && cache.bytes() == 0 && !cache.holds("ben"));
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
        let embeddings = TokenCache::new(Words::default(), 4096);
        for i in 0..200 {
            let text = format!("job number {i}");
            embeddings.embed(&[&text], Role::Query).unwrap();
        }
        let (bytes, entries) = (embeddings.bytes(), embeddings.len() as u64);
        assert!(bytes <= 4096 && bytes > entries * 16, "{embeddings:?}");
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
