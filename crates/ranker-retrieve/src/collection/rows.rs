//! What searching keeps in memory of each profile.

use std::sync::Arc;

use ranker_core::Profile;

use super::record::Known;
use crate::keyword::parts::Slots;

/// Rows of a page.
const PAGE: u64 = 1024;

type Page = Vec<Option<Arc<Profile>>>;

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
        let page = pages[page].get_or_insert_with(|| Arc::new(vec![None; PAGE as usize]));
        Arc::make_mut(page)[at] = Some(profile);
    }

    pub(super) fn remove(&mut self, row: u64) {
        let (page, at) = place(row);
        if let Some(slot) = Arc::make_mut(&mut self.pages).get_mut(page)
            && let Some(page) = slot
        {
            let rows = Arc::make_mut(page);
            rows[at] = None;
            if rows.iter().all(Option::is_none) {
                *slot = None;
            }
        }
    }

    pub(super) fn get(&self, row: u64) -> Option<&Arc<Profile>> {
        let (page, at) = place(row);
        self.pages.get(page)?.as_ref()?[at].as_ref()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Profile>> {
        let pages = self.pages.iter().flatten();
        pages.flat_map(|page| page.iter().flatten())
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
}
