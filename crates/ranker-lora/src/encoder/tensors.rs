//! Named tensors of a safetensors file, or of several that belong together, each taken out once and checked on
//! the way.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use ndarray::Array2;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};

use crate::error::LoraError;
use crate::matrix::Matrix;

const FORMAT: &str = "safetensors";
/// The longest header that is read; the format's own limit.
const LONGEST_HEADER: u64 = 100_000_000;
/// How many bytes are converted at once: a whole number of values of every type.
const PIECE: usize = 1 << 16;

/// The tensors of one or several files that have not been taken yet. Only their offsets are in memory.
pub struct Tensors<'a> {
    /// The file, or the one that lists them.
    path: PathBuf,
    files: Vec<Opened<'a>>,
    left: BTreeMap<String, Place>,
}

/// One of the files.
struct Opened<'a> {
    path: PathBuf,
    bytes: Box<dyn Bytes + 'a>,
    /// Where the first tensor begins.
    start: u64,
}

/// Where a tensor lies.
#[derive(Clone)]
struct Place {
    /// Which of the files.
    file: usize,
    info: TensorInfo,
}

impl fmt::Debug for Tensors<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tensors")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A file, or the bytes of one.
trait Bytes: Read + Seek {}

impl<B: Read + Seek> Bytes for B {}

impl<'a> Tensors<'a> {
    /// Reads the header of a file and checks that it fits the file's length.
    pub(crate) fn open(path: &Path) -> Result<Self, LoraError> {
        let file = File::open(path).map_err(LoraError::io("read", path))?;
        Self::new(path, Box::new(file))
    }

    /// Reads the header and checks that it fits the bytes; `path` is for messages.
    pub(crate) fn parse(path: &Path, bytes: &'a [u8]) -> Result<Self, LoraError> {
        Self::new(path, Box::new(Cursor::new(bytes)))
    }

    fn new(path: &Path, mut bytes: Box<dyn Bytes + 'a>) -> Result<Self, LoraError> {
        let end = bytes
            .seek(SeekFrom::End(0))
            .and_then(|end| bytes.rewind().map(|()| end));
        let end = end.map_err(LoraError::io("read", path))?;
        let mut length = [0; 8];
        let wrong = |problem: &'static str| LoraError::format(path, FORMAT)(problem);
        if end < 8 {
            return Err(wrong("it is too short"));
        }
        bytes
            .read_exact(&mut length)
            .map_err(LoraError::io("read", path))?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST_HEADER.min(end - 8) {
            return Err(wrong("its header is longer than the file, or than allowed"));
        }
        let mut header = vec![0; length as usize];
        bytes
            .read_exact(&mut header)
            .map_err(LoraError::io("read", path))?;
        let header: Metadata =
            serde_json::from_slice(&header).map_err(LoraError::format(path, FORMAT))?;
        if end - 8 - length != header.data_len() as u64 {
            return Err(wrong("its length is not what its header says"));
        }
        let left = header.tensors().into_iter();
        let place = |(name, info): (String, &TensorInfo)| {
            let info = info.clone();
            (name, Place { file: 0, info })
        };
        Ok(Self {
            path: path.to_path_buf(),
            files: vec![Opened {
                path: path.to_path_buf(),
                bytes,
                start: 8 + length,
            }],
            left: left.map(place).collect(),
        })
    }

    /// Takes all tensors of other files over; `path` is that of the list.
    pub(super) fn joined(path: &Path, parts: Vec<Self>) -> Result<Self, LoraError> {
        let mut all = Self {
            path: path.to_path_buf(),
            files: Vec::new(),
            left: BTreeMap::new(),
        };
        for part in parts {
            let first = all.files.len();
            all.files.extend(part.files);
            for (name, Place { file, info }) in part.left {
                let place = Place {
                    file: first + file,
                    info,
                };
                let path = all.files[place.file].path.clone();
                if all.left.insert(name.clone(), place).is_some() {
                    let problem = format!("{name} is in another of the model's files too");
                    return Err(LoraError::format(&path, FORMAT)(problem));
                }
            }
        }
        Ok(all)
    }

    /// The file, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives every tensor a new name, or drops it where `rename` returns `None`.
    pub(crate) fn rename(&mut self, rename: impl Fn(&str) -> Option<String>) {
        self.left = std::mem::take(&mut self.left)
            .into_iter()
            .filter_map(|(name, place)| Some((rename(&name)?, place)))
            .collect();
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// The names of the tensors that are left.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.left.keys().map(String::as_str)
    }

    /// The size of one dimension of a tensor; 0 where there is no such tensor or dimension, so that
    /// taking it will fail.
    pub(crate) fn size(&self, name: &str, dimension: usize) -> usize {
        let place = self.left.get(name);
        place
            .and_then(|place| place.info.shape.get(dimension).copied())
            .unwrap_or(0)
    }

    /// Takes a matrix whose shape is known.
    pub(crate) fn matrix(
        &mut self,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Matrix, LoraError> {
        let values = self.take(name, &[shape.0, shape.1])?;
        self.to_matrix(name, shape, values)
    }

    /// Takes a vector whose length is known.
    pub(crate) fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, LoraError> {
        let values = self.take(name, &[length])?;
        let matrix = self.to_matrix(name, (1, length), values)?;
        Ok(matrix.values().to_vec())
    }

    /// Ends the reading: a tensor that is left is an error.
    pub(crate) fn finish(self) -> Result<(), LoraError> {
        match self.left.into_iter().next() {
            Some((tensor, place)) => Err(LoraError::UnknownTensor {
                path: self.files[place.file].path.clone(),
                tensor,
            }),
            None => Ok(()),
        }
    }

    /// The type of a tensor that is there.
    pub(crate) fn kind(&self, name: &str) -> Option<Dtype> {
        self.left.get(name).map(|place| place.info.dtype)
    }

    /// Takes the bytes of a tensor of this type, and of this shape where one is given.
    pub(crate) fn bytes(
        &mut self,
        name: &str,
        kind: Dtype,
        shape: Option<&[usize]>,
    ) -> Result<Vec<u8>, LoraError> {
        let place = self.place(name)?;
        let info = &place.info;
        if info.dtype != kind {
            return Err(self.wrong_type(name, info.dtype));
        }
        if let Some(shape) = shape.filter(|shape| info.shape != *shape) {
            return Err(self.wrong_shape(name, shape, &info.shape));
        }
        let mut bytes = Vec::new();
        self.pieces(&place, |piece| bytes.extend_from_slice(piece))?;
        Ok(bytes)
    }

    /// Takes a tensor's values.
    pub(crate) fn take(&mut self, name: &str, expected: &[usize]) -> Result<Vec<f32>, LoraError> {
        let place = self.place(name)?;
        let info = &place.info;
        if info.shape != expected {
            return Err(self.wrong_shape(name, expected, &info.shape));
        }
        let convert = converter(info.dtype).ok_or_else(|| self.wrong_type(name, info.dtype))?;
        let mut values = Vec::with_capacity(expected.iter().product());
        self.pieces(&place, |piece| convert(piece, &mut values))?;
        Ok(values)
    }

    /// Takes a tensor off the list.
    fn place(&mut self, name: &str) -> Result<Place, LoraError> {
        self.left.remove(name).ok_or_else(|| self.missing(name))
    }

    /// Reads a tensor piece by piece, so that it is never in memory twice.
    fn pieces(&mut self, place: &Place, mut each: impl FnMut(&[u8])) -> Result<(), LoraError> {
        let (start, end) = place.info.data_offsets;
        let file = &mut self.files[place.file];
        let mut left = end - start;
        let mut piece = vec![0; PIECE.min(left)];
        let failed = LoraError::io("read", &file.path);
        let (bytes, first) = (&mut file.bytes, file.start);
        let mut read = || -> std::io::Result<()> {
            bytes.seek(SeekFrom::Start(first + start as u64))?;
            while left > 0 {
                let piece = &mut piece[..PIECE.min(left)];
                bytes.read_exact(piece)?;
                each(piece);
                left -= piece.len();
            }
            Ok(())
        };
        read().map_err(failed)
    }

    fn to_matrix(
        &self,
        name: &str,
        shape: (usize, usize),
        values: Vec<f32>,
    ) -> Result<Matrix, LoraError> {
        let array = Array2::from_shape_vec(shape, values)
            .map_err(|_| self.wrong_shape(name, &[shape.0, shape.1], &[]))?;
        Matrix::checked(array, || {
            format!("tensor {name} in {}", self.path.display())
        })
    }

    fn missing(&self, name: &str) -> LoraError {
        LoraError::MissingTensor {
            path: self.path.clone(),
            tensor: name.to_owned(),
        }
    }

    fn wrong_type(&self, name: &str, actual: Dtype) -> LoraError {
        LoraError::TensorType {
            path: self.path.clone(),
            tensor: name.to_owned(),
            actual: format!("{actual:?}"),
        }
    }

    pub(crate) fn wrong_shape(
        &self,
        name: &str,
        expected: &[usize],
        actual: &[usize],
    ) -> LoraError {
        LoraError::TensorShape {
            path: self.path.clone(),
            tensor: name.to_owned(),
            expected: expected.to_vec(),
            actual: actual.to_vec(),
        }
    }
}

/// Appends the values that some bytes encode.
type Converter = fn(&[u8], &mut Vec<f32>);

/// How to read values, or `None` for a type that weights are not kept in.
fn converter(kind: Dtype) -> Option<Converter> {
    let convert: Converter = match kind {
        Dtype::F32 => |bytes, out| {
            let (fours, _) = bytes.as_chunks();
            out.extend(fours.iter().map(|four| f32::from_le_bytes(*four)));
        },
        Dtype::F16 => |bytes, out| {
            let (pairs, _) = bytes.as_chunks();
            out.extend(pairs.iter().map(|pair| f16::from_le_bytes(*pair).to_f32()));
        },
        Dtype::BF16 => |bytes, out| {
            let (pairs, _) = bytes.as_chunks();
            out.extend(pairs.iter().map(|pair| bf16::from_le_bytes(*pair).to_f32()));
        },
        _ => return None,
    };
    Some(convert)
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::TensorView;

    use super::*;

    fn file(dtype: Dtype, shape: &[usize], data: &[u8]) -> Vec<u8> {
        let view = TensorView::new(dtype, shape.to_vec(), data).unwrap();
        safetensors::serialize([("w", view)], None).unwrap()
    }

    fn read(dtype: Dtype, data: &[u8]) -> Result<Matrix, LoraError> {
        let bytes = file(dtype, &[1, 2], data);
        Tensors::parse(Path::new("f"), &bytes)?.matrix("w", (1, 2))
    }

    #[test]
    fn reads_the_three_float_types_alike() {
        let values = [1.5f32, -0.25];
        let full: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let half: Vec<u8> = values
            .iter()
            .flat_map(|v| f16::from_f32(*v).to_le_bytes())
            .collect();
        let brain: Vec<u8> = values
            .iter()
            .flat_map(|v| bf16::from_f32(*v).to_le_bytes())
            .collect();
        for (dtype, data) in [(Dtype::F32, full), (Dtype::F16, half), (Dtype::BF16, brain)] {
            assert_eq!(read(dtype, &data).unwrap().values(), values);
        }
    }

    #[test]
    fn a_header_that_does_not_fit_is_refused() {
        let whole = file(Dtype::F32, &[1, 2], &[0; 8]);
        let longer = [&whole[..], &[0]].concat();
        let huge = [&[0xff; 8][..], &whole[8..]].concat();
        for bytes in [&whole[..whole.len() - 1], &longer, &huge, &whole[..7], b""] {
            let result = Tensors::parse(Path::new("f"), bytes);
            assert!(matches!(result, Err(LoraError::Format { .. })));
        }
    }

    #[test]
    fn names_what_is_wrong() {
        let bytes = file(Dtype::I32, &[1, 2], &[0; 8]);
        let parse = || Tensors::parse(Path::new("f"), &bytes).unwrap();
        assert!(matches!(
            parse().matrix("w", (1, 2)),
            Err(LoraError::TensorType { .. })
        ));
        assert!(matches!(
            parse().matrix("w", (2, 1)),
            Err(LoraError::TensorShape { .. })
        ));
        assert!(matches!(
            parse().matrix("v", (1, 2)),
            Err(LoraError::MissingTensor { .. })
        ));
        assert!(matches!(
            parse().finish(),
            Err(LoraError::UnknownTensor { .. })
        ));
        let nan: Vec<u8> = [1f32, f32::NAN]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        assert!(matches!(
            read(Dtype::F32, &nan),
            Err(LoraError::NotFinite { .. })
        ));
    }
}
