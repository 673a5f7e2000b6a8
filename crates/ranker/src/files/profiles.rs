//! Profiles of a file of records.

use std::collections::BTreeMap;
use std::path::Path;

use ranker_core::{BoxError, Profile};
use serde_json::Value;

use super::FileError;
use super::facts::{Given, Numeric, given};
use super::records::{Ids, Record, objects, refused, shown};

/// What an error calls a record.
const WHAT: &str = "profile";

/// Profiles, and what was read otherwise than it was written.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Profiles {
    /// The profiles, in the order of the file.
    pub profiles: Vec<Profile>,
    /// Facts that were read as a number though they stand in quotes, or could not be, each with its
    /// line.
    pub notes: Vec<String>,
}

/// Reads profiles from a file of records.
///
/// # Errors
///
/// [`FileError`], with line, field and value where there are some. An id that stands there twice is
/// [`FileError::DuplicateId`], a file of nobody [`FileError::Nothing`].
pub fn read_profiles(path: &Path) -> Result<Profiles, FileError> {
    let mut raw = Vec::new();
    let mut ids = Ids::default();
    for record in objects(path, WHAT)? {
        let line = record.line;
        let profile = Raw::new(record).map_err(|source| refused(path, line, WHAT, source))?;
        ids.add(path, line, &profile.id)?;
        raw.push(profile);
    }
    if raw.is_empty() {
        return Err(FileError::Nothing {
            path: path.to_owned(),
            what: "profiles",
        });
    }
    let numeric = Numeric::of(raw.iter().map(|raw| &raw.facts));
    let mut read = Profiles::default();
    for raw in raw {
        let line = raw.line;
        let profile = raw.profile(&numeric, &mut read.notes);
        let profile = profile.map_err(|source| refused(path, line, WHAT, source))?;
        read.profiles.push(profile);
    }
    Ok(read)
}

/// A profile as it stands in a file.
struct Raw {
    line: usize,
    id: String,
    title: String,
    text: String,
    facts: BTreeMap<String, Given>,
}

impl Raw {
    fn new(record: Record) -> Result<Self, BoxError> {
        let mut object = record.value;
        Ok(Self {
            line: record.line,
            id: text(object.remove("id"), "id")?.ok_or("it has no field `id`")?,
            title: text(object.remove("title"), "title")?.unwrap_or_default(),
            text: text(object.remove("text"), "text")?.ok_or("it has no field `text`")?,
            facts: given(object.remove("facts"))?,
        })
    }

    fn profile(self, numeric: &Numeric, notes: &mut Vec<String>) -> Result<Profile, BoxError> {
        let Self { line, id, .. } = self;
        let mut profile = Profile::new(id, self.text)?.with_title(self.title);
        for (name, given) in self.facts {
            let (fact, note) = numeric.fact(&name, given);
            notes.extend(note.map(|note| format!("line {line}, {}: {note}", profile.id())));
            profile = profile.with_fact(name, fact)?;
        }
        Ok(profile)
    }
}

/// A field that holds a text; null is none. An id may be written as a number.
pub(super) fn text(value: Option<Value>, field: &str) -> Result<Option<String>, BoxError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) if field == "id" => Ok(Some(number.to_string())),
        Some(other) => {
            let other = shown(&other);
            Err(format!("field `{field}` is {other}, where a text in quotes is expected").into())
        }
    }
}
