//! The files of PEFT (<https://github.com/huggingface/peft>): `adapter_config.json` and
//! `adapter_model.safetensors`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ranker_folder::Family;

use super::{Bias, LoraAdapter, LoraConfig, LoraLayer, peft_config};
use crate::encoder::{LORA_A, LORA_B, MAGNITUDE, Stored, Tensors, serialize};
use crate::error::LoraError;
use crate::files::{self, Staged};

pub(super) const CONFIG: &str = "adapter_config.json";
pub(super) const WEIGHTS: &str = "adapter_model.safetensors";
/// What PEFT puts before a layer's path.
pub(super) const PREFIX: &str = "base_model.model.";
/// What it puts between the path of a layer that it wrapped and the name of that layer's own tensor.
const WRAPPED: &str = ".base_layer";
const BIAS: &str = ".bias";

impl LoraAdapter {
    /// Reads an adapter that PEFT or [`LoraAdapter::write`] saved in `folder`. Factors in F16 and
    /// BF16 are widened to `f32`.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] for a setting that would change the result and is not honoured
    /// here, such as `lora_bias`; [`LoraError::UnknownTensor`] for a tensor that is not a factor of
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
        for (name, values) in self.tensors() {
            let shape = self.shape_of(&name).unwrap_or_else(|| vec![values.len()]);
            let name = format!("{PREFIX}{}", self.file_name(name));
            tensors.insert(name, Stored::floats(shape, values));
        }
        serialize(&folder.join(WEIGHTS), tensors)
    }

    /// The shape of a factor; other tensors have one dimension.
    fn shape_of(&self, name: &str) -> Option<Vec<usize>> {
        let matrix = match name.strip_suffix(LORA_A) {
            Some(path) => self.layers().get(path)?.a(),
            None => self.layers().get(name.strip_suffix(LORA_B)?)?.b(),
        };
        Some(vec![matrix.rows(), matrix.columns()])
    }

    /// A tensor's name as PEFT has it.
    fn file_name(&self, name: String) -> String {
        match name.strip_suffix(BIAS) {
            Some(path) if self.layers().contains_key(path) => format!("{path}{WRAPPED}{BIAS}"),
            _ => name,
        }
    }
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
        let [a, b, magnitude] =
            [LORA_A, LORA_B, MAGNITUDE].map(|end| format!("{PREFIX}{stem}{end}"));
        let (rows, columns) = (tensors.size(&b, 0), tensors.size(&a, 1));
        let mut factors = LoraLayer::new(
            tensors.matrix(&a, (r, columns))?,
            tensors.matrix(&b, (rows, r))?,
        )?;
        if config.is_dora() {
            factors = factors.with_magnitude(tensors.vector(&magnitude, rows)?)?;
        }
        if layers.insert(layer.to_owned(), factors).is_some() {
            return Err(LoraError::layer(layer, "the file has its factors twice"));
        }
    }
    let biases = match config.trained_bias() {
        Bias::None => BTreeMap::new(),
        Bias::LoraOnly | Bias::All => biases(&mut tensors)?,
    };
    tensors.finish()?;
    LoraAdapter::new(config, layers)?.with_biases(biases)
}

/// Every shift in the file, by the path of its layer or norm.
fn biases(tensors: &mut Tensors<'_>) -> Result<BTreeMap<String, Vec<f32>>, LoraError> {
    let ends = |name: &&str| name.starts_with(PREFIX) && name.ends_with(BIAS);
    let names: Vec<String> = tensors.names().filter(ends).map(str::to_owned).collect();
    let mut biases = BTreeMap::new();
    for name in names {
        let length = tensors.size(&name, 0);
        let values = tensors.vector(&name, length)?;
        let stem = name.trim_start_matches(PREFIX).trim_end_matches(BIAS);
        let path = layer_path(stem.strip_suffix(WRAPPED).unwrap_or(stem)).to_owned();
        if biases.insert(path, values).is_some() {
            return Err(LoraError::layer(stem, "the file has its bias twice"));
        }
    }
    Ok(biases)
}

/// What stands between PEFT's prefix and the factor's name, for every layer in the file. Any other
/// name is left for [`Tensors::finish`] to complain about.
fn stems(tensors: &Tensors<'_>) -> BTreeSet<String> {
    let stem = |name: &str| {
        let name = name.strip_prefix(PREFIX)?;
        Some(
            name.strip_suffix(LORA_A)
                .or_else(|| name.strip_suffix(LORA_B))?
                .to_owned(),
        )
    };
    tensors.names().filter_map(stem).collect()
}

/// A layer's path in the model. Where PEFT wrapped it with a head, its own name stands before it.
fn layer_path(stem: &str) -> &str {
    let prefixes = Family::all().map(|family| family.prefix);
    // A decoder's, where it writes words.
    let mut prefixes = prefixes.into_iter().chain(["model."]);
    prefixes
        .find_map(|prefix| stem.strip_prefix(prefix))
        .unwrap_or(stem)
}
