//! Reads what the user names: a job and profiles.

use std::path::{Path, PathBuf};

use ranker::files::{NamedJob, read_job_text, read_jobs, read_profiles};
use ranker::{JobDescription, Profile};
use ranker_examples::{Outcome, bundled};

use crate::Args;

/// What is ranked.
pub(crate) struct Inputs {
    pub(crate) job: JobDescription,
    pub(crate) profiles: Vec<Profile>,
}

impl Inputs {
    pub(crate) fn read(args: &Args) -> Outcome<Self> {
        let path = |named: &Option<PathBuf>, file| {
            let named = named.clone();
            named.unwrap_or_else(|| bundled::data(file))
        };
        Ok(Self {
            job: read_job(&path(&args.job, "job.txt"), args.job_id.as_deref())?,
            profiles: read_profiles(&path(&args.profiles, "profiles.jsonl"))?,
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
}
