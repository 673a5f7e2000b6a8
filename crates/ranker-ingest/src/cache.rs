//! What was read from a content, kept for the next run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

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
    path: PathBuf,
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
        Ok(Self {
            path: path.to_owned(),
            database,
        })
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

    /// Forgets all documents but those under these keys, and tells how many it forgot: for a cache of one
    /// folder, out of which somebody's resume was taken.
    ///
    /// Where any is forgotten the file is written anew: pages that redb has freed keep their bytes.
    ///
    /// # Errors
    ///
    /// [`CacheError`]; nothing is forgotten then.
    pub fn keep_only(&mut self, keys: &[DocumentKey]) -> Result<usize, CacheError> {
        let kept: HashSet<&[u8]> = keys.iter().map(|key| &key.0[..]).collect();
        let read = self.database.begin_read().map_err(failed)?;
        let table = read.open_table(DOCUMENTS).map_err(failed)?;
        let mut gone = 0;
        for entry in table.iter().map_err(failed)? {
            let (key, _) = entry.map_err(failed)?;
            gone += usize::from(!kept.contains(key.value()));
        }
        if gone == 0 {
            return Ok(0);
        }
        let beside = self.path.with_added_extension("new");
        let _ = std::fs::remove_file(&beside);
        let fresh = Self::open(&beside)?;
        let write = fresh.database.begin_write().map_err(failed)?;
        {
            let mut copy = write.open_table(DOCUMENTS).map_err(failed)?;
            for entry in table.iter().map_err(failed)? {
                let (key, document) = entry.map_err(failed)?;
                if kept.contains(key.value()) {
                    copy.insert(key.value(), document.value()).map_err(failed)?;
                }
            }
        }
        write.commit().map_err(failed)?;
        let renamed = std::fs::rename(&beside, &self.path);
        renamed.map_err(|error| failed(redb::Error::Io(error)))?;
        self.database = fresh.database;
        Ok(gone)
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

    #[test]
    fn what_is_no_longer_wanted_is_in_no_byte_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("documents.redb");
        let reader = DocumentReader::in_process();
        let contents = [&b"Ana Qwertzian, cook"[..], b"Ben Roe, cook"];
        let keys = contents.map(|content| DocumentKey::new(content, &reader));
        let documents = contents.map(|content| reader.read(content).unwrap());
        let mut cache = DocumentCache::open(&path).unwrap();
        cache.insert(keys.iter().zip(&documents)).unwrap();
        let names_ana = || {
            let bytes = std::fs::read(&path).unwrap();
            bytes.windows(9).any(|window| window == b"Qwertzian")
        };
        assert_eq!(cache.keep_only(&keys).unwrap(), 0);
        assert!(names_ana());
        assert_eq!(cache.keep_only(&keys[1..]).unwrap(), 1);
        assert!(!names_ana());
        assert_eq!(cache.get(&keys[0]), None);
        assert_eq!(cache.get(&keys[1]).as_ref(), Some(&documents[1]));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
