//! Reading weights: what a file holds, by the names that transformers gives the tensors.

mod graph;
mod names;
mod onnx;
mod safe;
mod tensor;
mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ranker_folder::Family;
pub(crate) use tensor::Tensor;

use crate::error::EncoderError;
use crate::table::Table;

/// The tensors of a file, by their names without the family's prefix.
pub(crate) struct Tensors<'a> {
    path: PathBuf,
    left: BTreeMap<String, Tensor<'a>>,
}

impl<'a> Tensors<'a> {
    /// What a file's bytes hold: safetensors by the file's ending, else ONNX.
    pub(crate) fn parse(
        path: &Path,
        bytes: &'a [u8],
        family: &Family,
    ) -> Result<Self, EncoderError> {
        let safe = path
            .extension()
            .is_some_and(|ending| ending == "safetensors");
        let left = match safe {
            true => safe::read(path, bytes, family)?,
            false => graph::read(path, bytes, family)?,
        };
        Ok(Self {
            path: path.to_path_buf(),
            left,
        })
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }

    /// Takes a tensor of a shape, row by row.
    pub(crate) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EncoderError> {
        let tensor = self.of_shape(name, shape)?;
        tensor.values().map_err(self.of_type(name))
    }

    /// Takes a table of a shape, as codes where the file has a scale for each of its rows.
    pub(crate) fn take_table(
        &mut self,
        name: &str,
        shape: [usize; 2],
    ) -> Result<Table, EncoderError> {
        let tensor = self.of_shape(name, &shape)?;
        if let Some((codes, scales)) = tensor.row_codes() {
            return Ok(Table::coded(codes, scales, shape[1]));
        }
        let values = tensor.values().map_err(self.of_type(name))?;
        Ok(Table::new(values, shape[1]))
    }

    fn of_shape(&mut self, name: &str, shape: &[usize]) -> Result<Tensor<'a>, EncoderError> {
        let missing = || EncoderError::MissingTensor {
            path: self.path.clone(),
            tensor: name.to_owned(),
        };
        let tensor = self.left.remove(name).ok_or_else(missing)?;
        if tensor.shape() != shape {
            return Err(EncoderError::Shape {
                path: self.path.clone(),
                tensor: name.to_owned(),
                expected: shape.to_vec(),
                actual: tensor.shape(),
            });
        }
        Ok(tensor)
    }

    fn of_type(&self, name: &str) -> impl Fn(String) -> EncoderError {
        move |actual| EncoderError::Type {
            path: self.path.clone(),
            tensor: name.to_owned(),
            actual,
        }
    }

    /// Leaves out the tensors of a linear map that is not used.
    pub(crate) fn skip(&mut self, path: &str) {
        for name in [names::weight(path), names::bias(path)] {
            self.left.remove(&name);
        }
    }

    /// Ends the reading: a tensor that is left is of something that would not be computed.
    pub(crate) fn finish(self) -> Result<(), EncoderError> {
        match self.left.into_keys().next() {
            Some(name) => {
                let what = format!("tensor `{name}` is none of an encoder's");
                Err(EncoderError::foreign(&self.path, what))
            }
            None => Ok(()),
        }
    }
}

pub(crate) use names::{bias, weight};
