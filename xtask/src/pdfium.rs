//! Fetches PDFium's library into the target folder, through pip.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{say, workspace};

/// The release the project is tested with.
const REQUIREMENT: &str = "pypdfium2==5.15.2";

/// Takes the library alone out of the wheel. A library that this machine cannot load is not kept.
const FETCH: &str = "
import ctypes, glob, os, subprocess, sys, tempfile, zipfile
folder, requirement = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
with tempfile.TemporaryDirectory() as wheels:
    pip = [sys.executable, '-m', 'pip', 'download', '--quiet', '--disable-pip-version-check']
    subprocess.run(pip + ['--no-deps', '--only-binary', ':all:', '--dest', wheels, requirement], check=True)
    wheel = zipfile.ZipFile(glob.glob(wheels + '/*.whl')[0])
    for name in wheel.namelist():
        base = os.path.basename(name)
        if base in ('libpdfium.so', 'libpdfium.dylib', 'pdfium.dll'):
            partial = os.path.join(folder, base + '.partial')
            with open(partial, 'wb') as out:
                out.write(wheel.read(name))
            ctypes.CDLL(os.path.abspath(partial))
            os.replace(partial, os.path.join(folder, base))
";

/// The library's path; `None`, with the reason reported, where it cannot be had.
pub(crate) fn run() -> Option<PathBuf> {
    let folder = workspace().join("target/pdfium");
    if let Some(library) = library_in(&folder) {
        return Some(library);
    }
    say("fetching PDFium's library with pip");
    for python in ["python3", "python"] {
        let fetched = Command::new(python)
            .args(["-c", FETCH])
            .arg(&folder)
            .arg(REQUIREMENT)
            .stdin(Stdio::null())
            .status();
        if fetched.is_ok_and(|status| status.success()) {
            return library_in(&folder);
        }
    }
    say(
        "no PDFium (pip could not fetch it): PDF files in folders of profiles are named and left out",
    );
    None
}

fn library_in(folder: &Path) -> Option<PathBuf> {
    let library = folder.join(format!("{DLL_PREFIX}pdfium{DLL_SUFFIX}"));
    library.is_file().then_some(library)
}
