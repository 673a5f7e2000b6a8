//! Rankings that were given out, and the jobs that they are for.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ranker::core::Note;
use ranker::rlhf::JobId;
use ranker::{JobDescription, Ranked};
use serde::{Deserialize, Serialize};

/// A ranking as it was shown.
pub(crate) struct Given {
    pub(crate) job: JobId,
    pub(crate) ranked: Vec<Ranked>,
    /// What the reader should know of it; of a ranking from before a restart nobody knows.
    pub(crate) notes: Vec<Note>,
}

/// The rankings given out last: the others are read from the log.
#[derive(Default)]
pub(crate) struct Recent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_id: HashMap<String, Arc<Given>>,
    oldest_first: VecDeque<String>,
}

impl Recent {
    const MOST: usize = 200;

    pub(crate) fn get(&self, id: &str) -> Option<Arc<Given>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_id.get(id).cloned()
    }

    pub(crate) fn keep(&self, id: String, given: Arc<Given>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_id.insert(id.clone(), given).is_some() {
            return;
        }
        kept.oldest_first.push_back(id);
        if kept.oldest_first.len() > Self::MOST
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            kept.by_id.remove(&oldest);
        }
    }

    /// Drops all, as after someone was erased.
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Kept::default();
    }
}

/// The texts of jobs, a file a job: the log knows jobs by their hash alone.
pub(crate) struct Jobs(PathBuf);

#[derive(Serialize, Deserialize)]
struct Job {
    title: String,
    text: String,
}

impl Jobs {
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }

    /// The file of a job. Ids are hashes here; what is read from a log may be anything.
    fn file(&self, id: &JobId) -> io::Result<PathBuf> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if id.as_str().chars().all(plain) {
            return Ok(self.0.join(format!("{id}.json")));
        }
        let message = "the job has no plain name";
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }

    /// Keeps a job. The file appears whole or not at all.
    pub(crate) fn keep(&self, id: &JobId, job: &JobDescription) -> io::Result<()> {
        let file = self.file(id)?;
        if file.try_exists()? {
            return Ok(());
        }
        let (title, text) = (job.title().to_owned(), job.text().to_owned());
        let mut beside = tempfile::NamedTempFile::new_in(&self.0)?;
        serde_json::to_writer(&mut beside, &Job { title, text })?;
        beside.as_file().sync_all()?;
        beside.persist(file)?;
        Ok(())
    }

    pub(crate) fn get(&self, id: &JobId) -> io::Result<JobDescription> {
        let bytes = fs::read(self.file(id)?)?;
        let job: Job = serde_json::from_slice(&bytes)?;
        let described = JobDescription::new(job.text).map_err(io::Error::other)?;
        Ok(described.with_title(job.title))
    }
}
