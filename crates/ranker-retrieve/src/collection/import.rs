//! A collection brought to what a list of profiles says.

use std::borrow::Borrow;

use ranker_core::{Embedder, Profile};

use super::Collection;
use super::change::Change;
use super::error::CollectionError;
use super::snapshot::CollectionSnapshot;
use crate::encoded::{Encoded, encode_profiles};
use crate::reembed::STEP;

/// What [`Collection::import`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Imported {
    /// Profiles that were not there.
    pub added: usize,
    /// Profiles that were there with another title, text or other facts.
    pub replaced: usize,
    /// Profiles that were there as they are.
    pub unchanged: usize,
    /// How many the encoder read: those added, and those replaced whose title or text is another.
    pub encoded: usize,
}

impl Collection {
    /// Adds the profiles that are new and replaces those that changed; nothing else is touched. The encoder
    /// reads new and changed texts alone: where only facts are others, embedding and token vectors are kept.
    ///
    /// Each 256 are a transaction, so what an interrupted call has done stays, and the next goes on from
    /// there. `progress` is told after each how many of how many are done that are new or changed.
    ///
    /// # Errors
    ///
    /// [`CollectionError::NoEncoder`] where the collection records none ([`Self::embedded_by`]),
    /// [`CollectionError::Encoder`] for another than it records; [`CollectionError::Refused`] with
    /// [`crate::IndexError::Embed`], or with [`crate::IndexError::DuplicateId`] for an id twice; otherwise as
    /// [`Self::apply`].
    pub fn import(
        &self,
        profiles: &[Profile],
        embedder: &dyn Embedder,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Imported, CollectionError> {
        let held = self.snapshot();
        held.0.view.check_encoder(embedder.model_id())?;
        let mut imported = Imported::default();
        let mut wanted = Vec::new();
        for profile in profiles {
            match held.profile(profile.id())? {
                Some(before) if before == *profile => imported.unchanged += 1,
                before => wanted.push(Wanted::new(profile, before.as_ref())),
            }
        }
        let mut done = 0;
        for step in wanted.chunks(STEP) {
            self.import_step(step, (embedder, &held), &mut imported)?;
            done += step.len();
            progress(done, wanted.len());
        }
        Ok(imported)
    }

    fn import_step(
        &self,
        step: &[Wanted<'_>],
        (embedder, held): (&dyn Embedder, &CollectionSnapshot),
        imported: &mut Imported,
    ) -> Result<(), CollectionError> {
        let unread: Vec<&Wanted<'_>> = step.iter().filter(|one| !one.is_read).collect();
        let mut encoded = encode_profiles(embedder, &unread)?.into_iter();
        let mut changes = Vec::with_capacity(step.len());
        for one in step {
            let both = match one.is_read {
                true => held.encoded(one.profile)?,
                false => encoded.next(),
            };
            let missing = || held.0.view.damaged("a profile has no embedding");
            let (profile, both) = (one.profile.clone(), both.ok_or_else(missing)?);
            changes.push(match one.is_known {
                true => Change::Update(profile, both),
                false => Change::Insert(profile, both),
            });
        }
        self.apply(changes)?;
        imported.encoded += unread.len();
        let replaced = step.iter().filter(|one| one.is_known).count();
        imported.replaced += replaced;
        imported.added += step.len() - replaced;
        Ok(())
    }
}

/// A profile that is new or changed.
struct Wanted<'p> {
    profile: &'p Profile,
    is_known: bool,
    /// Whether what the encoder makes of it is known.
    is_read: bool,
}

impl<'p> Wanted<'p> {
    fn new(profile: &'p Profile, before: Option<&Profile>) -> Self {
        let is_read = before.is_some_and(|before| before.full_text() == profile.full_text());
        Self {
            profile,
            is_known: before.is_some(),
            is_read,
        }
    }
}

impl Borrow<Profile> for &Wanted<'_> {
    fn borrow(&self) -> &Profile {
        self.profile
    }
}

impl CollectionSnapshot {
    /// What the encoder made of a profile that is stored.
    fn encoded(&self, profile: &Profile) -> Result<Option<Encoded>, CollectionError> {
        let Some(row) = self.0.find(profile.id())? else {
            return Ok(None);
        };
        let (embedding, further) = self.0.view.all_vectors(row)?;
        Ok(Some(Encoded {
            embedding,
            further,
            tokens: self.0.view.tokens(row)?,
        }))
    }
}
