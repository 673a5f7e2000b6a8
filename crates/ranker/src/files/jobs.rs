//! Jobs of a file of records, or one of a text.

use std::collections::BTreeMap;
use std::path::Path;

use ranker_core::{BoxError, Filter, JobDescription};
use serde::Deserialize;
use serde_json::Value;

use super::FileError;
use super::profiles::text;
use super::records::{Ids, Record, objects, refused, shown};
use super::text::{read, titled};

/// A job description with the id that its file gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedJob {
    /// The id.
    pub id: String,
    /// The job.
    pub job: JobDescription,
}

/// Reads jobs from a file of records.
///
/// # Errors
///
/// [`FileError`], with line, field and value where there are some.
pub fn read_jobs(path: &Path) -> Result<Vec<NamedJob>, FileError> {
    let mut jobs = Vec::new();
    let mut ids = Ids::default();
    for record in objects(path, "job")? {
        let line = record.line;
        let job = job(record).map_err(|source| refused(path, line, "job", source))?;
        ids.add(path, line, &job.id)?;
        jobs.push(job);
    }
    Ok(jobs)
}

/// Reads one job from a text file; its first line is the title when more lines follow.
///
/// # Errors
///
/// [`FileError`].
pub fn read_job_text(path: &Path) -> Result<JobDescription, FileError> {
    let (title, text) = titled(&read(path, "job")?.text);
    let job = JobDescription::new(text);
    let job = job.map_err(|e| FileError::Text {
        path: path.to_owned(),
        source: e.into(),
    })?;
    Ok(job.with_title(title))
}

fn job(record: Record) -> Result<NamedJob, BoxError> {
    let mut object = record.value;
    let id = text(object.remove("id"), "id")?.ok_or("it has no field `id`")?;
    let title = text(object.remove("title"), "title")?.unwrap_or_default();
    let text = text(object.remove("text"), "text")?.ok_or("it has no field `text`")?;
    let filter = filter(object.remove("filter"))?;
    let job = JobDescription::new(text)?
        .with_title(title)
        .with_filter(filter);
    Ok(NamedJob { id, job })
}

/// What must hold of a fact.
#[derive(Deserialize)]
#[serde(untagged)]
enum Condition {
    Flag(bool),
    Range(Bounds),
    Word(String),
    Words(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    #[serde(default = "unbounded_below")]
    min: f64,
    #[serde(default = "unbounded_above")]
    max: f64,
}

fn unbounded_below() -> f64 {
    f64::NEG_INFINITY
}

fn unbounded_above() -> f64 {
    f64::INFINITY
}

fn filter(value: Option<Value>) -> Result<Filter, BoxError> {
    let conditions: BTreeMap<String, Value> = match value {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(value @ Value::Object(_)) => serde_json::from_value(value)?,
        Some(other) => {
            let other = shown(&other);
            return Err(format!("field `filter` is {other}, where an object is expected").into());
        }
    };
    let mut all = Filter::All;
    for (fact, value) in conditions {
        let condition = serde_json::from_value(value.clone()).map_err(|_| {
            let value = shown(&value);
            format!(
                "condition `{fact}` of `filter` is {value}, where {{\"min\": 3, \"max\": 8}}, a word, a \
                 list of words, or true or false is expected"
            )
        })?;
        all = all.and(match condition {
            Condition::Flag(value) => Filter::flag(fact, value),
            Condition::Range(Bounds { min, max }) => Filter::Range { fact, min, max },
            Condition::Word(word) => Filter::any_of(fact, [word]),
            Condition::Words(words) => Filter::any_of(fact, words),
        });
    }
    Ok(all)
}
