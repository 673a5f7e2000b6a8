//! The candidate of each row.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use ranker_core::{CandidateId, Filter, Profile};
use rayon::prelude::*;

use super::error::CollectionError;
use super::record::Identity;
use super::store_view::StoreView;
use crate::keyword::parts::Slots;
use crate::quantized::{Bitmap, Columns, RowNumber};

/// Rows of a page: whole words of a [`Bitmap`]. A page is copied when it changes.
const PAGE: u64 = 1024;
/// Pages whose facts are kept together once they are full.
const TOGETHER: usize = 16;

/// Facts of some rows by name, once a filter has needed them. A row that was removed since may still
/// be among them.
#[derive(Debug, Clone, Default)]
struct LazyColumns(OnceLock<Arc<Columns>>);

/// Some rows.
#[derive(Debug, Clone)]
struct Page {
    kept: Vec<Option<Identity>>,
    columns: LazyColumns,
}

/// Candidates by row. A row's number is never used again, so what a number stands for is the same in
/// every snapshot that has it. Cheap to copy: pages are shared until they change.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pages: Arc<Vec<Option<Arc<Page>>>>,
    /// Facts of so many pages together, but for the last of them, which are being filled.
    full: Arc<Vec<LazyColumns>>,
    count: u64,
}

impl Rows {
    /// How many rows are taken.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Fills an empty row.
    pub(super) fn insert(&mut self, row: u64, identity: Identity) {
        let (page, at) = place(row);
        let pages = Arc::make_mut(&mut self.pages);
        if pages.len() <= page {
            pages.resize(page + 1, None);
            let full = page / TOGETHER;
            if self.full.len() < full {
                Arc::make_mut(&mut self.full).resize_with(full, LazyColumns::default);
            }
        }
        if page / TOGETHER < self.full.len() {
            Arc::make_mut(&mut self.full)[page / TOGETHER] = LazyColumns::default();
        }
        let page = pages[page].get_or_insert_with(|| Arc::new(Page::empty()));
        let page = Arc::make_mut(page);
        self.count += u64::from(page.kept[at].replace(identity).is_none());
        page.columns = LazyColumns::default();
    }

    /// Empties a row; returns the candidate that it held.
    pub(super) fn remove(&mut self, row: u64) -> Option<Identity> {
        let (page, at) = place(row);
        let slot = Arc::make_mut(&mut self.pages).get_mut(page)?;
        let page = Arc::make_mut(slot.as_mut()?);
        let identity = page.kept[at].take()?;
        self.count -= 1;
        if page.kept.iter().all(Option::is_none) {
            *slot = None;
        }
        Some(identity)
    }

    pub(super) fn get(&self, row: u64) -> Option<&Identity> {
        let (page, at) = place(row);
        self.pages.get(page)?.as_ref()?.kept[at].as_ref()
    }

    /// All candidates, by row.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Identity)> {
        let pages = self.pages.iter().zip((0..).step_by(PAGE as usize));
        let pages = pages.filter_map(|(page, first)| Some((page.as_ref()?, first)));
        let rows = pages.flat_map(|(page, first)| page.kept.iter().zip(first..));
        rows.filter_map(|(identity, row)| Some((row, identity.as_ref()?)))
    }

    /// The rows that pass a filter, of those that are taken; `None` without one.
    pub(super) fn passing(
        &self,
        filter: &Filter,
        view: &StoreView,
    ) -> Result<Option<Bitmap>, CollectionError> {
        if filter.is_all() {
            return Ok(None);
        }
        let together = TOGETHER as u64 * PAGE;
        let full = self.full.par_iter().enumerate().map(|(at, columns)| {
            let first = at as u64 * together;
            columns.passing(filter, view, first..first + together)
        });
        let mut passing = full.collect::<Result<Vec<_>, _>>()?;
        let filled = self.full.len() * TOGETHER;
        let tail = self.pages.iter().enumerate().skip(filled);
        for (at, page) in tail {
            let first = at as u64 * PAGE;
            passing.push(match page {
                Some(page) => page.columns.passing(filter, view, first..first + PAGE)?,
                None => Bitmap::none(PAGE as usize),
            });
        }
        Ok(Some(Bitmap::concat(passing)))
    }
}

impl Page {
    fn empty() -> Self {
        Self {
            kept: vec![None; PAGE as usize],
            columns: LazyColumns::default(),
        }
    }
}

impl LazyColumns {
    /// Those of its rows that pass.
    fn passing(
        &self,
        filter: &Filter,
        view: &StoreView,
        rows: Range<u64>,
    ) -> Result<Bitmap, CollectionError> {
        if let Some(passing) = self.get(view, rows.clone())?.passing(filter) {
            return Ok(passing);
        }
        let mut passing = Bitmap::none((rows.end - rows.start) as usize);
        for (row, known) in view.attributes(rows.clone())? {
            if filter.matches(&known.facts) {
                passing.insert((row - rows.start) as usize);
            }
        }
        Ok(passing)
    }

    fn get(&self, view: &StoreView, rows: Range<u64>) -> Result<&Columns, CollectionError> {
        if self.0.get().is_none() {
            let mut columns = Columns::empty((rows.end - rows.start) as usize);
            view.visit_facts(rows.clone(), |row, name, part| {
                columns.add((row - rows.start) as RowNumber, name, part);
            })?;
            // Another search may have been here first, with the same.
            let _ = self.0.set(Arc::new(columns.sorted()));
        }
        let made = self.0.get().map(Arc::as_ref);
        made.ok_or_else(|| view.damaged("no columns were made of its facts"))
    }
}

impl Slots for Rows {
    fn at(&self, slot: u64) -> Option<(&CandidateId, Option<&Arc<Profile>>)> {
        self.get(slot).map(|identity| (&identity.id, None))
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
        let kept = |hash| Identity {
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
        let all: Vec<(u64, &Identity)> = before.iter().collect();
        assert_eq!(all, [(5, &kept(5)), (3 * PAGE, &kept(6))]);
    }
}
