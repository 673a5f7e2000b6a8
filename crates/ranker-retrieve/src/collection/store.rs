//! The store of record: every profile's facts, text and vector, in an embedded transactional store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile, RetrieveError, TokenCodes};
use rayon::prelude::*;
use redb::{
    Builder, Database, ReadOnlyTable, ReadableDatabase, ReadableTable, ReadableTableMetadata,
    TableDefinition, TableError, WriteTransaction,
};

use super::error::CollectionError;
use super::record::{self, Attributes, Identity, Part};
use crate::file::{self, Cursor};
use crate::quantized::FactPart;
use crate::token_codes::TwoBitCodec;

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

/// Profiles with one vector each. Texts of the first format do not say how they are read.
const FORMAT: u32 = 2;
/// Some have several vectors: who does not know that would find them by their first alone.
const SEVERAL: u32 = 3;
const OLDEST: u32 = 1;

/// Memory that redb may keep pages in; the system's own cache holds the rest of the file.
const PAGE_CACHE_BYTES: usize = 64 << 20;

/// Files up to this size are verified whole when they are opened, in a fraction of a second.
const VERIFIED_BYTES: u64 = 256 << 20;

/// What a transaction leaves behind beside the profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// Identifies the collection.
    pub(super) collection: u128,
    /// How many transactions there were.
    pub(super) version: u64,
    /// The row that the next profile gets.
    pub(super) next_row: u64,
    pub(super) count: u64,
    /// 0 until the first profile comes.
    pub(super) dimension: u64,
    /// Versions from which on it is known what was removed.
    pub(super) log_from: u64,
    /// Further vectors of all profiles: 0 where each has one.
    pub(super) further: u64,
}

impl State {
    fn encode(&self) -> Vec<u8> {
        let format = match self.further {
            0 => FORMAT,
            _ => SEVERAL,
        };
        let mut bytes = format.to_le_bytes().to_vec();
        bytes.extend(self.collection.to_le_bytes());
        for number in [
            self.version,
            self.next_row,
            self.count,
            self.dimension,
            self.log_from,
        ] {
            bytes.extend(number.to_le_bytes());
        }
        if self.further > 0 {
            bytes.extend(self.further.to_le_bytes());
        }
        record::seal(Part::State.of(0), bytes)
    }

    /// The state, or the format that it is written in.
    fn decode(bytes: &[u8]) -> Result<Result<Self, u32>, &'static str> {
        let mut body = Cursor::new(record::unseal(Part::State.of(0), bytes)?);
        let format = body.u32()?;
        if !(OLDEST..=SEVERAL).contains(&format) {
            return Ok(Err(format));
        }
        let (low, high) = (body.u64()?, body.u64()?);
        let state = Self {
            collection: u128::from(high) << 64 | u128::from(low),
            version: body.u64()?,
            next_row: body.u64()?,
            count: body.u64()?,
            dimension: body.u64()?,
            log_from: body.u64()?,
            further: match format {
                SEVERAL => body.u64()?,
                _ => 0,
            },
        };
        body.end().map(|()| Ok(state))
    }
}

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

/// The store of one moment. Every record's checksum is verified when it is read.
pub(super) struct StoreView {
    path: PathBuf,
    pub(super) state: State,
    /// The model id of the embeddings' encoder.
    pub(super) encoder: Option<Arc<str>>,
    ids: ReadOnlyTable<&'static str, u64>,
    facts: ReadOnlyTable<u64, &'static [u8]>,
    texts: ReadOnlyTable<u64, &'static [u8]>,
    vectors: ReadOnlyTable<u64, &'static [u8]>,
    tokens: Option<ReadOnlyTable<u64, &'static [u8]>>,
    further: Option<ReadOnlyTable<u64, &'static [u8]>>,
    removed: ReadOnlyTable<u64, &'static [u8]>,
    /// The last to go: an erasure replaces the store while earlier moments are read.
    _database: Arc<Database>,
}

type Rows<T> = Result<Vec<(u64, T)>, CollectionError>;

impl StoreView {
    /// The row of a candidate, if it is stored.
    pub(super) fn row(&self, id: &CandidateId) -> Result<Option<u64>, CollectionError> {
        let found = self.ids.get(id.as_str());
        let found = found.map_err(|e| self.failed(e.into()))?;
        Ok(found.map(|row| row.value()))
    }

    /// The profile of a row.
    pub(super) fn profile(&self, row: u64) -> Result<Profile, CollectionError> {
        let known = self.record(&self.facts, row, |bytes| record::read_facts(row, bytes))?;
        self.completed(row, known)
    }

    fn completed(&self, row: u64, known: Attributes) -> Result<Profile, CollectionError> {
        self.record(&self.texts, row, |bytes| {
            record::read_texts(row, bytes, known)
        })
    }

    pub(super) fn vector(&self, row: u64) -> Result<Embedding, CollectionError> {
        self.record(&self.vectors, row, |bytes| {
            record::read_vector(Part::Vector.of(row), bytes)
        })
    }

    /// The further vectors of a row, with the numbers of their records.
    pub(super) fn further(&self, row: u64) -> Rows<Embedding> {
        let Some(table) = self.further.as_ref().filter(|_| self.state.further > 0) else {
            return Ok(Vec::new());
        };
        let numbers = record::further(row);
        let read = |number, bytes: &[u8]| record::read_vector(Part::Further.of(number), bytes);
        let found = self.records(
            table,
            *numbers.start()..numbers.end().saturating_add(1),
            read,
        )?;
        match found
            .iter()
            .zip(numbers)
            .all(|((found, _), number)| *found == number)
        {
            true => Ok(found),
            false => Err(self.damaged("a further vector is missing")),
        }
    }

    /// All vectors of a row: the first, and the others.
    pub(super) fn all_vectors(
        &self,
        row: u64,
    ) -> Result<(Embedding, Vec<Embedding>), CollectionError> {
        let further = self.further(row)?.into_iter();
        Ok((
            self.vector(row)?,
            further.map(|(_, vector)| vector).collect(),
        ))
    }

    /// The token codes of a row; none where there are none that can be read, which costs a ranking time and
    /// changes no answer: the codes follow from the text.
    pub(super) fn tokens(&self, row: u64) -> Result<Option<TokenCodes>, CollectionError> {
        let (Some(table), Some(encoder)) = (&self.tokens, &self.encoder) else {
            return Ok(None);
        };
        let found = table.get(row).map_err(|e| self.failed(e.into()))?;
        let Some(found) = found else { return Ok(None) };
        let codes = record::read_tokens(row, encoder, found.value()).ok();
        let codes = codes.filter(|codes| TwoBitCodec::reads(codes));
        Ok(codes.map(|codes| TokenCodes::new(TwoBitCodec::shared(), Arc::clone(encoder), codes)))
    }

    /// That token codes are of the encoder that the collection records.
    pub(super) fn check_encoder(&self, given: &str) -> Result<(), CollectionError> {
        let (path, given) = (self.path.clone(), given.to_owned());
        match self.encoder.as_deref() {
            Some(known) if *known == *given => Ok(()),
            Some(known) => Err(CollectionError::Encoder {
                path,
                known: known.to_owned(),
                given,
            }),
            None => Err(CollectionError::NoEncoder { path, given }),
        }
    }

    /// How many rows have token codes, whether or not they can be read.
    pub(super) fn token_rows(&self) -> Result<u64, CollectionError> {
        let rows = self
            .tokens
            .as_ref()
            .map_or(Ok(0), ReadableTableMetadata::len);
        rows.map_err(|e| self.failed(e.into()))
    }

    /// The identities of some rows, as far as they are taken.
    pub(super) fn identities(&self, rows: std::ops::Range<u64>) -> Rows<Identity> {
        self.records(&self.facts, rows, record::read_identity)
    }

    /// Id and facts of some rows, as far as they are taken.
    pub(super) fn attributes(&self, rows: std::ops::Range<u64>) -> Rows<Attributes> {
        self.records(&self.facts, rows, record::read_facts)
    }

    /// Visits the facts of some rows part by part.
    pub(super) fn visit_facts(
        &self,
        rows: std::ops::Range<u64>,
        mut visit: impl FnMut(u64, &str, FactPart<'_>),
    ) -> Result<(), CollectionError> {
        let each = |row, bytes: &[u8]| {
            record::visit_facts(row, bytes, |name, part| visit(row, name, part))
        };
        self.records(&self.facts, rows, each).map(drop)
    }

    /// The profiles of some rows, as far as they are taken.
    pub(super) fn profiles(&self, rows: std::ops::Range<u64>) -> Rows<Profile> {
        let known = self.attributes(rows)?.into_par_iter();
        let whole = known.map(|(row, known)| Ok((row, self.completed(row, known)?)));
        whole.collect()
    }

    /// The rows that versions after this one removed, with their ids.
    pub(super) fn removed_since(
        &self,
        version: u64,
    ) -> Result<Vec<(u64, CandidateId)>, CollectionError> {
        let versions = version + 1..self.state.version + 1;
        let removed = self.records(&self.removed, versions, record::read_removed)?;
        Ok(removed.into_iter().flat_map(|(_, rows)| rows).collect())
    }

    /// All removals that are still listed: versions, and the ids that each removed.
    pub(super) fn removals(&self) -> Result<Vec<(u64, Vec<CandidateId>)>, CollectionError> {
        let removed = self.records(&self.removed, 0..u64::MAX, record::read_removed)?;
        let ids = |rows: Vec<(u64, CandidateId)>| rows.into_iter().map(|(_, id)| id).collect();
        let removed = removed.into_iter();
        Ok(removed
            .map(|(version, rows)| (version, ids(rows)))
            .collect())
    }

    /// Whether all tables hold as many profiles.
    pub(super) fn is_whole(&self) -> Result<bool, CollectionError> {
        let lengths = [
            self.ids.len(),
            self.facts.len(),
            self.texts.len(),
            self.vectors.len(),
        ];
        for length in lengths {
            if length.map_err(|e| self.failed(e.into()))? != self.state.count {
                return Ok(false);
            }
        }
        let further = self.further.as_ref();
        let further = further.map_or(Ok(0), ReadableTableMetadata::len);
        Ok(further.map_err(|e| self.failed(e.into()))? == self.state.further)
    }

    pub(super) fn failed_search(&self, error: RetrieveError) -> CollectionError {
        CollectionError::Io {
            path: self.path.clone(),
            action: "searched",
            source: error.into(),
        }
    }

    pub(super) fn damaged(&self, what: &'static str) -> CollectionError {
        CollectionError::damaged(&self.path, what)
    }

    fn failed(&self, error: redb::Error) -> CollectionError {
        CollectionError::store(&self.path, "read", error)
    }

    fn record<T>(
        &self,
        table: &ReadOnlyTable<u64, &'static [u8]>,
        row: u64,
        decode: impl FnOnce(&[u8]) -> Result<T, &'static str>,
    ) -> Result<T, CollectionError> {
        let found = table.get(row).map_err(|e| self.failed(e.into()))?;
        let found = found.ok_or_else(|| self.damaged("a record is missing"))?;
        decode(found.value()).map_err(|what| self.damaged(what))
    }

    fn records<T>(
        &self,
        table: &ReadOnlyTable<u64, &'static [u8]>,
        numbers: std::ops::Range<u64>,
        mut decode: impl FnMut(u64, &[u8]) -> Result<T, &'static str>,
    ) -> Rows<T> {
        let found = table.range(numbers).map_err(|e| self.failed(e.into()))?;
        let decoded = found.map(|entry| {
            let (number, bytes) = entry.map_err(|e| self.failed(e.into()))?;
            let number = number.value();
            let decoded = decode(number, bytes.value());
            Ok((number, decoded.map_err(|what| self.damaged(what))?))
        });
        decoded.collect()
    }
}

impl std::fmt::Debug for StoreView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreView")
            .field("path", &self.path)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(further: u64) -> State {
        State {
            collection: 7 << 64 | 9,
            version: 3,
            next_row: 12,
            count: 5,
            dimension: 384,
            log_from: 1,
            further,
        }
    }

    #[test]
    fn the_format_tells_whether_somebody_has_several_vectors() {
        let sealed_format = |state: State| {
            let bytes = state.encode();
            u32::from_le_bytes(bytes[..4].try_into().unwrap())
        };
        assert_eq!([state(0), state(1)].map(sealed_format), [FORMAT, SEVERAL]);
        for state in [state(0), state(31)] {
            let bytes = state.encode();
            assert_eq!(State::decode(&bytes), Ok(Ok(state)));
            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                assert!(State::decode(&changed).is_err(), "byte {at}");
                assert!(State::decode(&bytes[..at]).is_err(), "cut at {at}");
            }
        }
    }
}
