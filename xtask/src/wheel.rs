//! Takes one native library out of a package of PyPI's, through pip.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Outcome, say, workspace};

/// A library that a wheel ships.
pub(crate) struct Library {
    /// The project, as it is reported.
    pub(crate) name: &'static str,
    /// The folder in the target folder where it is kept.
    pub(crate) folder: &'static str,
    /// Releases that are tried in turn, as pip names them.
    pub(crate) requirements: &'static [&'static str],
    /// Whether a file is the library, by its name.
    pub(crate) is_library: fn(&str) -> bool,
}

/// Lists the files of the wheel, through Python, which pip implies.
const LIST: &str = "
import glob, sys, zipfile
for name in zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0]).namelist():
    print(name)
";
/// Takes one of them out, unless it is a library that this machine cannot load.
const EXTRACT: &str = "
import ctypes, glob, os, sys, zipfile
wheels, name, folder = sys.argv[1:]
base = os.path.basename(name)
partial = os.path.join(folder, base + '.partial')
with open(partial, 'wb') as out:
    out.write(zipfile.ZipFile(glob.glob(wheels + '/*.whl')[0]).read(name))
ctypes.CDLL(os.path.abspath(partial))
os.replace(partial, os.path.join(folder, base))
";

impl Library {
    /// The library's path: where it was fetched before, else fetched now.
    ///
    /// # Errors
    ///
    /// Why it cannot be had: no Python with pip, no package, no library in it that can be loaded.
    pub(crate) fn path(&self) -> Outcome<PathBuf> {
        let folder = workspace().join("target").join(self.folder);
        if let Some(library) = self.kept(&folder) {
            return Ok(library);
        }
        say(&format!("fetching {}'s library with pip", self.name));
        let wheels = folder.join("wheel");
        fs::create_dir_all(&wheels)?;
        let fetched = self.fetch(&wheels, &folder);
        fs::remove_dir_all(&wheels)?;
        fetched?;
        let none = || {
            format!(
                "the package of {} holds no library that can be loaded",
                self.name
            )
        };
        Ok(self.kept(&folder).ok_or_else(none)?)
    }

    fn fetch(&self, wheels: &Path, folder: &Path) -> Outcome {
        let python = ["python3", "python"]
            .into_iter()
            .find(|python| has_pip(python));
        let python = python.ok_or("no Python with pip was found")?;
        let mut requirements = self.requirements.iter();
        if !requirements.any(|requirement| download(python, requirement, wheels)) {
            return Err(format!("pip could not download {}", self.requirements[0]).into());
        }
        let list = Command::new(python)
            .args(["-c", LIST])
            .arg(wheels)
            .output()?;
        let list = String::from_utf8(list.stdout)?;
        let base = |name: &str| name.rsplit('/').next().is_some_and(self.is_library);
        for name in list.lines().filter(|name| base(name)) {
            let mut extract = Command::new(python);
            extract
                .args(["-c", EXTRACT])
                .arg(wheels)
                .arg(name)
                .arg(folder);
            extract.status()?;
        }
        Ok(())
    }

    fn kept(&self, folder: &Path) -> Option<PathBuf> {
        let entries = fs::read_dir(folder).ok()?.flatten();
        entries.map(|entry| entry.path()).find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (self.is_library)(&name) && path.is_file()
        })
    }
}

fn download(python: &str, requirement: &str, wheels: &Path) -> bool {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--quiet"]);
    pip.args(["--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary", ":all:", "--dest"]);
    pip.arg(wheels).arg(requirement).stdin(Stdio::null());
    pip.status().is_ok_and(|status| status.success())
}

fn has_pip(python: &str) -> bool {
    let mut version = Command::new(python);
    version.args(["-m", "pip", "--version"]);
    version.stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    #[test]
    fn libraries_are_told_by_their_names() {
        let onnx = crate::setup::ONNX_RUNTIME.is_library;
        assert!(onnx("libonnxruntime.so.1.31.1") && onnx("onnxruntime.dll"));
        assert!(!onnx("libonnxruntime_providers_shared.so"));
        assert!(
            !onnx("libonnxruntime.so.1.31.1.partial") && !onnx("onnxruntime_pybind11_state.so")
        );
        let pdfium = crate::pdfium::PDFIUM.is_library;
        assert!(pdfium("libpdfium.so") && pdfium("pdfium.dll"));
        assert!(!pdfium("libpdfium.so.partial") && !pdfium("pdfium.py"));
    }
}
