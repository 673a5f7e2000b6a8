//! Approximate vector search on a graph.

mod estimate;
mod file;
mod graph;
mod links;
mod options;
mod state;
mod view;

use std::path::Path;
use std::sync::{Arc, RwLock};

use ranker_core::{
    CandidateId, Embedding, Filter, Hit, Profile, Pushdown, Query, Request, RetrieveError,
    Retriever, Score, async_trait, compute,
};

use crate::DENSE;
use crate::dot::dot;
use crate::entry::Entry;
use crate::error::{FileError, IndexError};
use crate::lock::{read, write};
use crate::scan::{SMALL, Scan};
use crate::scored::score_of;
use crate::vector::{by_id, check_filter, check_query, embedding, pushdown};
use graph::Graph;
pub use options::HnswOptions;
use state::State;
use view::View;

/// Approximate search by cosine on a hierarchical navigable small world graph (Malkov and
/// Yashunin, 2018), built by the crate `instant-distance` with `M` = 32.
///
/// - Scores are exact: the graph only chooses the candidates to compare with. A search that the graph cannot
///   answer is exact as a whole: with a filter, for more hits than `ef_search`, or where tombstones
///   leave too few of the points found.
/// - A removed candidate leaves a tombstone; an inserted one is kept beside the graph, where it is
///   searched exactly. [`Self::pending`] counts it, [`Self::rebuild`] clears
///   it. The graph itself is never changed.
/// - It may be changed, and rebuilt, while it is searched: [`Self::rebuild`] on a thread of the caller's
///   holds up neither searches nor changes. When is the caller's choice. A scan of pending entries costs
///   what [`crate::FlatIndex`] costs for as many, and each tombstone may take a hit's place among
///   `ef_search`: a tenth of the index pending is a good time.
///
/// Building compares each vector with thousands of others: measure before choosing it over
/// [`crate::FlatIndex`], which needs no building and is exact.
#[derive(Debug)]
pub struct HnswIndex {
    name: Arc<str>,
    state: RwLock<State>,
}

impl HnswIndex {
    /// Builds a graph over ids and vectors, on rayon's threads.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`]; [`IndexError::Dimension`] unless all vectors have one dimension;
    /// [`IndexError::BuildTime`] where it would take longer than [`HnswOptions::with_max_build`].
    pub fn build(
        vectors: impl IntoIterator<Item = (CandidateId, Embedding)>,
        options: HnswOptions,
    ) -> Result<Self, IndexError> {
        let graph = Graph::build(Vec::new(), options);
        Self::fill(State::new(graph, false, options), vectors)
    }

    /// As [`Self::build`], holding profiles: it filters exactly, and its hits carry their profiles.
    ///
    /// # Errors
    ///
    /// As [`Self::build`].
    pub fn build_with_profiles(
        profiles: impl IntoIterator<Item = (Arc<Profile>, Embedding)>,
        options: HnswOptions,
    ) -> Result<Self, IndexError> {
        let graph = Graph::build(Vec::new(), options);
        Self::fill(State::new(graph, true, options), profiles)
    }

    /// Puts all entries beside an empty graph, and builds it.
    fn fill(
        mut state: State,
        entries: impl IntoIterator<Item = impl Into<Entry>>,
    ) -> Result<Self, IndexError> {
        for entry in entries {
            state.insert(entry.into())?;
        }
        estimate::check(&state.live(), state.options)?;
        let index = Self::of(state);
        index.rebuild();
        Ok(index)
    }

    fn of(state: State) -> Self {
        Self {
            name: DENSE.into(),
            state: RwLock::new(state),
        }
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
        write(&self.state).hold_profiles(&by_id(profiles))?;
        Ok(self)
    }

    /// How many candidates are indexed.
    #[must_use]
    pub fn len(&self) -> usize {
        read(&self.state).len()
    }

    /// Whether no candidate is indexed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of components of its vectors; `None` until the first is inserted.
    #[must_use]
    pub fn dimension(&self) -> Option<usize> {
        read(&self.state).dimension()
    }

    /// Candidates that the graph does not know yet, and tombstones in it. The first are compared
    /// with every query; the second take the place of hits among `ef_search`.
    #[must_use]
    pub fn pending(&self) -> usize {
        read(&self.state).pending()
    }

    /// Adds a candidate, beside the graph.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`], [`IndexError::Dimension`], [`IndexError::NoProfile`].
    pub fn insert(&self, entry: impl Into<Entry>) -> Result<(), IndexError> {
        write(&self.state).insert(entry.into())
    }

    /// Replaces an indexed candidate's vector and profile.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`], [`IndexError::Dimension`], [`IndexError::NoProfile`].
    pub fn update(&self, entry: impl Into<Entry>) -> Result<(), IndexError> {
        write(&self.state).update(entry.into())
    }

    /// Removes a candidate.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`].
    pub fn remove(&self, id: &CandidateId) -> Result<(), IndexError> {
        write(&self.state).remove(id)
    }

    /// Builds the graph anew over all entries of now. Searches and changes go on
    /// meanwhile; changes made in that time are pending afterwards.
    pub fn rebuild(&self) {
        let (live, seen, options) = {
            let state = read(&self.state);
            (state.live(), state.changes(), state.options)
        };
        let graph = Graph::build(live, options);
        write(&self.state).replace_graph(graph, seen);
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
        let view = self.view(query, filter)?;
        let scan = Scan {
            query: query.as_slice(),
            k,
            filter,
        };
        view.search(query, scan, &self.name)
    }

    /// The state of now, once it is known that it can answer.
    fn view(&self, query: &Embedding, filter: &Filter) -> Result<View, RetrieveError> {
        let state = read(&self.state);
        check_query(state.dimension(), query)?;
        check_filter(state.holds_profiles, filter, &self.name)?;
        Ok(state.view())
    }

    /// Writes ids, vectors, graph and tombstones to one file, whole or not at all. Profiles are not
    /// written.
    ///
    /// # Errors
    ///
    /// [`FileError::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), FileError> {
        let (view, options) = {
            let state = read(&self.state);
            (state.view(), state.options)
        };
        let bytes = file::encode(&view, options).map_err(|source| FileError::Io {
            path: path.as_ref().to_owned(),
            action: "written",
            source: std::io::Error::other(source),
        })?;
        crate::file::write(path.as_ref(), &bytes)
    }

    /// Reads what [`Self::save`] wrote, without profiles ([`Self::hold_profiles`]).
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
        file::decode(bytes, name.as_ref()).map(Self::of)
    }
}

#[async_trait]
impl Retriever for HnswIndex {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let query = embedding(query, &self.name)?;
        let view = self.view(query, &request.filter)?;
        let (query, request, name) = (query.clone(), request.clone(), Arc::clone(&self.name));
        // Even a search of the graph may turn into a scan of all entries.
        let small = view.work() <= SMALL;
        let work = move || {
            let scan = Scan {
                query: query.as_slice(),
                k: request.k,
                filter: &request.filter,
            };
            view.search(&query, scan, &name)
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
        read(&self.state).holds_profiles
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let query = embedding(query, &self.name)?;
        let state = read(&self.state);
        check_query(state.dimension(), query)?;
        let score = |id| {
            let entry = state.get(id);
            entry
                .map(|entry| {
                    score_of(
                        dot(query.as_slice(), entry.embedding.as_slice()),
                        &self.name,
                    )
                })
                .transpose()
        };
        ids.iter().map(score).collect()
    }
}
