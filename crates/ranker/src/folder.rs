//! Profiles out of a folder of documents (feature `ingest`).

use std::collections::BTreeMap;
use std::iter::repeat_with;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use ranker_core::{Profile, ValueError};
use ranker_ingest::{
    Document, DocumentCache, DocumentKey, DocumentReader, Entry, Folder, LeftOut, SectionKind,
    Skipped, sections,
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
}

/// Reads folders of documents.
#[derive(Debug)]
pub struct FolderReader {
    documents: DocumentReader,
    cache: Option<DocumentCache>,
    scope: CacheScope,
    threads: NonZeroUsize,
}

/// What a cache of documents is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CacheScope {
    /// For any number of folders: it forgets nothing.
    #[default]
    Shared,
    /// For this folder alone: what is no longer in it is forgotten.
    OneFolder,
}

impl FolderReader {
    /// Reads with this reader, on as many threads as the machine runs at once.
    #[must_use]
    pub fn new(documents: DocumentReader) -> Self {
        Self {
            documents,
            cache: None,
            scope: CacheScope::Shared,
            threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }

    /// Keeps what was read, by content: the next time only what is new or changed is parsed.
    #[must_use]
    pub fn with_cache(mut self, cache: DocumentCache, scope: CacheScope) -> Self {
        (self.cache, self.scope) = (Some(cache), scope);
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
        &mut self,
        path: &Path,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<FolderProfiles, FileError> {
        let folder = Folder::scan(path).map_err(|source| FileError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut result = FolderProfiles {
            left_out: folder.left_out,
            ..FolderProfiles::default()
        };
        let ids = ids(&folder.entries, path, &mut result.notes);
        let read = self.documents(&folder.entries, progress);
        self.keep(&read, &mut result.notes);
        for ((entry, id), read) in folder.entries.iter().zip(ids).zip(read) {
            match read.and_then(|read| profile(id, read, &mut result)) {
                Ok(profile) => result.profiles.push(profile),
                Err(reason) => result
                    .left_out
                    .push(LeftOut::new(entry.path.clone(), reason)),
            }
        }
        Ok(result)
    }

    /// Each file's document, in the order of the files.
    fn documents(
        &self,
        entries: &[Entry],
        progress: &mut dyn FnMut(usize, usize),
    ) -> Vec<Result<Read, Skipped>> {
        let next = AtomicUsize::new(0);
        let (sender, receiver) = sync_channel(64);
        let mut read: Vec<Option<_>> = entries.iter().map(|_| None).collect();
        thread::scope(|scope| {
            for _ in 0..self.threads.get().min(entries.len()) {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    let claimed = repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
                    let mut mine = claimed.map_while(|at| Some((at, entries.get(at)?)));
                    // Only a scope that unwinds hears no more.
                    let _ = mine.try_for_each(|(at, one)| sender.send((at, self.document(one))));
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

    fn document(&self, entry: &Entry) -> Result<Read, Skipped> {
        let content = entry.content(self.documents.limits().input)?;
        let mut key = None;
        if let Some(cache) = &self.cache {
            let of_content = DocumentKey::new(&content, &self.documents);
            if let Some(document) = cache.get(&of_content) {
                return Ok(Read::Cached(document, of_content));
            }
            key = Some(of_content);
        }
        let document = self.documents.read(&content);
        Ok(Read::New(document.map_err(Skipped::Unreadable)?, key))
    }

    /// Keeps what is new for the next time, and forgets what is gone.
    fn keep(&mut self, read: &[Result<Read, Skipped>], notes: &mut Vec<String>) {
        let Some(cache) = &mut self.cache else {
            return;
        };
        let new = read.iter().filter_map(|read| match read {
            Ok(Read::New(document, Some(key))) => Some((key, document)),
            _ => None,
        });
        let mut kept = cache.insert(new);
        if self.scope == CacheScope::OneFolder {
            let keys = read.iter().filter_map(|read| match read {
                Ok(Read::New(_, key)) => key.clone(),
                Ok(Read::Cached(_, key)) => Some(key.clone()),
                Err(_) => None,
            });
            let keys: Vec<DocumentKey> = keys.collect();
            kept = kept.and_then(|()| cache.keep_only(&keys).map(drop));
        }
        if let Err(error) = kept {
            notes.push(format!(
                "the documents could not be kept for the next run: {error}"
            ));
        }
    }
}

/// A document, and where it comes from.
enum Read {
    Cached(Document, DocumentKey),
    /// With what it is to be kept under.
    New(Document, Option<DocumentKey>),
}

fn profile(id: String, read: Read, result: &mut FolderProfiles) -> Result<Profile, Skipped> {
    result.cached += usize::from(matches!(read, Read::Cached(..)));
    let (Read::Cached(document, _) | Read::New(document, _)) = read;
    let profile = document_profile(id, &document);
    let profile = profile.map_err(|error| Skipped::System(error.to_string()))?;
    let warnings = document.warnings.iter();
    let warned = warnings.map(|warning| format!("{}: {warning}", profile.id()));
    result.notes.extend(warned);
    Ok(profile)
}

/// A profile out of a document: its first line is the title, unless it is long or the heading of a section.
///
/// # Errors
///
/// As [`Profile::new`].
pub fn document_profile(id: impl Into<String>, document: &Document) -> Result<Profile, ValueError> {
    let (title, text) = headline(&document.text);
    Ok(Profile::new(id, text)?.with_title(title))
}

/// A text's headline and the rest; the heading of a section ("Skills") is no headline.
fn headline(text: &str) -> (String, String) {
    let first = sections(text).into_iter().next();
    if first.is_some_and(|section| section.kind != SectionKind::Head) {
        return (String::new(), text.to_owned());
    }
    titled(text)
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
            let below = entries[at]
                .path
                .strip_prefix(root)
                .unwrap_or(&entries[at].path);
            let mut named = plain(&below.to_string_lossy());
            if holders.contains_key(&named) || ids.contains(&named) {
                named = format!("{named} ({})", number + 1);
            }
            ids[at] = named;
        }
        let named: Vec<&str> = places.iter().map(|&at| ids[at].as_str()).collect();
        notes.push(format!(
            "{} would all be {id:?}, and keep their extensions",
            named.join(" and ")
        ));
    }
    ids
}

/// Control characters have no place in an id.
fn plain(name: &str) -> String {
    let plain = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    name.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ranker_ingest::DocumentCache;

    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        folder
    }

    fn reader() -> FolderReader {
        FolderReader::new(DocumentReader::in_process())
    }

    #[test]
    fn what_is_read_and_what_is_not_is_named() {
        let folder = folder(&[
            ("ana.TXT", b"Ana Doe\n\nCook in Lyon."),
            ("ana.rtf", b"{\\rtf1 Ana Doe\\par Cook in Gen\\'e8ve.}"),
            ("cy.pdf", b"%PDF-1.4"),
            ("di.docx", b"PK\x03\x04 and no more"),
            ("empty.txt", b" \n"),
            ("sub/ben.v2.txt", b"Ben Roe\n\nCook, Gen\xe8ve"),
        ]);
        let mut done = Vec::new();
        let read = reader().read(folder.path(), &mut |now, all| done.push((now, all)));
        let read = read.unwrap();
        assert_eq!(done.len(), 6);
        assert_eq!(done.last(), Some(&(6, 6)));
        let profiles = read.profiles.iter();
        let profiles: Vec<_> = profiles
            .map(|p| (p.id().as_str(), p.title(), p.text()))
            .collect();
        assert_eq!(
            profiles,
            [
                ("ana.TXT", "Ana Doe", "Cook in Lyon."),
                ("ana.rtf", "Ana Doe", "Cook in Genève."),
                ("sub/ben.v2", "Ben Roe", "Cook, Genève"),
            ]
        );
        let left_out: Vec<String> = read.left_out.iter().map(ToString::to_string).collect();
        let reason = |file: &str| {
            let found = left_out
                .iter()
                .find_map(|line| line.split_once(&format!("{file}: ")));
            found.map(|(_, reason)| reason).unwrap_or_default()
        };
        assert_eq!(left_out.len(), 3);
        assert!(reason("cy.pdf").starts_with("it is damaged: hayro"));
        assert!(reason("di.docx").starts_with("it is damaged"));
        assert_eq!(reason("empty.txt"), "it is empty");
        assert_eq!(
            read.notes,
            [
                "ana.TXT and ana.rtf would all be \"ana\", and keep their extensions",
                "sub/ben.v2: it was read as Windows-1252 (Latin-1)"
            ]
        );
    }

    #[test]
    fn a_heading_is_no_title() {
        assert_eq!(headline("Skills\nRust").0, "");
        assert_eq!(headline("BERUFSERFAHRUNG\n2011 Koch").0, "");
        assert_eq!(headline("Ana Doe\nSkills\nRust").0, "Ana Doe");
    }

    #[test]
    fn only_what_is_new_is_read_again() {
        let folder = folder(&[("a.txt", b"Ana, cook"), ("b.txt", b"Ben, cook")]);
        let kept = tempfile::tempdir().unwrap();
        let cached = || {
            let cache = DocumentCache::open(&kept.path().join("c.redb")).unwrap();
            let read = reader()
                .with_cache(cache, CacheScope::OneFolder)
                .read(folder.path(), &mut |_, _| {})
                .unwrap();
            (read.cached, read.profiles)
        };
        let (none, first) = cached();
        assert_eq!(none, 0);
        assert_eq!(cached(), (2, first));
        fs::write(folder.path().join("a.txt"), "Ana, head cook").unwrap();
        let (one, changed) = cached();
        assert_eq!((one, changed[0].text()), (1, "Ana, head cook"));
    }

    #[test]
    fn a_folder_that_is_none_is_an_error() {
        let read = reader().read(Path::new("no/such"), &mut |_, _| {});
        assert!(matches!(read, Err(FileError::Read { .. })));
    }
}
