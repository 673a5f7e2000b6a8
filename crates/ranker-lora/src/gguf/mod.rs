//! GGUF, the files of llama.cpp: metadata and tensors, whole or in blocks of a few bits.
//!
//! After the format's own description, version 2 and 3, little-endian. Everything that a file says of itself is held
//! against its length before it is believed.

mod blocks;
mod cursor;
mod tokenizer;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error::LoraError;
use crate::files;
pub use blocks::GgufType;
use cursor::Cursor;
pub(crate) use tokenizer::Tokenizer;
pub use value::GgufValue;

const MAGIC: &[u8] = b"GGUF";
/// Where no key says how the data are aligned.
const ALIGNMENT: u64 = 32;
/// The fewest bytes of a key with its value, and of a tensor's description.
const LEAST_KEY: usize = 8 + 4 + 1;
const LEAST_TENSOR: usize = 8 + 4 + 8 + 4 + 8;
/// The most dimensions that the format allows.
const MOST_DIMENSIONS: u32 = 4;

/// A GGUF file in memory.
#[derive(Debug)]
pub struct Gguf {
    path: PathBuf,
    bytes: Vec<u8>,
    metadata: BTreeMap<String, GgufValue>,
    tensors: BTreeMap<String, Described>,
}

/// A tensor as the file describes it.
#[derive(Debug, Clone)]
struct Described {
    /// As in other formats: rows first, the values of a row last.
    shape: Vec<usize>,
    kind: GgufType,
    bytes: Range<usize>,
}

/// A tensor of a [`Gguf`].
#[derive(Debug, Clone, Copy)]
pub struct GgufTensor<'g> {
    path: &'g Path,
    name: &'g str,
    described: &'g Described,
    bytes: &'g [u8],
}

impl Gguf {
    /// Reads a file.
    ///
    /// # Errors
    /// [`LoraError::Io`]; [`LoraError::Format`] with what is wrong, and the key or tensor, for a file that is
    /// no GGUF, ends too early, contradicts itself, or holds tensors of a type that is not read here.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, LoraError> {
        let path = path.as_ref();
        Self::parse(path, files::read(path)?)
    }

    /// Reads a file's bytes; `path` is what errors call it.
    ///
    /// # Errors
    /// As [`Self::read`], without [`LoraError::Io`].
    pub fn parse(path: impl AsRef<Path>, bytes: Vec<u8>) -> Result<Self, LoraError> {
        let path = path.as_ref();
        let (metadata, tensors) = read(&bytes).map_err(LoraError::format(path, "GGUF"))?;
        Ok(Self {
            path: path.to_path_buf(),
            bytes,
            metadata,
            tensors,
        })
    }

    /// The file that it was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The value of a key, such as `general.architecture`.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&GgufValue> {
        self.metadata.get(key)
    }

    /// All keys, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.metadata.keys().map(String::as_str)
    }

    /// The names of all tensors, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The tensor of a name.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<GgufTensor<'_>> {
        let (name, described) = self.tensors.get_key_value(name)?;
        Some(GgufTensor {
            path: &self.path,
            name,
            described,
            bytes: &self.bytes[described.bytes.clone()],
        })
    }
}

impl GgufTensor<'_> {
    /// Its dimensions, rows first: the other way round than in the file.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.described.shape
    }

    /// How its values are stored.
    #[must_use]
    pub fn kind(&self) -> GgufType {
        self.described.kind
    }

    /// Its values as `f32`, row by row.
    ///
    /// # Errors
    /// [`LoraError::NotFinite`] with the file and the tensor.
    pub fn values(&self) -> Result<Vec<f32>, LoraError> {
        let values = self.described.kind.values(self.bytes);
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err(LoraError::NotFinite {
                name: format!("tensor {} of {}", self.name, self.path.display()),
            }),
        }
    }
}

type Contents = (BTreeMap<String, GgufValue>, BTreeMap<String, Described>);

/// What a file's bytes hold, or what is wrong with them.
fn read(bytes: &[u8]) -> Result<Contents, String> {
    let mut cursor = Cursor::new(bytes);
    if cursor.take(4)? != MAGIC {
        return Err("it does not begin with `GGUF`".to_owned());
    }
    let version = cursor.u32()?;
    if ![2, 3].contains(&version) {
        return Err(format!("it has version {version}; 2 and 3 are read"));
    }
    let (tensors, keys) = (cursor.u64()?, cursor.u64()?);
    let keys = cursor.count("keys", keys, LEAST_KEY)?;
    let mut metadata = BTreeMap::new();
    for _ in 0..keys {
        let key = cursor.text("a key")?;
        let value = value::read(&mut cursor).map_err(|what| format!("key `{key}`: {what}"))?;
        if metadata.insert(key.to_owned(), value).is_some() {
            return Err(format!("it has key `{key}` twice"));
        }
    }
    let count = cursor.count("tensors", tensors, LEAST_TENSOR)?;
    let mut found = BTreeMap::new();
    for _ in 0..count {
        let name = cursor.text("a tensor's name")?;
        let described = describe(&mut cursor).map_err(|what| format!("tensor `{name}`: {what}"))?;
        if found.insert(name.to_owned(), described).is_some() {
            return Err(format!("it has tensor `{name}` twice"));
        }
    }
    let alignment = alignment(&metadata)?;
    let start = (cursor.place() as u64).next_multiple_of(alignment);
    let tensors = placed(found, (start, alignment), bytes.len())?;
    Ok((metadata, tensors))
}

fn alignment(metadata: &BTreeMap<String, GgufValue>) -> Result<u64, String> {
    const KEY: &str = "general.alignment";
    let Some(value) = metadata.get(KEY) else {
        return Ok(ALIGNMENT);
    };
    let number = value.as_usize().map(|number| number as u64);
    let known = number.filter(|number| number.is_power_of_two() && *number <= 1 << 16);
    known.ok_or_else(|| format!("`{KEY}` is no power of two up to 65536"))
}

/// A tensor with the place of its bytes behind the start of all data.
struct Unplaced {
    shape: Vec<usize>,
    kind: GgufType,
    offset: u64,
    size: u64,
}

fn describe(cursor: &mut Cursor<'_>) -> Result<Unplaced, String> {
    let dimensions = cursor.u32()?;
    if dimensions == 0 || dimensions > MOST_DIMENSIONS {
        return Err(format!("it has {dimensions} dimensions"));
    }
    let mut shape = Vec::new();
    for _ in 0..dimensions {
        let size = cursor.u64()?;
        let known = usize::try_from(size).ok().filter(|&size| size > 0);
        shape.push(known.ok_or_else(|| format!("it has a dimension of {size}"))?);
    }
    let kind = GgufType::of(cursor.u32()?)?;
    let offset = cursor.u64()?;
    let (block, bytes) = kind.block();
    if !shape[0].is_multiple_of(block) {
        let row = shape[0];
        return Err(format!(
            "its rows have {row} values, and {kind:?} stores blocks of {block}"
        ));
    }
    let values = shape
        .iter()
        .try_fold(1_u64, |values, &size| values.checked_mul(size as u64));
    let size = values.and_then(|values| (values / block as u64).checked_mul(bytes as u64));
    let size = size.ok_or_else(|| format!("it has dimensions {shape:?}"))?;
    shape.reverse();
    Ok(Unplaced {
        shape,
        kind,
        offset,
        size,
    })
}

/// Finds each tensor's bytes in the file, which no two share: a file could else ask for more memory than it has bytes.
fn placed(
    found: BTreeMap<String, Unplaced>,
    (start, alignment): (u64, u64),
    length: usize,
) -> Result<BTreeMap<String, Described>, String> {
    let mut tensors = BTreeMap::new();
    let mut spans = Vec::with_capacity(found.len());
    for (name, own) in found {
        if !own.offset.is_multiple_of(alignment) {
            let offset = own.offset;
            return Err(format!(
                "tensor `{name}` lies at {offset}, no multiple of {alignment}"
            ));
        }
        let first = start.checked_add(own.offset);
        let end = first.and_then(|first| first.checked_add(own.size));
        let (Some(first), Some(end)) = (first, end.filter(|&end| end <= length as u64)) else {
            return Err(format!(
                "tensor `{name}` ends beyond the file, which has {length} bytes: was it loaded whole?"
            ));
        };
        let bytes = first as usize..end as usize;
        spans.push((bytes.start, bytes.end, name.clone()));
        let Unplaced { shape, kind, .. } = own;
        tensors.insert(name, Described { shape, kind, bytes });
    }
    spans.sort();
    let shared = spans.windows(2).find(|pair| pair[0].1 > pair[1].0);
    match shared {
        Some(pair) => Err(format!(
            "tensors `{}` and `{}` share bytes",
            pair[0].2, pair[1].2
        )),
        None => Ok(tensors),
    }
}

#[cfg(test)]
mod tests;
