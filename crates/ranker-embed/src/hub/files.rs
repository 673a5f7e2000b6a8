//! Which files a model has, and which of them an encoder needs.

use serde_json::Value;

use super::HubError;
use super::name::{check_file, is_commit, is_hex, refused};

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemoteFile {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) sum: Sum,
}

/// What a file's content must give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sum {
    /// SHA-256, of files in large file storage.
    Sha256(String),
    /// Git's hash of a blob: SHA-1 of a header and the content.
    Git(String),
}

impl Sum {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Sha256(sum) | Self::Git(sum) => sum,
        }
    }
}

/// Beside the weights: what says how to run them.
const SETTINGS: [&str; 9] = [
    "config.json",
    "modules.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "artifact.metadata",
    "LICENSE",
];

/// What a module behind the encoder may have.
const MODULE_FILES: [&str; 3] = ["config.json", "router_config.json", "model.safetensors"];

/// Weights, the first that are there: a graph runs on either engine.
const WEIGHTS: [&str; 3] = ["model.onnx", "onnx/model.onnx", "model.safetensors"];

/// The commit, and the files that are needed, weights last, as `/api/models/ID/revision/REVISION?blobs=true` tells them.
pub(crate) fn described(model: &str, json: &Value) -> Result<(String, Vec<RemoteFile>), HubError> {
    let shape = |what| HubError::Shape {
        model: model.to_owned(),
        what,
    };
    let commit = json["sha"]
        .as_str()
        .ok_or_else(|| shape("`sha` is missing"))?;
    if !is_commit(commit) {
        return Err(refused("commit", commit, "it is 40 hexadecimal digits"));
    }
    let siblings = json["siblings"].as_array();
    let siblings = siblings.ok_or_else(|| shape("`siblings` is no list"))?;
    let mut files = Vec::new();
    for sibling in siblings {
        let path = sibling["rfilename"].as_str();
        let path = path.ok_or_else(|| shape("a file has no `rfilename`"))?;
        check_file(path)?;
        files.push((path, sibling));
    }
    let names: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    let needed = needed(model, &names)?;
    let files = files.into_iter().filter(|(path, _)| needed.contains(path));
    let files: Result<Vec<RemoteFile>, HubError> = files
        .map(|(path, sibling)| remote(path, sibling).map_err(shape))
        .collect();
    let mut files = files?;
    files.sort_by_key(|file| WEIGHTS.contains(&file.path.as_str()));
    Ok((commit.to_owned(), files))
}

fn remote(path: &str, sibling: &Value) -> Result<RemoteFile, &'static str> {
    let large = &sibling["lfs"];
    let sum = match (large["sha256"].as_str(), sibling["blobId"].as_str()) {
        (Some(sum), _) if sum.len() == 64 && is_hex(sum) => Sum::Sha256(sum.to_owned()),
        (None, Some(sum)) if is_commit(sum) => Sum::Git(sum.to_owned()),
        _ => return Err("a file has no checksum"),
    };
    let size = large["size"].as_u64().or(sibling["size"].as_u64());
    Ok(RemoteFile {
        path: path.to_owned(),
        size: size.ok_or("a file has no `size`")?,
        sum,
    })
}

/// The files of an encoder among all of a model: settings, modules such as `1_Pooling/config.json`, and weights in
/// one form.
pub(crate) fn needed<'n>(model: &str, names: &[&'n str]) -> Result<Vec<&'n str>, HubError> {
    let none = || HubError::NoWeights {
        model: model.to_owned(),
        needed: "model.onnx, onnx/model.onnx or model.safetensors, with tokenizer.json",
    };
    let has = |name: &str| names.contains(&name);
    let weights = WEIGHTS
        .iter()
        .find(|weights| has(weights))
        .ok_or_else(none)?;
    if !has("tokenizer.json") {
        return Err(none());
    }
    let wanted = |name: &str| {
        let external = name
            .strip_prefix(weights)
            .is_some_and(|rest| rest.is_empty() || is_external(rest));
        // Where the weights hold a projection that no graph has.
        let projection = name == "model.safetensors" && has("artifact.metadata");
        external || projection || SETTINGS.contains(&name) || is_module(name)
    };
    Ok(names.iter().copied().filter(|name| wanted(name)).collect())
}

/// What follows a graph's name in those of the files with its weights: `_data`, `_data_1`, `.data`.
fn is_external(rest: &str) -> bool {
    let number = rest.strip_prefix("_data_");
    ["_data", ".data"].contains(&rest) || number.is_some_and(|number| number.parse::<u8>().is_ok())
}

/// `1_Pooling/config.json`, `2_Dense/model.safetensors`, `2_Router/query_0_Dense/config.json`.
fn is_module(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let ([folder, file] | [folder, _, file]) = parts[..] else {
        return false;
    };
    let numbered = folder
        .split_once('_')
        .is_some_and(|(number, _)| number.parse::<u8>().is_ok());
    numbered && MODULE_FILES.contains(&file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoder_needs_settings_modules_and_weights_in_one_form() {
        let names = [
            "README.md",
            "config.json",
            "model.safetensors",
            "onnx/model.onnx",
            "onnx/model.onnx_data",
            "onnx/model.onnx_data_1",
            "onnx/model.onnx_data.txt",
            "onnx/model_O2.onnx",
            "openvino/model.xml",
            "pytorch_model.bin",
            "tokenizer.json",
            "1_Pooling/config.json",
            "2_Dense/model.safetensors",
            "3_Router/router_config.json",
            "3_Router/query_0_Dense/config.json",
            "3_Router/query_0_Dense/model.safetensors",
            "3_Router/query_0_Dense/pytorch_model.bin",
            "data_config/config.json",
        ];
        let found = needed("m", &names).unwrap();
        let expected = [
            "config.json",
            "onnx/model.onnx",
            "onnx/model.onnx_data",
            "onnx/model.onnx_data_1",
            "tokenizer.json",
            "1_Pooling/config.json",
            "2_Dense/model.safetensors",
            "3_Router/router_config.json",
            "3_Router/query_0_Dense/config.json",
            "3_Router/query_0_Dense/model.safetensors",
        ];
        assert_eq!(found, expected);
        let late = [
            "artifact.metadata",
            "config.json",
            "model.onnx",
            "model.safetensors",
            "tokenizer.json",
        ];
        assert_eq!(needed("m", &late).unwrap(), late);
        assert!(needed("m", &["config.json", "tokenizer.json", "pytorch_model.bin"]).is_err());
        assert!(needed("m", &["model.onnx"]).is_err());
    }
}
