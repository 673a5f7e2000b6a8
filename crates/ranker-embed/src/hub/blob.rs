//! One file: brought to the cache in as many pieces as it takes, and checked.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ranker_http::{Call, Client, HttpError};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::HubError;
use super::files::{RemoteFile, Sum};

/// How often a file may break off without a byte in between.
const TRIES: u32 = 3;
const BUFFER: usize = 1 << 16;

/// A file on its way to `to`.
pub(crate) struct Fetch<'f> {
    pub(crate) client: &'f Client,
    pub(crate) path: String,
    pub(crate) file: &'f RemoteFile,
    pub(crate) to: &'f Path,
}

impl Fetch<'_> {
    /// Brings the file, going on from what an earlier call left. `progress` is told how many bytes are there.
    pub(crate) fn run(&self, progress: &mut dyn FnMut(u64)) -> Result<(), HubError> {
        let part = self.part();
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&part);
        let mut file = file.map_err(|source| cache(&part, source))?;
        // Another process may bring the same file; then this one waits for it.
        file.lock().map_err(|source| cache(&part, source))?;
        if self.to.exists() {
            let _ = fs::remove_file(&part);
            return Ok(());
        }
        let mut fruitless = 0;
        loop {
            let before = length(&mut file).map_err(|source| cache(&part, source))?;
            match self.piece(&mut file, before, progress) {
                Ok(()) => break,
                Err(Piece::Hub(source)) if !source.passes() => return Err(self.hub(source)),
                Err(Piece::Cache(source)) => return Err(cache(&part, source)),
                Err(Piece::Hub(_) | Piece::Broken(_)) if fruitless + 1 < TRIES => {
                    let after = length(&mut file).map_err(|source| cache(&part, source))?;
                    fruitless = if after > before { 0 } else { fruitless + 1 };
                    thread::sleep(Duration::from_millis(100 << fruitless));
                }
                Err(Piece::Hub(source)) => return Err(self.hub(source)),
                Err(Piece::Broken(source)) => return Err(self.broken(before, source)),
            }
        }
        self.check(&mut file, &part)?;
        file.sync_all().map_err(|source| cache(&part, source))?;
        fs::rename(&part, self.to).map_err(|source| cache(self.to, source))
    }

    fn part(&self) -> PathBuf {
        self.to.with_added_extension("incomplete")
    }

    /// Asks for what is missing and writes what comes.
    fn piece(
        &self,
        file: &mut File,
        have: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Piece> {
        let size = self.file.size;
        if have == size {
            return Ok(());
        }
        let mut have = have;
        if have > size {
            file.set_len(0).map_err(Piece::Cache)?;
            have = 0;
        }
        let call = Call::get(&self.path);
        let call = match have {
            0 => call,
            have => call.header("range", format!("bytes={have}-")),
        };
        let mut body = self.client.stream(&call).map_err(Piece::Hub)?;
        if have > 0 && body.status() != 206 {
            // The server begins anew.
            file.set_len(0).map_err(Piece::Cache)?;
            have = 0;
        }
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = body.read(&mut buffer).map_err(Piece::Broken)?;
            if read == 0 {
                break;
            }
            have += read as u64;
            if have > size {
                break;
            }
            file.write_all(&buffer[..read]).map_err(Piece::Cache)?;
            progress(have);
        }
        match have == size {
            true => Ok(()),
            false => Err(Piece::Broken(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    fn check(&self, file: &mut File, part: &Path) -> Result<(), HubError> {
        let sum = sum(file, self.file).map_err(|source| cache(part, source))?;
        if sum == self.file.sum.as_str() {
            return Ok(());
        }
        fs::remove_file(part).map_err(|source| cache(part, source))?;
        Err(HubError::Checksum {
            file: self.file.path.clone(),
            expected: self.file.sum.as_str().to_owned(),
        })
    }

    fn hub(&self, source: HttpError) -> HubError {
        HubError::Hub {
            name: self.file.path.clone(),
            source: source.into(),
        }
    }

    fn broken(&self, received: u64, source: io::Error) -> HubError {
        HubError::Broken {
            file: self.file.path.clone(),
            received,
            size: self.file.size,
            source,
        }
    }
}

/// Why a piece did not come whole.
enum Piece {
    Hub(HttpError),
    Broken(io::Error),
    Cache(io::Error),
}

fn length(file: &mut File) -> io::Result<u64> {
    file.seek(SeekFrom::End(0))
}

fn sum(file: &mut File, of: &RemoteFile) -> io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    match of.sum {
        Sum::Sha256(_) => digest(file, Sha256::new()),
        Sum::Git(_) => {
            let header = format!("blob {}\0", of.size);
            digest(file, Sha1::new_with_prefix(header))
        }
    }
}

fn digest(file: &mut File, mut hasher: impl Digest) -> io::Result<String> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

pub(crate) fn cache(path: &Path, source: io::Error) -> HubError {
    HubError::Cache {
        path: path.to_path_buf(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `printf 'hello\n' | git hash-object --stdin` and `sha256sum`.
    #[test]
    fn sums_are_those_of_git_and_of_sha256sum() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"hello\n").unwrap();
        let mut summed = |sum| {
            let (path, size) = ("hello".to_owned(), 6);
            super::sum(&mut file, &RemoteFile { path, size, sum }).unwrap()
        };
        assert_eq!(
            summed(Sum::Git(String::new())),
            "ce013625030ba8dba906f756967f9e9ca394464a"
        );
        assert_eq!(
            summed(Sum::Sha256(String::new())),
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
    }
}
