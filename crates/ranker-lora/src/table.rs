//! Tables of embeddings, row by row.

use std::fmt::Debug;

use half::{bf16, f16};
use safetensors::tensor::Dtype;

use crate::tensors::Tensors;
use crate::{LoraError, Matrix};

/// Rows that are read one at a time, in whatever form they are kept.
pub(crate) trait Rows: Debug + Send + Sync {
    /// Adds a row to `out`, which has its length.
    fn add_row(&self, index: usize, out: &mut [f32]);
}

impl Rows for Matrix {
    fn add_row(&self, index: usize, out: &mut [f32]) {
        let row = &self.values()[index * out.len()..];
        out.iter_mut().zip(row).for_each(|(out, v)| *out += v);
    }
}

/// A table in the form that its file has it in: only the rows of a batch are needed as `f32`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Table {
    F32(Matrix),
    F16(Vec<f16>),
    BF16(Vec<bf16>),
    /// Codes, and what the codes of a row are multiplied with.
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
                let bytes = tensors.bytes(name, (Dtype::F16, Some(&wide)))?;
                let (pairs, _) = bytes.as_chunks();
                Self::F16(pairs.iter().map(|b| f16::from_le_bytes(*b)).collect())
            }
            Some(Dtype::BF16) => {
                let bytes = tensors.bytes(name, (Dtype::BF16, Some(&wide)))?;
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

    /// The table as a file has it: type and bytes. Codes are written as what they stand for.
    pub(crate) fn stored(&self, columns: usize) -> (Dtype, Vec<u8>) {
        match self {
            Self::F16(values) => (
                Dtype::F16,
                values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ),
            Self::BF16(values) => (
                Dtype::BF16,
                values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ),
            Self::F32(_) | Self::Int8(..) => {
                (Dtype::F32, to_bytes(self.to_matrix(columns).values()))
            }
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

pub(crate) fn to_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
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
}
