//! Vector search by codes of one bit and of one byte a component.

mod bitmap;
mod block;
mod codes;
mod columns;
mod file;
mod frame;
#[cfg(feature = "collection")]
mod frozen;
mod head;
mod measure;
mod options;
mod plan;
mod snapshot;
mod stages;
mod stats;
mod widest;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

use ranker_core::{
    CandidateId, Embedding, Filter, Hit, Profile, Pushdown, Query, Request, RetrieveError,
    Retriever, Score, async_trait, compute,
};

use crate::DENSE;
use crate::dot::dot;
use crate::entry::Entry;
use crate::error::{FileError, IndexError};
use crate::lock::{lock, read, write};
use crate::scored::{Scored, hits, score_of};
use crate::top_k::TopK;
use crate::vector::{by_id, check_filter, check_query, embedding, pushdown};

pub use options::QuantizedOptions;
pub use plan::ScanPlan;
pub use stats::{MeasuredRecall, QuantizedStats, RecallStep};

use snapshot::{SMALL, Snapshot, Wanted};
use writer::{Place, Writer};
#[cfg(feature = "collection")]
pub(crate) use {bitmap::Bitmap, columns::Columns, frozen::Frozen};

/// Vector search that reads a bit a component of everyone, a byte a component of some, and the f32
/// vectors of a few.
///
/// A scan is as fast as the machine reads memory, so codes of a thirty-second of the size are
/// searched up to thirty times as fast; whoever looks best by them is scored again by finer codes,
/// and at last exactly: scores are those of [`crate::FlatIndex`]. How many each stage must hand on is
/// measured on the collection itself, when it is built and whenever it has doubled: vectors of it
/// serve as queries, whose true neighbours an exact scan knows. Where coarse codes do not tell, they
/// are not used, down to the exact scan of everyone. [`Self::plan`] says what a search does,
/// [`Self::stats`] how much of the truth it finds.
///
/// Filters make it faster: who passes is known before anything is scored, and a filter that lets few
/// pass leaves an exact or nearly exact scan of those. It never returns fewer than pass, up to `k`.
///
/// It may be changed while it is searched, and a search never waits for a change: it works on a
/// snapshot of the moment it began.
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
    places: RwLock<HashMap<CandidateId, Place>>,
    /// Held for a change, however long it takes. Taken before `places`.
    writer: Mutex<Writer>,
}

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
        Self::fill(Writer::new(false, options), vectors)
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
        Self::fill(Writer::new(true, options), profiles)
    }

    fn fill(
        mut writer: Writer,
        entries: impl IntoIterator<Item = impl Into<Entry>>,
    ) -> Result<Self, IndexError> {
        let mut places = HashMap::new();
        let mut dimension = None;
        let holds_profiles = writer.now.holds_profiles;
        let entries = entries.into_iter().map(|entry| {
            let entry = writer::admit(entry.into(), dimension, holds_profiles)?;
            dimension = Some(entry.embedding.dimension());
            let place = places.len() as Place;
            match places.insert(entry.id.clone(), place) {
                None => Ok(entry),
                Some(_) => Err(IndexError::DuplicateId { id: entry.id }),
            }
        });
        writer.fill(entries)?;
        Ok(Self::of(writer, places))
    }

    fn of(writer: Writer, places: HashMap<CandidateId, Place>) -> Self {
        Self {
            name: DENSE.into(),
            published: RwLock::new(Arc::new(writer.now.clone())),
            places: RwLock::new(places),
            writer: Mutex::new(writer),
        }
    }

    /// Labels its scores; [`DENSE`] by default.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// How many candidates are indexed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.now().len()
    }

    /// Whether nobody is indexed.
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

    /// How a search for the `k` best who pass goes.
    ///
    /// # Errors
    ///
    /// [`RetrieveError::UnsupportedFilter`] for a filter on an index without profiles.
    pub fn plan(&self, k: usize, filter: &Filter) -> Result<ScanPlan, RetrieveError> {
        let now = self.now();
        check_filter(now.holds_profiles, filter, &self.name)?;
        Ok(now.plan(Wanted { k, filter }))
    }

    /// Measures the widths of its stages with these queries instead of vectors of its own, for
    /// queries that lie elsewhere than what is indexed: job descriptions among résumés. Costs an
    /// exact search a query, and lasts until the index has doubled.
    ///
    /// # Errors
    ///
    /// [`IndexError::Dimension`].
    pub fn measure(&self, queries: &[Embedding]) -> Result<(), IndexError> {
        let mut writer = lock(&self.writer);
        for query in queries {
            writer.check_dimension(query)?;
        }
        let queries: Vec<&[f32]> = queries.iter().map(Embedding::as_slice).collect();
        writer.measure(&queries);
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
        {
            let mut places = write(&self.places);
            let id = entry.id.clone();
            if places.contains_key(&id) {
                return Err(IndexError::DuplicateId { id });
            }
            places.insert(id, writer.append(entry));
            self.publish(&writer);
        }
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
        let old = {
            let mut places = write(&self.places);
            let Some(place) = places.get_mut(&entry.id) else {
                return Err(IndexError::UnknownId { id: entry.id });
            };
            let entry = writer.admit(entry)?;
            writer.strike(*place);
            let old = std::mem::replace(place, writer.append(entry));
            self.publish(&writer);
            old
        };
        self.settle(&mut writer);
        self.compact(&mut writer, old);
        Ok(())
    }

    /// Removes a candidate.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`].
    pub fn remove(&self, id: &CandidateId) -> Result<(), IndexError> {
        let mut writer = lock(&self.writer);
        let place = {
            let mut places = write(&self.places);
            let unknown = || IndexError::UnknownId { id: id.clone() };
            let place = places.remove(id).ok_or_else(unknown)?;
            writer.strike(place);
            self.publish(&writer);
            place
        };
        self.compact(&mut writer, place);
        Ok(())
    }

    fn settle(&self, writer: &mut Writer) {
        if writer.settle() {
            self.publish(writer);
        }
    }

    fn compact(&self, writer: &mut Writer, place: Place) {
        let moved = writer.compact(place);
        if !moved.is_empty() {
            let mut places = write(&self.places);
            places.extend(moved);
            self.publish(writer);
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
    /// Hits of a search without a filter carry their leg; with one the best score of everyone, which
    /// a leg tells too, would take a second search ([`Retriever::retrieve`] makes it).
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
        let top = now.search(query.as_slice(), Wanted { k, filter });
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
        let found = now.search_batch(&queries, Wanted { k, filter });
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

    /// Writes ids, vectors, the frame and what was measured to one file, whole or not at all. Codes
    /// are not written: they follow from the vectors. Profiles are not written either.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), FileError> {
        let (now, options) = {
            let writer = lock(&self.writer);
            (writer.now.clone(), writer.options)
        };
        crate::file::write(path.as_ref(), &file::encode(&now, options))
    }

    /// Reads what [`Self::save`] wrote: ids and vectors, without profiles
    /// ([`Self::hold_profiles`]).
    ///
    /// # Errors
    ///
    /// [`FileError`], naming the file; a file that was cut or changed is never half read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, FileError> {
        Self::from_bytes(&crate::file::read(path.as_ref())?, path)
    }

    /// As [`Self::load`], from bytes that lie elsewhere; `name` stands for the path in errors.
    ///
    /// # Errors
    ///
    /// As [`Self::load`].
    pub fn from_bytes(bytes: &[u8], name: impl AsRef<Path>) -> Result<Self, FileError> {
        let (writer, places) = file::decode(bytes, name.as_ref())?;
        Ok(Self::of(writer, places))
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
        writer.hold_profiles(&by_id(profiles))?;
        self.publish(&writer);
        drop(writer);
        Ok(self)
    }
}

/// The best score found.
fn best_of(top: &TopK<Scored<'_>>) -> f32 {
    let scores = top.items().map(|found| found.score);
    scores.fold(f32::NEG_INFINITY, f32::max)
}

/// Hits, with the leg `name` where the best score of everyone is known.
fn labelled(
    top: TopK<Scored<'_>>,
    best: Option<f32>,
    name: &Arc<str>,
) -> Result<Vec<Hit>, RetrieveError> {
    if let Some(best) = best {
        return hits(top, best, name);
    }
    let plain = |found: Scored<'_>| {
        let hit = Hit::new(found.id.clone(), score_of(found.score, name)?);
        Ok(match found.profile {
            Some(profile) => hit.with_profile(Arc::clone(profile)),
            None => hit,
        })
    };
    top.into_sorted().into_iter().map(plain).collect()
}

/// The hits of a request, with their leg.
fn retrieve(
    now: &Snapshot,
    query: &[f32],
    request: &Request,
    name: &Arc<str>,
) -> Result<Vec<Hit>, RetrieveError> {
    let top = |k, filter| now.search(query, Wanted { k, filter });
    let found = top(request.k, &request.filter);
    let best = match request.filter.is_all() {
        true => best_of(&found),
        false => best_of(&top(1, &Filter::All)),
    };
    hits(found, best, name)
}

#[async_trait]
impl Retriever for QuantizedIndex {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let query = embedding(query, &self.name)?;
        let now = self.view(std::slice::from_ref(query), &request.filter)?;
        let (query, request, name) = (query.clone(), request.clone(), Arc::clone(&self.name));
        let small = now.work() <= SMALL;
        let work = move || retrieve(&now, query.as_slice(), &request, &name);
        if small { work() } else { compute(work).await }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        pushdown(self.holds_profiles(), filter)
    }

    fn holds_profiles(&self) -> bool {
        self.now().holds_profiles
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let query = embedding(query, &self.name)?;
        let (now, places) = {
            let places = read(&self.places);
            let place = |id| places.get(id).copied();
            (self.now(), ids.iter().map(place).collect::<Vec<_>>())
        };
        check_query(now.known_dimension(), query)?;
        let score = |place: Option<Place>| {
            let row = place.map(|place| now.row(place));
            row.map(|row| score_of(dot(query.as_slice(), row.vector), &self.name))
                .transpose()
        };
        places.into_iter().map(score).collect()
    }
}
