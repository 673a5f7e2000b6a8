//! The vectors of a spaCy model: `vocab/vectors`, `key2row`, `strings.json` and `vectors.cfg`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::WordVectors;
use super::error::{WordVectorsError, malformed, unreadable};
use super::key2row::{self, Entry};
use super::npy::{self, Matrix};
use super::string_id::{hash, symbols};
use super::table::{Table, normalize};

/// Reads a model's folder, or its `vocab`.
pub(super) fn read(folder: &Path) -> Result<WordVectors, WordVectorsError> {
    let vocab = vocab_of(folder);
    check_mode(&vocab.join("vectors.cfg"))?;
    let path = vocab.join("vectors");
    let mut table = rows(&path, npy::read(&path)?)?;
    let names = names(&vocab.join("strings.json"))?;
    let keys = vocab.join("key2row");
    let entries = key2row::read(&keys)?;
    name_rows(&mut table, names, &entries)
        .map_err(|Fault { entry, reason }| malformed(&keys, format!("entry {entry}"), reason))?;
    table.build().ok_or(WordVectorsError::Empty { path })
}

/// A model keeps its words in `vocab`; a `vocab` keeps `vectors`.
fn vocab_of(folder: &Path) -> PathBuf {
    if folder.join("vectors").is_file() {
        folder.to_owned()
    } else {
        folder.join("vocab")
    }
}

/// Refuses tables of parts of words. Models of spaCy 2 say nothing, and have none.
fn check_mode(path: &Path) -> Result<(), WordVectorsError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        file => file.map_err(|error| unreadable(path, error))?,
    };
    let settings: serde_json::Value =
        serde_json::from_reader(BufReader::new(file)).map_err(|error| no_json(path, error))?;
    match settings["mode"].as_str() {
        Some("floret") => Err(WordVectorsError::Floret {
            path: path.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The rows, without names.
fn rows(path: &Path, matrix: Matrix) -> Result<Table, WordVectorsError> {
    let Matrix {
        rows,
        columns,
        mut values,
    } = matrix;
    for (at, row) in values.chunks_exact_mut(columns).enumerate() {
        normalize(row).map_err(|odd| {
            malformed(
                path,
                format!("row {at}"),
                format!("it holds {odd}, which is no number"),
            )
        })?;
    }
    let mut table = Table::new(columns);
    table.units = values;
    table.owners = vec![None; rows];
    Ok(table)
}

/// The strings by their numbers, symbols included.
fn names(path: &Path) -> Result<HashMap<u64, Arc<str>>, WordVectorsError> {
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    let strings: Vec<String> =
        serde_json::from_reader(BufReader::new(file)).map_err(|error| no_json(path, error))?;
    let hashed = strings.into_iter().map(|text| (hash(&text), text.into()));
    Ok(hashed
        .chain(symbols().map(|(id, text)| (id, text.into())))
        .collect())
}

/// What is wrong with an entry of the map, from 0.
struct Fault {
    entry: usize,
    reason: String,
}

/// Gives rows their words. The first key of a row is the one that the row was trained for, since pruned keys
/// are written after all others: a row whose first key has no string has no word of its own.
fn name_rows(
    table: &mut Table,
    mut names: HashMap<u64, Arc<str>>,
    entries: &[Entry],
) -> Result<(), Fault> {
    let rows = table.owners.len();
    let mut has_key = vec![false; rows];
    for (at, &Entry { key, row }) in entries.iter().enumerate() {
        let Some(row) = usize::try_from(row).ok().filter(|&row| row < rows) else {
            let reason = format!("it names row {row} of a table of {rows}");
            return Err(Fault { entry: at, reason });
        };
        let is_first = !mem::replace(&mut has_key[row], true);
        let has_direction = table.row(row as u32).iter().any(|&x| x != 0.0);
        let name = names
            .remove(&key)
            .filter(|name| !table.rows.contains_key(name));
        if let Some(name) = name.filter(|_| has_direction) {
            if is_first {
                table.owners[row] = Some(Arc::clone(&name));
            }
            table.rows.insert(name, row as u32);
        }
    }
    Ok(())
}

fn no_json(path: &Path, error: serde_json::Error) -> WordVectorsError {
    if error.is_io() {
        return unreadable(path, error);
    }
    let place = format!("line {}, column {}", error.line(), error.column());
    malformed(path, place, error.to_string())
}
