//! Tables: a header, and a record a row.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use super::FileError;
use super::records::{Record, refused};

/// Fields of a record; every other column is a fact.
const FIELDS: [&str; 8] = [
    "id",
    "title",
    "text",
    "job",
    "preferred",
    "other",
    "query",
    "positive",
];

/// What separates the words of a cell.
const LIST: char = '|';

/// The rows of a table as objects: empty cells are left out, facts come under `facts`.
pub(super) fn rows(path: &Path, text: &str, what: &'static str) -> Result<Vec<Record>, FileError> {
    let failed = |error: &csv::Error| {
        let line = error.position().map_or(1, |position| position.line());
        refused(path, line as usize, what, error.to_string().into())
    };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| failed(&error))?.clone();
    if !header.iter().any(|column| FIELDS.contains(&column.trim())) {
        let first = text.lines().find(|line| !line.trim().is_empty());
        let first: String = first.unwrap_or_default().chars().take(60).collect();
        let error = format!(
            "{first:?} begins neither JSON ({{ or [) nor a table with a header such as id,title,text"
        );
        return Err(refused(path, 1, what, error.into()));
    }
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| failed(&error))?;
        let line = row.position().map_or(1, |position| position.line()) as usize;
        let value = object(&header, &row);
        records.push(Record { line, value });
    }
    Ok(records)
}

/// The separator that the header has most of.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default().as_bytes();
    let count = |separator: &u8| header.iter().filter(|byte| *byte == separator).count();
    [b',', b';', b'\t']
        .into_iter()
        .rev()
        .max_by_key(|separator| count(separator))
        .unwrap_or(b',')
}

fn object(header: &StringRecord, row: &StringRecord) -> Map<String, Value> {
    let mut object = Map::new();
    let mut facts = Map::new();
    for (column, cell) in header.iter().zip(row) {
        let (column, cell) = (column.trim(), cell.trim());
        if cell.is_empty() {
            continue;
        }
        if FIELDS.contains(&column) {
            object.insert(column.to_owned(), Value::from(cell));
        } else {
            let name = column.strip_prefix("facts.").unwrap_or(column);
            facts.insert(name.to_owned(), fact(cell));
        }
    }
    if !facts.is_empty() {
        object.insert("facts".to_owned(), Value::Object(facts));
    }
    object
}

/// Cells have no quotes of their own: what reads as a number or a flag is one.
fn fact(cell: &str) -> Value {
    if cell.contains(LIST) {
        let words = cell
            .split(LIST)
            .map(str::trim)
            .filter(|word| !word.is_empty());
        return words.collect();
    }
    match serde_json::from_str(cell) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => Value::from(cell),
    }
}
