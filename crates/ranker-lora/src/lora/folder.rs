//! An adapter merged into the folder of its model, once.

use std::path::{Path, PathBuf};

use ranker_folder::ModelFolder;

use super::LoraAdapter;
use crate::decoder::Decoder;
use crate::digest::Digest;
use crate::encoder::Encoder;
use crate::error::LoraError;
use crate::files::{self, MODEL, Staged};
use crate::onnx::Precision;

/// What a merged folder was made of: a fingerprint, written after everything else.
const MADE_OF: &str = "merged-from.txt";

/// Merges the adapter in one folder into the encoder or decoder in another, and writes its folder `out`,
/// ready to be served. Where `out` was made of these very files before, nothing is written.
///
/// # Errors
///
/// Those of [`Encoder::read`] or [`Encoder::read_onnx`], or of [`Decoder::read`], of [`LoraAdapter::read`] and
/// [`LoraAdapter::merge`], and of [`Encoder::write_folder`] or [`Decoder::write_folder`].
pub fn merge_folder(
    base: impl AsRef<Path>,
    adapter: impl AsRef<Path>,
    out: impl AsRef<Path>,
    precision: Precision,
) -> Result<(), LoraError> {
    let (base, adapter, out) = (base.as_ref(), adapter.as_ref(), out.as_ref());
    let made_of = fingerprint(&[base, adapter], precision)?;
    let record = out.join(MADE_OF);
    let made = std::fs::read_to_string(&record).is_ok_and(|before| before == made_of);
    if made && out.join("model.onnx").is_file() {
        return Ok(());
    }
    let merged = Whole::merged(base, &LoraAdapter::read(adapter)?)?;
    // A folder that is half of one adapter and half of another must not look whole.
    match std::fs::remove_file(&record) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(LoraError::io("remove", &record)(error));
        }
        _ => merged.write(base, (out, precision))?,
    }
    let mut staged = Staged::new(out)?;
    staged.add(MADE_OF, made_of.as_bytes())?;
    staged.commit()
}

/// A model of either architecture.
enum Whole {
    Encoder(Box<Encoder>),
    Decoder(Box<Decoder>),
}

impl Whole {
    fn merged(base: &Path, adapter: &LoraAdapter) -> Result<Self, LoraError> {
        if ModelFolder::read(base)?.is_causal {
            let mut decoder = Decoder::read(base)?;
            adapter.merge(&mut decoder)?;
            return Ok(Self::Decoder(Box::new(decoder)));
        }
        // A folder in 8 bits has its weights in the graph alone.
        let mut encoder = match base.join(MODEL).is_file() {
            true => Encoder::read(base)?,
            false => Encoder::read_onnx(base)?,
        };
        adapter.merge(&mut encoder)?;
        Ok(Self::Encoder(Box::new(encoder)))
    }

    fn write(&self, base: &Path, (out, precision): (&Path, Precision)) -> Result<(), LoraError> {
        match self {
            Self::Encoder(encoder) => encoder.write_folder(base, out, precision),
            Self::Decoder(decoder) => decoder.write_folder(base, out, precision),
        }
    }
}

/// Tells apart what folders hold, and what is made of it.
fn fingerprint(folders: &[&Path], precision: Precision) -> Result<String, LoraError> {
    let mut digest = Digest::default();
    digest.text(env!("CARGO_PKG_VERSION"));
    digest.text(&format!("{precision:?}"));
    for folder in folders {
        let mut files = Vec::new();
        list(folder, &mut files)?;
        files.sort();
        digest.number(files.len() as u64);
        for file in files {
            let name = file.strip_prefix(folder).unwrap_or(&file);
            digest.text(&name.to_string_lossy());
            digest.bytes(&files::read(&file)?);
        }
    }
    Ok(format!("{}\n", digest.finish()))
}

/// Adds the files of a model's folder, and of those in it, such as `1_Pooling`.
fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), LoraError> {
    let unreadable = LoraError::io("read", folder);
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    for entry in entries.map_err(unreadable)? {
        let path = entry.path();
        match path.is_dir() {
            true => list(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
