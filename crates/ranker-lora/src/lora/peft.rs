//! The files of PEFT (<https://github.com/huggingface/peft>): `adapter_config.json` and
//! `adapter_model.safetensors`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

use super::{LoraAdapter, LoraConfig, LoraLayer, peft_config};
use crate::LoraError;
use crate::family::Family;
use crate::files::{self, Staged};
use crate::tensors::Tensors;

pub(super) const CONFIG: &str = "adapter_config.json";
pub(super) const WEIGHTS: &str = "adapter_model.safetensors";
/// What PEFT puts before a layer's path.
pub(super) const PREFIX: &str = "base_model.model.";
const A: &str = ".lora_A.weight";
const B: &str = ".lora_B.weight";

impl LoraAdapter {
    /// Reads an adapter that PEFT or [`LoraAdapter::write`] saved in `folder`. Factors in F16 and
    /// BF16 are widened to `f32`.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] for a setting that would change the result and is not honoured
    /// here, such as `use_dora`; [`LoraError::UnknownTensor`] for a tensor that is not a factor of
    /// a targeted layer; and whatever is missing, truncated, of the wrong shape or not finite.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        let folder = folder.as_ref();
        let path = folder.join(CONFIG);
        let config = peft_config::parse(&path, &files::read(&path)?)?;
        let path = folder.join(WEIGHTS);
        parse(config, &path, &files::read(&path)?)
    }

    /// Writes the adapter as PEFT does, so that `PeftModel.from_pretrained` loads it. Both files
    /// are complete under temporary names before either is put in its place.
    ///
    /// # Errors
    /// [`LoraError::Io`] where the folder or a file cannot be written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<(), LoraError> {
        let folder = folder.as_ref();
        let config = format!("{:#}\n", peft_config::to_json(self.config()));
        let mut staged = Staged::new(folder)?;
        staged.add(CONFIG, config.as_bytes())?;
        staged.add(WEIGHTS, &self.tensor_bytes(folder)?)?;
        staged.commit()
    }

    pub(super) fn tensor_bytes(&self, folder: &Path) -> Result<Vec<u8>, LoraError> {
        let mut tensors = BTreeMap::new();
        for (path, layer) in self.layers() {
            for (end, matrix) in [(A, layer.a()), (B, layer.b())] {
                let bytes = matrix
                    .values()
                    .iter()
                    .flat_map(|v| v.to_le_bytes())
                    .collect();
                tensors.insert(format!("{PREFIX}{path}{end}"), (matrix.shape(), bytes));
            }
        }
        serialize(&tensors).map_err(LoraError::format(&folder.join(WEIGHTS), "safetensors"))
    }
}

type Shaped = ((usize, usize), Vec<u8>);

fn serialize(tensors: &BTreeMap<String, Shaped>) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let mut views = Vec::with_capacity(tensors.len());
    for (name, ((rows, columns), bytes)) in tensors {
        views.push((
            name,
            TensorView::new(Dtype::F32, vec![*rows, *columns], bytes)?,
        ));
    }
    // Python's loaders want to be told which library the file is for.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(metadata))
}

pub(super) fn parse(
    config: LoraConfig,
    path: &Path,
    bytes: &[u8],
) -> Result<LoraAdapter, LoraError> {
    let mut tensors = Tensors::parse(path, bytes)?;
    let mut layers = BTreeMap::new();
    for stem in stems(&tensors) {
        let layer = layer_path(&stem);
        let r = config.rank_of(layer);
        let (a, b) = (format!("{PREFIX}{stem}{A}"), format!("{PREFIX}{stem}{B}"));
        let (rows, columns) = (tensors.size(&b, 0), tensors.size(&a, 1));
        let factors = LoraLayer::new(
            tensors.matrix(&a, (r, columns))?,
            tensors.matrix(&b, (rows, r))?,
        )?;
        if layers.insert(layer.to_owned(), factors).is_some() {
            return Err(LoraError::layer(layer, "the file has its factors twice"));
        }
    }
    tensors.finish()?;
    LoraAdapter::new(config, layers)
}

/// What stands between PEFT's prefix and the factor's name, for every layer in the file. Any other
/// name is left for [`Tensors::finish`] to complain about.
fn stems(tensors: &Tensors<'_>) -> BTreeSet<String> {
    let stem = |name: &str| {
        let name = name.strip_prefix(PREFIX)?;
        Some(
            name.strip_suffix(A)
                .or_else(|| name.strip_suffix(B))?
                .to_owned(),
        )
    };
    tensors.names().filter_map(stem).collect()
}

/// A layer's path in the encoder. Where PEFT wrapped a model with a head, the encoder's own name
/// stands before it.
fn layer_path(stem: &str) -> &str {
    Family::all()
        .iter()
        .find_map(|family| stem.strip_prefix(family.prefix))
        .unwrap_or(stem)
}
