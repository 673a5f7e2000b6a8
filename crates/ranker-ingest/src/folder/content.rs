//! A file's bytes, all of one moment.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::{Entry, Skipped};
use crate::error::Unreadable;

/// How often a file that changes is read again.
const TRIES: usize = 3;

impl Entry {
    /// The file's bytes, up to `limit`.
    ///
    /// # Errors
    ///
    /// [`Skipped`]: larger than `limit`, not openable, no longer a regular file, or changing each
    /// time it is read.
    pub fn content(&self, limit: usize) -> Result<Vec<u8>, Skipped> {
        for _ in 0..TRIES {
            let before = state(&self.path)?;
            let bytes = bytes(&self.path, limit)?;
            if state(&self.path)? == before && before.0 == bytes.len() as u64 {
                return Ok(bytes);
            }
        }
        Err(Skipped::Changing)
    }
}

fn system(error: &io::Error) -> Skipped {
    Skipped::System(error.to_string())
}

/// Size and time; a file that was replaced by a pipe would have the reader wait for ever.
fn state(path: &Path) -> Result<(u64, Option<std::time::SystemTime>), Skipped> {
    let metadata = fs::symlink_metadata(path).map_err(|error| system(&error))?;
    if !metadata.is_file() {
        return Err(Skipped::NoFile);
    }
    Ok((metadata.len(), metadata.modified().ok()))
}

fn bytes(path: &Path, limit: usize) -> Result<Vec<u8>, Skipped> {
    let file = open(path).map_err(|error| system(&error))?;
    let mut bytes = Vec::new();
    let mut bounded = file.take(limit as u64 + 1);
    bounded
        .read_to_end(&mut bytes)
        .map_err(|error| system(&error))?;
    if bytes.len() > limit {
        return Err(Skipped::Unreadable(Unreadable::TooLarge {
            what: "file",
            limit,
        }));
    }
    Ok(bytes)
}

/// Opens a file without following a link that has taken its place, and without waiting for a writer.
#[cfg(target_os = "linux")]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(target_os = "linux"))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}
