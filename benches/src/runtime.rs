//! ONNX Runtime, without which a bench would measure the fallback.

use std::path::Path;
use std::process::{self, Command};

use ranker_embed::onnxruntime;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/onnxruntime");

/// Loads ONNX Runtime, which `cargo xtask setup` fetches if it is not there yet, or else ends the
/// bench: what the fallback takes must not be mistaken for what the encoder takes.
pub fn need_runtime() {
    let found = || onnxruntime::find(&[Path::new(FOLDER)]);
    let library = onnxruntime::path_from_env().or_else(found).or_else(|| {
        setup();
        found()
    });
    let loaded = library.ok_or_else(|| "it was not found".to_owned());
    let loaded = loaded.and_then(|path| {
        onnxruntime::load(&path).map_err(|error| format!("{}: {error}", path.display()))
    });
    if let Err(error) = loaded {
        eprintln!(
            "error: this bench needs ONNX Runtime: {error}\n\
             Set ORT_DYLIB_PATH to its library, or install Python with pip for `cargo xtask setup`."
        );
        process::exit(1);
    }
}

fn setup() {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut setup = Command::new(cargo);
    setup
        .args(["xtask", "setup"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    if let Err(error) = setup.status() {
        eprintln!("cargo xtask setup: {error}");
    }
}
