//! The same person twice.

use std::collections::{BTreeMap, BTreeSet};

use ranker_core::{CandidateId, Embedding, Profile};
use rayon::prelude::*;

use super::error::CollectionError;
use super::record::Identity;
use super::roster::Line;
use super::snapshot::{CollectionSnapshot, Published};
use super::store::Added;
use crate::error::IndexError;

/// Neighbours that are looked at for each profile.
const NEIGHBOURS: usize = 8;
/// Profiles that are compared at a time.
const BATCH: usize = 1024;

/// A profile that is much like another.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Duplicate {
    /// The profile inserted.
    pub id: CandidateId,
    /// The profile that it is like.
    pub of: CandidateId,
    /// How alike their vectors are; `None` where their texts are equal but for case, spaces and
    /// punctuation.
    pub cosine: Option<f32>,
}

/// A number for a profile's words, whatever their case and whatever stands between them: equal for
/// equal texts, different for different ones but for once in 2^64.
pub(super) fn text_hash(profile: &Profile) -> u64 {
    let mut hash = blake3::Hasher::new();
    let text = profile.full_text().to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric());
    for word in words.filter(|word| !word.is_empty()) {
        hash.update(word.as_bytes());
        hash.update(b" ");
    }
    let bytes = hash.finalize();
    u64::from_le_bytes(std::array::from_fn(|at| bytes.as_bytes()[at]))
}

/// Rows by the hash of their texts.
#[derive(Debug, Default)]
pub(super) struct Hashes(BTreeSet<(u64, u64)>);

impl Hashes {
    pub(super) fn of(lines: impl IntoIterator<Item = Line>) -> Self {
        let pairs = lines.into_iter().map(|(row, hash)| (hash, row));
        let mut pairs: Vec<(u64, u64)> = pairs.collect();
        // A tree is made at once of what is in order.
        pairs.par_sort_unstable();
        Self(pairs.into_iter().collect())
    }

    pub(super) fn insert(&mut self, hash: u64, row: u64) {
        self.0.insert((hash, row));
    }

    pub(super) fn remove(&mut self, hash: u64, row: u64) {
        self.0.remove(&(hash, row));
    }

    /// The first row with that hash but this one.
    fn other(&self, hash: u64, row: u64) -> Option<u64> {
        let same = self.0.range((hash, 0)..=(hash, u64::MAX));
        same.map(|&(_, other)| other).find(|&other| other != row)
    }
}

/// The duplicates of the profiles added, once they are indexed.
pub(super) fn of_added(
    added: &[Added],
    hashes: &Hashes,
    published: &Published,
) -> Result<Vec<Duplicate>, CollectionError> {
    let same = |added: &Added| {
        let row = hashes.other(added.known.identity.hash, added.row)?;
        Some(Duplicate {
            id: added.known.identity.id.clone(),
            of: published.rows.get(row)?.id.clone(),
            cosine: None,
        })
    };
    let mut duplicates: Vec<Duplicate> = added.iter().filter_map(same).collect();
    if let Some(least) = published.options.near {
        let vectors: Vec<Embedding> = added.iter().map(|one| one.embedding.clone()).collect();
        for (added, others) in added.iter().zip(neighbours(published, &vectors, least)?) {
            let id = &added.known.identity.id;
            let nearest = others.into_iter().find(|(other, _)| other != id);
            let found = duplicates.iter().any(|known| known.id == *id);
            if let Some((of, cosine)) = nearest.filter(|_| !found) {
                duplicates.push(Duplicate {
                    id: id.clone(),
                    of,
                    cosine: Some(cosine),
                });
            }
        }
    }
    Ok(duplicates)
}

/// The candidates within a cosine of each of some vectors, nearest first.
fn neighbours(
    published: &Published,
    vectors: &[Embedding],
    least: f32,
) -> Result<Vec<Vec<(CandidateId, f32)>>, CollectionError> {
    let found = published.vectors.search_batch(vectors, NEIGHBOURS);
    let found = found.map_err(|error| published.view.failed_search(error))?;
    let near = |hits: Vec<ranker_core::Hit>| {
        let hits = hits.into_iter();
        let pairs = hits.map(|hit| (hit.id().clone(), hit.score().get() as f32));
        pairs.filter(|(_, cosine)| *cosine >= least).collect()
    };
    Ok(found.into_iter().map(near).collect())
}

impl CollectionSnapshot {
    /// Groups of profiles that are alike: of equal texts (but for case, spaces and punctuation), or
    /// with vectors of at least this cosine, or joined by others that are. Each group has two ids at
    /// least, in their order; groups come in the order of their first ids.
    ///
    /// Compares all profiles with all by the codes, in batches: minutes for a million. Of each
    /// profile the nearest few are looked at, which joins larger groups through their members.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Refused`] for a cosine outside `0..=1`; [`CollectionError::Damaged`] when a
    /// record cannot be read.
    pub fn duplicates(&self, cosine: f32) -> Result<Vec<Vec<CandidateId>>, CollectionError> {
        IndexError::check_option("cosine", cosine.into(), 0.0..=1.0)?;
        let published = &*self.0;
        let mut groups = Groups::default();
        let rows: Vec<(u64, &Identity)> = published.rows.iter().collect();
        for batch in rows.chunks(BATCH) {
            let vectors = batch.par_iter().map(|(row, _)| published.view.vector(*row));
            let vectors = vectors.collect::<Result<Vec<_>, _>>()?;
            let near = neighbours(published, &vectors, cosine)?;
            for ((_, identity), near) in batch.iter().zip(near) {
                let near = near.iter();
                near.for_each(|(other, _)| groups.join(&identity.id, other));
            }
        }
        let mut first: BTreeMap<u64, &CandidateId> = BTreeMap::new();
        for (_, identity) in rows {
            let id = first.entry(identity.hash).or_insert(&identity.id);
            groups.join(&identity.id, id);
        }
        Ok(groups.finish())
    }
}

/// Ids that were joined, by the least of each group.
#[derive(Debug, Default)]
struct Groups(BTreeMap<CandidateId, CandidateId>);

impl Groups {
    /// The id that stands for a group.
    fn root(&self, id: &CandidateId) -> CandidateId {
        let mut root = id;
        while let Some(parent) = self.0.get(root).filter(|parent| *parent != root) {
            root = parent;
        }
        root.clone()
    }

    fn join(&mut self, one: &CandidateId, other: &CandidateId) {
        if one == other {
            return;
        }
        let (one_root, other_root) = (self.root(one), self.root(other));
        let least = one_root.clone().min(other_root.clone());
        for id in [one.clone(), other.clone(), one_root, other_root] {
            self.0.insert(id, least.clone());
        }
    }

    fn finish(self) -> Vec<Vec<CandidateId>> {
        let mut groups: BTreeMap<CandidateId, Vec<CandidateId>> = BTreeMap::new();
        for id in self.0.keys() {
            groups.entry(self.root(id)).or_default().push(id.clone());
        }
        groups.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_in_other_clothes() {
        let hash = |title: &str, text: &str| {
            text_hash(&Profile::new("a", text).unwrap().with_title(title))
        };
        assert_eq!(hash("Nurse", "on a Ward."), hash("NURSE", "  on a\nward"));
        assert_ne!(hash("", "on a ward"), hash("", "on award"));
        assert_eq!(hash("", "Élan"), hash("", "élan"));
    }

    #[test]
    fn groups_join_through_their_members() {
        let id = |name: &str| CandidateId::new(name).unwrap();
        let mut groups = Groups::default();
        for (one, other) in [("d", "c"), ("x", "y"), ("b", "a"), ("c", "b"), ("q", "q")] {
            groups.join(&id(one), &id(other));
        }
        let names =
            |ids: &Vec<CandidateId>| ids.iter().map(|id| id.to_string()).collect::<String>();
        let groups: Vec<String> = groups.finish().iter().map(names).collect();
        assert_eq!(groups, ["abcd", "xy"]);
    }
}
