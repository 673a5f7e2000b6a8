//! What was read from a content, kept for the next run.

use std::path::Path;

use redb::{Database, ReadableDatabase, TableDefinition};

use crate::document::Document;
use crate::reader::DocumentReader;

/// Changes whenever a document would be read otherwise.
const VERSION: &str = "ranker-ingest 2";

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

    /// The document that is kept under a key.
    #[must_use]
    pub fn get(&self, key: &DocumentKey) -> Option<Document> {
        let transaction = self.database.begin_read().ok()?;
        let table = transaction.open_table(DOCUMENTS).ok()?;
        let stored = table.get(&key.0[..]).ok()??;
        serde_json::from_slice(stored.value()).ok()
    }

    /// Keeps documents, all in one transaction.
    ///
    /// # Errors
    ///
    /// [`CacheError`]; nothing of it was kept then.
    pub fn insert<'d>(
        &self,
        documents: impl IntoIterator<Item = (&'d DocumentKey, &'d Document)>,
    ) -> Result<(), CacheError> {
        let transaction = self.database.begin_write().map_err(failed)?;
        {
            let mut table = transaction.open_table(DOCUMENTS).map_err(failed)?;
            for (key, document) in documents {
                // Strings and numbers alone: nothing that JSON cannot hold.
                if let Ok(json) = serde_json::to_vec(document) {
                    table.insert(&key.0[..], &json[..]).map_err(failed)?;
                }
            }
        }
        transaction.commit().map_err(failed)
    }
}

/// What a document is kept under: a hash of its content and of how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentKey([u8; 32]);

impl DocumentKey {
    /// The key of a content that such a reader reads.
    #[must_use]
    pub fn new(content: &[u8], reader: &DocumentReader) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(VERSION.as_bytes());
        hasher.update(format!("{:?} {:?}", reader.pdf_engine(), reader.limits()).as_bytes());
        hasher.update(content);
        Self(*hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PdfEngine;

    #[test]
    fn documents_are_kept_by_content_and_reader() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("documents.redb");
        let reader = DocumentReader::in_process();
        let (content, other) = (b"Ana Doe, cook", b"Ben Roe, cook");
        let key = DocumentKey::new(content, &reader);
        let document = reader.read(content).unwrap();
        let cache = DocumentCache::open(&path).unwrap();
        assert_eq!(cache.get(&key), None);
        cache.insert([(&key, &document)]).unwrap();
        drop(cache);

        let cache = DocumentCache::open(&path).unwrap();
        assert_eq!(cache.get(&key), Some(document));
        assert_eq!(cache.get(&DocumentKey::new(other, &reader)), None);
        let library = "libpdfium.so".into();
        let reader = reader.with_pdf_engine(PdfEngine::Pdfium { library });
        assert_ne!(DocumentKey::new(content, &reader), key);
        assert!(DocumentCache::open(&path).is_err(), "it is open already");
    }
}
