//! The ONNX Runtime library, which belongs to the process and is loaded by the application.
//!
//! ```no_run
//! use ranker_embed::onnxruntime::{Place, load_first};
//!
//! let places = [Place::Environment, Place::System, Place::Python("python3".into())];
//! if let Err(none) = load_first(&places) {
//!     eprintln!("{none}"); // Encoders run on our own engine; it says how to get the library.
//! }
//! ```

mod places;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;

pub use places::Place;

use crate::LoadError;

/// The library this process runs on.
#[derive(Clone)]
pub(crate) struct Runtime {
    path: PathBuf,
    pub(crate) environment: Environment,
    pub(crate) version: String,
}

/// Held for the life of the process: `ort` itself keeps only a weak reference to the environment.
static RUNTIME: Mutex<Option<Runtime>> = Mutex::new(None);

/// Loads the library for the whole process. Loading the same file again does nothing.
///
/// ONNX Runtime 1.24 or newer is needed. Its log is switched off, as is its telemetry; what goes
/// wrong is returned as an error.
///
/// # Errors
///
/// [`LoadError::Runtime`] when the file is missing, no ONNX Runtime or too old, or when the process
/// has made an ONNX Runtime environment through `ort` itself; [`LoadError::RuntimeElsewhere`] when
/// another file was loaded before.
pub fn load(path: &Path) -> Result<(), LoadError> {
    let failed = |source| LoadError::Runtime {
        path: path.to_path_buf(),
        source,
    };
    let asked = path.canonicalize().map_err(|e| failed(e.into()))?;
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    match &*runtime {
        Some(runtime) if runtime.path == asked => return Ok(()),
        Some(runtime) => {
            return Err(LoadError::RuntimeElsewhere {
                loaded: runtime.path.clone(),
                asked,
            });
        }
        None => {}
    }
    let environment = ort::init_from(&asked)
        .map_err(|e| failed(e.into()))?
        .with_name("ranker")
        .with_telemetry(false)
        .with_logger(Arc::new(|_, _, _, _, _| {}))
        .build()
        .map_err(|e| failed(e.into()))?;
    *runtime = Some(Runtime {
        version: version(ort::info(), &asked),
        path: asked,
        environment,
    });
    Ok(())
}

/// Loads the library of the first place that has one, for the whole process, and says which it is. Where one is
/// loaded already, that is it.
///
/// What [`Place::File`] or the environment names has to be a sound library; one that is found elsewhere and cannot be
/// loaded, such as an older version, is passed over.
///
/// # Errors
///
/// [`LoadError::NoRuntime`], which says what was found in each place, and how to get the library: encoders then run on
/// our own engine, so that it may be reported and otherwise ignored. [`LoadError::Runtime`] for a library that was
/// named and cannot be loaded.
pub fn load_first(places: &[Place]) -> Result<PathBuf, LoadError> {
    if let Some(runtime) = runtime() {
        return Ok(runtime.path);
    }
    let mut tried = Vec::new();
    for place in places {
        let library = match place.library() {
            Ok(library) => library,
            Err(error) => {
                tried.push(error.to_string());
                continue;
            }
        };
        match load(&library) {
            Ok(()) => return Ok(library),
            Err(error) if place.is_named() => return Err(error),
            Err(error) => tried.push(with_causes(&error)),
        }
    }
    Err(LoadError::NoRuntime { tried })
}

/// An error and what caused it, in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// The first ONNX Runtime library in these folders; of several versions in one folder, the newest.
///
/// Only the folders themselves are searched, for the file names of this operating system.
#[must_use]
pub fn find(folders: &[&Path]) -> Option<PathBuf> {
    folders.iter().find_map(|folder| {
        let entries = std::fs::read_dir(folder).ok()?;
        entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let version = version_of_name(path.file_name()?.to_str()?)?;
                path.is_file().then_some((version, path))
            })
            .max()
            .map(|(_, path)| path)
    })
}

/// The path in the environment variable `ORT_DYLIB_PATH`, where it is set and not empty.
///
/// This is the one place in this crate that reads the environment, and it does so only when the
/// application calls it.
#[must_use]
pub fn path_from_env() -> Option<PathBuf> {
    let path = std::env::var_os("ORT_DYLIB_PATH")?;
    (!path.is_empty()).then(|| path.into())
}

/// The version of the library that is loaded, if one is.
#[must_use]
pub fn loaded_version() -> Option<String> {
    runtime().map(|runtime| runtime.version)
}

/// For the workspace's benches and tests, which run bare `ort` beside this crate: `ort` lets a process make one
/// environment only. Not part of the public interface.
#[doc(hidden)]
#[must_use]
pub fn environment() -> Option<Environment> {
    runtime().map(|runtime| runtime.environment)
}

pub(crate) fn runtime() -> Option<Runtime> {
    RUNTIME
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// The version as the build says it (`git-branch=rel-1.31.1`), or else as the file name does.
fn version(build: &str, path: &Path) -> String {
    let branch = build.split("git-branch=rel-").nth(1);
    let built = branch.and_then(|rest| rest.split([',', ' ']).next());
    let name = || {
        let name = path.file_name()?.to_str()?;
        let version = version_of_name(name).filter(|version| !version.is_empty())?;
        Some(
            version
                .iter()
                .map(u32::to_string)
                .collect::<Vec<_>>()
                .join("."),
        )
    };
    built
        .map(str::to_owned)
        .or_else(name)
        .unwrap_or_else(|| "of unknown version".to_owned())
}

/// The version in a library's file name; empty where it has none; `None` for any other file.
fn version_of_name(name: &str) -> Option<Vec<u32>> {
    let stem = format!("{DLL_PREFIX}onnxruntime");
    let rest = name.strip_prefix(&stem)?;
    // `libonnxruntime.so.1.31.1` on Linux, `libonnxruntime.1.31.1.dylib` on macOS.
    let version = rest
        .strip_prefix(DLL_SUFFIX)
        .or_else(|| rest.strip_suffix(DLL_SUFFIX))?;
    let parts = version.split('.').filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_library_by_its_name() {
        let name = |version: &str| {
            if cfg!(target_os = "macos") {
                format!("{DLL_PREFIX}onnxruntime{version}{DLL_SUFFIX}")
            } else {
                format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}{version}")
            }
        };
        assert_eq!(version_of_name(&name("")), Some(vec![]));
        assert_eq!(version_of_name(&name(".1.31.1")), Some(vec![1, 31, 1]));
        for other in ["libonnxruntime_providers_shared.so", "libonnx.so", "x"] {
            assert_eq!(version_of_name(other), None);
        }
    }

    #[test]
    fn finds_the_newest_in_the_first_folder_that_has_one() {
        let (empty, full) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = |version: &str| {
            let name = format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}{version}");
            full.path().join(name)
        };
        for version in [".1.9.0", ".1.31.1"] {
            std::fs::write(file(version), "").unwrap();
        }
        std::fs::write(full.path().join("libonnxruntime_providers_shared.so"), "").unwrap();
        let missing = Path::new("/no/such/folder");
        let found = find(&[missing, empty.path(), full.path()]);
        if cfg!(target_os = "linux") {
            assert_eq!(found, Some(file(".1.31.1")), "31 is more than 9");
        }
        assert_eq!(find(&[missing, empty.path()]), None);
    }

    #[test]
    fn reads_the_version_from_the_build_or_the_name() {
        let path = Path::new("libonnxruntime.so.1.24.4");
        let build = "ORT Build Info: git-branch=rel-1.31.1, git-commit-id=1, build type=Release";
        assert_eq!(version(build, path), "1.31.1");
        if cfg!(target_os = "linux") {
            assert_eq!(version("ORT Build Info: git-branch=HEAD,", path), "1.24.4");
        }
        assert_eq!(version("", Path::new("x")), "of unknown version");
    }
}
