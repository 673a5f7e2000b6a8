//! Embeddings kept in a file, so that a text is encoded once.

mod error;
mod record;
mod store;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use ranker_core::{
    CosineBaseline, EmbedError, Embedded, EmbeddedTokens, Embedder, Role, TokenEmbeddings,
};

pub use error::CacheError;

use crate::embedder::refuse_empty;
use crate::progress::reindex;
use record::Key;
use store::Store;

/// What a cache did since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheStats {
    /// Texts found in the cache.
    pub hits: u64,
    /// Texts that had to be encoded.
    pub misses: u64,
    /// Encoded texts that could not be stored; see [`CachedEmbedder::take_error`].
    pub unsaved: u64,
}

/// An embedder that keeps what another one computes in a file.
///
/// The key is a hash of the encoder's [`Embedder::model_id`], the role and the text, so encoders may
/// share a file and never see each other's embeddings. A stored embedding comes back bit for bit,
/// with its [`TokenUsage`](ranker_core::TokenUsage), and is checked by a checksum before.
///
/// A cache saves time; it is never the reason that texts are not embedded. What goes wrong with the
/// file after it was opened (a full disk, a damaged record) is counted in [`CacheStats::unsaved`]
/// and kept for [`Self::take_error`], while texts are encoded as if there were no cache. What was
/// stored before stays stored.
///
/// Each call of [`Embedder::embed`] that encodes something ends with one durable write. Token
/// vectors are passed through and not stored. One process at a time may have the file open.
pub struct CachedEmbedder<E> {
    embedder: E,
    store: Store,
    hits: AtomicU64,
    misses: AtomicU64,
    unsaved: AtomicU64,
    error: Mutex<Option<CacheError>>,
}

impl<E: Embedder> CachedEmbedder<E> {
    /// Opens the cache in `file`, or makes a new one.
    ///
    /// Opening reads the whole file once to see that it is undamaged.
    ///
    /// # Errors
    ///
    /// [`CacheError`], which names the file, when it is in use, damaged, or something else.
    pub fn open(embedder: E, file: impl AsRef<Path>) -> Result<Self, CacheError> {
        Ok(Self::with_store(embedder, Store::open(file.as_ref())?))
    }

    fn with_store(embedder: E, store: Store) -> Self {
        Self {
            embedder,
            store,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            unsaved: AtomicU64::new(0),
            error: Mutex::new(None),
        }
    }

    /// The embedder whose work is kept.
    pub fn inner(&self) -> &E {
        &self.embedder
    }

    /// What the cache did since it was opened.
    pub fn stats(&self) -> CacheStats {
        CacheStats {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            unsaved: self.unsaved.load(Ordering::Relaxed),
        }
    }

    /// What last went wrong with the file, once.
    pub fn take_error(&self) -> Option<CacheError> {
        self.error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Forgets what is kept of these texts, in both roles, under this encoder: for a person who is erased.
    /// Answers how many embeddings those were. The file is written anew, so that no freed page of it keeps
    /// them; calls meanwhile wait.
    ///
    /// # Errors
    ///
    /// [`CacheError`]: nothing is forgotten then.
    pub fn forget(&self, texts: &[&str]) -> Result<usize, CacheError> {
        self.store.remove(&self.keys_of(texts))
    }

    /// Whether anything is kept of a text under this encoder.
    ///
    /// # Errors
    ///
    /// [`CacheError`].
    pub fn holds(&self, text: &str) -> Result<bool, CacheError> {
        Ok(self.store.count(&self.keys_of(&[text]))? > 0)
    }

    /// The keys of texts in both roles.
    fn keys_of(&self, texts: &[&str]) -> Vec<Key> {
        let roles = [Role::Query, Role::Document];
        let keys = roles.iter().flat_map(|&role| self.keys(texts, role));
        keys.collect()
    }

    fn note(&self, error: CacheError) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    /// What is stored under each key; nothing, and a note, where the file cannot be read.
    fn look_up(&self, keys: &[Key]) -> Vec<Option<Embedded>> {
        let dimension = self.embedder.dimension();
        self.store.get(keys, dimension).unwrap_or_else(|error| {
            self.note(error);
            vec![None; keys.len()]
        })
    }

    fn keys(&self, texts: &[&str], role: Role) -> Vec<Key> {
        let model = self.embedder.model_id();
        let keys = texts.iter().map(|text| record::key(model, role, text));
        keys.collect()
    }

    /// Stores what was encoded, or notes why it could not.
    fn keep(&self, entries: &[(Key, &Embedded)]) {
        if let Err(error) = self.store.put(entries) {
            self.unsaved
                .fetch_add(entries.len() as u64, Ordering::Relaxed);
            self.note(error);
        }
    }

    /// Encodes the texts that were not found, each once, and stores them.
    fn encode(
        &self,
        texts: &[&str],
        role: Role,
        keys: &[Key],
        found: &mut [Option<Embedded>],
    ) -> Result<(), EmbedError> {
        let mut missing: Vec<usize> = (0..texts.len()).filter(|&i| found[i].is_none()).collect();
        let misses = missing.len();
        missing.sort_by_key(|&i| (keys[i], i));
        missing.dedup_by_key(|&mut i| keys[i]);
        missing.sort_unstable();
        if missing.is_empty() {
            return Ok(());
        }
        let new: Vec<&str> = missing.iter().map(|&i| texts[i]).collect();
        let encoded = self.embedder.embed(&new, role);
        let encoded = encoded.map_err(|error| reindex(error, |index| missing[index]))?;
        self.misses.fetch_add(misses as u64, Ordering::Relaxed);

        let entries: Vec<(Key, &Embedded)> =
            missing.iter().map(|&i| keys[i]).zip(&encoded).collect();
        self.keep(&entries);
        let by_key: std::collections::HashMap<Key, &Embedded> = entries.into_iter().collect();
        for (slot, key) in found.iter_mut().zip(keys) {
            if slot.is_none() {
                *slot = by_key.get(key).map(|&embedded| embedded.clone());
            }
        }
        Ok(())
    }
}

impl<E: Embedder> Embedder for CachedEmbedder<E> {
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
        refuse_empty(texts)?;
        let keys = self.keys(texts, role);
        let mut found = self.look_up(&keys);
        let hits = found.iter().flatten().count();
        self.encode(texts, role, &keys, &mut found)?;
        self.hits.fetch_add(hits as u64, Ordering::Relaxed);
        Ok(found.into_iter().flatten().collect())
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        self.embedder.embed_tokens(texts, role)
    }

    /// Where all embeddings are known, the texts are encoded for their token vectors alone, which are
    /// not kept; else once for both.
    fn embed_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
    ) -> Result<Vec<EmbeddedTokens>, EmbedError> {
        refuse_empty(texts)?;
        let keys = self.keys(texts, role);
        let found: Option<Vec<Embedded>> = self.look_up(&keys).into_iter().collect();
        let Some(found) = found else {
            let both = self.embedder.embed_with_tokens(texts, role)?;
            let embedded = both.iter().map(|both| &both.embedded);
            let entries: Vec<(Key, &Embedded)> = keys.into_iter().zip(embedded).collect();
            self.misses
                .fetch_add(entries.len() as u64, Ordering::Relaxed);
            self.keep(&entries);
            return Ok(both);
        };
        self.hits.fetch_add(found.len() as u64, Ordering::Relaxed);
        let tokens = self.embedder.embed_tokens(texts, role)?;
        let both = found.into_iter().zip(tokens);
        Ok(both
            .map(|(embedded, tokens)| EmbeddedTokens { embedded, tokens })
            .collect())
    }
}

impl<E: Embedder> fmt::Debug for CachedEmbedder<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedEmbedder")
            .field("model_id", &self.embedder.model_id())
            .field("file", &self.store.path())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
