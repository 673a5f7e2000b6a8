//! The store of record: every profile's facts, text and vector, in an embedded transactional store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile, TokenCodes};
use redb::{
    Builder, Database, ReadOnlyTable, ReadableDatabase, ReadableTable, TableDefinition, TableError,
    WriteTransaction,
};

use super::error::CollectionError;
use super::record::{self, Attributes, Part};
use super::state::{SEVERAL, State};
use super::store_view::StoreView;
use crate::file;

/// Numbers by id.
const IDS: TableDefinition<'_, &str, u64> = TableDefinition::new("ids");
const FACTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("facts");
const TEXTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("texts");
const VECTORS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("vectors");
/// Further vectors of the rows that have several, by [`record::further`]. Collections in which nobody has lack the
/// table.
const FURTHER: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("further");
/// Token codes of the rows that have some. Collections of earlier releases lack the table.
const TOKENS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("tokens");
/// Rows that were removed, by the version that did it: what derived files lack is read from here.
const REMOVED: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("removed");
/// Marks our files among redb databases.
const STATE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("ranker-profiles");
/// The record in [`STATE`] that every transaction writes.
const NOW: &str = "now";
/// The record in [`STATE`] that names the encoder of the embeddings.
const ENCODER: &str = "encoder";

/// Memory that redb may keep pages in; the system's own cache holds the rest of the file.
const PAGE_CACHE_BYTES: usize = 64 << 20;

/// Files up to this size are verified whole when they are opened, in a fraction of a second.
const VERIFIED_BYTES: u64 = 256 << 20;

/// A profile on its way into the store.
#[derive(Debug)]
pub(super) struct Added {
    pub(super) row: u64,
    pub(super) profile: Arc<Profile>,
    pub(super) embedding: Embedding,
    pub(super) further: Vec<Embedding>,
    pub(super) tokens: Option<TokenCodes>,
    pub(super) known: Attributes,
}

/// What one transaction changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) removed: Vec<(u64, CandidateId)>,
    /// The numbers of the further vectors of those removed.
    pub(super) removed_further: Vec<u64>,
    pub(super) added: Vec<Added>,
}

#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    /// Closed, for its readers too, when it is dropped.
    database: Arc<Database>,
}

impl Store {
    /// Makes an empty store. A crash leaves it whole under its name or not at all.
    pub(super) fn create(path: &Path, collection: u128) -> Result<(), CollectionError> {
        let state = State {
            collection,
            version: 0,
            next_row: 0,
            count: 0,
            dimension: 0,
            log_from: 0,
            further: 0,
        };
        Self::named(path, |store| store.write(&state, &Changes::default()))
    }

    /// Fills a new store beside a path, then gives it that name.
    fn named(
        path: &Path,
        fill: impl FnOnce(&Self) -> Result<(), CollectionError>,
    ) -> Result<(), CollectionError> {
        let mut unfinished = path.to_owned().into_os_string();
        unfinished.push(".new");
        let unfinished = PathBuf::from(unfinished);
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(CollectionError::io(&unfinished, "created", error));
            }
            Ok(()) | Err(_) => {}
        }
        let database = builder(&unfinished).create(&unfinished);
        let database =
            database.map_err(|e| CollectionError::store(&unfinished, "created", e.into()))?;
        let store = Self {
            path: unfinished.clone(),
            database: Arc::new(database),
        };
        fill(&store)?;
        drop(store);
        let named = std::fs::rename(&unfinished, path).and_then(|()| file::sync_directory(path));
        named.map_err(|error| CollectionError::io(path, "created", error))
    }

    /// The same profiles in a new file, which takes this one's name: nothing but the records of this moment
    /// is in it, not what pages that were freed still hold. This file goes when nobody reads it any more.
    pub(super) fn rewritten(
        &self,
        view: &StoreView,
        state: &State,
    ) -> Result<Self, CollectionError> {
        Self::named(&self.path, |store| {
            let copied = store.copy(view, state);
            copied.map_err(|error| store.failed("written", error))
        })?;
        Self::open(&self.path)
    }

    fn copy(&self, view: &StoreView, state: &State) -> Result<(), redb::Error> {
        let mut write = self.database.begin_write()?;
        write.set_quick_repair(true);
        {
            let mut ids = write.open_table(IDS)?;
            for entry in view.ids.iter()? {
                let (id, row) = entry?;
                ids.insert(id.value(), row.value())?;
            }
            let tables = [
                (FACTS, Some(&view.facts)),
                (TEXTS, Some(&view.texts)),
                (VECTORS, Some(&view.vectors)),
                (TOKENS, view.tokens.as_ref()),
                (FURTHER, view.further.as_ref().filter(|_| state.further > 0)),
            ];
            let tables = tables.into_iter();
            for (name, table) in tables.filter_map(|(name, table)| Some((name, table?))) {
                let mut copy = write.open_table(name)?;
                for entry in table.iter()? {
                    let (row, record) = entry?;
                    copy.insert(row.value(), record.value())?;
                }
            }
            write.open_table(REMOVED)?;
            let mut now = write.open_table(STATE)?;
            now.insert(NOW, state.encode().as_slice())?;
            if let Some(encoder) = &view.encoder {
                now.insert(ENCODER, record::encoder(encoder).as_slice())?;
            }
        }
        Ok(write.commit()?)
    }

    pub(super) fn open(path: &Path) -> Result<Self, CollectionError> {
        let database = builder(path).open(path);
        let database = database.map_err(|e| CollectionError::store(path, "opened", e.into()))?;
        Ok(Self {
            path: path.to_owned(),
            database: Arc::new(database),
        })
    }

    pub(super) fn failed(&self, action: &'static str, error: redb::Error) -> CollectionError {
        CollectionError::store(&self.path, action, error)
    }

    /// All of one moment.
    pub(super) fn now(&self) -> Result<StoreView, CollectionError> {
        self.read().map_err(|error| self.failed("read", error))?
    }

    fn read(&self) -> Result<Result<StoreView, CollectionError>, redb::Error> {
        let read = self.database.begin_read()?;
        let (state, encoder) = match read.open_table(STATE) {
            Ok(table) => {
                let encoder = table.get(ENCODER)?;
                let encoder = encoder.map(|bytes| record::read_encoder(bytes.value()));
                let state = table.get(NOW)?.map(|bytes| State::decode(bytes.value()));
                (state, encoder.transpose())
            }
            Err(TableError::TableDoesNotExist(_)) => (None, Ok(None)),
            Err(error) => return Err(error.into()),
        };
        let path = self.path.clone();
        let encoder = match encoder {
            Ok(encoder) => encoder,
            Err(what) => return Ok(Err(CollectionError::damaged(&path, what))),
        };
        let state = match state {
            None => return Ok(Err(CollectionError::Foreign { path })),
            Some(Err(what)) => return Ok(Err(CollectionError::damaged(&path, what))),
            Some(Ok(Err(found))) => {
                return Ok(Err(CollectionError::Version {
                    path,
                    found,
                    supported: SEVERAL,
                }));
            }
            Some(Ok(Ok(state))) => state,
        };
        Ok(Ok(StoreView {
            path,
            state,
            encoder,
            ids: read.open_table(IDS)?,
            facts: read.open_table(FACTS)?,
            texts: read.open_table(TEXTS)?,
            vectors: read.open_table(VECTORS)?,
            tokens: perhaps(read.open_table(TOKENS))?,
            further: perhaps(read.open_table(FURTHER))?,
            removed: read.open_table(REMOVED)?,
            _database: Arc::clone(&self.database),
        }))
    }

    /// Records the encoder of the embeddings durably.
    pub(super) fn set_encoder(&self, model_id: &str) -> Result<(), CollectionError> {
        let set = || -> Result<(), redb::Error> {
            let mut write = self.database.begin_write()?;
            write.set_quick_repair(true);
            let record = record::encoder(model_id);
            write
                .open_table(STATE)?
                .insert(ENCODER, record.as_slice())?;
            Ok(write.commit()?)
        };
        set().map_err(|error| self.failed("written", error))
    }

    /// Adds the token codes of rows that are stored, durably and all or none.
    pub(super) fn put_tokens(&self, codes: &[(u64, TokenCodes)]) -> Result<(), CollectionError> {
        let put = || -> Result<(), redb::Error> {
            let mut write = self.database.begin_write()?;
            write.set_quick_repair(true);
            {
                let mut tokens = write.open_table(TOKENS)?;
                for (row, codes) in codes {
                    let record = record::tokens(*row, codes.encoder(), codes.bytes());
                    tokens.insert(row, record.as_slice())?;
                }
            }
            Ok(write.commit()?)
        };
        put().map_err(|error| self.failed("written", error))
    }

    /// Makes a change durable, whole or not at all.
    pub(super) fn write(&self, state: &State, changes: &Changes) -> Result<(), CollectionError> {
        self.commit(self.stage(state, changes)?)
    }

    /// Writes a change that no reader sees, and that is gone unless it is committed.
    pub(super) fn stage(
        &self,
        state: &State,
        changes: &Changes,
    ) -> Result<WriteTransaction, CollectionError> {
        self.staged(state, changes)
            .map_err(|error| self.failed("written", error))
    }

    /// Makes a staged change durable.
    pub(super) fn commit(&self, staged: WriteTransaction) -> Result<(), CollectionError> {
        let committed = staged.commit();
        committed.map_err(|error| self.failed("written", error.into()))
    }

    fn staged(&self, state: &State, changes: &Changes) -> Result<WriteTransaction, redb::Error> {
        let mut write = self.database.begin_write()?;
        // Without it, opening after a crash would read the whole file.
        write.set_quick_repair(true);
        {
            let mut ids = write.open_table(IDS)?;
            let mut facts = write.open_table(FACTS)?;
            let mut texts = write.open_table(TEXTS)?;
            let mut vectors = write.open_table(VECTORS)?;
            let mut tokens = write.open_table(TOKENS)?;
            let mut removed = write.open_table(REMOVED)?;
            for (row, id) in &changes.removed {
                ids.remove(id.as_str())?;
                facts.remove(row)?;
                texts.remove(row)?;
                vectors.remove(row)?;
                tokens.remove(row)?;
            }
            if !changes.removed.is_empty() {
                let record = record::removed(state.version, &changes.removed);
                removed.insert(state.version, record.as_slice())?;
            }
            for added in &changes.added {
                ids.insert(added.known.identity.id.as_str(), added.row)?;
                let known = record::facts(added.row, &added.known);
                facts.insert(added.row, known.as_slice())?;
                let whole = record::texts(added.row, &added.profile);
                texts.insert(added.row, whole.as_slice())?;
                let vector = record::vector(Part::Vector.of(added.row), &added.embedding);
                vectors.insert(added.row, vector.as_slice())?;
                if let Some(codes) = &added.tokens {
                    let codes = record::tokens(added.row, codes.encoder(), codes.bytes());
                    tokens.insert(added.row, codes.as_slice())?;
                }
            }
            let added = changes.added.iter();
            let added = || added.clone().filter(|added| !added.further.is_empty());
            if !changes.removed_further.is_empty() || added().next().is_some() {
                let mut further = write.open_table(FURTHER)?;
                for number in &changes.removed_further {
                    further.remove(number)?;
                }
                for added in added() {
                    for (number, vector) in record::further(added.row).zip(&added.further) {
                        let vector = record::vector(Part::Further.of(number), vector);
                        further.insert(number, vector.as_slice())?;
                    }
                }
            }
            removed.retain_in(..state.log_from, |_, _| false)?;
            let mut now = write.open_table(STATE)?;
            now.insert(NOW, state.encode().as_slice())?;
        }
        Ok(write)
    }
}

/// A table that not every store has.
fn perhaps(
    opened: Result<ReadOnlyTable<u64, &'static [u8]>, TableError>,
) -> Result<Option<ReadOnlyTable<u64, &'static [u8]>>, redb::Error> {
    match opened {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn builder(path: &Path) -> Builder {
    let length = std::fs::metadata(path).map_or(0, |file| file.len());
    let mut builder = Builder::new();
    builder.set_cache_size(PAGE_CACHE_BYTES);
    builder.set_check_integrity_on_open(length <= VERIFIED_BYTES);
    builder
}
