//! The file behind a cache.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use ranker_core::Embedded;
use redb::{
    Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError,
    TableDefinition, TableError, TableHandle,
};

use super::error::CacheError;
use super::record::{self, Key};

const EMBEDDINGS: TableDefinition<'_, Key, &[u8]> = TableDefinition::new("embeddings");
/// Tells our files from other redb databases, and this format from later ones.
const FORMAT: TableDefinition<'_, &str, u64> = TableDefinition::new("ranker-embedding-cache");
const VERSION: u64 = 1;

/// Memory that redb may keep pages in. A record is read once, so more would help little.
const PAGE_CACHE_BYTES: usize = 16 * 1024 * 1024;

pub(super) struct Store {
    path: PathBuf,
    /// Held for reading by all but [`Store::remove`], which puts another file in its place.
    database: RwLock<Database>,
}

impl Store {
    pub(super) fn open(path: &Path) -> Result<Self, CacheError> {
        let database = builder().create(path).map_err(|e| opening(path, e))?;
        Self::with_database(path, database)
    }

    fn with_database(path: &Path, database: Database) -> Result<Self, CacheError> {
        let store = Self {
            path: path.to_path_buf(),
            database: RwLock::new(database),
        };
        match store.version() {
            Ok(Some(VERSION)) => Ok(store),
            Ok(None) => {
                store.initialise().map_err(|e| store.failed(e))?;
                Ok(store)
            }
            Ok(Some(_)) | Err(redb::Error::TableTypeMismatch { .. }) => {
                Err(CacheError::Foreign { path: store.path })
            }
            Err(error) => Err(store.failed(error)),
        }
    }

    /// The format's version; `None` for a file that holds nothing yet; 0 for someone else's.
    fn version(&self) -> Result<Option<u64>, redb::Error> {
        let read = self.database().begin_read()?;
        match read.open_table(FORMAT) {
            Ok(table) => Ok(Some(table.get("version")?.map_or(0, |v| v.value()))),
            Err(TableError::TableDoesNotExist(_)) => {
                let taken = read
                    .list_tables()?
                    .any(|table| table.name() != FORMAT.name())
                    || read.list_multimap_tables()?.next().is_some();
                Ok(taken.then_some(0))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn initialise(&self) -> Result<(), redb::Error> {
        let write = self.database().begin_write()?;
        write.open_table(FORMAT)?.insert("version", VERSION)?;
        write.open_table(EMBEDDINGS)?;
        Ok(write.commit()?)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is stored under each key. A record that fails its checksum counts as not stored, and is
    /// replaced when its text is encoded anew.
    pub(super) fn get(
        &self,
        keys: &[Key],
        dimension: usize,
    ) -> Result<Vec<Option<Embedded>>, CacheError> {
        self.read(keys, dimension).map_err(|e| self.failed(e))
    }

    fn read(&self, keys: &[Key], dimension: usize) -> Result<Vec<Option<Embedded>>, redb::Error> {
        let read = self.database().begin_read()?;
        let table = read.open_table(EMBEDDINGS)?;
        keys.iter()
            .map(|key| {
                let found = table.get(key)?;
                Ok(found.and_then(|bytes| record::decode(key, bytes.value(), dimension)))
            })
            .collect()
    }

    /// Stores embeddings: all of them durably, or none.
    pub(super) fn put(&self, entries: &[(Key, &Embedded)]) -> Result<(), CacheError> {
        self.write(entries).map_err(|e| self.failed(e))
    }

    fn write(&self, entries: &[(Key, &Embedded)]) -> Result<(), redb::Error> {
        // Held to the end: what is committed to a file that was replaced would be lost.
        let database = self.database();
        let write = database.begin_write()?;
        {
            let mut table = write.open_table(EMBEDDINGS)?;
            for (key, embedded) in entries {
                table.insert(key, record::encode(key, embedded).as_slice())?;
            }
        }
        Ok(write.commit()?)
    }

    /// Removes what is stored under these keys, and tells how many there were.
    ///
    /// The file is written anew without them: pages that redb has freed keep their bytes.
    pub(super) fn remove(&self, keys: &[Key]) -> Result<usize, CacheError> {
        let keys: HashSet<&Key> = keys.iter().collect();
        let mut database = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let beside = self.path.with_added_extension("new");
        let failed = |error: std::io::Error| self.failed(StorageError::Io(error).into());
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            Ok(()) | Err(_) => {}
        }
        let fresh = builder().create(&beside).map_err(|e| opening(&beside, e))?;
        let removed = copy(&database, &fresh, &keys).map_err(|e| self.failed(e))?;
        fs::rename(&beside, &self.path).map_err(failed)?;
        *database = fresh;
        Ok(removed)
    }

    /// How many of these keys have a record.
    pub(super) fn count(&self, keys: &[Key]) -> Result<usize, CacheError> {
        let count = || {
            let table = self.database().begin_read()?.open_table(EMBEDDINGS)?;
            let mut found = 0;
            for key in keys {
                found += usize::from(table.get(key)?.is_some());
            }
            Ok(found)
        };
        count().map_err(|e| self.failed(e))
    }

    fn database(&self) -> RwLockReadGuard<'_, Database> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: redb::Error) -> CacheError {
        let path = self.path.clone();
        match error {
            redb::Error::Corrupted(_) => CacheError::Damaged {
                path,
                source: error.into(),
            },
            _ => CacheError::Access {
                path,
                source: error.into(),
            },
        }
    }
}

/// Fills a fresh database with all records but some, and tells how many those are.
fn copy(from: &Database, to: &Database, but: &HashSet<&Key>) -> Result<usize, redb::Error> {
    let table = from.begin_read()?.open_table(EMBEDDINGS)?;
    let (write, mut left_out) = (to.begin_write()?, 0);
    {
        write.open_table(FORMAT)?.insert("version", VERSION)?;
        let mut copy = write.open_table(EMBEDDINGS)?;
        for entry in table.iter()? {
            let (key, record) = entry?;
            match but.contains(&key.value()) {
                true => left_out += 1,
                false => drop(copy.insert(key.value(), record.value())?),
            }
        }
    }
    write.commit()?;
    Ok(left_out)
}

fn builder() -> Builder {
    let mut builder = Database::builder();
    // Without it redb trusts the file, and a damaged one may make it panic.
    builder.set_check_integrity_on_open(true);
    builder.set_cache_size(PAGE_CACHE_BYTES);
    builder
}

fn opening(path: &Path, error: DatabaseError) -> CacheError {
    let path = path.to_path_buf();
    match &error {
        // What redb says of a file that does not begin like one of its own.
        DatabaseError::Storage(StorageError::Io(io))
            if io.kind() == std::io::ErrorKind::InvalidData =>
        {
            CacheError::Foreign { path }
        }
        DatabaseError::Storage(StorageError::Corrupted(_)) | DatabaseError::RepairAborted => {
            CacheError::Damaged {
                path,
                source: error.into(),
            }
        }
        DatabaseError::UpgradeRequired(_) => CacheError::Foreign { path },
        _ => CacheError::Open {
            path,
            source: error.into(),
        },
    }
}

#[cfg(test)]
pub(super) mod tests;
