//! Documents and queries: one JSON object a line, as in BEIR's `corpus.jsonl` and
//! `queries.jsonl`.

use std::collections::HashSet;
use std::fmt;
use std::io::BufRead;
use std::marker::PhantomData;
use std::path::Path;

use ranker_core::decode::Reader;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::lines::{Line, Lines, open};
use crate::error::ReadError;

/// A document of a corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Document {
    /// The id, which is not empty.
    pub id: String,
    /// The title; empty if the line has none.
    pub title: String,
    /// The text.
    pub text: String,
}

/// A query and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryText {
    /// The id, which is not empty.
    pub id: String,
    /// The title, as of a job; empty if the line has none, as most have.
    pub title: String,
    /// The text.
    pub text: String,
}

/// What a line holds. Kept apart from [`Document`], so that the file format can stay when the
/// type changes.
#[derive(Deserialize)]
struct DocumentLine {
    #[serde(rename = "_id")]
    id: String,
    title: Option<String>,
    text: String,
}

#[derive(Deserialize)]
struct QueryLine {
    #[serde(rename = "_id")]
    id: String,
    title: Option<String>,
    text: String,
}

/// A line that has an id.
trait Identified: DeserializeOwned {
    const FIELDS: &'static str;
    fn id(&self) -> &str;
}

impl Identified for DocumentLine {
    const FIELDS: &'static str = "_id, title (may be missing) and text";
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for QueryLine {
    const FIELDS: &'static str = "_id and text";
    fn id(&self) -> &str {
        &self.id
    }
}

/// The objects of a file, read one at a time; remembers the ids to refuse a second one.
struct Objects<R, T> {
    lines: Lines<R>,
    ids: HashSet<String>,
    kind: PhantomData<fn() -> T>,
}

impl<R: BufRead, T: Identified> Objects<R, T> {
    fn new(reader: R, path: &Path) -> Self {
        Self {
            lines: Lines::new(reader, path),
            ids: HashSet::new(),
            kind: PhantomData,
        }
    }

    fn next(&mut self) -> Result<Option<T>, ReadError> {
        let Some(line) = self.lines.next()? else {
            return Ok(None);
        };
        let object: T = parse(&line)?;
        let id = line.id("field _id", object.id())?;
        if !self.ids.insert(id.to_owned()) {
            let (at, id) = (line.at(), id.to_owned());
            return Err(ReadError::DuplicateId { at, id });
        }
        Ok(Some(object))
    }
}

fn parse<T: Identified>(line: &Line<'_>) -> Result<T, ReadError> {
    serde_json::from_str(line.text).map_err(|source| ReadError::Json {
        at: line.at(),
        fields: T::FIELDS,
        source: source.into(),
    })
}

/// The documents of a `corpus.jsonl`, read one at a time.
///
/// Only the ids are kept, to refuse a second document of the same id. After an error the
/// iterator ends.
pub struct Documents<R = Reader> {
    objects: Objects<R, DocumentLine>,
    failed: bool,
}

impl Documents {
    /// Opens a file of JSON lines with the fields `_id`, `title` (may be missing) and `text`;
    /// others are left alone.
    ///
    /// # Errors
    ///
    /// [`ReadError::Open`]. The iterator's items are errors for lines that cannot be used.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        Ok(Self::from_reader(open(path)?, path))
    }
}

impl<R: BufRead> Documents<R> {
    /// As [`Documents::open`], from a reader; `name` stands for the path in errors.
    pub fn from_reader(reader: R, name: impl AsRef<Path>) -> Self {
        Self {
            objects: Objects::new(reader, name.as_ref()),
            failed: false,
        }
    }

    /// The ids that were read so far.
    pub(super) fn into_ids(self) -> HashSet<String> {
        self.objects.ids
    }
}

impl<R: BufRead> Iterator for Documents<R> {
    type Item = Result<Document, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = self.objects.next().map(|line| {
            line.map(|line| Document {
                id: line.id,
                title: line.title.unwrap_or_default(),
                text: line.text,
            })
        });
        self.failed = next.is_err();
        next.transpose()
    }
}

impl<R> fmt::Debug for Documents<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents")
            .field("read", &self.objects.ids.len())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// Reads a `queries.jsonl`: JSON lines with the fields `_id` and `text`, in the order of the
/// file.
///
/// # Errors
///
/// [`ReadError`] with the line, for broken JSON, a missing field, an empty id, an id that
/// occurs twice, or text that is not UTF-8.
pub fn read_queries(path: impl AsRef<Path>) -> Result<Vec<QueryText>, ReadError> {
    let path = path.as_ref();
    queries(open(path)?, path)
}

fn queries(reader: impl BufRead, path: &Path) -> Result<Vec<QueryText>, ReadError> {
    let mut objects = Objects::<_, QueryLine>::new(reader, path);
    let mut queries = Vec::new();
    while let Some(QueryLine { id, title, text }) = objects.next()? {
        let title = title.unwrap_or_default();
        queries.push(QueryText { id, title, text });
    }
    Ok(queries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(text: &[u8]) -> Result<Vec<Document>, ReadError> {
        Documents::from_reader(text, "corpus.jsonl").collect()
    }

    #[test]
    fn titles_may_be_missing_and_other_fields_are_left_alone() {
        let read = documents(
            br#"{"_id": "a", "title": "T", "text": "x\ny", "metadata": {"url": null}}
                {"text": "z", "_id": "b"}
                {"text": "", "_id": "c", "title": null}"#,
        );
        let titles: Vec<_> = read.unwrap().into_iter().map(|d| (d.id, d.title)).collect();
        let expected = [("a", "T"), ("b", ""), ("c", "")];
        assert_eq!(
            titles,
            expected.map(|(id, title)| (id.into(), title.into()))
        );
    }

    #[test]
    fn broken_lines_are_named() {
        let deep = "[".repeat(100_000);
        for (line, expected) in [
            (
                "{\"_id\": \"b\"",
                "corpus.jsonl:2: the line is not a JSON object",
            ),
            (
                "{\"_id\": 7, \"text\": \"\"}",
                "corpus.jsonl:2: the line is not a JSON object",
            ),
            (
                "{\"_id\": \"b\"}",
                "corpus.jsonl:2: the line is not a JSON object",
            ),
            ("[1, 2]", "corpus.jsonl:2: the line is not a JSON object"),
            ("{} {}", "corpus.jsonl:2: the line is not a JSON object"),
            (
                deep.as_str(),
                "corpus.jsonl:2: the line is not a JSON object",
            ),
            (
                "{\"_id\": \"\", \"text\": \"\"}",
                "corpus.jsonl:2: the field _id is empty",
            ),
            (
                "{\"_id\": \"a\", \"text\": \"\"}",
                "corpus.jsonl:2: the id `a` occurs a second time",
            ),
        ] {
            let text = format!("{{\"_id\": \"a\", \"text\": \"\"}}\n{line}\n");
            let error = documents(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn json_errors_keep_their_cause_and_end_the_iterator() {
        let mut documents = Documents::from_reader(&b"{\n{}\n"[..], "c");
        let error = documents.next().unwrap().unwrap_err();
        assert!(std::error::Error::source(&error).is_some());
        assert!(documents.next().is_none());
    }

    #[test]
    fn queries_keep_the_order_of_the_file() {
        let text = b"{\"_id\": \"2\", \"text\": \"b\"}\n{\"_id\": \"1\", \"text\": \"a\"}\n";
        let read = queries(&text[..], Path::new("queries.jsonl")).unwrap();
        assert_eq!(read[0].id, "2");
        assert_eq!(read[1].text, "a");
    }
}
