//! Tensors out of safetensors.

use std::collections::BTreeMap;
use std::path::Path;

use ranker_folder::Family;
use safetensors::{Dtype, SafeTensors};

use super::tensor::{Kind, Tensor};
use crate::error::EncoderError;

/// The tensors that an encoder or its head may have.
pub(super) fn read<'a>(
    path: &Path,
    bytes: &'a [u8],
    family: &Family,
) -> Result<BTreeMap<String, Tensor<'a>>, EncoderError> {
    let file = SafeTensors::deserialize(bytes).map_err(EncoderError::damaged(path))?;
    let tensors = file.tensors().into_iter().filter_map(|(name, view)| {
        let tensor = Tensor {
            kind: kind(view.dtype()),
            shape: view.shape().to_vec(),
            bytes: view.data(),
            scales: None,
            turned: false,
        };
        Some((family.tensor_name(&name)?, tensor))
    });
    Ok(tensors.collect())
}

fn kind(kind: Dtype) -> Result<Kind, String> {
    match kind {
        Dtype::F32 => Ok(Kind::F32),
        Dtype::F16 => Ok(Kind::F16),
        Dtype::BF16 => Ok(Kind::Bf16),
        other => Err(format!("{other:?}")),
    }
}
