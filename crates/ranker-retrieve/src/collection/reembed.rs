//! The same profiles under another encoder, in a collection of their own.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedder, Profile};

use super::change::Change;
use super::error::CollectionError;
use super::{Collection, CollectionSnapshot};
use crate::encoded::encode_profiles;
use crate::reembed::{Followed, STEP};

impl Collection {
    /// The same profiles, embedded by another encoder, as a collection in another directory. This one serves
    /// on in the meantime, and may be changed: [`Self::follow`] takes over what was. Embeddings of two
    /// encoders are never in one collection, and a ranker is built of an encoder and the collection that
    /// names it.
    ///
    /// Blocks until all are embedded: call it on a thread of its own. Each step of 256 profiles is a
    /// transaction, so a run that was interrupted, however that happened, goes on where it was when it is
    /// called again with the same directory. Token codes that an earlier release wrote there are made anew, as those
    /// that are missing are, so that all are of one version; this collection's own are not taken over. `progress` is called after each step with how many are done,
    /// and of how many.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Encoder`] where the directory holds another encoder's embeddings;
    /// [`CollectionError::Refused`] with [`crate::IndexError::Embed`]; as [`Self::open`], [`Self::create`]
    /// and [`Self::apply`].
    pub fn reembed(
        &self,
        path: impl AsRef<Path>,
        embedder: &dyn Embedder,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, CollectionError> {
        let options = self.snapshot().0.options;
        let path = path.as_ref();
        let (other, is_begun) = match Self::open(path, options) {
            Err(CollectionError::Missing { .. }) => (Self::create(path, options)?, false),
            opened => (opened?, true),
        };
        let other = other.embedded_by(embedder.model_id())?;
        other.follow_by(&self.snapshot(), embedder, progress)?;
        if is_begun {
            // An earlier release may have begun it.
            other.renew_tokens(embedder)?;
        }
        // What was changed meanwhile.
        other.follow(self, embedder)?;
        Ok(other)
    }

    /// Makes this collection hold the profiles of `other`: embeds those that are new there or were changed
    /// since, and removes those that are gone. Call it again right before this collection takes the other
    /// one's place, when that is no longer changed.
    ///
    /// Reads the profiles of both. Each step of 256 changes is a transaction; what was taken over before an
    /// error stays.
    ///
    /// # Errors
    ///
    /// As [`Self::reembed`].
    pub fn follow(
        &self,
        other: &Self,
        embedder: &dyn Embedder,
    ) -> Result<Followed, CollectionError> {
        self.follow_by(&other.snapshot(), embedder, &mut |_, _| ())
    }

    fn follow_by(
        &self,
        other: &CollectionSnapshot,
        embedder: &dyn Embedder,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Followed, CollectionError> {
        self.check_encoder(embedder.model_id())?;
        let mut followed = Followed::default();
        let theirs: HashSet<&CandidateId> = other.ids().collect();
        let own = self.snapshot();
        let gone: Vec<CandidateId> = own
            .ids()
            .filter(|id| !theirs.contains(id))
            .cloned()
            .collect();
        for step in gone.chunks(STEP) {
            self.apply(step.iter().cloned().map(Change::Remove))?;
            followed.removed += step.len();
        }
        let (total, mut done) = (theirs.len(), 0);
        let mut step = Vec::new();
        for id in other.ids() {
            match own.compare(other, id)? {
                None => done += 1,
                Some(profile) => step.push(profile),
            }
            if step.len() == STEP {
                done += self.take_over(&mut step, embedder, &mut followed)?;
                progress(done, total);
            }
        }
        done += self.take_over(&mut step, embedder, &mut followed)?;
        progress(done, total);
        Ok(followed)
    }

    /// Embeds some profiles and stores them; returns how many they were.
    fn take_over(
        &self,
        step: &mut Vec<(Arc<Profile>, Standing)>,
        embedder: &dyn Embedder,
        followed: &mut Followed,
    ) -> Result<usize, CollectionError> {
        let (profiles, standings): (Vec<Arc<Profile>>, Vec<Standing>) = step.drain(..).unzip();
        if profiles.is_empty() {
            return Ok(0);
        }
        let encoded = encode_profiles(embedder, &profiles)?;
        let changes = profiles.iter().zip(encoded).zip(&standings);
        let changes = changes.map(|((profile, encoded), standing)| {
            let profile = Profile::clone(profile);
            match standing {
                Standing::New => Change::Insert(profile, encoded),
                Standing::Changed => Change::Update(profile, encoded),
            }
        });
        self.apply(changes)?;
        let new = standings.iter().filter(|one| **one == Standing::New);
        let new = new.count();
        followed.inserted += new;
        followed.updated += standings.len() - new;
        Ok(profiles.len())
    }

    fn check_encoder(&self, given: &str) -> Result<(), CollectionError> {
        match self.encoder.as_deref() {
            Some(known) if known == given => Ok(()),
            known => Err(CollectionError::Encoder {
                path: self.path.clone(),
                known: known.unwrap_or("an unnamed encoder").to_owned(),
                given: given.to_owned(),
            }),
        }
    }
}

/// How a profile of another collection stands to this one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    New,
    Changed,
}

impl CollectionSnapshot {
    /// Another moment's profile, if this one does not hold it as it is there.
    fn compare(
        &self,
        other: &Self,
        id: &CandidateId,
    ) -> Result<Option<(Arc<Profile>, Standing)>, CollectionError> {
        let Some(theirs) = other.profile(id)? else {
            return Ok(None);
        };
        let standing = match self.profile(id)? {
            Some(own) if own == theirs => return Ok(None),
            Some(_) => Standing::Changed,
            None => Standing::New,
        };
        Ok(Some((Arc::new(theirs), standing)))
    }
}
