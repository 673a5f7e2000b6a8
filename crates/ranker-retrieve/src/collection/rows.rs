//! What searching keeps in memory of each profile.

use std::sync::{Arc, OnceLock};

use ranker_core::{Filter, Profile};
use rayon::prelude::*;

use super::record::Known;
use crate::keyword::parts::Slots;
use crate::quantized::{Bitmap, Columns};

/// Rows of a page.
const PAGE: u64 = 1024;

/// Some rows, and their facts by name once a filter has asked for them.
#[derive(Debug, Clone)]
struct Page {
    stubs: Vec<Option<Arc<Profile>>>,
    /// Of all rows that the page has had: what is gone is told by the stubs.
    columns: OnceLock<Arc<Columns>>,
}

/// Id and facts by row. A row's number is never used again, so what a number stands for is the same in
/// every snapshot that has it. Cheap to copy: pages are shared until they change.
///
/// Both legs share the profiles kept here. They hold the facts, and instead of the text the row's
/// number: texts are read from the store for those who are returned.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pages: Arc<Vec<Option<Arc<Page>>>>,
}

impl Rows {
    pub(super) fn insert(&mut self, row: u64, profile: Arc<Profile>) {
        let (page, at) = place(row);
        let pages = Arc::make_mut(&mut self.pages);
        if pages.len() <= page {
            pages.resize(page + 1, None);
        }
        let page = pages[page].get_or_insert_with(|| Arc::new(Page::empty()));
        let page = Arc::make_mut(page);
        page.stubs[at] = Some(profile);
        page.columns = OnceLock::new();
    }

    pub(super) fn remove(&mut self, row: u64) {
        let (page, at) = place(row);
        if let Some(slot) = Arc::make_mut(&mut self.pages).get_mut(page)
            && let Some(page) = slot
        {
            let page = Arc::make_mut(page);
            page.stubs[at] = None;
            if page.stubs.iter().all(Option::is_none) {
                *slot = None;
            }
        }
    }

    pub(super) fn get(&self, row: u64) -> Option<&Arc<Profile>> {
        let (page, at) = place(row);
        self.pages.get(page)?.as_ref()?.stubs[at].as_ref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Profile>> {
        let pages = self.pages.iter().flatten();
        pages.flat_map(|page| page.stubs.iter().flatten())
    }

    /// Who passes a filter, told for whole pages at once.
    pub(super) fn passing<'f>(&self, filter: &'f Filter) -> Passing<'f> {
        let full = match filter.is_all() {
            true => &[],
            // The last page is being filled: its columns would be made for every change.
            false => &self.pages[..self.pages.len().saturating_sub(1)],
        };
        let passing = |page: &Option<Arc<Page>>| page.as_ref()?.columns().passing(filter);
        Passing {
            filter,
            pages: full.par_iter().with_min_len(64).map(passing).collect(),
        }
    }
}

impl Page {
    fn empty() -> Self {
        Self {
            stubs: vec![None; PAGE as usize],
            columns: OnceLock::new(),
        }
    }

    fn columns(&self) -> &Columns {
        self.columns.get_or_init(|| {
            let stubs = self.stubs.iter();
            let facts = stubs.map(|stub| stub.as_ref().map(|stub| stub.facts()));
            Arc::new(Columns::new(facts))
        })
    }
}

/// The rows that pass a filter.
pub(super) struct Passing<'f> {
    filter: &'f Filter,
    /// A bit a row; none where the facts themselves are to be asked.
    pages: Vec<Option<Bitmap>>,
}

impl Passing<'_> {
    /// Whether a row, whose stub is there, passes.
    pub(super) fn has(&self, row: u64, stub: &Profile) -> bool {
        let (page, at) = place(row);
        match self.pages.get(page) {
            Some(Some(rows)) => rows.get(at),
            _ => self.filter.matches(stub.facts()),
        }
    }
}

impl Slots for Rows {
    fn at(&self, slot: u64) -> Option<&Arc<Profile>> {
        self.get(slot)
    }
}

fn place(row: u64) -> (usize, usize) {
    ((row / PAGE) as usize, (row % PAGE) as usize)
}

/// What is kept of a profile: its id, its facts and its row.
pub(super) fn stub(row: u64, known: Known) -> Result<Arc<Profile>, &'static str> {
    let stub = Profile::new(known.id.as_str(), row.to_string());
    let stub = stub.map_err(|_| "an id is not allowed")?;
    Ok(Arc::new(stub.with_facts(known.facts)))
}

/// The row of what is kept of a profile.
pub(super) fn row_of(stub: &Profile) -> Option<u64> {
    stub.text().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_sees_no_change() {
        let stub = |row: u64| Arc::new(Profile::new("a", row.to_string()).unwrap());
        let mut rows = Rows::default();
        rows.insert(5, stub(5));
        rows.insert(3 * PAGE, stub(3 * PAGE));
        let before = rows.clone();
        rows.remove(5);
        rows.remove(99 * PAGE);
        assert!(rows.get(5).is_none() && rows.get(9 * PAGE).is_none());
        assert_eq!(row_of(before.get(5).unwrap()), Some(5));
        assert_eq!((rows.iter().count(), before.iter().count()), (1, 2));
    }

    #[test]
    fn pages_pass_as_their_facts_do() {
        let stub = |row: u64| {
            let stub = Profile::new("a", row.to_string()).unwrap();
            let lot = ranker_core::Fact::Number((row % 7) as f64);
            Arc::new(stub.with_fact("lot", lot).unwrap())
        };
        let mut rows = Rows::default();
        (0..3 * PAGE + 9).for_each(|row| rows.insert(row, stub(row)));
        rows.remove(7);
        let few = Filter::at_most("lot", 1.0);
        for filter in [&few, &Filter::All, &Filter::Not(Box::new(few.clone()))] {
            let passing = rows.passing(filter);
            for row in (0..3 * PAGE + 9).filter(|&row| row != 7) {
                let stub = rows.get(row).unwrap();
                assert_eq!(
                    passing.has(row, stub),
                    filter.matches(stub.facts()),
                    "{row}"
                );
            }
        }
    }
}
