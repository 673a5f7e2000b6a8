//! Who has which row.

use std::sync::{Arc, OnceLock};

use ranker_core::{CandidateId, Facts, Filter, Profile};
use rayon::prelude::*;

use super::error::CollectionError;
use super::store::Truth;
use crate::keyword::parts::Slots;
use crate::quantized::{Bitmap, Columns};

/// Rows of a page: whole words of a [`Bitmap`].
const PAGE: u64 = 1024;

/// What is kept in memory of a profile. Facts and texts are read from the store: texts for those who are
/// returned, facts of a page when a filter first asks for them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kept {
    pub(super) id: CandidateId,
    /// Of the normalised text.
    pub(super) hash: u64,
}

/// Some rows, and their facts by name once a filter has asked for them.
#[derive(Debug, Clone)]
struct Page {
    kept: Vec<Option<Kept>>,
    /// Of all rows that the page has had since they were made.
    columns: OnceLock<Arc<Columns>>,
}

/// Candidates by row. A row's number is never used again, so what a number stands for is the same in
/// every snapshot that has it. Cheap to copy: pages are shared until they change.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pages: Arc<Vec<Option<Arc<Page>>>>,
    count: u64,
}

impl Rows {
    /// How many rows are taken.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Fills a row that nobody has.
    pub(super) fn insert(&mut self, row: u64, kept: Kept) {
        let (page, at) = place(row);
        let pages = Arc::make_mut(&mut self.pages);
        if pages.len() <= page {
            pages.resize(page + 1, None);
        }
        let page = pages[page].get_or_insert_with(|| Arc::new(Page::empty()));
        let page = Arc::make_mut(page);
        self.count += u64::from(page.kept[at].replace(kept).is_none());
        page.columns = OnceLock::new();
    }

    /// Empties a row, and says whose it was.
    pub(super) fn remove(&mut self, row: u64) -> Option<Kept> {
        let (page, at) = place(row);
        let slot = Arc::make_mut(&mut self.pages).get_mut(page)?;
        let page = Arc::make_mut(slot.as_mut()?);
        let kept = page.kept[at].take()?;
        self.count -= 1;
        if page.kept.iter().all(Option::is_none) {
            *slot = None;
        }
        Some(kept)
    }

    pub(super) fn get(&self, row: u64) -> Option<&Kept> {
        let (page, at) = place(row);
        self.pages.get(page)?.as_ref()?.kept[at].as_ref()
    }

    /// Everyone, by row.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Kept)> {
        let pages = self.pages.iter().zip((0..).step_by(PAGE as usize));
        let pages = pages.filter_map(|(page, first)| Some((page.as_ref()?, first)));
        let rows = pages.flat_map(|(page, first)| page.kept.iter().zip(first..));
        rows.filter_map(|(kept, row)| Some((row, kept.as_ref()?)))
    }

    /// The rows that pass a filter, of those that are taken; `None` without one.
    pub(super) fn passing(
        &self,
        filter: &Filter,
        truth: &Truth,
    ) -> Result<Option<Bitmap>, CollectionError> {
        if filter.is_all() {
            return Ok(None);
        }
        let passing = |(at, page): (usize, &Option<Arc<Page>>)| match page {
            Some(page) => page.passing(filter, (truth, at as u64 * PAGE)),
            None => Ok(Bitmap::none(PAGE as usize)),
        };
        let pages = self.pages.par_iter().enumerate().with_min_len(16);
        let pages = pages.map(passing).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(Bitmap::concat(pages)))
    }
}

impl Page {
    fn empty() -> Self {
        Self {
            kept: vec![None; PAGE as usize],
            columns: OnceLock::new(),
        }
    }

    fn passing(
        &self,
        filter: &Filter,
        (truth, first): (&Truth, u64),
    ) -> Result<Bitmap, CollectionError> {
        if let Some(rows) = self.columns((truth, first))?.passing(filter) {
            return Ok(rows);
        }
        let mut rows = Bitmap::none(PAGE as usize);
        for (row, known) in truth.known(first..first + PAGE)? {
            if filter.matches(&known.facts) {
                rows.insert((row - first) as usize);
            }
        }
        Ok(rows)
    }

    fn columns(&self, (truth, first): (&Truth, u64)) -> Result<&Columns, CollectionError> {
        if self.columns.get().is_none() {
            let mut facts: Vec<Option<Facts>> = vec![None; PAGE as usize];
            for (row, known) in truth.known(first..first + PAGE)? {
                facts[(row - first) as usize] = Some(known.facts);
            }
            let columns = Columns::new(facts.iter().map(Option::as_ref));
            // Another search may have been here first, with the same.
            let _ = self.columns.set(Arc::new(columns));
        }
        let made = self.columns.get().map(Arc::as_ref);
        made.ok_or_else(|| truth.damaged("no columns were made of its facts"))
    }
}

impl Slots for Rows {
    fn at(&self, slot: u64) -> Option<(&CandidateId, Option<&Arc<Profile>>)> {
        self.get(slot).map(|kept| (&kept.id, None))
    }
}

fn place(row: u64) -> (usize, usize) {
    ((row / PAGE) as usize, (row % PAGE) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_sees_no_change() {
        let kept = |hash| Kept {
            id: CandidateId::new(format!("p{hash}")).unwrap(),
            hash,
        };
        let mut rows = Rows::default();
        rows.insert(5, kept(5));
        rows.insert(3 * PAGE, kept(6));
        let before = rows.clone();
        assert_eq!(rows.remove(5), Some(kept(5)));
        assert_eq!(rows.remove(5), None);
        assert_eq!(rows.remove(99 * PAGE), None);
        assert!(rows.get(5).is_none() && rows.get(9 * PAGE).is_none());
        assert_eq!(before.get(5), Some(&kept(5)));
        assert_eq!((rows.count(), before.count()), (1, 2));
        let all: Vec<(u64, &Kept)> = before.iter().collect();
        assert_eq!(all, [(5, &kept(5)), (3 * PAGE, &kept(6))]);
    }
}
