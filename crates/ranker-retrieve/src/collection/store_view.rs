//! The store of one moment, to read.

use std::path::PathBuf;
use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Profile, RetrieveError, TokenCodes};
use rayon::prelude::*;
use redb::{Database, ReadOnlyTable, ReadableTableMetadata};

use super::error::CollectionError;
use super::record::{self, Attributes, Identity, Part};
use super::state::State;
use crate::quantized::FactPart;
use crate::token_codes::TwoBitCodec;

/// The store of one moment. Every record's checksum is verified when it is read.
pub(super) struct StoreView {
    pub(super) path: PathBuf,
    pub(super) state: State,
    /// The model id of the embeddings' encoder.
    pub(super) encoder: Option<Arc<str>>,
    pub(super) ids: ReadOnlyTable<&'static str, u64>,
    pub(super) facts: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) texts: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) vectors: ReadOnlyTable<u64, &'static [u8]>,
    pub(super) tokens: Option<ReadOnlyTable<u64, &'static [u8]>>,
    pub(super) further: Option<ReadOnlyTable<u64, &'static [u8]>>,
    pub(super) removed: ReadOnlyTable<u64, &'static [u8]>,
    /// The last to go: an erasure replaces the store while earlier moments are read.
    pub(super) _database: Arc<Database>,
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
