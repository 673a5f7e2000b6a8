//! Weights that a table gives a text's tokens, without a model.

use std::path::Path;

use ranker_core::BoxError;
use ranker_folder::{FolderError, StaticFolder, TextTokenizer};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use crate::LoadError;
use crate::builder::invalid;
use crate::floats::floats;

/// The table's tensor, as sentence-transformers calls it.
const WEIGHT: &str = "weight";

/// A weight a token; how often a text has a token does not count.
pub(super) struct Table {
    tokenizer: TextTokenizer,
    weights: Vec<f32>,
    max_tokens: usize,
}

impl Table {
    pub(super) fn read(folder: &StaticFolder, max_tokens: usize) -> Result<Self, LoadError> {
        let tokenizer = TextTokenizer::read_static(folder)?;
        let path = &folder.weights;
        let weights = read(path)?;
        let parsed = parse(&weights).map_err(|source| invalid(path, source))?;
        match tokenizer.largest_id() {
            Some(id) if id as usize >= parsed.len() => {
                let reason = format!("it has token {id}, and the table {} weights", parsed.len());
                Err(invalid(&folder.tokenizer, reason))
            }
            _ => Ok(Self {
                tokenizer: tokenizer.with_max_tokens(max_tokens),
                weights: parsed,
                max_tokens,
            }),
        }
    }

    pub(super) fn tokenizer(&self) -> &TextTokenizer {
        &self.tokenizer
    }

    pub(super) fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    pub(super) fn len(&self) -> usize {
        self.weights.len()
    }

    /// The weights of the tokens among these.
    pub(super) fn weigh(&self, ids: &[u32]) -> Vec<(u32, f32)> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let weight = |id: u32| Some((id, *self.weights.get(id as usize)?));
        ids.into_iter().filter_map(weight).collect()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    std::fs::read(path).map_err(|source| {
        let path = path.to_path_buf();
        FolderError::Read { path, source }.into()
    })
}

fn parse(bytes: &[u8]) -> Result<Vec<f32>, BoxError> {
    let file = SafeTensors::deserialize(bytes)?;
    let Ok(tensor) = file.tensor(WEIGHT) else {
        let names = file.names().join("`, `");
        return Err(format!("tensor `{WEIGHT}` is missing; it has `{names}`").into());
    };
    if tensor.shape().len() != 1 || tensor.shape()[0] == 0 || tensor.dtype() == Dtype::I8 {
        let (shape, kind) = (tensor.shape(), tensor.dtype());
        return Err(format!(
            "tensor `{WEIGHT}` of {kind:?} has shape {shape:?}; a table has a weight a token"
        )
        .into());
    }
    let weights = floats(WEIGHT, &tensor)?;
    match weights.iter().position(|weight| *weight < 0.0) {
        Some(token) => {
            let weight = weights[token];
            Err(format!("token {token} weighs {weight}; no weight is below 0").into())
        }
        None => Ok(weights),
    }
}
