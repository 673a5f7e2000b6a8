//! One process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::error::CollectionError;

/// The name of the file that is locked. What it says is for people: who holds it.
const NAME: &str = "LOCK";

/// As much of what a holder says as is repeated.
const SAID: u64 = 300;

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
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(failed)?;
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
        // A lock that says nothing still locks; a disk without room must not keep anyone out.
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

/// The machine's name, where the system tells it in a file.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "this machine".to_owned(),
        name => name.to_owned(),
    }
}

fn holder(file: File) -> String {
    let mut said = String::new();
    match file.take(SAID).read_to_string(&mut said) {
        Ok(read) if read > 0 => said,
        _ => "a process that did not say which".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_who_holds_it() {
        let directory = tempfile::tempdir().unwrap();
        let held = WriterLock::take(directory.path()).unwrap();
        let said = WriterLock::take(directory.path()).unwrap_err().to_string();
        let process = format!("process {} on ", std::process::id());
        assert!(
            said.contains(&process) && said.contains(" since "),
            "{said}"
        );
        drop(held);
        WriterLock::take(directory.path()).unwrap();
    }
}
