//! Tensors on their way into a safetensors file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::path::Path;

use safetensors::tensor::{Dtype, View};

use crate::error::LoraError;
use crate::matrix::Matrix;

/// A tensor and its name in the file.
pub(crate) type NamedTensor<'a> = (String, Stored<'a>);

/// A tensor of a file. Values of `f32` become bytes when their turn comes, so that no more than one
/// tensor is in memory twice.
#[derive(Debug)]
pub struct Stored<'a> {
    kind: Dtype,
    shape: Vec<usize>,
    data: Data<'a>,
}

#[derive(Debug)]
enum Data<'a> {
    Floats(&'a [f32]),
    Bytes(Cow<'a, [u8]>),
}

impl<'a> Stored<'a> {
    pub(crate) fn floats(shape: Vec<usize>, values: &'a [f32]) -> Self {
        Self {
            kind: Dtype::F32,
            shape,
            data: Data::Floats(values),
        }
    }

    pub(crate) fn vector(values: &'a [f32]) -> Self {
        Self::floats(vec![values.len()], values)
    }

    pub(crate) fn bytes(kind: Dtype, shape: Vec<usize>, bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Self {
            kind,
            shape,
            data: Data::Bytes(bytes.into()),
        }
    }
}

impl<'a> From<&'a Matrix> for Stored<'a> {
    fn from(matrix: &'a Matrix) -> Self {
        Self::floats(vec![matrix.rows(), matrix.columns()], matrix.values())
    }
}

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        self.kind
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match &self.data {
            Data::Floats(values) => to_bytes(values).into(),
            Data::Bytes(bytes) => Cow::Borrowed(bytes),
        }
    }

    fn data_len(&self) -> usize {
        match &self.data {
            Data::Floats(values) => size_of_val(*values),
            Data::Bytes(bytes) => bytes.len(),
        }
    }
}

/// Values as the file has them.
pub(super) fn to_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// The bytes of a file of tensors, which Python's loaders take; `path` is for messages.
pub(crate) fn serialize<S: AsRef<str> + Ord + Display, V: View>(
    path: &Path,
    tensors: impl IntoIterator<Item = (S, V)>,
) -> Result<Vec<u8>, LoraError> {
    // They require the name of the library that a file is for.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(tensors, Some(metadata)).map_err(LoraError::format(path, "safetensors"))
}
