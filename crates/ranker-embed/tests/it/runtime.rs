use ranker_embed::onnxruntime::{Place, load_first};
use ranker_embed::{LoadError, onnxruntime};

use crate::support::{Tiny, runtime};

#[test]
fn a_missing_or_wrong_library_is_an_error() {
    let runtime = runtime();
    for (error, file) in [
        (&runtime.missing, "gone.so"),
        (&runtime.no_library, "config.json"),
    ] {
        assert!(matches!(error, LoadError::Runtime { .. }), "{error:?}");
        assert!(error.to_string().contains(file), "{error}");
        assert!(std::error::Error::source(error).is_some());
    }
}

#[test]
fn before_the_library_is_loaded_our_own_engine_runs() {
    let runtime = runtime();
    assert!(matches!(runtime.too_early, LoadError::RuntimeNotLoaded));
    assert!(
        runtime.automatic.starts_with("ranker-encoder"),
        "{}",
        runtime.automatic
    );
}

#[test]
fn loading_again_is_fine_and_loading_another_is_not() {
    let Some(library) = &runtime().library else {
        return;
    };
    onnxruntime::load(library).unwrap();
    let tiny = Tiny::new();
    let error = onnxruntime::load(&tiny.path("model.onnx")).unwrap_err();
    assert!(
        matches!(error, LoadError::RuntimeElsewhere { .. }),
        "{error:?}"
    );
    let version = onnxruntime::loaded_version().unwrap();
    assert!(version.starts_with("1."), "{version}");
    let embedder = tiny.builder().build().unwrap();
    assert_eq!(embedder.backend(), format!("ONNX Runtime {version}"));
}

#[test]
fn the_first_place_that_has_one_is_taken() {
    let runtime = runtime();
    let LoadError::NoRuntime { tried } = &runtime.nowhere else {
        panic!("{:?}", runtime.nowhere)
    };
    let [empty, no_python, unsound] = tried.as_slice() else {
        panic!("{tried:?}")
    };
    assert!(empty.contains("no library in"), "{empty}");
    assert!(no_python.contains("cannot be run"), "{no_python}");
    assert!(
        unsound.contains("cannot be loaded as ONNX Runtime: "),
        "{unsound}"
    );
    let told = runtime.nowhere.to_string();
    assert!(
        told.contains(empty) && told.contains("pip install onnxruntime"),
        "{told}"
    );
    // A library that was named is not passed over.
    assert!(matches!(runtime.named, LoadError::Runtime { .. }));
    if let Some(library) = &runtime.library {
        let loaded = load_first(&[Place::Folder("nowhere".into())]).unwrap();
        assert_eq!(loaded, library.canonicalize().unwrap());
    }
}
