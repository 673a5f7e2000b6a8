//! Tensors of safetensors as `f32`.

use half::{bf16, f16};
use ranker_core::BoxError;
use safetensors::tensor::{Dtype, TensorView};

/// The values of a tensor of any type of number that weights come in, all finite.
pub(crate) fn floats(name: &str, tensor: &TensorView<'_>) -> Result<Vec<f32>, BoxError> {
    let data = tensor.data();
    let values: Vec<f32> = match tensor.dtype() {
        Dtype::F32 => parts(data).map(f32::from_le_bytes).collect(),
        Dtype::F64 => parts(data)
            .map(|bytes| f64::from_le_bytes(bytes) as f32)
            .collect(),
        Dtype::F16 => parts(data)
            .map(|bytes| f16::from_le_bytes(bytes).to_f32())
            .collect(),
        Dtype::BF16 => parts(data)
            .map(|bytes| bf16::from_le_bytes(bytes).to_f32())
            .collect(),
        // One scale for the whole table, which unit length takes out again.
        Dtype::I8 => parts(data)
            .map(|bytes| f32::from(i8::from_le_bytes(bytes)))
            .collect(),
        other => {
            return Err(format!(
                "tensor `{name}` holds {other:?}, not numbers of a kind that is read"
            )
            .into());
        }
    };
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => {
            let row = at / tensor.shape().get(1).copied().unwrap_or(1).max(1);
            Err(format!("tensor `{name}` has {} in row {row}", values[at]).into())
        }
        None => Ok(values),
    }
}

pub(crate) fn parts<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> {
    data.as_chunks::<N>().0.iter().copied()
}
