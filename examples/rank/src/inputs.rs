//! Reads what the user names: a job and profiles.

use std::path::Path;

use ranker::files::{NamedJob, read_job_text, read_jobs, read_profiles};
use ranker::{JobDescription, Profile};
use ranker_examples::{Outcome, bundled};

use crate::Args;
use crate::documents;
use crate::place::Place;

/// What is ranked.
pub(crate) struct Inputs {
    pub(crate) job: JobDescription,
    pub(crate) pile: Pile,
}

/// Profiles, and what was not read of them.
#[derive(Debug, Default)]
pub(crate) struct Pile {
    pub(crate) profiles: Vec<Profile>,
    /// Files that were not read, each with the reason.
    pub(crate) left_out: Vec<String>,
    /// What a reader should know of what was read.
    pub(crate) notes: Vec<String>,
}

impl Inputs {
    pub(crate) fn read(args: &Args, profiles: &Path, place: &Place) -> Outcome<Self> {
        let job = args.job.clone();
        let job = job.unwrap_or_else(|| bundled::data("job.txt"));
        let job = read_job(&job, args.job_id.as_deref())?;
        let mut pile = Pile::read(profiles, place)?;
        // The bundled profiles are given all their facts.
        if args.profiles.is_some() {
            pile.complete()?;
        }
        Ok(Self { job, pile })
    }
}

impl Pile {
    /// Reads a folder of documents, or a file of records.
    fn read(path: &Path, place: &Place) -> Outcome<Self> {
        if path.is_dir() {
            return documents::read(path, place);
        }
        let read = read_profiles(path)?;
        Ok(Self {
            profiles: read.profiles,
            notes: read.notes,
            ..Self::default()
        })
    }

    /// Adds the facts that the texts state.
    #[cfg(feature = "facts")]
    fn complete(&mut self) -> Outcome {
        let profiles = std::mem::take(&mut self.profiles);
        self.profiles = crate::facts::complete(profiles)?;
        Ok(())
    }

    #[cfg(not(feature = "facts"))]
    fn complete(&mut self) -> Outcome {
        let note = "years, degrees and skills are those that facts give, for this program was compiled \
                    without its feature `facts`";
        self.notes.push(note.to_owned());
        Ok(())
    }
}

/// Endings of files of jobs.
const RECORDS: [&str; 4] = ["jsonl", "json", "csv", "gz"];

/// Reads a job from a text file, or the job of that id from a file of records.
pub(crate) fn read_job(path: &Path, id: Option<&str>) -> Outcome<JobDescription> {
    let ending = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    if !RECORDS.contains(&ending.as_str()) {
        return match id {
            None => Ok(read_job_text(path)?),
            Some(_) => Err(format!(
                "--job-id is for files of records (.jsonl), not for {}",
                path.display()
            )
            .into()),
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
