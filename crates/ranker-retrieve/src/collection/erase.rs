//! A person leaves a collection, and nothing of them stays in its files.
//!
//! Removing a profile ([`Collection::remove`]) hides it at once, but bytes of it stay: in pages that the
//! store has freed and not used again, in its list of removed rows, in segments of the words until they
//! are merged, in the saved vectors until they are saved next. Overwriting each of these places in place
//! would depend on how redb and tantivy lay out their files. So everything is written anew from what is
//! left, into fresh files that take the old ones' names: their size is the price.

use std::path::{Path, PathBuf};

use ranker_core::{CandidateId, Embedding, Profile, TokenCodes};

use super::change::Change;
use super::error::CollectionError;
use super::opening::STORE;
use super::stamp::Stamp;
use super::state::State;
use super::{Collection, Writer, vectors, words};
use crate::lock::lock;

/// What a collection holds about one person ([`Collection::held`]).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Held {
    /// Text, title and facts.
    pub profile: Option<Profile>,
    /// The embedding, of which the saved vectors hold codes too.
    pub embedding: Option<Embedding>,
    /// Its further vectors, where it has several.
    pub further: Vec<Embedding>,
    /// The token vectors, in codes.
    pub tokens: Option<TokenCodes>,
    /// Transactions since the last save whose list of removed rows names the id.
    pub removed_by: Vec<u64>,
    /// The files that hold it, and what each of them does.
    pub files: Vec<HeldIn>,
}

/// A file, or a directory of files, that holds something about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldIn {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub what: &'static str,
}

/// The receipt of [`Collection::erase`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Erased {
    /// The transactions that the collection has seen.
    pub version: u64,
    /// The ids that were stored until now.
    pub stored: Vec<CandidateId>,
    /// The ids that were not stored, or no more: what was left of them is gone too.
    pub unknown: Vec<CandidateId>,
    /// The files that were written anew without them.
    pub files: Vec<Rewritten>,
}

/// A file that was written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rewritten {
    /// The file or directory; of the saved vectors and their roster, the file that names them.
    pub path: PathBuf,
    /// Their bytes before.
    pub before: u64,
    /// Their bytes now.
    pub after: u64,
}

impl Collection {
    /// Everything that the collection holds about one person, and where.
    ///
    /// A profile that was removed earlier may have left bytes in files that no call can list;
    /// [`Self::erase`] removes those as well.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Damaged`] when a record cannot be read whole.
    pub fn held(&self, id: &CandidateId) -> Result<Held, CollectionError> {
        let snapshot = self.snapshot();
        let profile = snapshot.profile(id)?;
        let removed = snapshot.0.view.removals()?;
        let removed = removed.iter().filter(|(_, rows)| rows.contains(id));
        let removed_by: Vec<u64> = removed.map(|(version, _)| *version).collect();
        let mut files = Vec::new();
        if profile.is_some() || !removed_by.is_empty() {
            let what = match profile {
                Some(_) => "id, title, text, facts, embedding and token vectors",
                None => "the id, in the list of removed rows",
            };
            files.push((self.path.join(STORE), what));
        }
        if profile.is_some() {
            files.push((
                words::directory(&self.path),
                "words of title, text and facts",
            ));
            let saved = vectors::saved(&self.path).into_iter();
            files.extend(
                saved.map(|path| (path, "perhaps id, embedding, codes and a hash of the text")),
            );
        }
        let vectors = snapshot.embeddings(id)?.unwrap_or_default();
        let mut vectors = vectors.into_iter();
        Ok(Held {
            embedding: vectors.next(),
            further: vectors.collect(),
            tokens: snapshot.0.tokens(id)?,
            profile,
            removed_by,
            files: files
                .into_iter()
                .map(|(path, what)| HeldIn { path, what })
                .collect(),
        })
    }

    /// Removes profiles and every trace of them from the collection's files: the store with its freed pages
    /// and its list of removals, the words, the saved vectors and their roster. Ids that are not stored, or
    /// no more, are erased likewise: of what was removed earlier, bytes may be left.
    ///
    /// Everything is written anew, so it takes time and room in proportion to the collection: erase many at
    /// once. Searches go on, changes wait. When it returns, no file of the directory holds anything of them.
    /// Where a process is killed before, call it again: it begins anew, and removes what was left over.
    ///
    /// It ends at the directory: copies, logs and caches elsewhere are for others to erase, and blocks that
    /// a file system or a disk has freed are theirs. A [`super::CollectionSnapshot`] from before keeps what it
    /// shows until it is dropped; its files have no names any more.
    ///
    /// # Errors
    ///
    /// As [`Self::apply`]. The profiles may be removed already, without all their traces: call it again.
    pub fn erase(&self, ids: &[CandidateId]) -> Result<Erased, CollectionError> {
        let mut writer = lock(&self.writer);
        let writer = &mut *writer;
        self.background.install(|| self.erase_by(writer, ids))
    }

    fn erase_by(
        &self,
        writer: &mut Writer,
        ids: &[CandidateId],
    ) -> Result<Erased, CollectionError> {
        let before = self.snapshot();
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let (mut stored, mut unknown) = (Vec::new(), Vec::new());
        for id in ids {
            match before.profile_exists(&id)? {
                true => stored.push(id),
                false => unknown.push(id),
            }
        }
        let sizes = Sizes::of(&self.path);
        if !stored.is_empty() {
            let removals = stored.iter().cloned().map(Change::Remove);
            self.apply_by(writer, removals.collect())?;
        }
        drop(before);
        let state = self.rewrite(writer)?;
        Ok(Erased {
            version: state.version,
            stored,
            unknown,
            files: sizes.and_now(&self.path),
        })
    }

    /// Writes everything anew from the profiles of now.
    fn rewrite(&self, writer: &mut Writer) -> Result<State, CollectionError> {
        let options = self.snapshot().0.options;
        // Without its list of removals: what follows from the store is written anew below.
        let view = writer.store.now()?;
        let state = State {
            log_from: view.state.version,
            ..view.state
        };
        writer.store = writer.store.rewritten(&view, &state)?;
        drop(view);
        let mut rest = || {
            let view = writer.store.now()?;
            writer.words.rewrite(&view)?;
            writer.save(&self.path, &state)?;
            writer.show(view, options)
        };
        let published = rest().inspect_err(|_| writer.failed = true)?;
        self.publish(published);
        // No search of now needs the old segments.
        writer.words.sweep()?;
        debug_assert_eq!(Stamp::of(&state).version, writer.saved);
        Ok(state)
    }
}

/// Sizes of the parts of a collection.
struct Sizes([(PathBuf, u64); 3]);

impl Sizes {
    fn of(directory: &Path) -> Self {
        let saved = vectors::saved(directory);
        let saved = saved.iter().map(|path| size(path)).sum();
        let words = words::directory(directory);
        let entries = std::fs::read_dir(&words).into_iter().flatten().flatten();
        let words_size = entries.map(|entry| size(&entry.path())).sum();
        let store = directory.join(STORE);
        let store_size = size(&store);
        Self([
            (store, store_size),
            (words, words_size),
            (vectors::manifest(directory), saved),
        ])
    }

    fn and_now(self, directory: &Path) -> Vec<Rewritten> {
        let now = Self::of(directory).0;
        let pairs = self.0.into_iter().zip(now);
        let both = pairs.map(|((path, before), (_, after))| Rewritten {
            path,
            before,
            after,
        });
        both.collect()
    }
}

fn size(path: &Path) -> u64 {
    path.symlink_metadata().map_or(0, |found| found.len())
}
