//! The profiles, encoded and found by meaning and words.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use ranker::Profile;
use ranker::core::{Embedder, Role, TokenUsage};
use ranker::embed::{TokenCache, Windowed};
use ranker::retrieve::Collection;
use ranker_examples::{AnyEncoder, Outcome, Stages, say};

use crate::kept::Kept;
use crate::place::Place;

/// Token vectors kept in memory: of the job, and of profiles that copied from it and are read without that.
const TOKEN_BYTES: u64 = 64 << 20;

/// The encoder, and the collection of the profiles.
pub(crate) struct Pool {
    pub(crate) encoder: Arc<Windowed<AnyEncoder>>,
    /// What ranks: its embeddings, and its token vectors or those of a model of late interaction.
    pub(crate) embedder: Arc<TokenCache<Arc<dyn Embedder>>>,
    pub(crate) collection: Arc<Collection>,
    /// Where the collection lies, and all else that depends on the encoder.
    pub(crate) folder: PathBuf,
    pub(crate) profiles: usize,
    /// Whether anybody is new, other or gone since the run before.
    pub(crate) has_changed: bool,
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
    /// Brings the collection to what is given: only what is new or changed is encoded.
    pub(crate) fn new(
        (encoder, embedder): (Arc<Windowed<AnyEncoder>>, Arc<dyn Embedder>),
        place: &Place,
        profiles: &[Profile],
        stages: &mut Stages,
    ) -> Outcome<Self> {
        let folder = place.of_encoder(embedder.model_id());
        let path = folder.join("collection");
        let kept = Kept::open(&path, place.is_named, profiles, &*embedder)?;
        let (encoded, removed) = (kept.imported.encoded, kept.removed);
        if removed > 0 {
            say(&format!(
                "{removed} profiles from before are no longer given, and are erased"
            ));
        }
        let known = profiles.len() - encoded;
        stages.done(format!(
            "encode {encoded} profiles, find {known} in the collection"
        ));
        let truncated = truncated(&encoder, profiles)?;
        stages.done("count tokens");
        let embedder = Arc::new(TokenCache::new(embedder, TOKEN_BYTES));
        Ok(Self {
            encoder,
            embedder,
            collection: Arc::new(kept.collection),
            folder,
            profiles: profiles.len(),
            has_changed: encoded + removed > 0,
            cut: Cut::of(truncated.values()),
            truncated,
        })
    }

    /// The tokens of a profile that was truncated, and those that were read.
    pub(crate) fn truncated(&self, id: &str) -> Option<TokenUsage> {
        self.truncated.get(id).copied()
    }
}

/// Who is longer than the encoder reads.
fn truncated(
    encoder: &Windowed<AnyEncoder>,
    profiles: &[Profile],
) -> Outcome<HashMap<String, TokenUsage>> {
    let texts: Vec<String> = profiles.iter().map(Profile::full_text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let usages = encoder.usage(&texts, Role::Document)?;
    let usages = profiles
        .iter()
        .map(|profile| profile.id().to_string())
        .zip(usages);
    Ok(usages.filter(|(_, usage)| usage.is_cut()).collect())
}

impl Cut {
    fn of<'u>(truncated: impl Iterator<Item = &'u TokenUsage>) -> Self {
        truncated.fold(Self::default(), |sum, usage| Self {
            profiles: sum.profiles + 1,
            tokens: sum.tokens + usage.tokens,
            used: sum.used + usage.used,
        })
    }
}
