//! Profiles in a directory, changed in durable transactions.

mod background;
mod change;
mod directory;
mod duplicates;
mod erase;
mod error;
mod import;
mod legs;
mod lock;
mod opened;
mod opening;
mod options;
mod plain;
mod record;
mod reembed;
mod roster;
mod rows;
mod snapshot;
mod stamp;
mod state;
mod store;
mod store_view;
mod tokens;
mod vectors;
mod waiting;
mod words;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use ranker_core::{
    CandidateId, Embedding, Filter, Hit, Profile, ProfileStore, Pushdown, Query, Request,
    RetrieveError, Retriever, Score, StoreError, TermScore, TokenCodes, async_trait,
};
use rayon::ThreadPool;

pub use change::{Applied, Change};
pub use duplicates::Duplicate;
pub use erase::{Erased, Held, HeldIn, Rewritten};
pub use error::CollectionError;
pub use import::Imported;
pub use opened::{Derived, Opened};
pub use options::CollectionOptions;
pub use snapshot::CollectionSnapshot;

use crate::FUSED;
use crate::encoded::Encoded;
use crate::lock::{lock, read, write};
use lock::WriterLock;
use snapshot::Published;
use stamp::Stamp;
use state::State;
use store::{Changes, Store};
use store_view::StoreView;
use vectors::Indexed;
use words::Words;

/// Changes since the last save below which none is worth another.
const WORTH_SAVING: u64 = 4096;

/// Profiles in a directory, searched by vector and by keyword at once, for up to millions.
///
/// - A change is a transaction: whole or not at all, and when it is acknowledged, it is on the disk
///   and every search that begins sees it, in both legs. What was acknowledged survives a crash at any
///   moment. Changes are dear one by one (each waits for the disk), so make many at once
///   ([`Self::apply`]).
/// - A search never waits for a change; changes are made on threads of their own, which give way to
///   searches where the processors do not suffice for both (on Linux). It sees one moment: text, facts,
///   vector and codes of a profile are of one transaction ([`Self::snapshot`]).
/// - The truth lies in one embedded store (redb): `profiles.redb`. The vectors' codes
///   ([`crate::QuantizedIndex`]) and the inverted index (BM25) follow from it and lie beside it; they are
///   brought up to date, or built anew where they are missing, stale, cut or another collection's, when
///   the collection is opened ([`Self::opened`] reports which).
/// - Each record carries a checksum, which is verified when it is read; stores of up to 256 MiB are
///   verified whole when they are opened. Damage is an error, never another answer.
/// - One process has it open at a time; the error names it ([`CollectionError::Locked`]).
/// - In memory are ids and codes, and the vectors that came since it was opened. Texts are read for the
///   candidates returned; the first search with a filter reads all facts, and keeps them by name.
///
/// ```
/// use ranker_core::{Embedding, JobDescription, Profile, Query, Request};
/// use ranker_retrieve::{Collection, CollectionOptions, Retriever};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let block_on = pollster::block_on;
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("candidates");
/// let profiles = [
///     (Profile::new("a", "Nurse on a surgical ward")?, Embedding::normalized(vec![1.0, 0.0])?),
///     (Profile::new("b", "Rust engineer")?, Embedding::normalized(vec![0.0, 1.0])?),
/// ];
/// let candidates = Collection::create(&path, CollectionOptions::new())?;
/// candidates.insert_all(profiles)?;
/// candidates.close()?;
///
/// let candidates = Collection::open(&path, CollectionOptions::new())?;
/// let query = Query::new(JobDescription::new("Rust developer")?)
///     .with_embedding(Embedding::normalized(vec![0.1, 0.9])?);
/// let hits = block_on(candidates.retrieve(&query, &Request::top(1)))?;
/// assert_eq!(hits[0].profile().map(|profile| profile.text()), Some("Rust engineer"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Collection {
    path: PathBuf,
    opened: Opened,
    /// The model id of the encoder whose embeddings it holds.
    encoder: Option<Arc<str>>,
    /// What searches see. Replaced whole, and held for no longer than that takes.
    now: RwLock<Arc<Published>>,
    /// Held for a change, however long it takes.
    writer: Mutex<Writer>,
    /// Where changes are made.
    background: ThreadPool,
    /// The last to go.
    _lock: WriterLock,
}

/// What it takes to make the next moment.
#[derive(Debug)]
struct Writer {
    store: Store,
    words: Words,
    indexed: Indexed,
    /// Whether a change failed in a way that leaves the parts out of step.
    failed: bool,
    /// The version that was saved last.
    saved: u64,
}

impl Collection {
    /// Makes an empty collection in a directory that is empty or not there yet.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Exists`], [`CollectionError::Locked`], [`CollectionError::Io`].
    pub fn create(
        path: impl AsRef<Path>,
        options: CollectionOptions,
    ) -> Result<Self, CollectionError> {
        opening::create(path.as_ref(), options)
    }

    /// Opens a collection.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Missing`]; [`CollectionError::Locked`] while another process has it open;
    /// [`CollectionError::Damaged`], [`CollectionError::Foreign`], [`CollectionError::Version`] for a
    /// store that cannot be trusted; [`CollectionError::Io`].
    pub fn open(
        path: impl AsRef<Path>,
        options: CollectionOptions,
    ) -> Result<Self, CollectionError> {
        opening::open(path.as_ref(), options)
    }

    /// Records the encoder of its embeddings, by its [`ranker_core::Embedder::model_id`], so that no ranker
    /// is built with another: [`Retriever::encoder`] returns it, now and whenever the collection is opened
    /// again.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Encoder`] where another is recorded and there are profiles;
    /// [`CollectionError::Full`], [`CollectionError::Io`].
    pub fn embedded_by(mut self, model_id: impl Into<Arc<str>>) -> Result<Self, CollectionError> {
        let given = model_id.into();
        match &self.encoder {
            Some(known) if *known == given => return Ok(self),
            Some(known) if !self.is_empty() => {
                return Err(CollectionError::Encoder {
                    path: self.path.clone(),
                    known: known.to_string(),
                    given: given.to_string(),
                });
            }
            Some(_) | None => {}
        }
        let writer = lock(&self.writer);
        writer.store.set_encoder(&given)?;
        let published = writer.show(writer.store.now()?, self.snapshot().0.options)?;
        self.publish(published);
        drop(writer);
        self.encoder = Some(given);
        Ok(self)
    }

    /// How its parts came back when it was opened.
    #[must_use]
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// The collection at this moment, for several queries that shall see the same.
    #[must_use]
    pub fn snapshot(&self) -> CollectionSnapshot {
        CollectionSnapshot(Arc::clone(&read(&self.now)))
    }

    /// How many profiles there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.snapshot().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As [`CollectionSnapshot::search`], now.
    ///
    /// # Errors
    ///
    /// As [`CollectionSnapshot::search`].
    pub fn search(
        &self,
        query: &Embedding,
        k: usize,
        filter: &Filter,
    ) -> Result<Vec<Hit>, RetrieveError> {
        self.snapshot().search(query, k, filter)
    }

    /// Adds profiles, all or none, in one transaction.
    ///
    /// # Errors
    ///
    /// As [`Self::apply`].
    pub fn insert_all(
        &self,
        profiles: impl IntoIterator<Item = (Profile, impl Into<Encoded>)>,
    ) -> Result<Applied, CollectionError> {
        let inserts = profiles.into_iter();
        self.apply(inserts.map(|(profile, encoded)| Change::Insert(profile, encoded.into())))
    }

    /// Adds a profile.
    ///
    /// # Errors
    ///
    /// As [`Self::apply`].
    pub fn insert(
        &self,
        profile: Profile,
        encoded: impl Into<Encoded>,
    ) -> Result<Applied, CollectionError> {
        self.apply([Change::Insert(profile, encoded.into())])
    }

    /// Replaces a profile and its embedding.
    ///
    /// # Errors
    ///
    /// As [`Self::apply`].
    pub fn update(
        &self,
        profile: Profile,
        encoded: impl Into<Encoded>,
    ) -> Result<Applied, CollectionError> {
        self.apply([Change::Update(profile, encoded.into())])
    }

    /// Removes a profile.
    ///
    /// # Errors
    ///
    /// As [`Self::apply`].
    pub fn remove(&self, id: &CandidateId) -> Result<Applied, CollectionError> {
        self.apply([Change::Remove(id.clone())])
    }

    /// Makes changes, one after the other, all or none, in one transaction. Waits for other changes,
    /// then for the disk.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Refused`] with [`crate::IndexError::DuplicateId`],
    /// [`crate::IndexError::UnknownId`] or [`crate::IndexError::Dimension`]: nothing is changed.
    /// [`CollectionError::Full`], [`CollectionError::Io`]: nothing is changed, and the collection may
    /// have to be opened again. [`CollectionError::Behind`]: the change is stored, but not searchable
    /// before the collection is opened again.
    pub fn apply(
        &self,
        changes: impl IntoIterator<Item = Change>,
    ) -> Result<Applied, CollectionError> {
        let changes: Vec<Change> = changes.into_iter().collect();
        let mut writer = lock(&self.writer);
        let writer = &mut *writer;
        self.background.install(|| self.apply_by(writer, changes))
    }

    fn apply_by(
        &self,
        writer: &mut Writer,
        changes: Vec<Change>,
    ) -> Result<Applied, CollectionError> {
        if writer.failed {
            let path = self.path.clone();
            return Err(CollectionError::Failed { path });
        }
        let before = self.snapshot().0;
        let (mut state, changes) = change::resolve(changes, &before.view)?;
        state.log_from = writer.saved;
        writer.store(&state, &changes)?;
        let published = writer.follow(&changes, &state, before.options);
        let published = published.map_err(|source| {
            writer.failed = true;
            CollectionError::Behind {
                path: self.path.clone(),
                source: source.into(),
            }
        })?;
        let published = self.publish(published);
        drop(before);
        let duplicates = duplicates::of_added(&changes.added, &writer.indexed.hashes, &published);
        if writer.indexed.unsaved >= WORTH_SAVING.max(state.count / 2) {
            // What is not saved now costs time when it is opened; the change itself is safe.
            let _ = writer.save(&self.path, &state);
        }
        Ok(Applied {
            version: state.version,
            duplicates: duplicates?,
        })
    }

    /// Measures the widths of vector search with these queries instead of vectors of its own, as
    /// [`crate::QuantizedIndex::measure`] does: worth it where jobs lie elsewhere than profiles. Kept when
    /// it is saved next, until the collection has doubled.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Refused`] with [`crate::IndexError::Dimension`]; [`CollectionError::Damaged`],
    /// [`CollectionError::Io`].
    pub fn measure(&self, queries: &[Embedding]) -> Result<(), CollectionError> {
        let mut writer = lock(&self.writer);
        let writer = &mut *writer;
        self.background.install(|| {
            writer.indexed.index.measure(queries)?;
            // Not worth a save by itself, but not to be lost by closing.
            writer.indexed.unsaved = writer.indexed.unsaved.max(1);
            self.publish(writer.show(writer.store.now()?, self.snapshot().0.options)?);
            Ok(())
        })
    }

    fn publish(&self, published: Published) -> Arc<Published> {
        let published = Arc::new(published);
        *write(&self.now) = Arc::clone(&published);
        published
    }

    /// Saves what follows from the store, so that the next opening is quick. Happens by itself
    /// whenever half of the collection has changed.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Full`], [`CollectionError::Io`]; no profile is lost by it.
    pub fn checkpoint(&self) -> Result<(), CollectionError> {
        let mut writer = lock(&self.writer);
        let state = self.snapshot().0.view.state;
        match writer.indexed.unsaved {
            0 => Ok(()),
            _ => {
                let writer = &mut *writer;
                self.background.install(|| writer.save(&self.path, &state))
            }
        }
    }

    /// Saves as [`Self::checkpoint`] does, and closes. A collection that is dropped instead loses
    /// nothing, but takes longer to open.
    ///
    /// # Errors
    ///
    /// As [`Self::checkpoint`].
    pub fn close(self) -> Result<(), CollectionError> {
        self.checkpoint()
    }
}

impl Writer {
    /// Makes a change durable. The store and the inverted index are written at the same time; the
    /// store is committed when only the index's own commit is missing.
    fn store(&mut self, state: &State, changes: &Changes) -> Result<(), CollectionError> {
        self.words.begin(changes)?;
        let staged = self.store.stage(state, changes);
        let staged = staged.inspect_err(|_| self.words.abort())?;
        self.words.prepare()?;
        self.store.commit(staged).inspect_err(|_| {
            self.words.abort();
            // The store does not report how far it came.
            self.failed = true;
        })
    }

    /// The moment after a change that the store has.
    fn follow(
        &mut self,
        changes: &Changes,
        state: &State,
        options: CollectionOptions,
    ) -> Result<Published, CollectionError> {
        let added = changes.added.iter().map(|added| {
            let identity = added.known.identity.clone();
            let vectors = (added.embedding.clone(), added.further.clone());
            (added.row, identity, vectors)
        });
        self.indexed.change(&changes.removed, added.collect())?;
        self.words.commit(Stamp::of(state))?;
        self.show(self.store.now()?, options)
    }

    fn show(
        &self,
        view: StoreView,
        options: CollectionOptions,
    ) -> Result<Published, CollectionError> {
        Ok(Published {
            view,
            rows: self.indexed.rows.clone(),
            vectors: self.indexed.index.frozen(),
            words: self.words.now(options.keyword)?,
            options,
        })
    }

    /// Saves the vectors of now.
    fn save(&mut self, path: &Path, state: &State) -> Result<(), CollectionError> {
        let Indexed { index, rows, .. } = &self.indexed;
        vectors::save(index, rows, path, Stamp::of(state))?;
        (self.saved, self.indexed.unsaved) = (state.version, 0);
        Ok(())
    }
}

#[async_trait]
impl Retriever for Collection {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        self.snapshot().retrieve(query, request).await
    }

    fn name(&self) -> &str {
        FUSED
    }

    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Exact
    }

    fn holds_profiles(&self) -> bool {
        true
    }

    fn encoder(&self) -> Option<&str> {
        self.encoder.as_deref()
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        self.snapshot().score(query, ids).await
    }

    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        self.snapshot().complete(query, ids).await
    }

    async fn terms(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        self.snapshot().terms(query, ids).await
    }
}

#[async_trait]
impl ProfileStore for Collection {
    async fn profiles(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, StoreError> {
        self.snapshot().profiles(ids).await
    }

    async fn tokens(&self, ids: &[CandidateId]) -> Result<Vec<Option<TokenCodes>>, StoreError> {
        self.snapshot().tokens(ids).await
    }
}
