//! Linear models as files: JSON with a format, a version, the model, and a hash over it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ModelError;

const FORMAT: &str = "ranker-linear";
const VERSION: u32 = 1;

/// In bytes. No model is longer; more would fill the memory.
const LIMIT: u64 = 1 << 24;

/// The part of the file that says how to read the rest.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile {
    format: String,
    version: u32,
    hash: String,
    model: Content,
}

/// What a model is, apart from the meaning of its features.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub(super) bias: f64,
    features: Vec<Weight>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weight {
    name: String,
    weight: f64,
}

impl Content {
    pub(super) fn new(names: impl Iterator<Item = String>, weights: &[f64], bias: f64) -> Self {
        let weight = |(name, &weight)| Weight { name, weight };
        Self {
            bias,
            features: names.zip(weights).map(weight).collect(),
        }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(|feature| feature.name.as_str())
    }

    pub(super) fn weights(&self) -> Vec<f64> {
        self.features.iter().map(|feature| feature.weight).collect()
    }

    /// BLAKE3 over the bits of every number and the names with their lengths: it does not hang on
    /// how JSON is laid out.
    pub(super) fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(FORMAT.as_bytes());
        hasher.update(&self.bias.to_le_bytes());
        for Weight { name, weight } in &self.features {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
            hasher.update(&weight.to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

pub(super) fn load(path: &Path) -> Result<Content, ModelError> {
    let malformed = |source| ModelError::Malformed {
        path: path.to_owned(),
        source,
    };
    let bytes = read(path).map_err(|source| ModelError::Io {
        path: path.to_owned(),
        action: "read",
        source,
    })?;
    let header: Header = serde_json::from_slice(&bytes).map_err(|e| malformed(e.into()))?;
    if header.format != FORMAT {
        return Err(malformed(
            format!("its format is {:?}", header.format).into(),
        ));
    }
    if header.version > VERSION {
        return Err(ModelError::Newer {
            path: path.to_owned(),
            found: header.version,
            supported: VERSION,
        });
    }
    let file: ModelFile = serde_json::from_slice(&bytes).map_err(|e| malformed(e.into()))?;
    if file.hash != file.model.hash() {
        return Err(ModelError::Hash {
            path: path.to_owned(),
        });
    }
    Ok(file.model)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if read as u64 > LIMIT {
        let message = format!("it is longer than {LIMIT} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

pub(super) fn save(path: &Path, content: Content) -> Result<(), ModelError> {
    let file = ModelFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        hash: content.hash(),
        model: content,
    };
    let written = serde_json::to_vec_pretty(&file)
        .map_err(io::Error::other)
        .and_then(|bytes| replace(path, &bytes));
    written.map_err(|source| ModelError::Io {
        path: path.to_owned(),
        action: "written",
        source,
    })
}

/// Writes beside the file, then renames: a reader sees the old file or the new one, never a part.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path)?;
    let written = write_durably(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What is left of the attempt; the first error is the one to tell.
        let _ = fs::remove_file(&beside);
    }
    written?;
    sync_folder(path)
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A name in the same folder that no other process writes to.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "the path names no file");
    let mut name = path.file_name().ok_or_else(no_name)?.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    Ok(path.with_file_name(name))
}

/// The rename itself must be on the disk too. Only Unix can sync a folder, and needs to.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
