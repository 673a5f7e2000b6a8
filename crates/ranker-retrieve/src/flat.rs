//! Exact vector search.

use std::path::Path;
use std::sync::{Arc, RwLock};

use ranker_core::{
    CandidateId, Embedding, Filter, Hit, Profile, Pushdown, Query, Request, RetrieveError,
    Retriever, Score, async_trait, compute,
};

use crate::DENSE;
use crate::entry::Entry;
use crate::error::{FileError, IndexError};
use crate::file::{self, Kind, Sections, Tag};
use crate::lock::{read, write};
use crate::rows::{Rows, Snapshot};
use crate::scan::{SMALL, Scan};
use crate::scored::score_of;
use crate::vector::{by_id, check_filter, check_query, embedding, pushdown};

/// Exact search by cosine: every vector is compared with the query's.
///
/// Vectors lie side by side as f32, `4 · dimension` bytes each, and a scan is about as fast as the
/// machine reads memory. Scans beyond a million multiplications use rayon's threads; the hits do
/// not depend on how many there are.
///
/// Made from profiles, it returns them with its hits and applies filters exactly, as fast as it
/// searches. Made from ids and vectors alone, it can do neither.
///
/// A candidate that is inserted with several vectors ([`Entry::with_further`]) scores as the best of them does.
///
/// It may be changed while it is searched: a search works on a snapshot of the moment it began, and
/// a change copies at most one block of 4,096 vectors that such a search still reads.
///
/// ```
/// use ranker_core::{CandidateId, Embedding, Filter};
/// use ranker_retrieve::FlatIndex;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let vector = |x, y| Embedding::normalized(vec![x, y]);
/// let index = FlatIndex::new([
///     (CandidateId::new("a")?, vector(1.0, 0.0)?),
///     (CandidateId::new("b")?, vector(0.0, 1.0)?),
/// ])?;
/// let hits = index.search(&vector(0.1, 0.9)?, 1, &Filter::All)?;
/// assert_eq!(hits[0].id().as_str(), "b");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FlatIndex {
    name: Arc<str>,
    rows: RwLock<Rows>,
}

impl FlatIndex {
    /// An index of ids and vectors.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`]; [`IndexError::Dimension`] unless all vectors have one dimension.
    pub fn new(
        vectors: impl IntoIterator<Item = (CandidateId, Embedding)>,
    ) -> Result<Self, IndexError> {
        Self::fill(Rows::new(false), vectors)
    }

    /// An index that holds profiles: it filters exactly, and its hits carry their profiles.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn with_profiles(
        profiles: impl IntoIterator<Item = (Arc<Profile>, Embedding)>,
    ) -> Result<Self, IndexError> {
        Self::fill(Rows::new(true), profiles)
    }

    pub(crate) fn fill(
        mut rows: Rows,
        entries: impl IntoIterator<Item = impl Into<Entry>>,
    ) -> Result<Self, IndexError> {
        for entry in entries {
            rows.insert(entry.into())?;
        }
        Ok(Self {
            name: DENSE.into(),
            rows: RwLock::new(rows),
        })
    }

    /// Labels its scores; [`DENSE`] by default.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
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
        write(&self.rows).hold_profiles(&by_id(profiles))?;
        Ok(self)
    }

    /// How many candidates are indexed.
    #[must_use]
    pub fn len(&self) -> usize {
        read(&self.rows).len()
    }

    /// Whether no candidate is indexed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of components of its vectors; `None` until the first is inserted.
    #[must_use]
    pub fn dimension(&self) -> Option<usize> {
        read(&self.rows).dimension()
    }

    /// Adds a candidate.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`], [`IndexError::Dimension`], [`IndexError::NoProfile`].
    pub fn insert(&self, entry: impl Into<Entry>) -> Result<(), IndexError> {
        write(&self.rows).insert(entry.into())
    }

    /// Replaces an indexed candidate's vector and profile.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`], [`IndexError::Dimension`], [`IndexError::NoProfile`].
    pub fn update(&self, entry: impl Into<Entry>) -> Result<(), IndexError> {
        write(&self.rows).update(entry.into())
    }

    /// Removes a candidate.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`].
    pub fn remove(&self, id: &CandidateId) -> Result<(), IndexError> {
        write(&self.rows).remove(id)
    }

    /// Whether [`Self::update`] would take these vectors.
    #[cfg(feature = "keyword")]
    pub(crate) fn check_update<'v>(
        &self,
        id: &CandidateId,
        vectors: impl Iterator<Item = &'v Embedding>,
    ) -> Result<(), IndexError> {
        read(&self.rows).check_update(id, vectors)
    }

    /// The `k` nearest candidates that pass, best first, ties by id.
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
        let rows = self.view(query, filter)?;
        let scan = Scan {
            query: query.as_slice(),
            k,
            filter,
        };
        search(&rows, scan, &self.name)
    }

    /// The rows of now, once it is known that they can answer.
    fn view(&self, query: &Embedding, filter: &Filter) -> Result<Snapshot, RetrieveError> {
        let rows = read(&self.rows);
        check_query(rows.dimension(), query)?;
        check_filter(rows.holds_profiles(), filter, &self.name)?;
        Ok(rows.snapshot())
    }

    /// Writes ids and vectors to one file, whole or not at all. Profiles are not written.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), FileError> {
        let (rows, dimension) = {
            let rows = read(&self.rows);
            (rows.snapshot(), rows.dimension())
        };
        let further = file::encode_further(rows.rows());
        let mut sections = vec![(
            Tag::Rows,
            file::encode_rows(dimension.unwrap_or(0), rows.rows()),
        )];
        if !further.is_empty() {
            sections.push((Tag::Several, further));
        }
        file::write(path.as_ref(), &file::encode(Kind::Flat, &sections))
    }

    /// Reads what [`Self::save`] wrote: ids and vectors, without profiles
    /// ([`Self::hold_profiles`]).
    ///
    /// # Errors
    ///
    /// [`FileError`], naming the file; a file that was cut or changed is never half read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, FileError> {
        Self::from_bytes(&file::read(path.as_ref())?, path)
    }

    /// As [`Self::load`], from bytes that lie elsewhere; `name` stands for the path in errors.
    ///
    /// # Errors
    ///
    /// As [`Self::load`].
    pub fn from_bytes(bytes: &[u8], name: impl AsRef<Path>) -> Result<Self, FileError> {
        let name = name.as_ref();
        let sections = Sections::parse(bytes, Kind::Flat, name)?;
        let rows = sections.decode(Tag::Rows, file::decode_rows)?.into_iter();
        let mut rows: Vec<Entry> = rows.map(Entry::from).collect();
        if sections.has(Tag::Several) {
            sections.decode(Tag::Several, |bytes| file::decode_further(bytes, &mut rows))?;
        }
        Self::fill(Rows::new(false), rows)
            .map_err(|_| FileError::corrupt(name, "ids or dimensions clash"))
    }
}

/// Searches rows and labels the hits.
fn search(rows: &Snapshot, scan: Scan<'_>, name: &Arc<str>) -> Result<Vec<Hit>, RetrieveError> {
    if scan.k == 0 {
        return Ok(Vec::new());
    }
    rows.search(scan).into_hits(name)
}

#[async_trait]
impl Retriever for FlatIndex {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let query = embedding(query, &self.name)?;
        let rows = self.view(query, &request.filter)?;
        let (query, request, name) = (query.clone(), request.clone(), Arc::clone(&self.name));
        let small = rows.work() <= SMALL;
        let work = move || {
            let scan = Scan {
                query: query.as_slice(),
                k: request.k,
                filter: &request.filter,
            };
            search(&rows, scan, &name)
        };
        if small { work() } else { compute(work).await }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        pushdown(self.holds_profiles(), filter)
    }

    fn holds_profiles(&self) -> bool {
        read(&self.rows).holds_profiles()
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let query = embedding(query, &self.name)?;
        let rows = read(&self.rows);
        check_query(rows.dimension(), query)?;
        let score = |id| {
            let row = rows.get(id);
            row.map(|row| score_of(row.score(query.as_slice()), &self.name))
                .transpose()
        };
        ids.iter().map(score).collect()
    }
}
