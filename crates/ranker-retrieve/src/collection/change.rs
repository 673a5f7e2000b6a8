//! The changes of a transaction, and what they mean for rows.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile};

use super::duplicates::{Duplicate, text_hash};
use super::error::CollectionError;
use super::record::{Attributes, Identity, MOST_FURTHER};
use super::state::State;
use super::store::{Added, Changes};
use super::store_view::StoreView;
use crate::encoded::Encoded;
use crate::error::IndexError;

/// One change of a [`super::Collection`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// Adds a profile that is not there yet, with its embedding and perhaps its token vectors.
    Insert(Profile, Encoded),
    /// Replaces a profile that is there.
    Update(Profile, Encoded),
    /// Removes a profile that is there.
    Remove(CandidateId),
}

/// An acknowledged transaction: it is on the disk, and every search that begins now sees it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Applied {
    /// How many transactions the collection has seen.
    pub version: u64,
    /// Profiles that were inserted or replaced, and are much like another, as the options
    /// define it ([`super::CollectionOptions::with_near_duplicates`]).
    pub duplicates: Vec<Duplicate>,
}

/// What some changes come to, one after the other.
pub(super) fn resolve(
    changes: impl IntoIterator<Item = Change>,
    view: &StoreView,
) -> Result<(State, Changes), CollectionError> {
    let mut plan = Plan {
        view,
        state: view.state,
        removed: Vec::new(),
        removed_further: Vec::new(),
        added: Vec::new(),
        seen: HashMap::new(),
    };
    for change in changes {
        match change {
            Change::Insert(profile, encoded) => {
                if plan.find(profile.id())?.is_some() {
                    let id = profile.id().clone();
                    return Err(IndexError::DuplicateId { id }.into());
                }
                plan.add(profile, encoded)?;
            }
            Change::Update(profile, encoded) => {
                plan.remove(profile.id())?;
                plan.add(profile, encoded)?;
            }
            Change::Remove(id) => plan.remove(&id)?,
        }
    }
    let mut state = plan.state;
    state.version += 1;
    let changes = Changes {
        removed: plan.removed,
        removed_further: plan.removed_further,
        added: plan.added.into_iter().flatten().collect(),
    };
    Ok((state, changes))
}

/// Where a candidate is.
#[derive(Debug, Clone, Copy)]
enum Place {
    Stored(u64),
    /// Among what is added.
    New(usize),
}

struct Plan<'t> {
    view: &'t StoreView,
    state: State,
    removed: Vec<(u64, CandidateId)>,
    removed_further: Vec<u64>,
    added: Vec<Option<Added>>,
    /// Where the candidates changed so far are; `None` for those removed.
    seen: HashMap<CandidateId, Option<Place>>,
}

impl Plan<'_> {
    fn find(&self, id: &CandidateId) -> Result<Option<Place>, CollectionError> {
        match self.seen.get(id) {
            Some(place) => Ok(*place),
            None => Ok(self.view.row(id)?.map(Place::Stored)),
        }
    }

    fn add(&mut self, profile: Profile, encoded: Encoded) -> Result<(), CollectionError> {
        let Encoded {
            embedding,
            further,
            tokens,
        } = encoded;
        if let Some(tokens) = &tokens {
            self.view.check_encoder(tokens.encoder())?;
        }
        let actual = embedding.dimension();
        match self.state.dimension as usize {
            0 => self.state.dimension = actual as u64,
            expected if expected != actual => {
                return Err(IndexError::Dimension { expected, actual }.into());
            }
            _ => {}
        }
        let expected = actual;
        let others = further.iter().map(Embedding::dimension);
        if let Some(actual) = others.into_iter().find(|actual| *actual != expected) {
            return Err(IndexError::Dimension { expected, actual }.into());
        }
        if further.len() > MOST_FURTHER {
            return Err(IndexError::TooManyVectors {
                id: profile.id().clone(),
                vectors: further.len() + 1,
                most: MOST_FURTHER + 1,
            }
            .into());
        }
        self.state.further += further.len() as u64;
        let row = self.state.next_row;
        self.state.next_row += 1;
        self.state.count += 1;
        let place = Place::New(self.added.len());
        self.seen.insert(profile.id().clone(), Some(place));
        let known = Attributes {
            identity: Identity {
                id: profile.id().clone(),
                hash: text_hash(&profile),
            },
            facts: profile.facts().clone(),
        };
        self.added.push(Some(Added {
            row,
            profile: Arc::new(profile),
            embedding,
            further,
            tokens,
            known,
        }));
        Ok(())
    }

    fn remove(&mut self, id: &CandidateId) -> Result<(), CollectionError> {
        match self.find(id)? {
            None => return Err(IndexError::UnknownId { id: id.clone() }.into()),
            Some(Place::Stored(row)) => {
                self.removed.push((row, id.clone()));
                let further = self.view.further(row)?;
                let count = further.len() as u64;
                self.state.further = self.state.further.saturating_sub(count);
                let numbers = further.into_iter().map(|(number, _)| number);
                self.removed_further.extend(numbers);
            }
            Some(Place::New(at)) => {
                let taken = self.added[at].take();
                let count = taken.map_or(0, |added| added.further.len() as u64);
                self.state.further = self.state.further.saturating_sub(count);
            }
        }
        self.seen.insert(id.clone(), None);
        self.state.count -= 1;
        Ok(())
    }
}
