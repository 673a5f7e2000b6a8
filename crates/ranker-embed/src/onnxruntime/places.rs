//! Where the library may lie, and what Python is asked.

use std::env::consts::ARCH;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ranker_core::BoxError;

/// A place where ONNX Runtime's library may lie, for [`load_first`](super::load_first).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The library itself.
    File(PathBuf),
    /// What the environment variable `ORT_DYLIB_PATH` names; nothing where it is not set.
    Environment,
    /// A folder with the library in it; of several versions, the newest.
    Folder(PathBuf),
    /// The folders in which this operating system keeps libraries. None on Windows, whose own library is too old.
    System,
    /// A Python installation with the package `onnxruntime`, by its interpreter: a path, or a name such as `python3`.
    ///
    /// The interpreter is run to say where the package lies; the package is not imported.
    Python(PathBuf),
}

/// Says where the package is. The folder that the program was started in is no place for it: whoever writes there
/// could have any library loaded.
const WHERE: &str = "
import sys
sys.path[:] = [folder for folder in sys.path if folder]
import importlib.util
package = importlib.util.find_spec('onnxruntime')
for folder in package and package.submodule_search_locations or []:
    print(folder)
";

impl Place {
    /// Whether it names one library, which then has to be there and sound.
    pub(super) fn is_named(&self) -> bool {
        matches!(self, Self::File(_) | Self::Environment)
    }

    /// The library in this place, if there is one.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(super) fn library(&self) -> Result<PathBuf, BoxError> {
        match self {
            Self::File(path) => Ok(path.clone()),
            Self::Environment => Ok(super::path_from_env().ok_or("`ORT_DYLIB_PATH` is not set")?),
            Self::Folder(folder) => in_folders(std::slice::from_ref(folder)),
            Self::System => in_folders(&system()),
            Self::Python(interpreter) => {
                let capi: Vec<PathBuf> = packages(interpreter)?
                    .into_iter()
                    .map(|package| package.join("capi"))
                    .collect();
                in_folders(&capi)
            }
        }
    }
}

fn in_folders(folders: &[PathBuf]) -> Result<PathBuf, BoxError> {
    let paths: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
    let shown = || {
        let names: Vec<String> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        match names.as_slice() {
            [] => "this system has no folder for it".to_owned(),
            names => format!("no library in {}", names.join(", ")),
        }
    };
    Ok(super::find(&paths).ok_or_else(shown)?)
}

/// Where this system keeps libraries: what an administrator put there first.
fn system() -> Vec<PathBuf> {
    let folders: &[&str] = if cfg!(target_os = "macos") {
        &["/usr/local/lib", "/opt/homebrew/lib", "/opt/local/lib"]
    } else if cfg!(unix) {
        &[
            "/usr/local/lib",
            "/usr/local/lib64",
            "/usr/lib",
            "/usr/lib64",
        ]
    } else {
        &[]
    };
    let mut folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
    if cfg!(target_os = "linux") {
        folders.push(format!("/usr/lib/{ARCH}-linux-gnu").into());
    }
    folders
}

/// The folders of the package `onnxruntime`, as this interpreter would import it.
fn packages(interpreter: &Path) -> Result<Vec<PathBuf>, BoxError> {
    let name = interpreter.display();
    let output = question(interpreter).output();
    let output = output.map_err(|error| format!("{name} cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name} failed: {}", output.status).into());
    }
    let folders = String::from_utf8(output.stdout)?;
    let folders: Vec<PathBuf> = folders.lines().map(PathBuf::from).collect();
    match folders.is_empty() {
        true => Err(format!("{name} has no package `onnxruntime`").into()),
        false => Ok(folders),
    }
}

fn question(interpreter: &Path) -> Command {
    let mut python = Command::new(interpreter);
    python.args(["-X", "utf8", "-c", WHERE]);
    python.stdin(Stdio::null());
    python
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn library() -> String {
        format!(
            "{}onnxruntime{}",
            std::env::consts::DLL_PREFIX,
            std::env::consts::DLL_SUFFIX
        )
    }

    #[test]
    fn a_place_without_a_library_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().to_owned());
        let error = place.library().unwrap_err().to_string();
        assert!(error.contains("no library in"), "{error}");
        fs::write(folder.path().join(library()), "").unwrap();
        assert_eq!(place.library().unwrap(), folder.path().join(library()));
        let error = Place::Python("no-such-python".into())
            .library()
            .unwrap_err();
        assert!(error.to_string().contains("cannot be run"), "{error}");
    }

    /// An interpreter that says where a package lies, and is given nothing to read from the folder it starts in.
    #[cfg(unix)]
    #[test]
    fn python_is_asked_where_the_package_lies() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let capi = folder.path().join("onnxruntime/capi");
        fs::create_dir_all(&capi).unwrap();
        fs::write(capi.join(library()), "").unwrap();
        let python = folder.path().join("python");
        let say = |line: &str| {
            fs::write(&python, format!("#!/bin/sh\n{line}\n")).unwrap();
            fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
            Place::Python(python.clone()).library()
        };
        let package = folder.path().join("onnxruntime");
        let found = say(&format!("echo '{}'", package.display())).unwrap();
        assert_eq!(found, capi.join(library()));
        let error = say("exit 0").unwrap_err().to_string();
        assert!(error.contains("has no package"), "{error}");
        assert!(say("exit 3").unwrap_err().to_string().contains("failed"));
    }

    /// Where there is a Python.
    #[test]
    fn a_package_in_the_folder_that_a_program_starts_in_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("onnxruntime");
        fs::create_dir(&package).unwrap();
        fs::write(package.join("__init__.py"), "").unwrap();
        let mut question = question(Path::new("python3"));
        if let Ok(output) = question.current_dir(folder.path()).output() {
            let told = String::from_utf8_lossy(&output.stdout);
            assert!(!told.contains(&*package.to_string_lossy()), "{told}");
        }
    }
}
