//! The keyword leg: tantivy's inverted index beside the store, committed with every transaction.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ranker_core::{BoxError, Profile, Query, RetrieveError, Score, TermScore};
use tantivy::directory::error::OpenWriteError;
use tantivy::indexer::{IndexWriter, IndexWriterOptions};
use tantivy::schema::{FieldEntry, FieldType, Schema};
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy, Searcher, TantivyError};

use super::directory::Unsynced;
use super::error::CollectionError;
use super::plain;
use super::rows::Rows;
use super::stamp::Stamp;
use super::store::Changes;
use super::store_view::StoreView;
use crate::BM25;
use crate::keyword::KeywordOptions;
use crate::keyword::parts::{
    self, ANALYZER, DocumentScores, Fields, IndexView, Searchable, Threads, english, schema,
};
use crate::quantized::Bitmap;
use crate::scored::{Scored, score_of};
use crate::top_k::TopK;

/// The directory of the inverted index.
const NAME: &str = "words";
/// Memory of the indexing thread before it writes a segment in the middle of a transaction.
const MEMORY: usize = 50_000_000;
/// Documents from which on a search is handed to other threads.
const LARGE: u64 = 10_000;
/// Bytes below which a disk counts as full.
const ROOM: usize = 4 << 20;
/// Rows that are read and indexed at a time when the index is built anew.
const BATCH: u64 = 4096;

/// What changes the index.
pub(super) struct Words {
    path: PathBuf,
    writer: IndexWriter,
    reader: IndexReader,
    fields: Fields,
}

/// What a search sees.
#[derive(Clone)]
pub(super) struct WordsNow {
    pub(super) searcher: Searcher,
    fields: Fields,
    options: KeywordOptions,
    name: Arc<str>,
}

/// A collection's rows, and those of them that may be found: all without a filter.
#[derive(Debug, Clone, Copy)]
pub(super) struct SearchableRows<'r> {
    pub(super) rows: &'r Rows,
    pub(super) among: Option<&'r Bitmap>,
}

impl Words {
    /// The index beside a store and the moment that it shows; or why there is none.
    pub(super) fn open(
        directory: &Path,
        options: KeywordOptions,
    ) -> Result<(Self, Stamp), BoxError> {
        let (schema, fields) = schema(options);
        let path = directory.join(NAME);
        plain::check_directory(&path)?;
        let index = Index::open(Unsynced::open(&path)?)?;
        // tantivy deletes what this list names and no segment needs.
        let managed = index.directory().list_managed_files();
        if !managed.iter().all(|name| plain::is_plain(name)) {
            return Err("its list of files names some of other places".into());
        }
        if index.schema() != schema {
            return Err(other_fields(&index.schema()).into());
        }
        let meta = index.load_metas()?;
        let stamp = meta.payload.as_deref().and_then(Stamp::parse);
        let stamp = stamp.ok_or("it has no stamp of a moment")?;
        verify(&index, &path)?;
        Ok((Self::with(path, index, fields)?, stamp))
    }

    /// An empty index in the place of whatever is there.
    pub(super) fn create(
        directory: &Path,
        options: KeywordOptions,
    ) -> Result<Self, CollectionError> {
        let path = directory.join(NAME);
        let removed = match path.symlink_metadata() {
            Ok(found) if found.is_dir() => std::fs::remove_dir_all(&path),
            // A link is removed, not what it leads to.
            Ok(_) => std::fs::remove_file(&path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        let made = removed.and_then(|()| std::fs::create_dir(&path));
        made.map_err(|error| CollectionError::io(&path, "created", error))?;
        let (schema, fields) = schema(options);
        let index = Unsynced::open(&path).map_err(TantivyError::from);
        let index = index.and_then(|files| Index::create(files, schema, IndexSettings::default()));
        let words = index.and_then(|index| Self::with(path.clone(), index, fields));
        words.map_err(|error| failed(&path, error))
    }

    fn with(path: PathBuf, index: Index, fields: Fields) -> Result<Self, TantivyError> {
        index.tokenizers().register(ANALYZER, english());
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .memory_budget_per_thread(MEMORY)
            .num_merge_threads(1)
            .build();
        let writer = index.writer_with_options(options)?;
        let reader = index.reader_builder();
        let reader = reader.reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self {
            path,
            writer,
            reader,
            fields,
        })
    }

    /// Hands a change to the indexing thread.
    ///
    /// # Errors
    ///
    /// Nothing is changed then.
    pub(super) fn begin(&mut self, changes: &Changes) -> Result<(), CollectionError> {
        let removed = changes.removed.iter().map(|(row, _)| *row);
        let added = changes.added.iter();
        let added = added.map(|added| (added.row, &*added.profile));
        let written = self.write(removed, added);
        written.map_err(|error| self.undo(error))
    }

    /// Waits until only the commit of what was begun is missing.
    ///
    /// # Errors
    ///
    /// Nothing is changed then.
    pub(super) fn prepare(&mut self) -> Result<(), CollectionError> {
        let prepared = self.writer.prepare_commit().map(drop);
        prepared.map_err(|error| self.undo(error))
    }

    fn undo(&mut self, error: TantivyError) -> CollectionError {
        self.abort();
        failed(&self.path, error)
    }

    /// Takes back what was begun.
    pub(super) fn abort(&mut self) {
        // Whatever led here is what is reported; a writer that cannot go back refuses the next change.
        let _ = self.writer.rollback();
    }

    /// Makes what was prepared the state of now.
    pub(super) fn commit(&mut self, stamp: Stamp) -> Result<(), CollectionError> {
        let mut prepare = || {
            let mut prepared = self.writer.prepare_commit()?;
            prepared.set_payload(&stamp.to_string());
            prepared.commit()
        };
        let committed = prepare();
        committed
            .map(drop)
            .map_err(|error| failed(&self.path, error))
    }

    /// Writes all words anew: segments keep the words of removed profiles until they are merged.
    pub(super) fn rewrite(&mut self, view: &StoreView) -> Result<(), CollectionError> {
        let deleted = self.writer.delete_all_documents().map(drop);
        deleted.map_err(|error| self.undo(error))?;
        let beginning = Stamp {
            next_row: 0,
            ..Stamp::of(&view.state)
        };
        self.follow(beginning, view).inspect_err(|_| self.abort())
    }

    /// Removes the files of segments that are not of now, though a search of an earlier moment may still
    /// read them: on a system that keeps open files until they are closed.
    pub(super) fn sweep(&mut self) -> Result<(), CollectionError> {
        let collected = self.writer.garbage_collect_files().wait().map(drop);
        collected.map_err(|error| failed(&self.path, error))?;
        let current = current(self.writer.index()).map_err(|error| failed(&self.path, error))?;
        let entries = std::fs::read_dir(&self.path);
        let entries = entries.map_err(|error| CollectionError::io(&self.path, "read", error))?;
        for entry in entries.flatten() {
            let name = PathBuf::from(entry.file_name());
            if segment_of(&name).is_some_and(|segment| !current.contains(segment)) {
                let removed = std::fs::remove_file(entry.path());
                removed.map_err(|error| CollectionError::io(&entry.path(), "removed", error))?;
            }
        }
        Ok(())
    }

    fn write<'p>(
        &mut self,
        removed: impl Iterator<Item = u64>,
        added: impl Iterator<Item = (u64, &'p Profile)>,
    ) -> Result<(), TantivyError> {
        for row in removed {
            self.writer.delete_term(self.fields.of_slot(row));
        }
        for (row, profile) in added {
            let document = self.fields.document(row, profile);
            self.writer.add_document(document)?;
        }
        Ok(())
    }

    /// Follows the store from an earlier moment: removes what it has removed since and adds what it
    /// has added.
    pub(super) fn follow(&mut self, from: Stamp, view: &StoreView) -> Result<(), CollectionError> {
        let removed = view.removed_since(from.version)?;
        let removed = removed.into_iter().map(|(row, _)| row);
        let removed = removed.filter(|&row| row < from.next_row);
        let path = self.path.clone();
        let fail = |error| failed(&path, error);
        self.write(removed, std::iter::empty()).map_err(fail)?;
        let starts = (from.next_row..view.state.next_row).step_by(BATCH as usize);
        for start in starts {
            let batch = view.profiles(start..start + BATCH)?;
            let added = batch.iter().map(|(row, profile)| (*row, profile));
            self.write(std::iter::empty(), added).map_err(fail)?;
        }
        self.commit(Stamp::of(&view.state))
    }

    /// What searches may see now.
    pub(super) fn now(&self, options: KeywordOptions) -> Result<WordsNow, CollectionError> {
        let fail = |error| failed(&self.path, error);
        self.reader.reload().map_err(fail)?;
        Ok(WordsNow {
            searcher: self.reader.searcher(),
            fields: self.fields,
            options,
            name: BM25.into(),
        })
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Words")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The directory of a collection's inverted index.
pub(super) fn directory(collection: &Path) -> PathBuf {
    collection.join(NAME)
}

/// The segments that searches of now read.
fn current(index: &Index) -> Result<HashSet<String>, TantivyError> {
    let segments = index.searchable_segment_metas()?.into_iter();
    Ok(segments.map(|one| one.id().uuid_string()).collect())
}

/// The segment that a file is of: its name is 32 hexadecimal digits and an extension.
fn segment_of(file: &Path) -> Option<&str> {
    let name = file.file_name()?.to_str()?;
    let (segment, _) = name.split_once('.')?;
    let digits = segment.len() == 32 && segment.bytes().all(|digit| digit.is_ascii_hexdigit());
    digits.then_some(segment)
}

/// Why an index of other fields cannot be used.
fn other_fields(schema: &Schema) -> String {
    let analyzer = |entry: &FieldEntry| {
        let FieldType::Str(text) = entry.field_type() else {
            return None;
        };
        Some(text.get_indexing_options()?.tokenizer().to_owned())
    };
    let mut analyzers = schema.fields().filter_map(|(_, entry)| analyzer(entry));
    match analyzers.find(|analyzer| analyzer != ANALYZER) {
        Some(other) => format!("its words were split by {other}, where {ANALYZER} splits them now"),
        None => "it has other fields".to_owned(),
    }
}

/// Bytes at the end of each of tantivy's files, which hold the length of its checksum.
const END: u64 = 8;

/// Whether every file is as it was written, and has as many documents as the index records.
fn verify(index: &Index, path: &Path) -> Result<(), BoxError> {
    let segments = current(index)?;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let file = PathBuf::from(entry.file_name());
        let counts = segment_of(&file).is_some_and(|segment| segments.contains(segment));
        // tantivy panics where a file is shorter than the end that it reads first.
        let whole = || entry.metadata().map(|data| data.len() >= END);
        if counts && !(whole()? && index.directory().validate_checksum(&file)?) {
            return Err(format!("{} does not fit its checksum", file.display()).into());
        }
    }
    let reader = index.reader_builder();
    let reader: IndexReader = reader.reload_policy(ReloadPolicy::Manual).try_into()?;
    for segment in reader.searcher().segment_readers() {
        if parts::documents_in(segment)? != segment.max_doc() {
            return Err("a segment has lost documents".into());
        }
    }
    Ok(())
}

impl WordsNow {
    /// How many documents are there and not removed.
    pub(super) fn len(&self) -> u64 {
        let segments = self.searcher.segment_readers().iter();
        let alive = |one: &tantivy::SegmentReader| match one.alive_bitset() {
            Some(alive) => alive.num_alive_docs() as u64,
            None => u64::from(one.max_doc()),
        };
        segments.map(alive).sum()
    }

    fn view(&self) -> IndexView<'_> {
        IndexView {
            searcher: &self.searcher,
            fields: &self.fields,
        }
    }

    /// What every document scores for a query.
    pub(super) fn document_scores(&self, query: &Query) -> Result<DocumentScores, RetrieveError> {
        parts::scoring(self.view(), self.options, query)
            .and_then(|scoring| DocumentScores::of(&scoring, self.threads()))
            .map_err(|error| parts::rejected(error, &self.name))
    }

    /// The best score of anyone, and the `k` best of the rows that may be found.
    pub(super) fn best<'r>(
        &self,
        SearchableRows { rows, among }: SearchableRows<'r>,
        scores: &DocumentScores,
        k: usize,
    ) -> Result<(f32, TopK<Scored<'r>>), RetrieveError> {
        let among = Searchable {
            slots: rows,
            passes: |row| among.is_none_or(|rows| rows.has(row)),
            threads: self.threads(),
        };
        let best = scores.best(&self.searcher, &among, k);
        best.map_err(|error| parts::rejected(error, &self.name))
    }

    /// The scores of some rows.
    pub(super) fn scores(
        &self,
        scores: &DocumentScores,
        rows: &[Option<u64>],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let scores = scores
            .of_slots(&self.searcher, &self.fields, rows)
            .map_err(|error| parts::rejected(error, &self.name))?;
        let score = |score: Option<f32>| score.map(|score| score_of(score, &self.name)).transpose();
        scores.into_iter().map(score).collect()
    }

    /// The terms that make each row's score.
    pub(super) fn explain_each(
        &self,
        query: &Query,
        rows: &[Option<u64>],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        let (searcher, fields, rows) = (&self.searcher, &self.fields, rows.iter().copied());
        parts::scoring(self.view(), self.options, query)
            .and_then(|scoring| parts::explain_each(searcher, fields, &scoring, rows))
            .map_err(|error| parts::rejected(error, &self.name))
    }

    pub(super) fn is_small(&self) -> bool {
        self.len() < LARGE
    }

    fn threads(&self) -> Threads {
        match self.is_small() {
            true => Threads::Own,
            false => Threads::All,
        }
    }
}

impl std::fmt::Debug for WordsNow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WordsNow")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Why some megabytes cannot be written into a directory, if they cannot.
fn no_room(directory: &Path) -> Option<std::io::ErrorKind> {
    let probe = directory.join("room.tmp");
    let written = plain::open_or_create(&probe).and_then(|mut file| file.write_all(&vec![1; ROOM]));
    // A file that was not made cannot be removed either.
    let _ = std::fs::remove_file(&probe);
    written.err().map(|error| error.kind())
}

/// The error that a failure of the inverted index stands for.
fn failed(path: &Path, error: TantivyError) -> CollectionError {
    let io = match &error {
        TantivyError::IoError(io) => Some(io),
        TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, .. }) => Some(io_error),
        _ => None,
    };
    let kind = match (io, &error) {
        (Some(io), _) => Some(io.kind()),
        // tantivy does not report what stopped its own thread.
        (None, TantivyError::ErrorInThread(_)) => no_room(path),
        (None, _) => None,
    };
    match kind {
        Some(kind) => {
            let io = std::io::Error::new(kind, error);
            CollectionError::io(path, "written", io)
        }
        None => CollectionError::Io {
            path: path.to_owned(),
            action: "written",
            source: error.into(),
        },
    }
}
