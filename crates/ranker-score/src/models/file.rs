//! Models as files: JSON with a format, a version, the model, and a hash over it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ranker_core::{BoxError, FeatureSchema, replace_file};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::ModelError;

/// The newest version of every format.
const VERSION: u32 = 1;

/// In bytes. No model is longer; more would fill the memory.
const LIMIT: u64 = 1 << 26;

/// The part of the file that says how to read the rest.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFile<C> {
    format: String,
    version: u32,
    hash: String,
    model: C,
}

/// What a model is, apart from the meaning of its features.
pub(crate) trait Content: Serialize + DeserializeOwned {
    /// What the file calls models of this kind.
    const FORMAT: &'static str;

    /// Whether it is small enough to be laid out for people.
    const READABLE: bool = false;

    /// The names of its features.
    fn names(&self) -> Vec<&str>;

    /// Gives every number and name to a hash.
    fn feed(&self, bits: &mut Bits);

    /// BLAKE3 over the bits of every number and name: it does not hang on how JSON is laid out.
    fn hash(&self) -> String {
        let mut bits = Bits::new(Self::FORMAT);
        self.feed(&mut bits);
        bits.hex()
    }

    /// A model's id: its kind, and the beginning of its hash.
    fn id(&self, kind: &str) -> String {
        format!("{kind}-{}", &self.hash()[..16])
    }
}

/// A hash over numbers and names.
pub(crate) struct Bits(blake3::Hasher);

impl Bits {
    pub(crate) fn new(format: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(format.as_bytes());
        Self(hasher)
    }

    pub(crate) fn hex(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }

    pub(crate) fn bytes(&mut self, bytes: &[i8]) {
        self.count(bytes.len());
        bytes.iter().for_each(|byte| {
            self.0.update(&byte.to_le_bytes());
        });
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    pub(crate) fn counts(&mut self, counts: &[u32]) {
        self.count(counts.len());
        for count in counts {
            self.0.update(&count.to_le_bytes());
        }
    }

    pub(crate) fn number(&mut self, number: f64) {
        self.0.update(&number.to_le_bytes());
    }

    pub(crate) fn numbers(&mut self, numbers: &[f64]) {
        self.count(numbers.len());
        for &number in numbers {
            self.number(number);
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    pub(crate) fn texts(&mut self, texts: &[String]) {
        self.count(texts.len());
        for text in texts {
            self.text(text);
        }
    }
}

/// A file that says what kind of model it holds.
pub(super) struct Opened<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
    pub(super) format: String,
}

impl<'a> Opened<'a> {
    pub(super) fn new(path: &'a Path) -> Result<Self, ModelError> {
        let bytes = read(path).map_err(|source| ModelError::Io {
            path: path.to_owned(),
            action: "read",
            source,
        })?;
        let header: Header =
            serde_json::from_slice(&bytes).map_err(|e| malformed(path, e.into()))?;
        if header.version > VERSION {
            return Err(ModelError::Newer {
                path: path.to_owned(),
                found: header.version,
                supported: VERSION,
            });
        }
        Ok(Self {
            path,
            bytes,
            format: header.format,
        })
    }

    /// The model, which must have been made for the features of `schema`.
    pub(super) fn content<C: Content>(&self, schema: &FeatureSchema) -> Result<C, ModelError> {
        if self.format != C::FORMAT {
            return Err(self.wrong(format!("its format is {:?}", self.format)));
        }
        let file: ModelFile<C> = serde_json::from_slice(&self.bytes)
            .map_err(|error| malformed(self.path, error.into()))?;
        if file.hash != file.model.hash() {
            return Err(ModelError::Hash {
                path: self.path.to_owned(),
            });
        }
        let names = file.model.names();
        if !schema.names().eq(names.iter().copied()) {
            return Err(ModelError::Features {
                path: self.path.to_owned(),
                expected: names.into_iter().map(str::to_owned).collect(),
                actual: schema.names().map(str::to_owned).collect(),
            });
        }
        Ok(file.model)
    }

    /// What is wrong with the file's content.
    pub(super) fn wrong(&self, what: impl Into<BoxError>) -> ModelError {
        malformed(self.path, what.into())
    }
}

fn malformed(path: &Path, source: BoxError) -> ModelError {
    ModelError::Malformed {
        path: path.to_owned(),
        source,
    }
}

/// A file's bytes, refused where it is longer than any model.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if read as u64 > LIMIT {
        return Err(too_long());
    }
    Ok(bytes)
}

pub(super) fn save<C: Content>(path: &Path, content: C) -> Result<(), ModelError> {
    let file = ModelFile {
        format: C::FORMAT.to_owned(),
        version: VERSION,
        hash: content.hash(),
        model: content,
    };
    let bytes = if C::READABLE {
        serde_json::to_vec_pretty(&file)
    } else {
        serde_json::to_vec(&file)
    };
    let written = bytes
        .map_err(io::Error::other)
        .and_then(|bytes| check_length(&bytes).and_then(|()| replace_file(path, &bytes)));
    written.map_err(|source| ModelError::Io {
        path: path.to_owned(),
        action: "written",
        source,
    })
}

/// What is written must be readable again.
fn check_length(bytes: &[u8]) -> io::Result<()> {
    if bytes.len() as u64 > LIMIT {
        return Err(too_long());
    }
    Ok(())
}

fn too_long() -> io::Error {
    let message = format!("it is longer than {LIMIT} bytes");
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}
