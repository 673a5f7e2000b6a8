//! Files that are there whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::FileError;

/// Reads a file into memory.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Io {
        path: path.to_owned(),
        action: "read",
        source,
    })
}

/// Writes a file beside `path`, then gives it that name: a reader, or a crash, finds the old file or
/// the new one. The bytes are on the disk before the name is.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_by(path, |mut file| {
        file.write_all(bytes).map_err(unwritten(path))
    })
}

/// As [`write`], with what `fill` makes of the file, which may be read back too.
pub(crate) fn write_by<E: From<FileError>>(
    path: &Path,
    fill: impl FnOnce(&File) -> Result<(), E>,
) -> Result<(), E> {
    let temporary = beside(path);
    let filled = fill_synced(&temporary, path, fill);
    let named = filled.and_then(|()| {
        let named = fs::rename(&temporary, path).map_err(unwritten(path));
        Ok(named?)
    });
    if named.is_err() {
        // The failure is reported; that the rest of it may stay behind is not worth another.
        let _ = fs::remove_file(&temporary);
    }
    named?;
    Ok(sync_directory(path).map_err(unwritten(path))?)
}

fn fill_synced<E: From<FileError>>(
    temporary: &Path,
    path: &Path,
    fill: impl FnOnce(&File) -> Result<(), E>,
) -> Result<(), E> {
    let file = create(temporary).map_err(unwritten(path))?;
    fill(&file)?;
    Ok(file.sync_all().map_err(unwritten(path))?)
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).open(path)
}

/// The error of a file that was to be written.
pub(super) fn unwritten(path: &Path) -> impl Fn(io::Error) -> FileError {
    move |source| FileError::Io {
        path: path.to_owned(),
        action: "written",
        source,
    }
}

/// A name of its own in the same directory: a rename works only within one file system.
fn beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let unique = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(format!(".{}-{unique}.tmp", std::process::id()));
    path.with_file_name(name)
}

/// Makes the new name survive a power cut, where directories can be synced.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_a_file_and_leaves_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("some.index");
        write(&path, b"old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn names_the_file_that_it_cannot_use() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("nowhere").join("some.index");
        for error in [write(&path, b"x").unwrap_err(), read(&path).unwrap_err()] {
            assert!(error.to_string().contains("some.index"), "{error}");
        }
        let taken = write(directory.path(), b"x");
        assert!(matches!(taken, Err(FileError::Io { .. })), "{taken:?}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
