//! The f32 vectors of rows: in memory, or where a file holds them.
//!
//! A search reads a few dozen vectors and the codes of all rows, so an index that was opened leaves its
//! vectors in the file. They are read by position, not mapped: a file that is cut or changed below a
//! mapping ends the process or breaks what Rust promises, and a read is refused instead.

use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ranker_core::Embedding;

use crate::dot::dot;
use crate::error::FileError;
use crate::file::{read_at, unreadable};

/// Row-major vectors.
#[derive(Debug)]
pub(super) enum Vectors {
    Held(Vec<f32>),
    Left(Left),
}

/// Rows of a file, from `first` on.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) file: Arc<VectorFile>,
    pub(super) first: usize,
    pub(super) rows: usize,
}

/// A file whose vectors are read as they are needed.
#[derive(Debug)]
pub(super) struct VectorFile {
    pub(super) path: PathBuf,
    pub(super) file: File,
    /// Where the vectors begin.
    pub(super) start: u64,
    pub(super) dimension: usize,
    /// CRC-32 of each vector.
    pub(super) sums: Vec<u32>,
}

/// Memory for reading vectors, used again for the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
    vectors: Vec<f32>,
}

impl Default for Vectors {
    fn default() -> Self {
        Self::Held(Vec::new())
    }
}

impl Vectors {
    /// One row's vector.
    pub(super) fn row<'a>(
        &'a self,
        at: usize,
        dimension: usize,
        scratch: &'a mut Scratch,
    ) -> Result<&'a [f32], FileError> {
        match self {
            Self::Held(all) => Ok(&all[at * dimension..][..dimension]),
            Self::Left(left) => {
                scratch.vectors.clear();
                left.file.read(left.first + at, 1, scratch)?;
                Ok(&scratch.vectors)
            }
        }
    }

    /// All vectors, row-major.
    pub(super) fn all(&self) -> Result<Cow<'_, [f32]>, FileError> {
        match self {
            Self::Held(all) => Ok(Cow::Borrowed(all)),
            Self::Left(left) => {
                let mut scratch = Scratch::default();
                left.file.read(left.first, left.rows, &mut scratch)?;
                Ok(Cow::Owned(scratch.vectors))
            }
        }
    }

    /// The vectors in memory; none of those that were left in a file.
    pub(super) fn held(&self) -> &[f32] {
        match self {
            Self::Held(all) => all,
            Self::Left(_) => &[],
        }
    }
}

impl VectorFile {
    /// Appends some rows to the vectors of `scratch`, if they are as they were written.
    fn read(&self, first: usize, rows: usize, scratch: &mut Scratch) -> Result<(), FileError> {
        let Scratch { bytes, vectors } = scratch;
        let width = 4 * self.dimension;
        bytes.resize(rows * width, 0);
        let at = self.start + first as u64 * width as u64;
        let read = read_at(&self.file, at, bytes);
        read.map_err(|error| unreadable(&self.path, error))?;
        let sums = &self.sums[first..first + rows];
        let encoded = Encoded {
            bytes,
            sums,
            dimension: self.dimension,
        };
        encoded
            .decode(vectors)
            .map_err(|what| FileError::corrupt(&self.path, what))
    }
}

/// Vectors as a file has them, and their checksums.
#[derive(Debug, Clone, Copy)]
pub(super) struct Encoded<'b> {
    pub(super) bytes: &'b [u8],
    /// CRC-32 of each vector.
    pub(super) sums: &'b [u32],
    pub(super) dimension: usize,
}

impl Encoded<'_> {
    /// Appends the vectors, if they are as they were written.
    pub(super) fn decode(self, vectors: &mut Vec<f32>) -> Result<(), &'static str> {
        vectors.reserve(self.sums.len() * self.dimension);
        let each = self.bytes.chunks_exact(4 * self.dimension.max(1));
        for (bytes, &sum) in each.zip(self.sums) {
            if crc32fast::hash(bytes) != sum {
                return Err("a vector does not fit its checksum");
            }
            let from = vectors.len();
            let components = bytes.as_chunks().0.iter().copied();
            vectors.extend(components.map(f32::from_le_bytes));
            if !is_unit(&vectors[from..]) {
                return Err("a vector is not of unit length");
            }
        }
        Ok(())
    }
}

/// Whether a vector is one that an [`Embedding`] may hold.
fn is_unit(vector: &[f32]) -> bool {
    // In f32 the sum of squares is off by less than a tenth of the tolerance.
    let length = f64::from(dot(vector, vector)).sqrt();
    (length - 1.0).abs() <= 1.1 * Embedding::UNIT_TOLERANCE
}

/// A vector as a file holds it.
pub(super) fn encode(vector: &[f32], bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
}

/// Opens the file anew, to read vectors for as long as an index lives.
pub(super) fn open(path: &Path) -> Result<File, FileError> {
    File::open(path).map_err(|error| unreadable(path, error))
}
