//! `model.safetensors` as `transformers` writes it: its names, its shapes, all values as `f32`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::path::Path;

use safetensors::tensor::{Dtype, View};
use serde_json::{Value, json};

use crate::encoder::{Linear, Norm};
use crate::table::to_bytes;
use crate::weights::{bias, norm_paths, weight};
use crate::{CrossEncoder, Encoder, LoraError, Matrix};

/// The file's name.
pub(crate) const MODEL: &str = "model.safetensors";

/// A tensor that becomes bytes when its turn comes, so that no more than one is in memory twice.
pub(crate) struct Floats<'a> {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: &'a [f32],
}

type Named<'a> = (String, Floats<'a>);

impl View for Floats<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        to_bytes(self.values).into()
    }

    fn data_len(&self) -> usize {
        size_of_val(self.values)
    }
}

impl Encoder {
    /// The bytes of the file; `path` is for messages.
    pub(crate) fn to_safetensors(&self, path: &Path) -> Result<Vec<u8>, LoraError> {
        serialize(path, self.named())
    }

    /// Every tensor that there is: those that embeddings depend on, and the pooler.
    fn named(&self) -> Vec<Named<'_>> {
        let family = self.config.family;
        let relative = self.relative.as_ref().map(|relative| &relative.table);
        let tables = [
            (Some(family.words), Some(&self.words)),
            (Some(family.positions), Some(&self.positions)),
            (family.types, Some(&self.types)),
            (family.relative, relative),
        ];
        let there = tables.into_iter();
        let there = there.filter_map(|(path, table)| Some(matrix(path?, table?)));
        let mut all: Vec<Named<'_>> = there.collect();
        all.extend(of_norm(family.embedding_norm, &self.norm));
        for (index, layer) in self.layers.iter().enumerate() {
            let [attention, output] = norm_paths(family, index);
            all.extend(of_norm(&attention, &layer.attention_norm));
            all.extend(of_norm(&output, &layer.output_norm));
        }
        for (path, linear) in self.linears() {
            all.extend(of_linear(&path, linear));
        }
        all
    }
}

impl CrossEncoder {
    /// The bytes of the file, with the encoder below its family's prefix; `path` is for messages.
    pub(crate) fn to_safetensors(&self, path: &Path) -> Result<Vec<u8>, LoraError> {
        let family = self.config().family;
        let below = |name: &str| format!("{}{name}", family.prefix);
        let encoder = self.encoder.named().into_iter();
        let mut all: Vec<Named<'_>> = encoder
            .map(|(name, values)| (below(&name), values))
            .collect();
        let dense = match family.head.uses_pooler() {
            true => below(family.head.dense),
            false => family.head.dense.to_owned(),
        };
        all.extend(of_linear(&dense, &self.head.dense));
        all.extend(of_linear(family.head.out, &self.head.out));
        serialize(path, all)
    }
}

/// What a `config.json` must say beside weights in `f32`: nothing of quantisation, and no narrower
/// type, which `transformers` would round them to. `None` where it is as it should be.
pub(crate) fn full_config(path: &Path, bytes: &[u8]) -> Result<Option<Vec<u8>>, LoraError> {
    let mut config: Value =
        serde_json::from_slice(bytes).map_err(LoraError::format(path, "JSON"))?;
    let Some(settings) = config.as_object_mut() else {
        return Ok(None);
    };
    let mut changed = settings.remove("quantization_config").is_some();
    // `torch_dtype` is what it was called before transformers 5.
    for key in ["dtype", "torch_dtype"] {
        if let Some(kind) = settings.get_mut(key).filter(|kind| **kind != "float32") {
            *kind = json!("float32");
            changed = true;
        }
    }
    Ok(changed.then(|| format!("{config:#}\n").into_bytes()))
}

fn matrix<'a>(path: &str, matrix: &'a Matrix) -> Named<'a> {
    let shape = vec![matrix.rows(), matrix.columns()];
    let values = matrix.values();
    (weight(path), Floats { shape, values })
}

fn vector(name: String, values: &[f32]) -> Named<'_> {
    let shape = vec![values.len()];
    (name, Floats { shape, values })
}

fn of_linear<'a>(path: &str, linear: &'a Linear) -> [Named<'a>; 2] {
    [
        matrix(path, &linear.weight),
        vector(bias(path), &linear.bias),
    ]
}

fn of_norm<'a>(path: &str, norm: &'a Norm) -> [Named<'a>; 2] {
    [
        vector(weight(path), &norm.weight),
        vector(bias(path), &norm.bias),
    ]
}

/// The bytes of a file of tensors, which Python's loaders take; `path` is for messages.
pub(crate) fn serialize<S: AsRef<str> + Ord + Display, V: View>(
    path: &Path,
    tensors: impl IntoIterator<Item = (S, V)>,
) -> Result<Vec<u8>, LoraError> {
    // They ask which library a file is for.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(tensors, Some(metadata)).map_err(LoraError::format(path, "safetensors"))
}
