//! Models and engines that the tests share.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ranker_embed::onnxruntime::Place;
use ranker_embed::{Backend, LoadError, OnnxEmbedder, onnxruntime};
use tempfile::TempDir;

/// The repository's model: all-MiniLM-L6-v2.
pub(crate) const MODEL: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/all-MiniLM-L6-v2");

/// What happened when ONNX Runtime was asked for too early or wrongly, and whether it is there now.
pub(crate) struct Runtime {
    pub(crate) too_early: LoadError,
    pub(crate) automatic: String,
    pub(crate) missing: LoadError,
    pub(crate) no_library: LoadError,
    /// Of places without a sound library.
    pub(crate) nowhere: LoadError,
    /// Of a library that is named and is not there, before one that is.
    pub(crate) named: LoadError,
    /// The library, where this machine has one.
    pub(crate) library: Option<PathBuf>,
}

/// Loads ONNX Runtime once for the whole process, after trying what must fail before that.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let tiny = Tiny::new();
        let early = tiny.builder().backend(Backend::OnnxRuntime).build();
        let automatic = tiny.builder().build().unwrap().backend().to_owned();
        let missing = onnxruntime::load(&tiny.path("gone.so")).unwrap_err();
        let no_library = onnxruntime::load(&tiny.path("config.json")).unwrap_err();
        let unsound = format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}");
        tiny.write(&format!("unsound/{unsound}"), "no library");
        let places = [
            Place::Folder(tiny.path("1_Pooling")),
            Place::Python("no-such-python".into()),
            Place::Folder(tiny.path("unsound")),
        ];
        let nowhere = onnxruntime::load_first(&places).unwrap_err();
        let places = [Place::File(tiny.path("gone.so")), Place::System];
        let named = onnxruntime::load_first(&places).unwrap_err();
        let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/onnxruntime");
        let library =
            onnxruntime::path_from_env().or_else(|| onnxruntime::find(&[Path::new(target)]));
        match &library {
            Some(library) => onnxruntime::load(library).unwrap(),
            None => eprintln!(
                "no ONNX Runtime: only our own engine is tested. Set ORT_DYLIB_PATH, or put the library into \
                 target/onnxruntime/."
            ),
        }
        Runtime {
            too_early: early.unwrap_err(),
            automatic,
            missing,
            no_library,
            nowhere,
            named,
            library,
        }
    })
}

/// The engines that this machine has.
pub(crate) fn backends() -> Vec<Backend> {
    match runtime().library {
        Some(_) => vec![Backend::OnnxRuntime, Backend::Native],
        None => vec![Backend::Native],
    }
}

/// The repository's model on each engine, loaded once.
pub(crate) fn embedders() -> &'static [Arc<OnnxEmbedder>] {
    static EMBEDDERS: OnceLock<Vec<Arc<OnnxEmbedder>>> = OnceLock::new();
    EMBEDDERS.get_or_init(|| {
        let load = |backend| {
            Arc::new(
                OnnxEmbedder::builder(MODEL)
                    .backend(backend)
                    .build()
                    .unwrap(),
            )
        };
        backends().into_iter().map(load).collect()
    })
}

/// A copy of the tiny model's folder, to be changed at will.
///
/// Its hidden states are the normalised rows of a table that [`Tiny::row`] knows, so every pooling can be
/// checked by hand. Ids: `[UNK]` 1, `[CLS]` 2, `[SEP]` 3, then the words of [`Tiny::WORDS`].
pub(crate) struct Tiny(TempDir);

impl Tiny {
    pub(crate) const UNK: u32 = 1;
    pub(crate) const CLS: u32 = 2;
    pub(crate) const SEP: u32 = 3;
    pub(crate) const RUST: u32 = 4;
    pub(crate) const NURSE: u32 = 5;
    pub(crate) const QUERY: u32 = 10;
    pub(crate) const COLON: u32 = 11;

    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tiny"));
        copy(source, folder.path());
        Self(folder)
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.path(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn remove(&self, file: &str) {
        std::fs::remove_file(self.path(file)).unwrap();
    }

    pub(crate) fn builder(&self) -> ranker_embed::OnnxEmbedderBuilder {
        OnnxEmbedder::builder(self.0.path())
    }

    /// The hidden state of a token, as `scripts/golden_embed.py --tiny` wrote it.
    pub(crate) fn row(id: u32) -> [f32; 4] {
        let row = [0, 1, 2, 3].map(|c| ((id * 7 + c * 3) % 11) as f32 - 4.5);
        let mean = row.iter().sum::<f32>() / 4.0;
        let variance = row.map(|x| (x - mean).powi(2)).iter().sum::<f32>() / 4.0;
        row.map(|x| (x - mean) / variance.sqrt())
    }
}

/// Copies a folder's files into another, which may be there.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The greatest difference in a component.
pub(crate) fn gap(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let gaps = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    gaps.fold(0.0, f32::max)
}

/// Texts of 1 to about 300 words in several scripts.
pub(crate) fn mixed_texts() -> Vec<String> {
    let words = [
        "rust",
        "nurse",
        "électricienne",
        "データベース",
        "search",
        "taxes",
        "ñandú",
        "C++",
    ];
    let lengths = [1, 300, 2, 40, 3, 5, 120, 8, 13, 1, 21, 70];
    let text = |(i, &length): (usize, &usize)| {
        let word = |j: usize| words[(i * 5 + j * j + j / 3) % words.len()];
        (0..length).map(word).collect::<Vec<_>>().join(" ")
    };
    lengths.iter().enumerate().map(text).collect()
}
