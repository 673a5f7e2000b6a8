//! The files of the inverted index, which need not survive a power cut.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::plain::{self, is_plain};
use tantivy::Directory;
use tantivy::directory::error::{
    DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError,
};
use tantivy::directory::{
    AntiCallToken, DirectoryLock, FileHandle, Lock, MmapDirectory, TerminatingWrite, WatchCallback,
    WatchHandle, WritePtr,
};

/// tantivy's memory-mapped directory, without waiting for the disk: what a crash of the machine spoils
/// fails its checksum, and is built anew from the store. Ten times a transaction would wait for the
/// disk otherwise.
#[derive(Debug, Clone)]
pub(super) struct Unsynced {
    path: PathBuf,
    mapped: MmapDirectory,
}

impl Unsynced {
    pub(super) fn open(path: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(Self {
            path: path.to_owned(),
            mapped: MmapDirectory::open(path)?,
        })
    }
}

/// A file that is flushed, but not synchronised, when it is complete.
struct Plain(File);

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl TerminatingWrite for Plain {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.0.flush()
    }
}

/// Refuses a name that leads out of the directory: names come from files that a stranger may have
/// written.
fn inside(path: &Path) -> io::Result<()> {
    match is_plain(path) {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{} is no name of a file in the directory", path.display()),
        )),
    }
}

impl Unsynced {
    fn readable(&self, path: &Path) -> Result<(), OpenReadError> {
        let plain = inside(path).and_then(|()| plain::check_file(&self.path.join(path)));
        plain.map_err(|error| OpenReadError::wrap_io_error(error, path.to_owned()))
    }
}

impl Directory for Unsynced {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.readable(path)?;
        self.mapped.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        inside(path).map_err(|error| DeleteError::IoError {
            io_error: Arc::new(error),
            filepath: path.to_owned(),
        })?;
        self.mapped.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.readable(path)?;
        self.mapped.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        inside(path).map_err(|error| OpenWriteError::wrap_io_error(error, path.to_owned()))?;
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .open(self.path.join(path));
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
            _ => OpenWriteError::wrap_io_error(error, path.to_owned()),
        })?;
        Ok(BufWriter::new(Box::new(Plain(file))))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.readable(path)?;
        self.mapped.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        inside(path)?;
        let path = self.path.join(path);
        let mut beside = path.clone().into_os_string();
        beside.push(".tmp");
        // What a crash or a stranger left under that name is not written through.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).open(&beside)?;
        file.write_all(bytes)?;
        fs::rename(&beside, &path)
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let path = self.path.join(&lock.filepath);
        let plain = inside(&lock.filepath).and_then(|()| plain::check_file(&path));
        plain.map_err(LockError::wrap_io_error)?;
        self.mapped.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.mapped.watch(callback)
    }
}
