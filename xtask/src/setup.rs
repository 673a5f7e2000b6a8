//! Finds ONNX Runtime's library, or fetches it into the target folder through pip.

use std::env;
use std::path::PathBuf;

use crate::say;
use crate::wheel::Library;

/// The environment variable that names the library.
pub(crate) const LIBRARY: &str = "ORT_DYLIB_PATH";

/// In the release the project is tested with, else whatever the encoder crate can load.
pub(crate) const ONNX_RUNTIME: Library = Library {
    name: "ONNX Runtime",
    folder: "onnxruntime",
    requirements: &["onnxruntime==1.31.1", "onnxruntime>=1.24.4,<2"],
    is_library: |name| {
        let library = name.starts_with("libonnxruntime.") || name.starts_with("onnxruntime.dll");
        library && !name.contains("providers") && !name.ends_with(".partial")
    },
};

/// The library's path; `None`, with the reason reported, where it cannot be had.
pub(crate) fn run() -> Option<PathBuf> {
    let library = named().map_or_else(|| ONNX_RUNTIME.path(), Ok);
    let library = library.map_err(|error| {
        say(&format!(
            "no ONNX Runtime ({error}): encoders run on the pure-Rust engine; or set {LIBRARY} to the \
             path of a library"
        ));
    });
    library.ok()
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
