//! The profiles, embedded and indexed.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use ranker::Profile;
use ranker::core::{Embedded, Embedder, TokenUsage};
use ranker::embed::{CachedEmbedder, OnnxEmbedder, TokenCache};
use ranker::retrieve::ProfileIndex;
use ranker_examples::{Outcome, Stages, bundled, embed_profiles, say};

/// Token vectors kept in memory, so that a profile is not encoded again to explain its place.
const TOKEN_BYTES: u64 = 512 << 20;

/// The encoder with its caches, and the index.
pub(crate) struct Pool {
    pub(crate) encoder: Arc<OnnxEmbedder>,
    pub(crate) embedder: Arc<dyn Embedder>,
    pub(crate) index: Arc<ProfileIndex>,
    pub(crate) profiles: usize,
    pub(crate) cut: Cut,
    /// Of who was truncated: the tokens of the profile, and those that the encoder read.
    truncated: HashMap<String, TokenUsage>,
}

/// What the encoder did not read.
#[derive(Default)]
pub(crate) struct Cut {
    pub(crate) profiles: usize,
    pub(crate) tokens: usize,
    pub(crate) used: usize,
}

impl Pool {
    /// Embeds the profiles, or finds their embeddings in the cache, and indexes them.
    pub(crate) fn new(
        encoder: OnnxEmbedder,
        cache: Option<&Path>,
        profiles: Vec<Profile>,
        stages: &mut Stages,
    ) -> Outcome<Self> {
        let encoder = Arc::new(encoder);
        let cached = open_cache(&encoder, cache)?.map(Arc::new);
        let embedder: Arc<dyn Embedder> = match &cached {
            Some(cached) => Arc::clone(cached) as _,
            None => Arc::clone(&encoder) as _,
        };
        let embedded = embed_profiles(&*embedder, &profiles)?;
        let known = cached
            .as_ref()
            .map_or(0, |cached| cached.stats().hits as usize);
        let new = profiles.len() - known;
        stages.done(format!("embed {new} profiles, find {known} in the cache"));
        if let Some(error) = cached.and_then(|cached| cached.take_error()) {
            say(&format!("embeddings could not be kept: {error}"));
        }

        let (count, cut) = (profiles.len(), Cut::of(&embedded));
        let usages = profiles
            .iter()
            .zip(&embedded)
            .map(|(profile, embedded)| (profile.id().to_string(), embedded.usage));
        let truncated = usages.filter(|(_, usage)| usage.is_cut()).collect();
        let embeddings = embedded.into_iter().map(|embedded| embedded.embedding);
        let index = Arc::new(ProfileIndex::new(profiles.into_iter().zip(embeddings))?);
        stages.done("index");
        let embedder = Arc::new(TokenCache::new(embedder, TOKEN_BYTES));
        Ok(Self {
            encoder,
            embedder,
            index,
            profiles: count,
            cut,
            truncated,
        })
    }

    /// The tokens of a profile that was truncated, and those that were read.
    pub(crate) fn truncated(&self, id: &str) -> Option<TokenUsage> {
        self.truncated.get(id).copied()
    }
}

impl Cut {
    fn of(embedded: &[Embedded]) -> Self {
        let cut = embedded
            .iter()
            .map(|embedded| embedded.usage)
            .filter(|usage| usage.is_cut());
        cut.fold(Self::default(), |sum, usage| Self {
            profiles: sum.profiles + 1,
            tokens: sum.tokens + usage.tokens,
            used: sum.used + usage.used,
        })
    }
}

/// A file that the user named must open; without our own we do as well, only slower.
fn open_cache(
    encoder: &Arc<OnnxEmbedder>,
    file: Option<&Path>,
) -> Outcome<Option<CachedEmbedder<Arc<OnnxEmbedder>>>> {
    if let Some(file) = file {
        return Ok(Some(CachedEmbedder::open(Arc::clone(encoder), file)?));
    }
    let file = bundled::target("ranker-cache.redb");
    // Where the folder cannot be made, opening the file says so.
    let _ = fs::create_dir_all(bundled::target(""));
    match CachedEmbedder::open(Arc::clone(encoder), &file) {
        Ok(cached) => Ok(Some(cached)),
        Err(error) => {
            say(&format!("embeddings are not kept: {error}"));
            Ok(None)
        }
    }
}
