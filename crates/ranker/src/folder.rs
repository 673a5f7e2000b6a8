//! Profiles out of a folder of documents (feature `ingest`).

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use ranker_core::Profile;
use ranker_ingest::{
    Document, DocumentCache, DocumentReader, Entry, Folder, LeftOut, Skipped,
};

use crate::files::{FileError, titled};

/// What a folder's documents gave.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct FolderProfiles {
    /// A profile a document, in the order of the files' paths.
    pub profiles: Vec<Profile>,
    /// What was not read, each with the reason.
    pub left_out: Vec<LeftOut>,
    /// What a reader should know of documents that were read.
    pub notes: Vec<String>,
    /// How many documents the cache had.
    pub cached: usize,
    /// What tells whether the folder has changed since.
    pub fingerprint: u64,
}

/// Reads folders of documents.
#[derive(Debug)]
pub struct FolderReader {
    documents: DocumentReader,
    cache: Option<DocumentCache>,
    threads: NonZeroUsize,
}

impl FolderReader {
    /// Reads with this reader, on as many threads as the machine runs at once.
    #[must_use]
    pub fn new(documents: DocumentReader) -> Self {
        Self {
            documents,
            cache: None,
            threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }

    /// Keeps what was read, by content: the next time only what is new or changed is parsed.
    #[must_use]
    pub fn with_cache(mut self, cache: DocumentCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Reads every document of a folder and of the folders in it, and reports how many of how many
    /// are done. An id is a file's path within the folder without its last extension; where two files
    /// would have the same, with it, and a note names both.
    ///
    /// # Errors
    ///
    /// [`FileError::Read`] if the folder itself cannot be listed. One bad file ends nothing.
    pub fn read(
        &self,
        path: &Path,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<FolderProfiles, FileError> {
        let folder = Folder::scan(path).map_err(|source| FileError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut result = FolderProfiles {
            fingerprint: folder.fingerprint(),
            left_out: folder.left_out,
            ..FolderProfiles::default()
        };
        let ids = ids(&folder.entries, path, &mut result.notes);
        let read = self.documents(&folder.entries, progress);
        self.keep(&read, &mut result.notes);
        for ((entry, id), (_, read)) in folder.entries.iter().zip(ids).zip(read) {
            match read.and_then(|read| profile(id, read, &mut result)) {
                Ok(profile) => result.profiles.push(profile),
                Err(reason) => result.left_out.push(LeftOut::new(entry.path.clone(), reason)),
            }
        }
        Ok(result)
    }

    /// Each file's content and document, in the order of the files.
    fn documents(
        &self,
        entries: &[Entry],
        progress: &mut dyn FnMut(usize, usize),
    ) -> Vec<(Vec<u8>, Result<Read, Skipped>)> {
        let next = AtomicUsize::new(0);
        let (sender, receiver) = sync_channel(64);
        let mut read: Vec<Option<_>> = entries.iter().map(|_| None).collect();
        thread::scope(|scope| {
            for _ in 0..self.threads.get().min(entries.len()) {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(entry) = entries.get(at) else {
                            break;
                        };
                        if sender.send((at, self.document(entry))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            for (done, (at, one)) in (1..).zip(receiver) {
                read[at] = Some(one);
                progress(done, entries.len());
            }
        });
        read.into_iter().flatten().collect()
    }

    fn document(&self, entry: &Entry) -> (Vec<u8>, Result<Read, Skipped>) {
        let content = match entry.content(self.documents.limits().input) {
            Ok(content) => content,
            Err(reason) => return (Vec::new(), Err(reason)),
        };
        let known = self.cache.as_ref().and_then(|cache| cache.get(&content, &self.documents));
        let read = match known {
            Some(document) => Ok(Read {
                document,
                cached: true,
            }),
            None => self.documents.read(&content).map_err(Skipped::Unreadable).map(|document| Read {
                document,
                cached: false,
            }),
        };
        // Only what will be kept is carried on.
        let kept = self.cache.is_some() && read.as_ref().is_ok_and(|read| !read.cached);
        (if kept { content } else { Vec::new() }, read)
    }

    fn keep(&self, read: &[(Vec<u8>, Result<Read, Skipped>)], notes: &mut Vec<String>) {
        let Some(cache) = &self.cache else {
            return;
        };
        let new = read.iter().filter_map(|(content, read)| {
            let read = read.as_ref().ok().filter(|read| !read.cached)?;
            Some((content.as_slice(), &read.document))
        });
        if let Err(error) = cache.insert(&self.documents, new) {
            notes.push(format!("the documents could not be kept for the next run: {error}"));
        }
    }
}

/// A document, and whether the cache had it.
struct Read {
    document: Document,
    cached: bool,
}

fn profile(id: String, read: Read, result: &mut FolderProfiles) -> Result<Profile, Skipped> {
    let Document { text, warnings, .. } = read.document;
    let (title, text) = titled(&text);
    let profile = Profile::new(id, text).map_err(|error| Skipped::System(error.to_string()))?;
    result.cached += usize::from(read.cached);
    let warned = warnings.iter().map(|warning| format!("{}: {warning}", profile.id()));
    result.notes.extend(warned);
    Ok(profile.with_title(title))
}

/// An id a file; those that two would share keep their extension, and further ones are numbered.
fn ids(entries: &[Entry], root: &Path, notes: &mut Vec<String>) -> Vec<String> {
    let mut holders: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        holders.entry(plain(&entry.id)).or_default().push(at);
    }
    let mut ids = vec![String::new(); entries.len()];
    for (id, places) in &holders {
        if let [only] = places[..] {
            ids[only] = id.clone();
            continue;
        }
        for (number, &at) in places.iter().enumerate() {
            let below = entries[at].path.strip_prefix(root).unwrap_or(&entries[at].path);
            let mut named = plain(&below.to_string_lossy());
            if holders.contains_key(&named) || ids.contains(&named) {
                named = format!("{named} ({})", number + 1);
            }
            ids[at] = named;
        }
        let named: Vec<&str> = places.iter().map(|&at| ids[at].as_str()).collect();
        notes.push(format!("{} would all be {id:?}, and keep their extensions", named.join(" and ")));
    }
    ids
}

/// Control characters have no place in an id.
fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    name.chars().map(plain).collect()
}
