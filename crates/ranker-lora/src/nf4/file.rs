//! Weights in NF4 as bitsandbytes keeps them in a safetensors file: under `weight` the codes, and
//! beside it what undoes them (`QuantState` of <https://github.com/bitsandbytes-foundation/bitsandbytes>).

use safetensors::tensor::Dtype;
use serde::Deserialize;
use serde_json::json;

use super::Nf4Matrix;
use super::code::{DYNAMIC, NF4};
use super::matrix::{BLOCK, NESTED_BLOCK};
use crate::encoder::{NamedTensor, Stored, Tensors};
use crate::error::LoraError;

/// What stands behind the weight's name for each part.
const STATE: &str = "quant_state.bitsandbytes__nf4";
const SCALES: &str = "absmax";
const MAP: &str = "quant_map";
const NESTED: &str = "nested_absmax";
const NESTED_MAP: &str = "nested_quant_map";

/// The part of the state that is not a tensor: JSON, as the bytes of one.
#[derive(Deserialize)]
struct State {
    quant_type: String,
    blocksize: usize,
    shape: Vec<usize>,
    nested_blocksize: Option<usize>,
    nested_offset: Option<f64>,
}

impl Nf4Matrix {
    /// Whether a file has the weight of this name in NF4; an error where it has it in another form.
    pub(crate) fn is_stored(tensors: &Tensors<'_>, name: &str) -> Result<bool, LoraError> {
        let has = |part: &str| tensors.contains(&format!("{name}.{part}"));
        match (has(STATE), has(SCALES) || has("SCB")) {
            (false, true) => {
                let advice = "of the forms of bitsandbytes, only NF4 can be read";
                Err(LoraError::unsupported(name, "in another form", advice))
            }
            (state, _) => Ok(state),
        }
    }

    /// Takes the weight of this name and shape, which is in NF4, out of a file.
    pub(crate) fn take_stored(
        tensors: &mut Tensors<'_>,
        name: &str,
        shape: (usize, usize),
    ) -> Result<Self, LoraError> {
        let key = |part: &str| format!("{name}.{part}");
        let json = tensors.bytes(&key(STATE), Dtype::U8, None)?;
        let state: State = serde_json::from_slice(&json)
            .map_err(LoraError::format(tensors.path(), "a file of bitsandbytes"))?;
        let offset = state.check(&key(STATE))?;
        if state.shape != [shape.0, shape.1] {
            return Err(tensors.wrong_shape(name, &[shape.0, shape.1], &state.shape));
        }
        let count = shape.0 * shape.1;
        let blocks = count.div_ceil(BLOCK);
        let mut bytes = |name: &str, shape: &[usize]| tensors.bytes(name, Dtype::U8, Some(shape));
        let codes = bytes(name, &[count.div_ceil(2), 1])?;
        let scales = bytes(&key(SCALES), &[blocks])?;
        let nested = tensors.take(&key(NESTED), &[blocks.div_ceil(NESTED_BLOCK)])?;
        for (part, ours) in [(MAP, &NF4[..]), (NESTED_MAP, &DYNAMIC[..])] {
            if tensors.take(&key(part), &[ours.len()])? != ours {
                let advice = "only the standard maps of NF4 and of dynamic 8 bits can be read";
                return Err(LoraError::unsupported(&key(part), "another map", advice));
            }
        }
        let matrix = Nf4Matrix {
            shape,
            codes,
            scales,
            nested,
            offset,
        };
        matrix.checked(|| format!("the scales of {name} in {}", tensors.path().display()))
    }

    /// All tensors of the weight of this name.
    pub(crate) fn parts(&self, name: &str) -> Vec<NamedTensor<'_>> {
        let (rows, columns) = self.shape;
        let state = json!({
            "quant_type": "nf4", "blocksize": BLOCK, "dtype": "float32", "shape": [rows, columns],
            "nested_blocksize": NESTED_BLOCK, "nested_dtype": "float32",
            "nested_offset": f64::from(self.offset),
        });
        let key = |part: &str| format!("{name}.{part}");
        let codes = |codes: &[u8]| Stored::bytes(Dtype::U8, vec![codes.len()], codes.to_vec());
        let column = vec![self.codes.len(), 1];
        vec![
            (
                name.to_owned(),
                Stored::bytes(Dtype::U8, column, &self.codes[..]),
            ),
            (key(SCALES), codes(&self.scales)),
            (key(STATE), codes(state.to_string().as_bytes())),
            (key(MAP), Stored::vector(&NF4)),
            (key(NESTED), Stored::vector(&self.nested)),
            (key(NESTED_MAP), Stored::vector(&*DYNAMIC)),
        ]
    }
}

impl State {
    /// Refuses what this crate does not compute with, and returns the mean of all scales.
    fn check(&self, name: &str) -> Result<f32, LoraError> {
        let wrong = |setting: &str, value: String, advice| {
            let setting = format!("{setting} of {name}");
            Err(LoraError::unsupported(&setting, value, advice))
        };
        if self.quant_type != "nf4" {
            return wrong("quant_type", self.quant_type.clone(), "use nf4");
        }
        if self.blocksize != BLOCK {
            return wrong("blocksize", self.blocksize.to_string(), "use blocks of 64");
        }
        match (self.nested_blocksize, self.nested_offset) {
            (Some(NESTED_BLOCK), Some(offset)) => Ok(offset as f32),
            (Some(size), Some(_)) => {
                wrong("nested_blocksize", size.to_string(), "use blocks of 256")
            }
            _ => {
                let advice = "quantise with bnb_4bit_use_double_quant";
                wrong("nested_absmax", "nothing".to_owned(), advice)
            }
        }
    }
}
