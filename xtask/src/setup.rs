//! Finds ONNX Runtime's library, or fetches it into the target folder through pip.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Outcome, say, workspace};

/// The environment variable that names the library.
pub(crate) const LIBRARY: &str = "ORT_DYLIB_PATH";

/// The release the project is tested with, then whatever the encoder crate can load.
const REQUIREMENTS: [&str; 2] = ["onnxruntime==1.31.1", "onnxruntime>=1.24.4,<2"];

/// Takes the library alone out of the wheel, through Python, which pip implies. A library that this
/// machine cannot load is not kept.
const EXTRACT: &str = "
import ctypes, glob, os, sys, zipfile
wheel, folder = glob.glob(sys.argv[1] + '/onnxruntime-*.whl')[0], sys.argv[2]
for name in zipfile.ZipFile(wheel).namelist():
    base = os.path.basename(name)
    library = base.startswith(('libonnxruntime.', 'onnxruntime.dll'))
    if library and 'providers' not in base:
        partial = os.path.join(folder, base + '.partial')
        with open(partial, 'wb') as out:
            out.write(zipfile.ZipFile(wheel).read(name))
        ctypes.CDLL(os.path.abspath(partial))
        os.replace(partial, os.path.join(folder, base))
";

/// The library's path; `None`, with the reason reported, where it cannot be had.
pub(crate) fn run() -> Option<PathBuf> {
    if let Some(library) = named() {
        return Some(library);
    }
    let folder = workspace().join("target/onnxruntime");
    if let Some(library) = library_in(&folder) {
        return Some(library);
    }
    say("fetching ONNX Runtime's library with pip");
    match fetch(&folder) {
        Ok(library) => Some(library),
        Err(error) => {
            say(&format!(
                "no ONNX Runtime ({error}): encoders run on the pure-Rust engine tract, which is \
                 compiled too; or set {LIBRARY} to the path of a library"
            ));
            None
        }
    }
}

/// The library that the environment names.
fn named() -> Option<PathBuf> {
    let path = PathBuf::from(env::var_os(LIBRARY)?);
    if !path.is_file() {
        let path = path.display();
        say(&format!("{LIBRARY} is ignored: there is no file `{path}`"));
        return None;
    }
    Some(path)
}

fn fetch(folder: &Path) -> Outcome<PathBuf> {
    let python = ["python3", "python"]
        .into_iter()
        .find(|python| has_pip(python));
    let python = python.ok_or("no Python with pip was found")?;
    let wheels = folder.join("wheel");
    fs::create_dir_all(&wheels)?;
    let downloaded = REQUIREMENTS.iter().any(|requirement| {
        let mut pip = Command::new(python);
        pip.args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        pip.args(["--no-deps", "--only-binary", ":all:", "--dest"])
            .arg(&wheels)
            .arg(requirement);
        pip.stdin(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    });
    if !downloaded {
        return Err("pip could not download the package onnxruntime".into());
    }
    let extracted = Command::new(python)
        .args(["-c", EXTRACT])
        .arg(&wheels)
        .arg(folder)
        .status()?
        .success();
    fs::remove_dir_all(&wheels)?;
    let library = if extracted { library_in(folder) } else { None };
    library.ok_or_else(|| "the package onnxruntime holds no library that can be loaded".into())
}

fn has_pip(python: &str) -> bool {
    let mut version = Command::new(python);
    version
        .args(["-m", "pip", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

fn library_in(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten();
    entries.map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains("onnxruntime.") && !name.ends_with(".partial") && path.is_file()
    })
}
