//! Vector search by codes of one bit and of one byte a component.

mod angle;
mod answer;
mod bitmap;
mod block;
mod codes;
mod columns;
mod cut;
mod exact;
mod frame;
#[cfg(feature = "collection")]
mod frozen;
mod head;
mod load;
mod measure;
mod measured;
// Only a collection numbers its rows.
mod ground_truth;
mod header;
#[cfg_attr(not(feature = "collection"), allow(dead_code))]
mod numbers;
mod options;
mod place;
mod plan;
mod ranks;
mod save;
mod search;
mod selection;
mod several;
mod shortlist;
mod snapshot;
mod stages;
mod stats;
mod vectors;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

use ranker_core::{CandidateId, Embedding, Filter, Hit, Profile, RetrieveError};
use rayon::prelude::*;

use crate::DENSE;
use crate::entry::Entry;
use crate::error::{FileError, IndexError};
use crate::lock::{lock, read, write};
use crate::vector::{check_filter, check_query};

pub use options::QuantizedOptions;
pub use plan::ScanPlan;
pub use stats::{MeasuredRecall, QuantizedStats, RecallStep};

use answer::{best_of, labelled, unread};
pub(crate) use frame::Frame;
use place::{Place, Places, split};
use selection::Selection;
use snapshot::{SearchParams, Snapshot};
use writer::Writer;
#[cfg(feature = "collection")]
pub(crate) use {
    bitmap::Bitmap,
    columns::{Columns, FactPart, RowNumber},
    frozen::Frozen,
};

/// Vector search that reads one bit a component of all rows, one byte a component of some, and the f32
/// vectors of a few.
///
/// A scan is as fast as the machine reads memory, so codes of a thirty-second of the size are
/// searched up to thirty times as fast; the best rows by them are scored again by finer codes,
/// and at last exactly: scores are those of [`crate::FlatIndex`]. How many each stage must hand on is
/// measured on the collection itself, when it is built and whenever it has doubled: vectors of it
/// serve as queries, whose true neighbours are found exactly. Where coarse codes have too little
/// contrast, they are not used, down to the exact scan of all rows. [`Self::plan`] returns what a search
/// does, [`Self::stats`] its measured recall.
///
/// Filters make it faster: the rows that pass are known before any is scored, and a filter that lets few
/// pass leaves an exact or nearly exact scan of those. It never returns fewer than pass, up to `k`.
///
/// It may be changed while it is searched, and a search never waits for a change: it works on a
/// snapshot of the moment it began.
///
/// A candidate that is inserted with several vectors ([`Entry::with_further`]) has a row for each, and is found
/// once, by the best of them: a search looks for more rows until it has `k` candidates.
///
/// ```
/// use ranker_core::{CandidateId, Embedding, Filter};
/// use ranker_retrieve::{QuantizedIndex, ScanPlan};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vector = |x: f32, y| Embedding::normalized(vec![x, y]);
/// let index = QuantizedIndex::new([
///     (CandidateId::new("a")?, vector(1.0, 0.0)?),
///     (CandidateId::new("b")?, vector(0.0, 1.0)?),
/// ])?;
/// let hits = index.search(&vector(0.1, 0.9)?, 1, &Filter::All)?;
/// assert_eq!(hits[0].id().as_str(), "b");
/// // So few are simply compared.
/// assert_eq!(index.plan(1, &Filter::All)?, ScanPlan::Exact);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct QuantizedIndex {
    name: Arc<str>,
    /// What searches see. Replaced whole, and held for no longer than that takes.
    published: RwLock<Arc<Snapshot>>,
    /// Where candidates are. Taken before `published` by whoever needs both.
    places: RwLock<Places>,
    /// Held for a change, however long it takes. Taken before `places`.
    writer: Mutex<Writer>,
}

/// Entries that there is room for before they come.
const MANY: usize = 1 << 20;

/// Entries on their way into an index.
type Admitted<'e> = dyn Iterator<Item = Result<Entry, IndexError>> + 'e;

impl QuantizedIndex {
    /// An index of ids and vectors.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`]; [`IndexError::Dimension`] unless all vectors have one dimension.
    pub fn new(
        vectors: impl IntoIterator<Item = (CandidateId, Embedding)>,
    ) -> Result<Self, IndexError> {
        Self::with_options(vectors, QuantizedOptions::new())
    }

    /// As [`Self::new`], with options.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn with_options(
        vectors: impl IntoIterator<Item = (CandidateId, Embedding)>,
        options: QuantizedOptions,
    ) -> Result<Self, IndexError> {
        Self::fill(Writer::new(false, options), vectors, |writer, entries| {
            writer.fill(entries)
        })
    }

    /// An index that holds profiles: it filters exactly, and its hits carry their profiles.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn with_profiles(
        profiles: impl IntoIterator<Item = (Arc<Profile>, Embedding)>,
        options: QuantizedOptions,
    ) -> Result<Self, IndexError> {
        Self::fill(Writer::new(true, options), profiles, |writer, entries| {
            writer.fill(entries)
        })
    }

    fn fill(
        mut writer: Writer,
        entries: impl IntoIterator<Item = impl Into<Entry>>,
        into: impl FnOnce(&mut Writer, &mut Admitted<'_>) -> Result<(), IndexError>,
    ) -> Result<Self, IndexError> {
        let entries = entries.into_iter();
        // A hint may be wrong; more than this grows as it comes.
        let expected = entries.size_hint().0.min(MANY);
        let mut places = Places::with_capacity(expected);
        let (mut dimension, mut rows) = (None, 0);
        let holds_profiles = writer.now.holds_profiles;
        let admitted = entries.map(|entry| {
            let entry = writer::admit(entry.into(), dimension, holds_profiles)?;
            dimension = Some(entry.embedding.dimension());
            if !places.add(&entry.id, rows) {
                return Err(IndexError::DuplicateId { id: entry.id });
            }
            for further in 1..=entry.further.len() as Place {
                places.add(&entry.id, rows + further);
            }
            rows += 1 + entry.further.len() as Place;
            Ok(entry)
        });
        let mut parts = admitted.flat_map(|entry| {
            let (entry, error) = match entry {
                Ok(entry) => (Some(entry), None),
                Err(error) => (None, Some(Err(error))),
            };
            let parts = entry.into_iter().flat_map(Entry::parts);
            parts.map(Ok).chain(error)
        });
        into(&mut writer, &mut parts)?;
        drop(parts);
        writer.now.further = rows as usize - places.len();
        Ok(Self::of(writer, places))
    }

    fn of(writer: Writer, places: Places) -> Self {
        Self {
            name: DENSE.into(),
            published: RwLock::new(Arc::new(writer.now.clone())),
            places: RwLock::new(places),
            writer: Mutex::new(writer),
        }
    }

    /// Labels its scores; [`DENSE`] by default.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// How many candidates are indexed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.now().candidates()
    }

    /// Whether no candidate is indexed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of components of its vectors; `None` until the first is inserted.
    #[must_use]
    pub fn dimension(&self) -> Option<usize> {
        self.now().known_dimension()
    }

    /// Its size, and what it measured of itself.
    #[must_use]
    pub fn stats(&self) -> QuantizedStats {
        stats::of(&self.now())
    }

    /// The stages of a search for the `k` best candidates that pass.
    ///
    /// # Errors
    ///
    /// [`RetrieveError::UnsupportedFilter`] for a filter on an index without profiles.
    pub fn plan(&self, k: usize, filter: &Filter) -> Result<ScanPlan, RetrieveError> {
        let now = self.now();
        check_filter(now.holds_profiles, filter, &self.name)?;
        let selection = Selection::Passing(filter);
        Ok(now.plan(SearchParams { k, selection }))
    }

    /// Measures the widths of its stages with these queries instead of vectors of its own, for
    /// queries that lie elsewhere than what is indexed: job descriptions among résumés. Costs an
    /// exact search a query, and lasts until the index has doubled.
    ///
    /// # Errors
    ///
    /// [`IndexError::Dimension`]; [`IndexError::File`] where vectors lie in a file that cannot be read.
    pub fn measure(&self, queries: &[Embedding]) -> Result<(), IndexError> {
        let mut writer = lock(&self.writer);
        for query in queries {
            writer.check_dimension(query)?;
        }
        let queries: Vec<&[f32]> = queries.iter().map(Embedding::as_slice).collect();
        writer.measure(&queries)?;
        self.publish(&writer);
        Ok(())
    }

    /// Adds a candidate.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`], [`IndexError::Dimension`], [`IndexError::NoProfile`].
    pub fn insert(&self, entry: impl Into<Entry>) -> Result<(), IndexError> {
        let mut writer = lock(&self.writer);
        let entry = writer.admit(entry.into())?;
        let id = entry.id.clone();
        if read(&self.places).contains(&id) {
            return Err(IndexError::DuplicateId { id });
        }
        let added = writer.append_all(entry);
        self.put(&writer, &id, added);
        self.settle(&mut writer);
        Ok(())
    }

    /// Replaces an indexed candidate's vector and profile.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`], [`IndexError::Dimension`], [`IndexError::NoProfile`].
    pub fn update(&self, entry: impl Into<Entry>) -> Result<(), IndexError> {
        let mut writer = lock(&self.writer);
        let entry = entry.into();
        let id = entry.id.clone();
        let old: Vec<Place> = read(&self.places).of(&id).collect();
        if old.is_empty() {
            return Err(IndexError::UnknownId { id });
        }
        let entry = writer.admit(entry)?;
        writer.mark_all_deleted(&old);
        let added = writer.append_all(entry);
        self.put(&writer, &id, added);
        self.settle(&mut writer);
        self.compact(&mut writer, &old);
        Ok(())
    }

    /// Removes a candidate.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`].
    pub fn remove(&self, id: &CandidateId) -> Result<(), IndexError> {
        let mut writer = lock(&self.writer);
        let old = {
            let mut places = write(&self.places);
            let old = writer.take_out(id, &mut places)?;
            self.publish(&writer);
            old
        };
        self.compact(&mut writer, &old);
        Ok(())
    }

    /// Shows the rows that a candidate has now, in the place of those before.
    fn put(&self, writer: &Writer, id: &CandidateId, added: Vec<Place>) {
        let mut places = write(&self.places);
        places.take(id);
        added.into_iter().for_each(|place| {
            places.add(id, place);
        });
        self.publish(writer);
    }

    fn settle(&self, writer: &mut Writer) {
        if writer.settle() {
            self.publish(writer);
        }
    }

    /// Compacts the chunks of these places.
    fn compact(&self, writer: &mut Writer, old: &[Place]) {
        let mut slots: Vec<Place> = old.to_vec();
        slots.dedup_by_key(|place| split(*place).0);
        for place in slots {
            let moved = writer.compact(place);
            if !moved.is_empty() {
                let mut places = write(&self.places);
                moved.into_iter().for_each(|moved| places.moved(moved));
                self.publish(writer);
            }
        }
    }

    fn publish(&self, writer: &Writer) {
        *write(&self.published) = Arc::new(writer.now.clone());
    }

    fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&read(&self.published))
    }

    /// The `k` nearest candidates that pass, best first, ties by id.
    ///
    /// Hits of a search without a filter carry their leg; with one the best score of all candidates,
    /// which a leg needs, would take a second search ([`Retriever::retrieve`](crate::Retriever::retrieve) makes it).
    ///
    /// # Errors
    ///
    /// [`RetrieveError::Dimension`]; [`RetrieveError::UnsupportedFilter`] for a filter on an index
    /// without profiles.
    pub fn search(
        &self,
        query: &Embedding,
        k: usize,
        filter: &Filter,
    ) -> Result<Vec<Hit>, RetrieveError> {
        let now = self.view(std::slice::from_ref(query), filter)?;
        let selection = Selection::Passing(filter);
        let top = now.search(query.as_slice(), SearchParams { k, selection });
        let top = top.map_err(|error| unread(error, &self.name))?;
        let best = filter.is_all().then(|| best_of(&top));
        labelled(top, best, &self.name)
    }

    /// As [`Self::search`] for many queries, which share the reading of the codes: each costs less
    /// than alone. Answers come in the order of the queries, and are found by measured widths like
    /// those of single queries: there may be hits that only one of the two finds.
    ///
    /// # Errors
    ///
    /// As [`Self::search`].
    pub fn search_batch(
        &self,
        queries: &[Embedding],
        k: usize,
        filter: &Filter,
    ) -> Result<Vec<Vec<Hit>>, RetrieveError> {
        let now = self.view(queries, filter)?;
        let queries: Vec<&[f32]> = queries.iter().map(Embedding::as_slice).collect();
        let selection = Selection::Passing(filter);
        let found = now.search_batch(&queries, SearchParams { k, selection });
        let found = found.map_err(|error| unread(error, &self.name))?;
        let hits = found.into_iter().map(|top| {
            let best = filter.is_all().then(|| best_of(&top));
            labelled(top, best, &self.name)
        });
        hits.collect()
    }

    /// The rows of now, once it is known that they can answer.
    fn view(&self, queries: &[Embedding], filter: &Filter) -> Result<Arc<Snapshot>, RetrieveError> {
        let now = self.now();
        for query in queries {
            check_query(now.known_dimension(), query)?;
        }
        check_filter(now.holds_profiles, filter, &self.name)?;
        Ok(now)
    }

    /// Writes ids, vectors, codes and what was measured to one file, whole or not at all. Profiles are
    /// not written.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`]; [`FileError::Corrupt`] where vectors lie in a file that was damaged.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), FileError> {
        let (now, options) = {
            let writer = lock(&self.writer);
            (writer.now.clone(), writer.options)
        };
        save::save(path.as_ref(), &now, options)
    }

    /// Opens what [`Self::save`] wrote: ids, vectors and codes, without profiles
    /// ([`Self::hold_profiles`]).
    ///
    /// Codes are read into memory and checked. The vectors, most of the file, stay in it: a search reads
    /// the few that it scores exactly and checks each. So the file has to stay as it is while the index
    /// lives; a new one may take its name, as [`Self::save`] lets it, and it may be removed where the
    /// system allows that of an open file.
    ///
    /// # Errors
    ///
    /// [`FileError`], naming the file; one that was cut, or whose codes were changed, is refused. A
    /// vector that was changed is found by [`Self::verify`], or refused by the search that needs it.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, FileError> {
        let (writer, places) = load::open(path.as_ref())?;
        Ok(Self::of(writer, places))
    }

    /// As [`Self::load`], from bytes that lie elsewhere, all of which are checked and held in memory;
    /// `name` stands for the path in errors.
    ///
    /// # Errors
    ///
    /// [`FileError`]; bytes that were cut or changed are never half read.
    pub fn from_bytes(bytes: &[u8], name: impl AsRef<Path>) -> Result<Self, FileError> {
        let (writer, places) = load::decode(bytes, name.as_ref())?;
        Ok(Self::of(writer, places))
    }

    /// Builds an index and its file at once, for more vectors than memory holds: they are written as
    /// they come, and stay in the file as those of [`Self::load`] do. In memory are ids and codes,
    /// about 1.2 bytes a component.
    ///
    /// # Errors
    ///
    /// As [`Self::new`]; [`IndexError::File`] where the file cannot be written.
    pub fn create(
        path: impl AsRef<Path>,
        vectors: impl IntoIterator<Item = (CandidateId, Embedding)>,
        options: QuantizedOptions,
    ) -> Result<Self, IndexError> {
        let into = |writer: &mut Writer, entries: &mut Admitted<'_>| {
            writer.fill_file(entries, path.as_ref())
        };
        Self::fill(Writer::new(false, options), vectors, into)
    }

    /// Reads every vector that was left in a file, and checks it.
    ///
    /// # Errors
    ///
    /// [`FileError`], naming the file.
    pub fn verify(&self) -> Result<(), FileError> {
        self.now().verify()
    }

    /// Gives every indexed candidate its profile, for an index that was loaded from a file.
    /// Profiles of candidates that are not indexed are left out.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoProfile`] when one is missing.
    pub fn hold_profiles(
        self,
        profiles: impl IntoIterator<Item = Arc<Profile>>,
    ) -> Result<Self, IndexError> {
        let mut writer = lock(&self.writer);
        let places = read(&self.places);
        let profiles: Vec<Arc<Profile>> = profiles.into_iter().collect();
        let placed = profiles.into_par_iter().flat_map_iter(|profile| {
            let places: Vec<Place> = places.of(profile.id()).collect();
            places
                .into_iter()
                .map(move |place| (place, Arc::clone(&profile)))
        });
        let mut placed: Vec<(Place, Arc<Profile>)> = placed.collect();
        // Stable: of two profiles with one id, the later one is held.
        placed.par_sort_by_key(|(place, _)| *place);
        let mut taken: Vec<Place> = placed.iter().map(|(place, _)| *place).collect();
        taken.dedup();
        if taken.len() < writer.now.len() {
            let missing = |at: &Place| taken.binary_search(at).is_err();
            if let Some((id, _)) = places.firsts().find(|(_, at)| missing(at)) {
                return Err(IndexError::NoProfile { id: id.clone() });
            }
        }
        writer.hold_profiles(placed.into_iter());
        self.publish(&writer);
        drop((writer, places));
        Ok(self)
    }
}
