//! Profiles from anywhere into any store.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures_timer::Delay;
use ranker_core::{BoxError, CandidateId, Embedding, Profile, waiting};

use crate::{Store, WriteError};

/// How profiles are brought into a store.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    batch: usize,
    rate: Option<f64>,
    checkpoint: Option<PathBuf>,
    sample: usize,
    tries: u32,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            batch: 500,
            rate: None,
            checkpoint: None,
            sample: 100,
            tries: 5,
        }
    }
}

impl LoadOptions {
    /// Batches of 500, as fast as the store takes them, a sample of 100 read back, no checkpoint.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many profiles go in one call; at least 1.
    #[must_use]
    pub fn with_batch(mut self, profiles: usize) -> Self {
        self.batch = profiles.max(1);
        self
    }

    /// The most profiles a second. Ignored unless it is above zero.
    #[must_use]
    pub fn with_rate(mut self, profiles: f64) -> Self {
        self.rate = (profiles > 0.0).then_some(profiles);
        self
    }

    /// A file that keeps how far the load is: another call with the same source goes on there. It is
    /// removed when the load is complete.
    #[must_use]
    pub fn with_checkpoint(mut self, file: impl Into<PathBuf>) -> Self {
        self.checkpoint = Some(file.into());
        self
    }

    /// How many of the profiles are read back in the end and compared; 0 for none.
    #[must_use]
    pub fn with_sample(mut self, profiles: usize) -> Self {
        self.sample = profiles;
        self
    }
}

/// How far a load is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Profiles that are stored, those of an earlier call too.
    pub stored: u64,
    /// Of these, stored by an earlier call.
    pub earlier: u64,
    /// Since this call began.
    pub elapsed: Duration,
}

/// What a load did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// Profiles of the source that are stored, those of an earlier call too.
    pub stored: u64,
    /// How many the store counts now.
    pub counted: u64,
    /// How many were read back and are what was written.
    pub verified: usize,
    /// How long it took.
    pub elapsed: Duration,
}

/// Why a load did not come to its end. What is stored is stored; with a checkpoint, another call goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The source gave an error.
    #[error("profile {at} of the source cannot be read")]
    Source {
        /// From 0.
        at: u64,
        /// What it said.
        source: BoxError,
    },
    /// The store took a batch not even after several tries.
    #[error("the store did not take profiles {from} and on")]
    Store {
        /// The first of the batch, from 0.
        from: u64,
        /// Why.
        source: WriteError,
    },
    /// The store could not be asked for what it holds.
    #[error("the store could not be asked for what it holds")]
    Verify {
        /// Why.
        #[from]
        source: WriteError,
    },
    /// The checkpoint cannot be read or written.
    #[error("the checkpoint {} cannot be used: {what}", .path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// The store holds another profile than was written.
    #[error("the store holds another profile under {id} than was written")]
    Differs {
        /// Whose.
        id: CandidateId,
    },
    /// The store counts fewer profiles than were written to it.
    #[error("the store counts {counted} profiles, fewer than the {distinct} that were read back")]
    Missing {
        /// What it counts.
        counted: u64,
        /// How many different ones it must hold at least.
        distinct: u64,
    },
}

/// Brings the profiles of `source` into `store`, batch by batch, tells `progress` after each, waits until
/// searches see them, and reads a sample back.
///
/// A batch that the store is too busy for is sent again with longer and longer pauses. With
/// [`LoadOptions::with_checkpoint`], profiles that an earlier call stored are passed over: the source must
/// give the same ones in the same order.
///
/// # Errors
///
/// [`LoadError`].
pub async fn load<S>(
    store: &dyn Store,
    source: S,
    options: &LoadOptions,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Loaded, LoadError>
where
    S: IntoIterator<Item = Result<(Profile, Embedding), BoxError>> + Send,
    S::IntoIter: Send,
{
    let begun = Instant::now();
    let earlier = match &options.checkpoint {
        Some(path) => checkpoint(path)?,
        None => 0,
    };
    let mut source = source.into_iter();
    let mut sample = Sample::new(options.sample);
    let mut stored = 0;
    loop {
        let (batch, error) = next_batch(&mut source, options.batch, stored);
        let read = batch.len() as u64;
        // A batch that the earlier call stored a part of is sent whole: an id is written once.
        if stored + read > earlier && !batch.is_empty() {
            let sent = upsert(store, &batch, options.tries).await;
            sent.map_err(|source| LoadError::Store {
                from: stored,
                source,
            })?;
        }
        stored += read;
        sample.add(batch, stored);
        if stored > earlier && read > 0 {
            save(options.checkpoint.as_deref(), stored).await?;
            let elapsed = begun.elapsed();
            progress(Progress {
                stored,
                earlier,
                elapsed,
            });
            pause(options.rate, stored - earlier, begun).await;
        }
        if let Some(error) = error {
            return Err(error);
        }
        if read < options.batch as u64 {
            break;
        }
    }
    store.settle().await?;
    let verified = sample.verify(store).await?;
    let counted = store.count().await?;
    if counted < verified as u64 {
        let distinct = verified as u64;
        return Err(LoadError::Missing { counted, distinct });
    }
    if let Some(path) = &options.checkpoint {
        // Complete: another load of the same source begins anew.
        let _ = fs::remove_file(path);
    }
    let elapsed = begun.elapsed();
    Ok(Loaded {
        stored,
        counted,
        verified,
        elapsed,
    })
}

fn next_batch(
    source: &mut impl Iterator<Item = Result<(Profile, Embedding), BoxError>>,
    size: usize,
    from: u64,
) -> (Vec<(Profile, Embedding)>, Option<LoadError>) {
    let mut batch = Vec::with_capacity(size);
    for entry in source.take(size) {
        match entry {
            Ok(entry) => batch.push(entry),
            Err(source) => {
                let at = from + batch.len() as u64;
                return (batch, Some(LoadError::Source { at, source }));
            }
        }
    }
    (batch, None)
}

async fn upsert(
    store: &dyn Store,
    batch: &[(Profile, Embedding)],
    tries: u32,
) -> Result<(), WriteError> {
    let mut pause = Duration::from_millis(200);
    for _ in 1..tries {
        match store.upsert(batch).await {
            Err(WriteError::Unavailable { .. }) => {
                Delay::new(pause).await;
                pause *= 2;
            }
            other => return other,
        }
    }
    store.upsert(batch).await
}

/// Waits until so many profiles may have been stored.
async fn pause(rate: Option<f64>, stored: u64, begun: Instant) {
    if let Some(rate) = rate {
        let due = Duration::try_from_secs_f64(stored as f64 / rate).unwrap_or_default();
        Delay::new(due.saturating_sub(begun.elapsed())).await;
    }
}

/// How many profiles an earlier call stored.
fn checkpoint(path: &Path) -> Result<u64, LoadError> {
    let told = |what: String| LoadError::Checkpoint {
        path: path.to_owned(),
        what,
    };
    match fs::read_to_string(path) {
        Ok(text) => {
            let number = text.trim().parse();
            number.map_err(|_| told("it holds no number; remove it to begin anew".to_owned()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(told(error.to_string())),
    }
}

/// Replaces the checkpoint as a whole.
async fn save(path: Option<&Path>, stored: u64) -> Result<(), LoadError> {
    let Some(path) = path else {
        return Ok(());
    };
    let owned = path.to_owned();
    let saved = waiting(move || {
        let partial = owned.with_extension("partial");
        fs::write(&partial, format!("{stored}\n"))?;
        fs::rename(&partial, &owned)
    });
    saved.await.map_err(|error| LoadError::Checkpoint {
        path: path.to_owned(),
        what: error.to_string(),
    })
}

/// Some of the profiles, spread evenly over all that came: every `step`-th, where `step` doubles when there
/// are twice as many as wanted.
struct Sample {
    wanted: usize,
    step: u64,
    kept: Vec<(Profile, Embedding)>,
}

impl Sample {
    fn new(wanted: usize) -> Self {
        Self {
            wanted,
            step: 1,
            kept: Vec::new(),
        }
    }

    /// Adds a batch, after which `stored` have come.
    fn add(&mut self, batch: Vec<(Profile, Embedding)>, stored: u64) {
        if self.wanted == 0 {
            return;
        }
        let from = stored - batch.len() as u64;
        for (entry, at) in batch.into_iter().zip(from..) {
            // Of an id that comes again, the last is what is stored.
            self.kept.retain(|(own, _)| own.id() != entry.0.id());
            if at % self.step == 0 {
                self.kept.push(entry);
            }
            if self.kept.len() >= 2 * self.wanted {
                let mut keep = false;
                self.kept.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.step *= 2;
            }
        }
    }

    /// Reads the sample back; how many are what was written.
    async fn verify(&self, store: &dyn Store) -> Result<usize, LoadError> {
        if self.kept.is_empty() {
            return Ok(0);
        }
        let ids: Vec<CandidateId> = self.kept.iter().map(|(own, _)| own.id().clone()).collect();
        let stored = store.entries(&ids).await?;
        for ((profile, embedding), stored) in self.kept.iter().zip(&stored) {
            let same = stored.as_ref().is_some_and(|(own, vector)| {
                own == profile && vector.cosine(embedding).is_ok_and(|cosine| cosine > 0.999)
            });
            if !same {
                let id = profile.id().clone();
                return Err(LoadError::Differs { id });
            }
        }
        Ok(self.kept.len())
    }
}
