//! Keyword search.

mod analyzer;
mod bm25;
mod documents;
mod explain;
mod fields;
mod options;
mod query;
mod store;

use std::fmt;
use std::sync::{Arc, Mutex, RwLock};

use ranker_core::{
    BoxError, CandidateId, Filter, Hit, Profile, Pushdown, Query, Request, RetrieveError,
    Retriever, Score, TermScore, async_trait, compute,
};
use tantivy::{Searcher, TantivyError};

use crate::BM25;
use crate::error::IndexError;
use crate::lock::{lock, read, write};
use crate::scored::{hits, score_of};
use bm25::Scoring;
use documents::{DocumentScores, Searchable, Slots, Threads, scores};
use fields::Fields;
pub use options::KeywordOptions;
use store::{Change, State, Writer};

#[cfg(feature = "collection")]
pub(crate) mod parts {
    //! What an index of another make is put together from.

    pub(crate) use super::analyzer::{ANALYZER, english};
    pub(crate) use super::documents::{DocumentScores, Searchable, Slots, Threads, documents_in};
    pub(crate) use super::explain::explain_each;
    pub(crate) use super::fields::{Fields, schema};
    pub(crate) use super::{IndexView, rejected, scoring};
}

/// Profiles from which on a search is handed to another thread.
const LARGE: usize = 10_000;

/// Keyword search by BM25 over titles and texts, on the inverted index of `tantivy`, in memory.
///
/// - Words are those of [`ranker_core::words`], compared in lower case, without accents, without English
///   stop words, by their English (Snowball) stem. `k1` is 1.2 and `b` 0.75; lengths are kept in a byte, as in Lucene.
/// - Of a job description, its title and its text, only the most distinctive terms are searched for
///   ([`KeywordOptions::with_max_terms`]). No character has a special meaning.
/// - An expansion's terms come on top, by weight: a term of weight `w` counts `w` times what all
///   the terms looked for count together, but never more than the least of them; where one would,
///   all are scaled down alike. A term of several words matches where all of them occur, and counts
///   twice as much where they occur as a phrase; it counts as one word: the mean of its words.
/// - It holds the profiles: filters are applied exactly, as fast as it searches.
/// - Only candidates with a matching word are hits. [`Retriever::score`] gives the others 0.
/// - It may be changed while it is searched; a change is seen by every search that begins after it.
///   Each change writes a small segment of its own, so insert many at once. Removed candidates
///   count in the frequencies of words until their segment is merged, as in Lucene.
///
/// ```
/// use ranker_core::{Filter, JobDescription, Profile, Query};
/// use ranker_retrieve::KeywordIndex;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let profiles = [
///     Profile::new("a", "Nurse on a surgical ward")?,
///     Profile::new("b", "Engineer: C++ and search engines")?,
/// ];
/// let index = KeywordIndex::new(profiles)?;
/// let query = Query::new(JobDescription::new("search engineers who know C++")?);
/// let hits = index.search(&query, 10, &Filter::All)?;
/// assert_eq!(hits.len(), 1);
/// assert_eq!(hits[0].id().as_str(), "b");
/// # Ok(())
/// # }
/// ```
pub struct KeywordIndex {
    name: Arc<str>,
    options: KeywordOptions,
    writer: Mutex<Writer>,
    /// Read for the length of a search, which works on one thread: no other work of the pool can
    /// slip in and wait for this lock on the thread that holds it.
    state: Arc<RwLock<State>>,
}

impl KeywordIndex {
    /// Indexes profiles under the default options.
    ///
    /// # Errors
    ///
    /// As [`Self::with_options`].
    pub fn new(
        profiles: impl IntoIterator<Item = impl Into<Arc<Profile>>>,
    ) -> Result<Self, IndexError> {
        Self::with_options(profiles, KeywordOptions::new())
    }

    /// Indexes profiles.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`]; [`IndexError::Keyword`] when the inverted index fails.
    pub fn with_options(
        profiles: impl IntoIterator<Item = impl Into<Arc<Profile>>>,
        options: KeywordOptions,
    ) -> Result<Self, IndexError> {
        let profiles: Vec<Arc<Profile>> = profiles.into_iter().map(Into::into).collect();
        let created = store::create(options, profiles.len());
        let (writer, state) = created.map_err(|error| IndexError::Keyword {
            source: error.into(),
        })?;
        let index = Self {
            name: BM25.into(),
            options,
            writer: Mutex::new(writer),
            state: Arc::new(RwLock::new(state)),
        };
        index.insert_all(profiles)?;
        Ok(index)
    }

    /// Labels its scores; [`BM25`] by default.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// How many profiles are indexed.
    #[must_use]
    pub fn len(&self) -> usize {
        read(&self.state).len()
    }

    /// Whether none is indexed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The profile of an indexed candidate.
    #[must_use]
    pub fn profile(&self, id: &CandidateId) -> Option<Arc<Profile>> {
        read(&self.state).profile(id).cloned()
    }

    /// Every indexed profile, in no order.
    #[must_use]
    pub fn profiles(&self) -> Vec<Arc<Profile>> {
        read(&self.state).all()
    }

    /// Adds profiles, all or none.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`], [`IndexError::Keyword`].
    pub fn insert_all(
        &self,
        profiles: impl IntoIterator<Item = impl Into<Arc<Profile>>>,
    ) -> Result<(), IndexError> {
        let profiles: Vec<Arc<Profile>> = profiles.into_iter().map(Into::into).collect();
        if profiles.is_empty() {
            return Ok(());
        }
        self.change(|state| state.adding(profiles))
    }

    /// Adds a profile.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateId`], [`IndexError::Keyword`].
    pub fn insert(&self, profile: impl Into<Arc<Profile>>) -> Result<(), IndexError> {
        self.insert_all([profile])
    }

    /// Replaces an indexed profile.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`], [`IndexError::Keyword`].
    pub fn update(&self, profile: impl Into<Arc<Profile>>) -> Result<(), IndexError> {
        self.change(|state| state.updating(profile.into()))
    }

    /// Removes a profile.
    ///
    /// # Errors
    ///
    /// [`IndexError::UnknownId`], [`IndexError::Keyword`].
    pub fn remove(&self, id: &CandidateId) -> Result<(), IndexError> {
        self.change(|state| state.removing(id))
    }

    /// Checks, writes and shows one change. Searches go on while it is written.
    fn change(
        &self,
        check: impl FnOnce(&State) -> Result<Change, IndexError>,
    ) -> Result<(), IndexError> {
        let mut writer = lock(&self.writer);
        let (change, fields) = {
            let state = read(&self.state);
            (check(&state)?, state.fields)
        };
        let searcher = writer.commit(fields, &change)?;
        write(&self.state).follow(change, searcher);
        Ok(())
    }

    /// The `k` best candidates that pass and have a word of the query, best first, ties by id.
    ///
    /// # Errors
    ///
    /// [`RetrieveError::Rejected`] when the inverted index fails.
    pub fn search(
        &self,
        query: &Query,
        k: usize,
        filter: &Filter,
    ) -> Result<Vec<Hit>, RetrieveError> {
        let request = Request::top(k).with_filter(filter.clone());
        search(
            &read(&self.state),
            self.options,
            query,
            &request,
            &self.name,
        )
    }

    /// Which terms make a candidate's score for a query, the greatest part first: together they are the
    /// score, but for rounding. `None` for a candidate that is not indexed; nothing where no word matches.
    ///
    /// # Errors
    ///
    /// [`RetrieveError::Rejected`] when the inverted index fails.
    pub fn explain(
        &self,
        query: &Query,
        id: &CandidateId,
    ) -> Result<Option<Vec<TermScore>>, RetrieveError> {
        let mut terms = self.explain_each(query, std::slice::from_ref(id))?;
        Ok(terms.swap_remove(0))
    }

    fn explain_each(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        let state = read(&self.state);
        let slots = ids.iter().map(|id| state.slot_of(id));
        let (searcher, fields) = (&state.searcher, &state.fields);
        scoring(state.view(), self.options, query)
            .and_then(|scoring| explain::explain_each(searcher, fields, &scoring, slots))
            .map_err(|error| rejected(error, &self.name))
    }
}

fn search(
    state: &State,
    options: KeywordOptions,
    query: &Query,
    request: &Request,
    name: &Arc<str>,
) -> Result<Vec<Hit>, RetrieveError> {
    if request.k == 0 || state.len() == 0 {
        return Ok(Vec::new());
    }
    let fail = |error| rejected(error, name);
    let scoring = scoring(state.view(), options, query).map_err(fail)?;
    let passes = |slot| {
        let profile = state.at(slot).and_then(|(_, profile)| profile);
        profile.is_some_and(|profile| request.filter.matches(profile.facts()))
    };
    let among = Searchable {
        slots: state,
        passes,
        // By this thread alone: it holds the state's lock.
        threads: Threads::Own,
    };
    let found = DocumentScores::of(&scoring, Threads::Own)
        .and_then(|scores| scores.best(&state.searcher, &among, request.k));
    let (best, top) = found.map_err(fail)?;
    hits(top, best, name)
}

fn score(
    state: &State,
    options: KeywordOptions,
    query: &Query,
    ids: &[CandidateId],
    name: &Arc<str>,
) -> Result<Vec<Option<Score>>, RetrieveError> {
    let slots: Vec<_> = ids.iter().map(|id| state.slot_of(id)).collect();
    let (searcher, fields) = (&state.searcher, &state.fields);
    let scores = scoring(state.view(), options, query)
        .and_then(|scoring| scores(searcher, fields, &scoring, &slots))
        .map_err(|error| rejected(error, name))?;
    let score = |score: Option<f32>| score.map(|value| score_of(value, name)).transpose();
    scores.into_iter().map(score).collect()
}

/// An inverted index at one moment.
#[derive(Clone, Copy)]
pub(crate) struct IndexView<'a> {
    pub(crate) searcher: &'a Searcher,
    pub(crate) fields: &'a Fields,
}

/// A query made ready for the documents of an index.
pub(crate) fn scoring<'a>(
    IndexView { searcher, fields }: IndexView<'a>,
    options: KeywordOptions,
    query: &Query,
) -> Result<Scoring<'a>, TantivyError> {
    let scoring = Scoring::new(searcher, &fields.searched())?;
    let clauses = query::clauses(query, options.max_terms, |term| scoring.idf(term))?;
    scoring.look_for(&clauses)
}

pub(crate) fn rejected(error: TantivyError, name: &Arc<str>) -> RetrieveError {
    RetrieveError::Rejected {
        backend: name.to_string(),
        source: BoxError::from(error),
    }
}

#[async_trait]
impl Retriever for KeywordIndex {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let large = self.len() >= LARGE;
        let (state, name) = (Arc::clone(&self.state), Arc::clone(&self.name));
        let (options, query, request) = (self.options, query.clone(), request.clone());
        let work = move || search(&read(&state), options, &query, &request, &name);
        if large { compute(work).await } else { work() }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Exact
    }

    fn holds_profiles(&self) -> bool {
        true
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let large = self.len() >= LARGE;
        let (state, name) = (Arc::clone(&self.state), Arc::clone(&self.name));
        let (options, query, ids) = (self.options, query.clone(), ids.to_vec());
        let work = move || score(&read(&state), options, &query, &ids, &name);
        if large { compute(work).await } else { work() }
    }

    async fn terms(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        self.explain_each(query, ids)
    }
}

impl fmt::Debug for KeywordIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeywordIndex")
            .field("name", &self.name)
            .field("options", &self.options)
            .field("profiles", &self.len())
            .finish_non_exhaustive()
    }
}
