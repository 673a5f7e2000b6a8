//! The collection that holds the profiles from run to run.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ranker::core::Embedder;
use ranker::retrieve::{Collection, CollectionError, CollectionOptions, Imported};
use ranker::{CandidateId, Profile};
use ranker_examples::{Outcome, Progress, causes, say};

/// How long another run on the same profiles is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A collection that holds the profiles of this run and no others.
pub(crate) struct Kept {
    pub(crate) collection: Collection,
    pub(crate) imported: Imported,
    /// How many were there from before and are no longer given.
    pub(crate) removed: usize,
}

impl Kept {
    /// Opens the collection in a folder, or makes one, and brings it to what is given. One that cannot be
    /// used is made anew where it is ours, for the profiles are all given; a user's is left as it is.
    pub(crate) fn open(
        path: &Path,
        is_named: bool,
        profiles: &[Profile],
        embedder: &dyn Embedder,
    ) -> Outcome<Self> {
        match Self::filled(path, profiles, embedder) {
            Err(error) if !is_unusable(&error) => Err(error.into()),
            Err(error) if is_named => {
                let (reason, path) = (causes(&error), path.display());
                Err(
                    format!("{reason}; it is made anew from the profiles once you delete {path}")
                        .into(),
                )
            }
            Err(error) => {
                say(&format!(
                    "what was kept cannot be used and is made anew: {}",
                    causes(&error)
                ));
                fs::remove_dir_all(path)?;
                Ok(Self::filled(path, profiles, embedder)?)
            }
            Ok(kept) => Ok(kept),
        }
    }

    fn filled(
        path: &Path,
        profiles: &[Profile],
        embedder: &dyn Embedder,
    ) -> Result<Self, CollectionError> {
        let collection = open_or_wait(path)?.embedded_by(embedder.model_id())?;
        let mut progress: Option<Progress> = None;
        let imported = collection.import(profiles, embedder, &mut |done, all| {
            progress
                .get_or_insert_with(|| Progress::new("encoding profiles", all))
                .reach(done);
        });
        progress.into_iter().for_each(Progress::finish);
        let imported = imported?;
        let removed = remove_others(&collection, profiles)?;
        // So that the next run opens it at once.
        collection.checkpoint()?;
        Ok(Self {
            collection,
            imported,
            removed,
        })
    }
}

/// Erases who is no longer given: whoever takes a resume away does not expect to find it in a file here.
fn remove_others(collection: &Collection, profiles: &[Profile]) -> Result<usize, CollectionError> {
    let given: std::collections::HashSet<&CandidateId> = profiles.iter().map(Profile::id).collect();
    let held = collection.snapshot();
    let gone = held.ids().filter(|id| !given.contains(id));
    let gone: Vec<CandidateId> = gone.cloned().collect();
    if !gone.is_empty() {
        collection.erase(&gone)?;
    }
    Ok(gone.len())
}

/// Opens the collection, or makes one. Another run that has it open is waited for.
fn open_or_wait(path: &Path) -> Result<Collection, CollectionError> {
    let begun = Instant::now();
    let mut told = false;
    loop {
        let options = CollectionOptions::new();
        let opened = match Collection::open(path, options) {
            Err(CollectionError::Missing { .. }) => Collection::create(path, options),
            opened => opened,
        };
        // Where it exists by now, the other run made it in between.
        let is_taken = matches!(
            &opened,
            Err(CollectionError::Locked { .. } | CollectionError::Exists { .. })
        );
        if !is_taken || begun.elapsed() > PATIENCE {
            return opened;
        }
        if let (Err(error), false) = (&opened, told) {
            say(&format!("waiting: {error}"));
            told = true;
        }
        sleep(Duration::from_millis(200));
    }
}

/// Whether a collection is of no use, now or later.
fn is_unusable(error: &CollectionError) -> bool {
    matches!(
        error,
        CollectionError::Damaged { .. }
            | CollectionError::Foreign { .. }
            | CollectionError::Version { .. }
            | CollectionError::Encoder { .. }
    )
}

#[cfg(test)]
mod tests {
    use ranker::core::{EmbedError, Embedded, Embedding, Role, TokenUsage};

    use super::*;

    /// A fake: every text lies in the direction of its length.
    struct Lengths;

    impl Embedder for Lengths {
        fn dimension(&self) -> usize {
            2
        }

        fn model_id(&self) -> &str {
            "lengths"
        }

        fn embed(&self, texts: &[&str], _: Role) -> Result<Vec<Embedded>, EmbedError> {
            let embed = |text: &&str| {
                let vector = Embedding::normalized(vec![text.len() as f32, 1.0]).unwrap();
                Embedded::new(vector, TokenUsage::new(1, 1))
            };
            Ok(texts.iter().map(embed).collect())
        }
    }

    #[test]
    fn what_cannot_be_used_is_made_anew_where_it_is_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("collection");
        let profiles = ["a", "b"].map(|id| Profile::new(id, "Cook").unwrap());
        let open = |is_named| Kept::open(&path, is_named, &profiles, &Lengths);
        assert_eq!(open(false).unwrap().imported.added, 2);
        assert_eq!(open(false).unwrap().imported.unchanged, 2);
        let store = path.join("profiles.redb");
        let whole = fs::read(&store).unwrap();
        for damaged in [b"foreign".to_vec(), whole[..whole.len() / 2].to_vec()] {
            fs::write(&store, &damaged).unwrap();
            assert!(open(true).is_err());
            assert_eq!(fs::read(&store).unwrap(), damaged, "a user's is left");
            assert_eq!(open(false).unwrap().imported.added, 2, "made anew");
        }
    }

    #[test]
    fn who_is_no_longer_given_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("collection");
        let profiles = ["a", "b", "c"].map(|id| Profile::new(id, "Cook").unwrap());
        Kept::open(&path, true, &profiles, &Lengths).unwrap();
        let kept = Kept::open(&path, true, &profiles[1..], &Lengths).unwrap();
        assert_eq!((kept.removed, kept.collection.len()), (1, 2));
    }
}
