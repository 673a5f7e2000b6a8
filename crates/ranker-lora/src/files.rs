//! Files that are written whole or not at all.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::LoraError;

/// The file with an encoder's weights.
pub(crate) const MODEL: &str = "model.safetensors";

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, LoraError> {
    std::fs::read(path).map_err(LoraError::io("read", path))
}

/// A set of files for one folder. All are written beside their places first and only then renamed,
/// so a full disk leaves what was there untouched.
pub(crate) struct Staged {
    folder: PathBuf,
    files: Vec<(NamedTempFile, PathBuf)>,
    gone: Vec<PathBuf>,
}

impl Staged {
    /// Makes the folder where it does not exist.
    pub(crate) fn new(folder: &Path) -> Result<Self, LoraError> {
        create(folder)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            files: Vec::new(),
            gone: Vec::new(),
        })
    }

    /// Writes one file, under a temporary name for now. `name` may hold one level of folder.
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), LoraError> {
        self.add_pieces(name, [bytes])
    }

    /// As [`Self::add`], of pieces that are never in memory together.
    pub(crate) fn add_pieces<B: AsRef<[u8]>>(
        &mut self,
        name: &str,
        pieces: impl IntoIterator<Item = B>,
    ) -> Result<(), LoraError> {
        let path = self.folder.join(name);
        let parent = path.parent().unwrap_or(&self.folder);
        create(parent)?;
        let mut file = temporary(parent).map_err(LoraError::io("create", &path))?;
        let mut pieces = pieces.into_iter();
        pieces
            .try_for_each(|piece| file.write_all(piece.as_ref()))
            .and_then(|()| file.as_file().sync_all())
            .map_err(LoraError::io("write", &path))?;
        self.files.push((file, path));
        Ok(())
    }

    /// A file that shall not be there after the commit: it belonged to what is replaced.
    pub(crate) fn remove(&mut self, name: &str) {
        self.gone.push(self.folder.join(name));
    }

    /// Puts every file in its place.
    pub(crate) fn commit(self) -> Result<(), LoraError> {
        for (file, path) in self.files {
            file.persist(&path)
                .map_err(|e| LoraError::io("write", &path)(e.error))?;
        }
        for path in self.gone {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(LoraError::io("remove", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn create(folder: &Path) -> Result<(), LoraError> {
    std::fs::create_dir_all(folder).map_err(LoraError::io("create", folder))
}

/// A temporary file with the permissions of an ordinary one: the default is for its owner only.
fn temporary(folder: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_seen_before_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/a.bin");
        let mut staged = Staged::new(folder.path()).unwrap();
        staged.add("sub/a.bin", b"new").unwrap();
        assert!(!path.exists());
        staged.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_failure_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("a.bin");
        std::fs::write(&old, b"old").unwrap();
        let mut staged = Staged::new(folder.path()).unwrap();
        staged.add("a.bin", b"new").unwrap();
        // A file stands where a folder is needed, so the second one cannot be written.
        assert!(matches!(
            staged.add("a.bin/b", b"x"),
            Err(LoraError::Io { .. })
        ));
        drop(staged);
        assert_eq!(std::fs::read(&old).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
