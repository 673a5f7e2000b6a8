//! Tables of embeddings, row by row.

use std::fmt::Debug;

use half::{bf16, f16};
use safetensors::tensor::Dtype;

use super::stored::{Stored, to_bytes};
use super::tensors::Tensors;
use crate::error::LoraError;
use crate::matrix::Matrix;

/// Rows that are read one at a time, in whatever form they are kept.
pub trait Rows: Debug + Send + Sync {
    /// Adds a row to `out`, which has its length.
    fn add_row(&self, index: usize, out: &mut [f32]);

    /// All values, where they are kept as `f32`.
    fn values(&self) -> Option<&[f32]>;

    /// The table as a file has it, with rows of so many columns.
    fn stored(&self, columns: usize) -> Stored<'_>;
}

impl Rows for Matrix {
    fn add_row(&self, index: usize, out: &mut [f32]) {
        let row = &Matrix::values(self)[index * out.len()..];
        out.iter_mut().zip(row).for_each(|(out, v)| *out += v);
    }

    fn values(&self) -> Option<&[f32]> {
        Some(Matrix::values(self))
    }

    fn stored(&self, _: usize) -> Stored<'_> {
        self.into()
    }
}

/// A table in the form that its file has it in: only the rows of a batch are needed as `f32`.
#[derive(Clone, Debug, PartialEq)]
pub enum Table {
    /// Four bytes a value.
    F32(Matrix),
    /// Two bytes a value, IEEE 754's half precision.
    F16(Vec<f16>),
    /// Two bytes a value, the upper half of an `f32`.
    BF16(Vec<bf16>),
    /// Codes, and the scale of each row.
    Int8(Vec<i8>, Vec<f32>),
}

impl Table {
    /// Takes the table of this name and shape out of a file.
    pub(crate) fn take(
        tensors: &mut Tensors<'_>,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Self, LoraError> {
        let wide = [shape.0, shape.1];
        let table = match tensors.kind(name) {
            Some(Dtype::F16) => {
                let bytes = tensors.bytes(name, Dtype::F16, Some(&wide))?;
                let (pairs, _) = bytes.as_chunks();
                Self::F16(pairs.iter().map(|b| f16::from_le_bytes(*b)).collect())
            }
            Some(Dtype::BF16) => {
                let bytes = tensors.bytes(name, Dtype::BF16, Some(&wide))?;
                let (pairs, _) = bytes.as_chunks();
                Self::BF16(pairs.iter().map(|b| bf16::from_le_bytes(*b)).collect())
            }
            _ => Self::F32(tensors.matrix(name, shape)?),
        };
        match table.is_finite() {
            true => Ok(table),
            false => Err(LoraError::NotFinite {
                name: format!("tensor {name} in {}", tensors.path().display()),
            }),
        }
    }

    /// Codes and what the codes of each row are multiplied with; `name` is for the error.
    pub(crate) fn int8(codes: Vec<i8>, scales: Vec<f32>, name: &str) -> Result<Self, LoraError> {
        match scales.iter().all(|scale| (scale * 128.0).is_finite()) {
            true => Ok(Self::Int8(codes, scales)),
            false => Err(LoraError::NotFinite {
                name: name.to_owned(),
            }),
        }
    }

    fn is_finite(&self) -> bool {
        match self {
            Self::F32(_) | Self::Int8(..) => true,
            Self::F16(values) => values.iter().all(|value| value.is_finite()),
            Self::BF16(values) => values.iter().all(|value| value.is_finite()),
        }
    }

    /// How many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::F32(matrix) => size_of_val(matrix.values()),
            Self::F16(values) => size_of_val(&values[..]),
            Self::BF16(values) => size_of_val(&values[..]),
            Self::Int8(codes, scales) => codes.len() + size_of_val(&scales[..]),
        }
    }

    /// All rows as `f32`.
    pub(crate) fn to_matrix(&self, columns: usize) -> Matrix {
        let count = match self {
            Self::F32(matrix) => return matrix.clone(),
            Self::F16(values) => values.len(),
            Self::BF16(values) => values.len(),
            Self::Int8(codes, _) => codes.len(),
        };
        let mut matrix = Matrix::zeros(count / columns, columns);
        let rows = matrix.values_mut().chunks_exact_mut(columns);
        rows.enumerate()
            .for_each(|(index, row)| self.add_row(index, row));
        matrix
    }
}

impl Rows for Table {
    fn add_row(&self, index: usize, out: &mut [f32]) {
        let start = index * out.len();
        match self {
            Self::F32(matrix) => matrix.add_row(index, out),
            Self::F16(values) => {
                let row = &values[start..];
                out.iter_mut()
                    .zip(row)
                    .for_each(|(out, v)| *out += v.to_f32());
            }
            Self::BF16(values) => {
                let row = &values[start..];
                out.iter_mut()
                    .zip(row)
                    .for_each(|(out, v)| *out += v.to_f32());
            }
            Self::Int8(codes, scales) => {
                let (row, scale) = (&codes[start..], scales[index]);
                out.iter_mut()
                    .zip(row)
                    .for_each(|(out, &v)| *out += f32::from(v) * scale);
            }
        }
    }

    fn values(&self) -> Option<&[f32]> {
        match self {
            Self::F32(matrix) => Some(matrix.values()),
            Self::F16(_) | Self::BF16(_) | Self::Int8(..) => None,
        }
    }

    /// Codes are dequantised: a file has no form for them.
    fn stored(&self, columns: usize) -> Stored<'_> {
        let shape = |count: usize| vec![count / columns, columns];
        let (kind, count, bytes) = match self {
            Self::F32(matrix) => return matrix.into(),
            Self::F16(values) => {
                let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                (Dtype::F16, values.len(), bytes)
            }
            Self::BF16(values) => {
                let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                (Dtype::BF16, values.len(), bytes)
            }
            Self::Int8(codes, _) => {
                let bytes = to_bytes(self.to_matrix(columns).values());
                (Dtype::F32, codes.len(), bytes)
            }
        };
        Stored::bytes(kind, shape(count), bytes)
    }
}
