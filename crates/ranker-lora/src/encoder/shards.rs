//! The weights of a folder: one file, or several that an index lists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use serde::Deserialize;

use super::tensors::Tensors;
use crate::error::LoraError;
use crate::files::{self, MODEL};

/// The list of the files of a model that is kept in several.
const INDEX: &str = "model.safetensors.index.json";
const FORMAT: &str = "a list of safetensors files";

#[derive(Deserialize)]
struct Index {
    /// The file of each tensor.
    weight_map: BTreeMap<String, String>,
}

impl Tensors<'static> {
    /// Opens `model.safetensors`, or else the files that `model.safetensors.index.json` names.
    pub(crate) fn of_folder(folder: &Path) -> Result<Self, LoraError> {
        let (whole, list) = (folder.join(MODEL), folder.join(INDEX));
        if whole.is_file() || !list.is_file() {
            return Self::open(&whole);
        }
        let index: Index = serde_json::from_slice(&files::read(&list)?)
            .map_err(LoraError::format(&list, FORMAT))?;
        let wrong = |problem: String| LoraError::format(&list, FORMAT)(problem);
        let names: BTreeSet<&String> = index.weight_map.values().collect();
        let mut parts = Vec::new();
        for name in names {
            let mut steps = Path::new(name).components();
            let plain = matches!(
                (steps.next(), steps.next()),
                (Some(Component::Normal(_)), None)
            );
            let path = folder.join(name);
            if !plain || !path.is_file() {
                return Err(wrong(format!(
                    "it names {name:?}, which is not in the folder"
                )));
            }
            let part = Self::open(&path)?;
            let mut own = index.weight_map.iter().filter(|(_, file)| *file == name);
            if let Some((tensor, _)) = own.find(|(tensor, _)| !part.contains(tensor)) {
                let tensor = tensor.clone();
                return Err(LoraError::MissingTensor { path, tensor });
            }
            parts.push(part);
        }
        Self::joined(&list, parts)
    }
}
