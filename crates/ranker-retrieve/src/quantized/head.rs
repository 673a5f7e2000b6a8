//! The latest entries, too few to be worth codes.

use std::sync::Arc;

use ranker_core::Profile;

use crate::entry::Entry;
use crate::scan::Row;

/// Entries that the head holds before they become a piece.
pub(super) const PIECE: usize = 64;

/// At most [`PIECE`] entries, each with a bit that is set once it was removed.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    entries: Vec<Entry>,
    removed: u64,
}

impl Head {
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.removed.count_ones() as usize
    }

    /// Places taken, also by entries that were removed.
    pub(super) fn taken(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Gives entries their profiles; those removed need none.
    pub(super) fn hold_profiles(&mut self, held: impl Iterator<Item = Option<Arc<Profile>>>) {
        for (entry, profile) in self.entries.iter_mut().zip(held) {
            entry.profile = profile;
        }
    }

    pub(super) fn mark_deleted(&mut self, at: usize) {
        self.removed |= 1 << at;
    }

    pub(super) fn entry(&self, at: usize) -> &Entry {
        &self.entries[at]
    }

    /// Every place's entry, and whether it counts.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Entry, bool)> {
        let live = |at: usize| self.removed >> at & 1 == 0;
        let entries = self.entries.iter().enumerate();
        entries.map(move |(at, entry)| (entry, live(at)))
    }

    /// The entries that count.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let live = self.places().filter(|(_, live)| *live);
        live.map(|(entry, _)| entry.as_row())
    }
}
