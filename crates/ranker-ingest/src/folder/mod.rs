//! The files of a folder, at any depth, none passed over in silence.

mod content;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::Unreadable;

/// Folders within folders are followed so deep; a loop of mounts would have no end.
const DEEPEST: usize = 64;

/// How files begin that systems and office programs keep for themselves: they are nobody's document, and
/// the only ones that are passed over.
const OF_PROGRAMS: [&[u8]; 5] = [
    b".DS_Store",
    b"Thumbs.db",
    b"desktop.ini",
    b"~$",
    b".~lock.",
];

/// A folder as it was found: files to read, and what will not be read.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Folder {
    /// The regular files, in the order of their paths.
    pub entries: Vec<Entry>,
    /// What is no regular file or cannot be listed.
    pub left_out: Vec<LeftOut>,
}

/// A regular file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Where it lies.
    pub path: PathBuf,
    /// Its path within the folder, with `/` between the parts, without its last extension.
    pub id: String,
    size: u64,
    modified: Option<SystemTime>,
}

/// A file or folder that was not read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Where it lies.
    pub path: PathBuf,
    /// Why it was not read.
    pub reason: Skipped,
}

impl LeftOut {
    /// A file with the reason.
    #[must_use]
    pub fn new(path: PathBuf, reason: Skipped) -> Self {
        Self { path, reason }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names are foreign: a line break or an escape in one must not look like our own text.
        write!(f, "{}: {}", shown(&self.path), self.reason)
    }
}

/// A path on one line.
fn shown(path: &Path) -> String {
    let plain = |c: char| {
        if c.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    path.to_string_lossy().chars().map(plain).collect()
}

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Skipped {
    /// Its content is no document that is read.
    #[error("{0}")]
    Unreadable(Unreadable),
    /// The system refuses it.
    #[error("it cannot be opened: {0}")]
    System(String),
    /// Its name begins with a dot.
    #[error("its name begins with a dot, which hides it")]
    Hidden,
    /// A link, which may lead anywhere.
    #[error("it is a link, which is not followed")]
    Link,
    /// A pipe, a socket or a device.
    #[error("it is no regular file")]
    NoFile,
    /// Folders nest too deeply.
    #[error("it lies more than {DEEPEST} folders deep")]
    Deep,
    /// It is not the same at the end as it was at the beginning.
    #[error("it changes while it is read: try again later")]
    Changing,
}

impl Folder {
    /// Lists a folder and all folders in it.
    ///
    /// # Errors
    ///
    /// What the system reports of the folder itself; what lies in it is left out by name.
    pub fn scan(path: &Path) -> io::Result<Self> {
        let mut folder = Self::default();
        let listed = fs::read_dir(path)?;
        folder.list(path, listed, 0);
        folder.entries.sort_by(|a, b| a.path.cmp(&b.path));
        folder.left_out.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(folder)
    }

    /// What tells whether anything has changed since: names, sizes and times.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};

        let mut hasher = DefaultHasher::new();
        for entry in &self.entries {
            (&entry.path, entry.size, entry.modified).hash(&mut hasher);
        }
        self.left_out
            .iter()
            .for_each(|left| left.path.hash(&mut hasher));
        hasher.finish()
    }

    fn list(&mut self, root: &Path, listed: fs::ReadDir, depth: usize) {
        for entry in listed {
            match entry {
                Ok(entry) => self.add(root, &entry.path(), depth),
                Err(error) => self.skip(root, Skipped::System(error.to_string())),
            }
        }
    }

    fn add(&mut self, root: &Path, path: &Path, depth: usize) {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return self.skip(path, Skipped::System(error.to_string())),
        };
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if OF_PROGRAMS.iter().any(|own| name.starts_with(own)) {
            return;
        }
        if name.starts_with(b".") {
            return self.skip(path, Skipped::Hidden);
        }
        let kind = metadata.file_type();
        if kind.is_dir() {
            if depth >= DEEPEST {
                return self.skip(path, Skipped::Deep);
            }
            return match fs::read_dir(path) {
                Ok(listed) => self.list(root, listed, depth + 1),
                Err(error) => self.skip(path, Skipped::System(error.to_string())),
            };
        }
        if kind.is_symlink() {
            return self.skip(path, Skipped::Link);
        }
        if !kind.is_file() {
            return self.skip(path, Skipped::NoFile);
        }
        self.entries.push(Entry {
            path: path.to_owned(),
            id: id(root, path),
            size: metadata.len(),
            modified: metadata.modified().ok(),
        });
    }

    fn skip(&mut self, path: &Path, reason: Skipped) {
        self.left_out.push(LeftOut {
            path: path.to_owned(),
            reason,
        });
    }
}

fn id(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path).with_extension("");
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
