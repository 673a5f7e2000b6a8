//! Reads what the user names: a job, profiles and preferences.

use std::path::{Path, PathBuf};

use ranker::files::{NamedJob, read_job_text, read_jobs, read_records};
use ranker::{JobDescription, Profile};
use ranker_examples::{Outcome, bundled};
use serde::Deserialize;

use crate::Args;
use crate::documents::Documents;

/// What is ranked, and what is learned from before.
pub(crate) struct Inputs {
    pub(crate) job: JobDescription,
    pub(crate) profiles: Vec<Profile>,
    /// Files that were not read, each with the reason.
    pub(crate) left_out: Vec<String>,
    /// What a reader should know of what was read.
    pub(crate) notes: Vec<String>,
    pub(crate) preferences: Option<Vec<Preference>>,
}

impl Inputs {
    pub(crate) fn read(args: &Args) -> Outcome<Self> {
        let path = |named: &Option<PathBuf>, file| {
            let named = named.clone();
            named.unwrap_or_else(|| bundled::data(file))
        };
        let preferences = args.preferences.as_deref().map(read_preferences);
        let preferences = preferences.transpose()?;
        let job = read_job(&path(&args.job, "job.txt"), args.job_id.as_deref())?;
        let read = Documents::read(&path(&args.profiles, "profiles.jsonl"))?;
        Ok(Self {
            job,
            profiles: read.profiles,
            left_out: read.left_out,
            notes: read.notes,
            preferences,
        })
    }
}

/// Endings of files of jobs.
const RECORDS: [&str; 4] = ["jsonl", "json", "csv", "gz"];

/// Reads a job from a text file, or the job of that id from a file of records.
pub(crate) fn read_job(path: &Path, id: Option<&str>) -> Outcome<JobDescription> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if !RECORDS.contains(&ending.as_str()) {
        return match id {
            None => Ok(read_job_text(path)?),
            Some(_) => {
                Err(format!("--job-id is for files of records (.jsonl), not for {}", path.display()).into())
            }
        };
    }
    let mut jobs = read_jobs(path)?;
    let path = path.display();
    match id {
        Some(id) => {
            let found = jobs.into_iter().find(|job| job.id == id);
            Ok(found
                .ok_or_else(|| format!("{path} has no job {id:?}"))?
                .job)
        }
        None if jobs.len() == 1 => Ok(jobs.swap_remove(0).job),
        None => {
            let ids: Vec<&str> = jobs
                .iter()
                .take(5)
                .map(|NamedJob { id, .. }| id.as_str())
                .collect();
            let ids = ids.join(", ");
            Err(format!(
                "{path} has {} jobs: choose one with --job-id ({ids} ...)",
                jobs.len()
            )
            .into())
        }
    }
}

/// One candidate is better than another for a job.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Preference {
    pub(crate) job: String,
    pub(crate) preferred: String,
    pub(crate) other: String,
}

/// Reads preferences from a file of records.
pub(crate) fn read_preferences(path: &Path) -> Outcome<Vec<Preference>> {
    let records = read_records(path, "preference")?;
    Ok(records.into_iter().map(|record| record.value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_chosen_by_id() {
        let jobs = bundled::data("jobs.jsonl");
        let job = read_job(&jobs, Some("j-002")).unwrap();
        assert_eq!(job.title(), "Backend Engineer, Payments");
        let error = |id| read_job(&jobs, id).unwrap_err().to_string();
        assert!(
            error(None)
                .ends_with("choose one with --job-id (j-001, j-002, j-003, j-004, j-005 ...)")
        );
        assert!(error(Some("j-9")).ends_with("has no job \"j-9\""));
        assert!(read_job(&bundled::data("job.txt"), Some("j-001")).is_err());
    }

    #[test]
    fn a_bad_preference_is_named_by_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            &file,
            "{\"job\": \"j\", \"preferred\": \"a\", \"other\": \"b\"}\n\n{}\n",
        )
        .unwrap();
        let error = read_preferences(file.path()).unwrap_err();
        assert!(error.to_string().ends_with(", line 3: not a preference"), "{error}");
        let cause = error.source().unwrap().to_string();
        assert!(cause.contains("missing field `job`"), "{cause}");
    }
}
