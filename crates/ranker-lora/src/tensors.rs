//! Named tensors of one safetensors file, each taken out once and checked on the way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use half::{bf16, f16};
use ndarray::Array2;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::{LoraError, Matrix};

const FORMAT: &str = "safetensors";

/// The tensors of a file that nobody has taken yet.
pub(crate) struct Tensors<'a> {
    path: PathBuf,
    left: BTreeMap<String, TensorView<'a>>,
}

impl<'a> Tensors<'a> {
    /// Reads the header and checks that it fits the bytes; `path` is for messages.
    pub(crate) fn parse(path: &Path, bytes: &'a [u8]) -> Result<Self, LoraError> {
        let file = SafeTensors::deserialize(bytes).map_err(LoraError::format(path, FORMAT))?;
        let left = file.tensors().into_iter().collect();
        Ok(Self {
            path: path.to_path_buf(),
            left,
        })
    }

    /// Gives every tensor a new name, or drops it where `rename` says `None`.
    pub(crate) fn rename(&mut self, rename: impl Fn(&str) -> Option<String>) {
        self.left = std::mem::take(&mut self.left)
            .into_iter()
            .filter_map(|(name, view)| Some((rename(&name)?, view)))
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
        let view = self.left.get(name);
        view.and_then(|view| view.shape().get(dimension).copied())
            .unwrap_or(0)
    }

    /// Takes a matrix whose shape is known.
    pub(crate) fn matrix(
        &mut self,
        name: &str,
        (rows, columns): (usize, usize),
    ) -> Result<Matrix, LoraError> {
        let values = self.take(name, &[rows, columns])?;
        self.to_matrix(name, (rows, columns), values)
    }

    /// Takes a vector whose length is known.
    pub(crate) fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>, LoraError> {
        let values = self.take(name, &[length])?;
        let matrix = self.to_matrix(name, (1, length), values)?;
        Ok(matrix.values().to_vec())
    }

    /// Ends the reading: a tensor that nobody took is an error.
    pub(crate) fn finish(self) -> Result<(), LoraError> {
        match self.left.into_keys().next() {
            Some(tensor) => Err(LoraError::UnknownTensor {
                path: self.path,
                tensor,
            }),
            None => Ok(()),
        }
    }

    fn take(&mut self, name: &str, expected: &[usize]) -> Result<Vec<f32>, LoraError> {
        let view = self.left.remove(name).ok_or_else(|| self.missing(name))?;
        if view.shape() != expected {
            return Err(self.wrong_shape(name, expected, view.shape()));
        }
        to_f32(&view).ok_or_else(|| LoraError::TensorType {
            path: self.path.clone(),
            tensor: name.to_owned(),
            actual: format!("{:?}", view.dtype()),
        })
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

    fn wrong_shape(&self, name: &str, expected: &[usize], actual: &[usize]) -> LoraError {
        LoraError::TensorShape {
            path: self.path.clone(),
            tensor: name.to_owned(),
            expected: expected.to_vec(),
            actual: actual.to_vec(),
        }
    }
}

/// The values as `f32`, or `None` for a type that weights are not kept in.
fn to_f32(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let bytes = view.data();
    let pairs = || bytes.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    match view.dtype() {
        Dtype::F32 => {
            let fours = bytes.chunks_exact(4);
            Some(
                fours
                    .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
                    .collect(),
            )
        }
        Dtype::F16 => Some(
            pairs()
                .map(|pair| f16::from_le_bytes(pair).to_f32())
                .collect(),
        ),
        Dtype::BF16 => Some(
            pairs()
                .map(|pair| bf16::from_le_bytes(pair).to_f32())
                .collect(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
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
