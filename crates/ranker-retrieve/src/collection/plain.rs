//! Only plain files: a directory that was made elsewhere must lead nowhere else.
//!
//! A collection may come from a stranger. Its files are then whatever that person wrote: links to files
//! outside, which a write would follow, or lists of names with `..` in them, which a deletion would. So
//! every file is a file of its own here, and every name that is read from a file is one.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Component, Path};

use ranker_core::BoxError;

/// Whether a path names a file in its directory, and nothing elsewhere.
pub(super) fn is_plain(name: &Path) -> bool {
    let mut parts = name.components();
    let first = parts.next();
    // `a/.` has the components of `a`, but is another name.
    let same = |part: &OsStr| part == name.as_os_str();
    matches!(first, Some(Component::Normal(part)) if same(part)) && parts.next().is_none()
}

/// Refuses what is there under this name unless it is a file: not a link, a pipe or a device.
pub(super) fn check_file(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a link or no file: put a file of its own there",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Refuses a directory that is a link, or that has anything but files.
pub(super) fn check_directory(path: &Path) -> Result<(), BoxError> {
    if !path.symlink_metadata()?.is_dir() {
        return Err("it is no directory of its own".into());
    }
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if !entry.file_type()?.is_file() {
            return Err(format!("{:?} in it is no file", entry.file_name()).into());
        }
    }
    Ok(())
}

/// Opens a file to read and write, and makes it where there is none; never through a link.
pub(super) fn open_or_create(path: &Path) -> io::Result<File> {
    check_file(path)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    // Between the check and the opening a link may take the file's place.
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        for name in ["meta.json", "a b", "..a", "…"] {
            assert!(is_plain(Path::new(name)), "{name}");
        }
        for name in [
            "", ".", "..", "../a", "a/b", "/a", "a/", "a/.", "./a", "a/../b",
        ] {
            assert!(!is_plain(Path::new(name)), "{name:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_no_files() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("victim"), "kept").unwrap();
        std::os::unix::fs::symlink(at("victim"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("nowhere"), at("dangling")).unwrap();
        assert!(check_file(&at("victim")).is_ok() && check_file(&at("new")).is_ok());
        for link in ["link", "dangling"] {
            assert!(check_file(&at(link)).is_err(), "{link}");
            assert!(open_or_create(&at(link)).is_err(), "{link}");
        }
        assert!(check_directory(directory.path()).is_err());
        assert!(!at("nowhere").exists());
        open_or_create(&at("new")).unwrap();
    }
}
