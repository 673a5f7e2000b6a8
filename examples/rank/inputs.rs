//! Reads what the user names: a job, profiles and preferences.

use std::fs;
use std::path::{Path, PathBuf};

use ranker::files::{NamedJob, read_job_text, read_jobs, read_profiles};
use ranker::{JobDescription, Profile};
use ranker_examples::{Outcome, bundled};
use serde::Deserialize;

use crate::Args;

/// What is ranked, and what is learned from before.
pub(crate) struct Inputs {
    pub(crate) job: JobDescription,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) preferences: Option<Vec<Preference>>,
}

impl Inputs {
    pub(crate) fn read(args: &Args) -> Outcome<Self> {
        let path = |named: &Option<PathBuf>, file| {
            let named = named.clone();
            named.unwrap_or_else(|| bundled::data(file))
        };
        let preferences = args.preferences.as_deref().map(read_preferences);
        Ok(Self {
            job: read_job(&path(&args.job, "job.txt"), args.job_id.as_deref())?,
            profiles: read_profiles(&path(&args.profiles, "profiles.jsonl"))?,
            preferences: preferences.transpose()?,
        })
    }
}

/// Reads a job from a text file, or the job of that id from a JSONL file.
pub(crate) fn read_job(path: &Path, id: Option<&str>) -> Outcome<JobDescription> {
    if path.extension().is_none_or(|ending| ending != "jsonl") {
        return match id {
            None => Ok(read_job_text(path)?),
            Some(_) => {
                Err(format!("--job-id is for .jsonl files, not for {}", path.display()).into())
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

/// Reads preferences from a JSONL file, skipping blank lines.
pub(crate) fn read_preferences(path: &Path) -> Outcome<Vec<Preference>> {
    let shown = path.display();
    let content = fs::read_to_string(path).map_err(|e| format!("cannot read {shown}: {e}"))?;
    let lines = (1..)
        .zip(content.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let preference = serde_json::from_str(line);
            preference.map_err(|e| format!("{shown}, line {number}: no preference: {e}").into())
        })
        .collect()
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
        fs::write(
            &file,
            "{\"job\": \"j\", \"preferred\": \"a\", \"other\": \"b\"}\n\n{}\n",
        )
        .unwrap();
        let error = read_preferences(file.path()).unwrap_err().to_string();
        assert!(
            error.contains(", line 3: no preference: missing field `job`"),
            "{error}"
        );
    }
}
