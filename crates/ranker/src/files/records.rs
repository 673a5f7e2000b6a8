//! JSON objects of a file, in whichever way it lists them.

use std::collections::HashMap;
use std::path::Path;

use ranker_core::BoxError;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{FileError, text};

/// One JSON object, or one row of a table, and where it begins.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Record<T = Map<String, Value>> {
    /// The line where it begins, from 1.
    pub line: usize,
    /// What it holds.
    pub value: T,
}

/// Reads the records of a file, each `what` (such as "preference") in errors.
///
/// # Errors
///
/// [`FileError`]: the line and the field of the first record that is none.
pub fn read_records<T: DeserializeOwned>(
    path: &Path,
    what: &'static str,
) -> Result<Vec<Record<T>>, FileError> {
    let typed = |Record { line, value }: Record| {
        let value = serde_path(value).map_err(|source| refused(path, line, what, source))?;
        Ok(Record { line, value })
    };
    objects(path, what)?.into_iter().map(typed).collect()
}

fn serde_path<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, BoxError> {
    Ok(serde_json::from_value(Value::Object(object))?)
}

pub(super) fn refused(path: &Path, line: usize, what: &'static str, source: BoxError) -> FileError {
    FileError::Record {
        path: path.to_owned(),
        line,
        what,
        source,
    }
}

/// The ids of a file, each with the line that it stands on.
#[derive(Debug, Default)]
pub(super) struct Ids(HashMap<String, usize>);

impl Ids {
    /// Refuses an id that stood there before.
    pub(super) fn add(&mut self, path: &Path, line: usize, id: &str) -> Result<(), FileError> {
        match self.0.insert(id.to_owned(), line) {
            None => Ok(()),
            Some(first) => Err(FileError::DuplicateId {
                path: path.to_owned(),
                line,
                first,
                id: id.to_owned(),
            }),
        }
    }
}

/// The objects of a file.
pub(super) fn objects(path: &Path, what: &'static str) -> Result<Vec<Record>, FileError> {
    if path.is_dir() {
        let path = path.to_owned();
        return Err(FileError::Folder { path });
    }
    let text = text::read(path, what)?.text;
    let start = text.trim_start();
    if start.starts_with('[') {
        return array(path, &text, what);
    }
    if start.is_empty() || start.starts_with('{') {
        return sequence(path, &text, what);
    }
    table(path, &text, what)
}

#[cfg(feature = "tables")]
fn table(path: &Path, text: &str, what: &'static str) -> Result<Vec<Record>, FileError> {
    super::csv::rows(path, text, what)
}

#[cfg(not(feature = "tables"))]
fn table(path: &Path, _text: &str, what: &'static str) -> Result<Vec<Record>, FileError> {
    let error =
        "it begins with neither { nor [, and tables are read with the feature `tables` only";
    Err(refused(path, 1, what, error.into()))
}

/// One object after another, on a line each or over several.
fn sequence(path: &Path, text: &str, what: &'static str) -> Result<Vec<Record>, FileError> {
    // A lone CR ends a line too, as some old editors write it; JSON takes it for a space.
    let mut records = Vec::new();
    let mut lines = Lines::new(text);
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        if at >= text.len() {
            return Ok(records);
        }
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
        let line = lines.at(at);
        match values.next() {
            Some(Ok(Value::Object(value))) => records.push(Record { line, value }),
            Some(Ok(other)) => return Err(refused(path, line, what, not_an_object(&other))),
            Some(Err(error)) => {
                // The parser counts lines from where it began.
                let line = match error.is_eof() {
                    true => line,
                    false => line + error.line().saturating_sub(1),
                };
                return Err(refused(path, line, what, explained(&error)));
            }
            None => return Ok(records),
        }
        at += values.byte_offset();
    }
}

/// Line numbers of growing places.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    fn at(&mut self, place: usize) -> usize {
        let bytes = self.text.as_bytes();
        let ends = |at: &usize| match bytes[*at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        self.line += (self.at..place).filter(ends).count();
        self.at = place;
        self.line
    }
}

/// One array of objects.
fn array(path: &Path, text: &str, what: &'static str) -> Result<Vec<Record>, FileError> {
    let start = text.find('[').map_or(0, |at| at + 1);
    let mut lines = Lines::new(text);
    let mut records = Vec::new();
    let mut at = start;
    let whole: Result<serde::de::IgnoredAny, _> = serde_json::from_str(text);
    if let Err(error) = whole {
        return Err(refused(path, error.line(), what, explained(&error)));
    }
    loop {
        let rest = text[at..].trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        at = text.len() - rest.len();
        if rest.is_empty() || rest.starts_with(']') {
            return Ok(records);
        }
        let line = lines.at(at);
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(Value::Object(value))) => records.push(Record { line, value }),
            Some(Ok(other)) => return Err(refused(path, line, what, not_an_object(&other))),
            Some(Err(error)) => return Err(refused(path, line, what, explained(&error))),
            None => return Ok(records),
        }
        at += values.byte_offset();
    }
}

fn not_an_object(value: &Value) -> BoxError {
    let shown = shown(value);
    format!("{shown} stands where an object {{\"id\": ...}} is expected").into()
}

/// What the parser reported, without its line, which stands before it.
fn explained(error: &serde_json::Error) -> BoxError {
    if error.is_eof() {
        return "its JSON ends too early".into();
    }
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = text.replace(&place, &format!(" (column {})", error.column()));
    text.into()
}

/// A value on one short line.
pub(super) fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
