//! What was read from a content, kept for the next run.

use std::path::Path;

use redb::{Database, ReadableDatabase, TableDefinition};

use crate::document::Document;
use crate::reader::DocumentReader;

/// Changes whenever a document would be read otherwise.
const VERSION: &str = "ranker-ingest 1";

/// Documents as JSON, by a hash of version, engine and content.
const DOCUMENTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("documents");

/// A file of documents by their content: what was read once is not parsed again.
///
/// Only what was read is kept; why something was not may change with the machine.
#[derive(Debug)]
pub struct DocumentCache {
    database: Database,
}

/// A cache that cannot be opened or written.
#[derive(Debug, thiserror::Error)]
#[error("the cache of documents cannot be used")]
pub struct CacheError {
    source: Box<redb::Error>,
}

fn failed(error: impl Into<redb::Error>) -> CacheError {
    CacheError {
        source: Box::new(error.into()),
    }
}

impl DocumentCache {
    /// Opens the file, or creates it.
    ///
    /// # Errors
    ///
    /// [`CacheError`]: another process has it open, or it is no such file.
    pub fn open(path: &Path) -> Result<Self, CacheError> {
        let database = Database::create(path).map_err(failed)?;
        let transaction = database.begin_write().map_err(failed)?;
        transaction.open_table(DOCUMENTS).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(Self { database })
    }

    /// The document that was read from this content by such a reader.
    #[must_use]
    pub fn get(&self, content: &[u8], reader: &DocumentReader) -> Option<Document> {
        let transaction = self.database.begin_read().ok()?;
        let table = transaction.open_table(DOCUMENTS).ok()?;
        let stored = table.get(&key(content, reader)[..]).ok()??;
        serde_json::from_slice(stored.value()).ok()
    }

    /// Keeps documents with the contents that they were read from, all in one transaction.
    ///
    /// # Errors
    ///
    /// [`CacheError`]; nothing of it was kept then.
    pub fn insert<'d>(
        &self,
        reader: &DocumentReader,
        documents: impl IntoIterator<Item = (&'d [u8], &'d Document)>,
    ) -> Result<(), CacheError> {
        let transaction = self.database.begin_write().map_err(failed)?;
        {
            let mut table = transaction.open_table(DOCUMENTS).map_err(failed)?;
            for (content, document) in documents {
                // Strings and numbers alone: nothing that JSON cannot hold.
                if let Ok(json) = serde_json::to_vec(document) {
                    let key = key(content, reader);
                    table.insert(&key[..], &json[..]).map_err(failed)?;
                }
            }
        }
        transaction.commit().map_err(failed)
    }
}

fn key(content: &[u8], reader: &DocumentReader) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(VERSION.as_bytes());
    hasher.update(format!("{:?} {:?}", reader.pdf_engine(), reader.limits()).as_bytes());
    hasher.update(content);
    *hasher.finalize().as_bytes()
}
