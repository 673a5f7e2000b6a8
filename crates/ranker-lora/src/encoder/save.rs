//! `model.safetensors` as `transformers` writes it: its names and shapes, and values as `f32` but for
//! those that are kept in a smaller type.

use std::path::Path;

use serde_json::{Value, json};

use super::form::Weight;
use super::names::{bias, norm_paths, weight};
use super::stored::{NamedTensor, Stored, serialize};
use super::table::Rows as _;
use super::weights::{EncoderWeights, Linear, Norm};
use crate::cross::CrossEncoder;
use crate::error::LoraError;

impl<W: Weight> EncoderWeights<W> {
    /// The bytes of the file; `path` is for messages.
    pub(crate) fn to_safetensors(&self, path: &Path) -> Result<Vec<u8>, LoraError> {
        serialize(path, self.stored())
    }

    /// Every tensor that there is: those that embeddings depend on, and the pooler.
    fn stored(&self) -> Vec<NamedTensor<'_>> {
        let (family, hidden) = (self.config.family, self.config.hidden);
        let tables = [
            (Some(family.words), &self.words),
            (Some(family.positions), &self.positions),
            (family.types, &self.types),
        ];
        let named = tables
            .into_iter()
            .filter_map(|(path, table)| Some((weight(path?), table.stored(hidden))));
        let mut all: Vec<NamedTensor<'_>> = named.collect();
        if let (Some(path), Some(relative)) = (family.relative, &self.relative) {
            all.push((weight(path), (&relative.table).into()));
        }
        all.extend(self.norm.stored(family.embedding_norm));
        for (index, layer) in self.layers.iter().enumerate() {
            let [attention, output] = norm_paths(family, index);
            all.extend(layer.attention_norm.stored(&attention));
            all.extend(layer.output_norm.stored(&output));
        }
        for (path, linear) in self.linears() {
            all.extend(linear.stored(&path));
        }
        all
    }
}

impl CrossEncoder {
    /// The bytes of the file, with the encoder below its family's prefix; `path` is for messages.
    pub(crate) fn to_safetensors(&self, path: &Path) -> Result<Vec<u8>, LoraError> {
        let family = self.config().family;
        let below = |name: &str| format!("{}{name}", family.prefix);
        let encoder = self.encoder.stored().into_iter();
        let mut all: Vec<NamedTensor<'_>> = encoder
            .map(|(name, tensor)| (below(&name), tensor))
            .collect();
        let dense = match family.head.uses_pooler() {
            true => below(family.head.dense),
            false => family.head.dense.to_owned(),
        };
        all.extend(self.head.dense.stored(&dense));
        all.extend(self.head.out.stored(family.head.out));
        serialize(path, all)
    }
}

/// The content of a `config.json` beside weights in `f32`: nothing of quantisation, and no narrower
/// type, which `transformers` would round them to. `None` where it is as it should be.
pub(crate) fn full_config(path: &Path, bytes: &[u8]) -> Result<Option<Vec<u8>>, LoraError> {
    let mut config: Value =
        serde_json::from_slice(bytes).map_err(LoraError::format(path, "JSON"))?;
    let Some(settings) = config.as_object_mut() else {
        return Ok(None);
    };
    let mut changed = settings.remove("quantization_config").is_some();
    // `torch_dtype` is its name before transformers 5.
    for key in ["dtype", "torch_dtype"] {
        if let Some(kind) = settings.get_mut(key).filter(|kind| **kind != "float32") {
            *kind = json!("float32");
            changed = true;
        }
    }
    Ok(changed.then(|| format!("{config:#}\n").into_bytes()))
}

impl<W: Weight> Linear<W> {
    pub(crate) fn stored(&self, path: &str) -> Vec<NamedTensor<'_>> {
        let mut parts = self.weight.stored(&weight(path));
        if !self.bias.is_empty() {
            parts.push((bias(path), Stored::vector(&self.bias)));
        }
        parts
    }
}

impl Norm {
    fn stored(&self, path: &str) -> [NamedTensor<'_>; 2] {
        [
            (weight(path), Stored::vector(&self.weight)),
            (bias(path), Stored::vector(&self.bias)),
        ]
    }
}
