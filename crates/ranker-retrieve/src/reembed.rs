//! The same profiles under another encoder.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedder, Embedding, Profile, Role};

use crate::ProfileIndex;
use crate::error::IndexError;

/// Profiles embedded in one call: enough to keep an encoder busy, few enough to show progress.
pub(crate) const STEP: usize = 256;

/// What [`ProfileIndex::follow`] or `Collection::follow` took over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Followed {
    /// Profiles that were new.
    pub inserted: usize,
    /// Profiles that had changed.
    pub updated: usize,
    /// Profiles that were gone.
    pub removed: usize,
}

impl ProfileIndex {
    /// The same profiles, embedded by another encoder, as a new index; this one serves on in the
    /// meantime, and may be changed: [`ProfileIndex::follow`] takes over what was.
    ///
    /// Blocks until all are embedded: call it on a thread of its own. `progress` is called after each
    /// step of 256 with how many are done, and of how many. With an embedder that keeps what it embeds, an
    /// interrupted run goes on where it was.
    ///
    /// # Errors
    ///
    /// [`IndexError::Embed`], [`IndexError::Keyword`].
    pub fn reembed(
        &self,
        embedder: &dyn Embedder,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, IndexError> {
        let profiles = self.keywords().profiles();
        let total = profiles.len();
        let mut embedded = Vec::with_capacity(total);
        for step in profiles.chunks(STEP) {
            let vectors = embed(step, embedder)?;
            embedded.extend(step.iter().cloned().zip(vectors));
            progress(embedded.len(), total);
        }
        let index = Self::of(embedded)?.embedded_by(embedder.model_id());
        index.follow(self, embedder)?;
        Ok(index)
    }

    /// Makes this index hold the profiles of `other`: embeds those that are new there or were changed
    /// since, and removes those that are gone. Call it again right before this index takes the other
    /// one's place, when that is no longer changed.
    ///
    /// # Errors
    ///
    /// As [`ProfileIndex::reembed`]; whatever was taken over before the error stays.
    pub fn follow(&self, other: &Self, embedder: &dyn Embedder) -> Result<Followed, IndexError> {
        let own = by_id(self.keywords().profiles());
        let theirs = by_id(other.keywords().profiles());
        let mut followed = Followed::default();
        for id in own.keys().filter(|id| !theirs.contains_key(*id)) {
            self.remove(id)?;
            followed.removed += 1;
        }
        let same = |(id, profile): &(&CandidateId, &Arc<Profile>)| {
            own.get(*id)
                .is_some_and(|known| Arc::ptr_eq(known, profile))
        };
        let changed = theirs.iter().filter(|entry| !same(entry));
        let mut changed: Vec<Arc<Profile>> = changed.map(|(_, profile)| profile.clone()).collect();
        changed.sort_by(|a, b| a.id().cmp(b.id()));
        for step in changed.chunks(STEP) {
            for (profile, vector) in step.iter().cloned().zip(embed(step, embedder)?) {
                if own.contains_key(profile.id()) {
                    self.update_shared(profile, vector)?;
                    followed.updated += 1;
                } else {
                    self.insert_shared(profile, vector)?;
                    followed.inserted += 1;
                }
            }
        }
        Ok(followed)
    }
}

fn by_id(profiles: Vec<Arc<Profile>>) -> HashMap<CandidateId, Arc<Profile>> {
    let profiles = profiles.into_iter();
    profiles
        .map(|profile| (profile.id().clone(), profile))
        .collect()
}

pub(crate) fn embed(
    profiles: &[Arc<Profile>],
    embedder: &dyn Embedder,
) -> Result<impl Iterator<Item = Embedding>, IndexError> {
    let texts: Vec<String> = profiles.iter().map(|profile| profile.full_text()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let embedded = embedder.embed(&texts, Role::Document);
    let embedded = embedded.map_err(IndexError::Embed)?.into_iter();
    Ok(embedded.map(|embedded| embedded.embedding))
}
