//! One process at a time.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::CollectionError;
use super::plain;

/// The name of the file that is locked. Its text, for people, names the holder.
const NAME: &str = "LOCK";

/// The most bytes of a holder's text that an error repeats.
const MOST_TEXT: u64 = 300;

/// Held as long as a collection is open; the system lets go of it when the process ends, however it
/// ends.
#[derive(Debug)]
pub(super) struct WriterLock {
    file: File,
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // A process that another thread is just starting holds a copy of the file until it runs, and
        // with it a lock that is only let go of by closing.
        let _ = self.file.unlock();
    }
}

impl WriterLock {
    pub(super) fn take(directory: &Path) -> Result<Self, CollectionError> {
        let path = directory.join(NAME);
        let failed = |source| CollectionError::io(&path, "locked", source);
        let mut file = plain::open_or_create(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CollectionError::Locked {
                    path: directory.to_owned(),
                    holder: holder(file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        // A lock without text still locks; a full disk must not keep the collection closed.
        let _ = introduce(&mut file);
        Ok(Self { file })
    }
}

fn introduce(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.map_or(0, |since| since.as_secs());
    let process = std::process::id();
    let host = host();
    write!(
        file,
        "process {process} on {host} since {since} (Unix seconds)"
    )
}

/// The machine's name, where the system has it in a file.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "this machine".to_owned(),
        name => name.to_owned(),
    }
}

fn holder(file: File) -> String {
    let mut text = String::new();
    match file.take(MOST_TEXT).read_to_string(&mut text) {
        Ok(read) if read > 0 => text,
        _ => "an unnamed process".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_its_holder() {
        let directory = tempfile::tempdir().unwrap();
        let held = WriterLock::take(directory.path()).unwrap();
        let refused = WriterLock::take(directory.path()).unwrap_err().to_string();
        let process = format!("process {} on ", std::process::id());
        assert!(
            refused.contains(&process) && refused.contains(" since "),
            "{refused}"
        );
        drop(held);
        WriterLock::take(directory.path()).unwrap();
    }
}
