//! BEIR folders: `corpus.jsonl`, `queries.jsonl` and `qrels.tsv` or `qrels/*.tsv`.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::jsonl::{Documents, QueryText, read_queries};
use crate::error::ReadError;
use crate::qrels::Qrels;

/// Queries and judgments of a BEIR folder, and a way to its documents.
///
/// Opening reads the corpus once, for its ids; [`BeirDataset::documents`] streams it, so that
/// the texts need never be in memory together.
#[derive(Clone, Debug)]
pub struct BeirDataset {
    corpus: PathBuf,
    document_count: usize,
    queries: Vec<QueryText>,
    qrels: Qrels,
    warnings: Vec<Warning>,
}

/// A judgment that points to nothing. It is kept, for the file may be right and the folder
/// incomplete; it counts in the metrics like any other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Judgments for a query that `queries.jsonl` lacks.
    UnknownQuery {
        /// The query.
        query: String,
        /// How many judgments it has.
        judgments: usize,
    },
    /// A judgment for a document that `corpus.jsonl` lacks.
    UnknownDocument {
        /// The query.
        query: String,
        /// The document.
        document: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownQuery { query, judgments } => {
                write!(f, "judgments for the unknown query `{query}`: {judgments}")
            }
            Self::UnknownDocument { query, document } => {
                write!(
                    f,
                    "query `{query}`: judgment for the unknown document `{document}`"
                )
            }
        }
    }
}

impl BeirDataset {
    /// Opens a folder with the judgments in `qrels.tsv`, else the only file of `qrels/`, else
    /// `qrels/test.tsv`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for a file that is missing or has a line that cannot be used;
    /// [`ReadError::NoQrels`] and [`ReadError::ChooseSplit`] if there is no such file of
    /// judgments.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, ReadError> {
        let dir = dir.as_ref();
        Self::read(dir, &default_qrels(dir)?)
    }

    /// Opens a folder with the judgments in `qrels/SPLIT.tsv`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for a file that is missing or has a line that cannot be used.
    pub fn open_split(dir: impl AsRef<Path>, split: &str) -> Result<Self, ReadError> {
        let dir = dir.as_ref();
        Self::read(dir, &split_path(dir, split))
    }

    fn read(dir: &Path, qrels: &Path) -> Result<Self, ReadError> {
        let corpus = dir.join("corpus.jsonl");
        let qrels = Qrels::read_beir(qrels)?;
        let queries = read_queries(dir.join("queries.jsonl"))?;
        let documents = ids(&corpus)?;
        let known: HashSet<_> = queries.iter().map(|query| query.id.as_str()).collect();
        Ok(Self {
            corpus,
            document_count: documents.len(),
            warnings: warnings(&qrels, &known, &documents),
            queries,
            qrels,
        })
    }

    /// The documents, read anew from the folder.
    ///
    /// # Errors
    ///
    /// [`ReadError::Open`] if the file is gone. The items are errors if it has changed so that
    /// a line cannot be used.
    pub fn documents(&self) -> Result<Documents, ReadError> {
        Documents::open(&self.corpus)
    }

    /// The number of documents.
    pub fn document_count(&self) -> usize {
        self.document_count
    }

    /// All queries in the order of the file; a split judges only some of them.
    pub fn queries(&self) -> &[QueryText] {
        &self.queries
    }

    /// The queries that have judgments, in the order of the file.
    pub fn judged_queries(&self) -> impl Iterator<Item = &QueryText> {
        let judged = |query: &&QueryText| self.qrels.judgments(&query.id).is_some();
        self.queries.iter().filter(judged)
    }

    /// The judgments.
    pub fn qrels(&self) -> &Qrels {
        &self.qrels
    }

    /// The judgments that point to nothing, by query and document id.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

fn ids(corpus: &Path) -> Result<HashSet<String>, ReadError> {
    let mut documents = Documents::open(corpus)?;
    documents.try_for_each(|document| document.map(drop))?;
    Ok(documents.into_ids())
}

fn warnings(qrels: &Qrels, queries: &HashSet<&str>, documents: &HashSet<String>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (query, judgments) in qrels.iter() {
        if !queries.contains(query) {
            warnings.push(Warning::UnknownQuery {
                query: query.to_owned(),
                judgments: judgments.len(),
            });
        }
        let unknown = judgments.keys().filter(|id| !documents.contains(*id));
        warnings.extend(unknown.map(|document| Warning::UnknownDocument {
            query: query.to_owned(),
            document: document.clone(),
        }));
    }
    warnings
}

fn split_path(dir: &Path, split: &str) -> PathBuf {
    dir.join("qrels").join(format!("{split}.tsv"))
}

fn default_qrels(dir: &Path) -> Result<PathBuf, ReadError> {
    let single = dir.join("qrels.tsv");
    if single.is_file() {
        return Ok(single);
    }
    let splits = splits(&dir.join("qrels"))?;
    match splits.as_slice() {
        [] => Err(ReadError::NoQrels { dir: dir.into() }),
        [only] => Ok(split_path(dir, only)),
        several if several.iter().any(|split| split == "test") => Ok(split_path(dir, "test")),
        _ => Err(ReadError::ChooseSplit {
            dir: dir.into(),
            splits,
        }),
    }
}

/// The names of the `.tsv` files of a folder, sorted; none if there is no such folder.
fn splits(dir: &Path) -> Result<Vec<String>, ReadError> {
    let failed = |source| ReadError::Open {
        path: dir.into(),
        source,
    };
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut splits = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "tsv") {
            splits.extend(
                path.file_stem()
                    .and_then(|stem| Some(stem.to_str()?.to_owned())),
            );
        }
    }
    splits.sort_unstable();
    Ok(splits)
}
