//! The encoder, and what runs it.

use std::path::Path;
use std::sync::OnceLock;

use ranker::Profile;
use ranker::core::{EmbedError, Embedded, Embedder, Role};
use ranker::embed::{OnnxEmbedder, Precision, embed_all, onnxruntime};
use ranker::retrieve::{ProfileIndex, encode_profiles};

use crate::{Outcome, Progress, bundled, causes, say};

/// Profiles encoded in one call.
const STEP: usize = 256;

/// Loads ONNX Runtime, once a process: from `ORT_DYLIB_PATH`, else from `target/onnxruntime`, where
/// `cargo xtask setup` puts it. Where there is none, says so; encoders then run on our own engine.
pub fn runtime() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let folder = bundled::target("onnxruntime");
        let library = onnxruntime::path_from_env().or_else(|| onnxruntime::find(&[&folder]));
        match library.as_deref().map(onnxruntime::load) {
            Some(Ok(())) => {}
            Some(Err(error)) => say(&format!("no ONNX Runtime: {}", causes(&error))),
            None => say("no ONNX Runtime: ORT_DYLIB_PATH is not set, and `cargo xtask setup` has not fetched it"),
        }
    });
}

/// Loads the encoder in a folder, or the bundled one for jobs and profiles, and says on standard error
/// what runs it.
///
/// # Errors
///
/// A model folder that is not complete, or that no engine can run.
pub fn open_encoder(folder: Option<&Path>) -> Outcome<OnnxEmbedder> {
    open_encoder_in(folder, Precision::Exact)
}

/// The same, in a precision of choice: exact, or fast on our own engine.
///
/// # Errors
///
/// As [`open_encoder`].
pub fn open_encoder_in(folder: Option<&Path>, precision: Precision) -> Outcome<OnnxEmbedder> {
    runtime();
    let folder = match folder {
        Some(folder) => folder.to_path_buf(),
        None => bundled::encoder()?,
    };
    let encoder = OnnxEmbedder::builder(&folder);
    let encoder = encoder.precision(precision).build()?;
    let name = folder.file_name().unwrap_or(folder.as_os_str()).display();
    let slower = match (onnxruntime::loaded_version(), precision) {
        (None, Precision::Exact) => ", which is slower than ONNX Runtime",
        _ => "",
    };
    say(&format!(
        "encoder {name} runs on {}{slower}",
        encoder.backend()
    ));
    Ok(encoder)
}

/// Embeds profiles as documents, showing progress.
///
/// # Errors
///
/// [`EmbedError`].
pub fn embed_profiles(
    embedder: &dyn Embedder,
    profiles: &[Profile],
) -> Result<Vec<Embedded>, EmbedError> {
    let texts: Vec<String> = profiles.iter().map(Profile::full_text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    embed_texts(embedder, &texts, Role::Document, "embedding profiles")
}

/// Embeds texts, showing progress as `what`.
///
/// # Errors
///
/// [`EmbedError`]; a text's index counts from the first text.
pub fn embed_texts(
    embedder: &dyn Embedder,
    texts: &[&str],
    role: Role,
    what: &'static str,
) -> Result<Vec<Embedded>, EmbedError> {
    let mut progress = Progress::new(what, texts.len());
    let embedded = embed_all(embedder, texts, role, &mut |done, _| progress.reach(done));
    progress.finish();
    embedded
}

/// Indexes profiles with their embeddings and token vectors, as a collection keeps them, showing progress.
///
/// # Errors
///
/// Profiles that cannot be encoded or indexed.
pub fn index_with_tokens(embedder: &dyn Embedder, profiles: Vec<Profile>) -> Outcome<ProfileIndex> {
    let mut progress = Progress::new("encoding profiles", profiles.len());
    let mut encoded = Vec::with_capacity(profiles.len());
    for step in profiles.chunks(STEP) {
        encoded.extend(encode_profiles(embedder, step)?);
        progress.reach(encoded.len());
    }
    progress.finish();
    Ok(ProfileIndex::new(profiles.into_iter().zip(encoded))?)
}
