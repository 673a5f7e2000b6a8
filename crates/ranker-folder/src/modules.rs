//! `modules.json`, the pooling it names and what stands behind the pooling.

use std::path::{Component, Path};

use serde::Deserialize;

use crate::error::FolderError;
use crate::head::Head;
use crate::json;
use crate::pooling::Pooling;

/// The file with the list.
const FILE: &str = "modules.json";

/// The pooling's usual file.
pub(crate) const POOLING: &str = "1_Pooling/config.json";

/// The class of a table of token vectors.
const STATIC: &str = "StaticEmbedding";

/// How hidden states become an embedding.
#[derive(Debug, PartialEq)]
pub(crate) struct Modules {
    pub(crate) pooling: Option<Pooling>,
    pub(crate) pools_prompt: bool,
    /// Whether the pooling is the mean but for its length, which is of no account unless something follows.
    is_scaled: bool,
    /// The pooling's file, relative to the folder.
    pub(crate) pooling_file: String,
    /// What becomes of the pooled vector.
    pub(crate) head: Head,
}

impl Default for Modules {
    fn default() -> Self {
        Self {
            pooling: None,
            pools_prompt: true,
            is_scaled: false,
            pooling_file: POOLING.to_owned(),
            head: Head::default(),
        }
    }
}

/// A module of the list.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    path: String,
    /// Its class.
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// `1_Pooling/config.json`, as old and new versions of sentence-transformers write it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PoolingConfig {
    pooling_mode: Option<Names>,
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
    include_prompt: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Many(Vec<String>),
}

/// The modules that `modules.json` lists, where there is one.
pub(crate) fn listed(root: &Path) -> Result<Option<Vec<Listed>>, FolderError> {
    json::read_if_present(&root.join(FILE))
}

/// Reads the modules of a folder of an encoder that gives a vector a text.
///
/// A folder without `modules.json` may still have the pooling in its usual place.
pub(crate) fn read(root: &Path, listed: Option<Vec<Listed>>) -> Result<Modules, FolderError> {
    let path = root.join(FILE);
    let Some(modules) = listed else {
        return usual(root);
    };
    let mut found = Modules::default();
    let unsupported = |what| FolderError::Unsupported {
        path: path.clone(),
        what,
    };
    for module in modules {
        let kind = &module.kind;
        match module.name() {
            "Transformer" => {}
            "Pooling" if found.pooling.is_none() => {
                let file = module.file(root, "config.json")?;
                let config: PoolingConfig = json::read(&root.join(&file))?;
                found = config.modules(root, file)?;
            }
            STATIC => {
                let what = "a static encoder (`StaticEmbedder` reads it)";
                return Err(unsupported(what.to_owned()));
            }
            // They do nothing to the direction of a vector.
            "Normalize" | "Dropout" if found.pooling.is_none() => {}
            "Dense" | "LayerNorm" | "Router" | "Asym" if found.pooling.is_none() => {
                let what = format!("a module of type `{kind}` that no pooling precedes");
                return Err(unsupported(what));
            }
            _ if !found.head.add(root, &module)? => {
                return Err(unsupported(format!("a module of type `{kind}`")));
            }
            _ => {}
        }
    }
    found.head.finish();
    if found.is_scaled && !found.head.is_empty() {
        found.pooling = Some(Pooling::MeanRootLength);
    }
    Ok(found)
}

/// Where the table of a static encoder lies, relative to the folder; `None` where `modules.json` names none.
pub(crate) fn static_table(root: &Path) -> Result<Option<String>, FolderError> {
    let path = root.join(FILE);
    let modules = listed(root)?.unwrap_or_default();
    let Some(table) = modules.iter().find(|module| module.name() == STATIC) else {
        return Ok(None);
    };
    let other = modules
        .iter()
        .find(|module| ![STATIC, "Normalize"].contains(&module.name()));
    if let Some(module) = other {
        let what = format!("a module of type `{}` beside a static table", module.kind);
        return Err(FolderError::Unsupported { path, what });
    }
    table.file(root, "config.json")?;
    Ok(Some(table.path.clone()))
}

fn usual(root: &Path) -> Result<Modules, FolderError> {
    let modules = Modules::default();
    match json::read_if_present::<PoolingConfig>(&root.join(&modules.pooling_file))? {
        Some(config) => config.modules(root, modules.pooling_file),
        None => Ok(modules),
    }
}

impl Listed {
    /// The class's name: old and new versions differ in the path before it.
    pub(crate) fn name(&self) -> &str {
        self.kind.rsplit('.').next().unwrap_or_default()
    }

    /// A module whose folder lies in this one's.
    pub(crate) fn inner(&self, path: &str, kind: &str) -> Self {
        let path = match self.path.trim_end_matches('/') {
            "" => path.to_owned(),
            own => format!("{own}/{path}"),
        };
        let kind = kind.to_owned();
        Self { path, kind }
    }

    /// The module's folder, relative to the model's folder `root`, inside of which it must lie.
    pub(crate) fn folder(&self, root: &Path) -> Result<&str, FolderError> {
        self.file(root, "config.json")?;
        Ok(&self.path)
    }

    /// A file of the module's, relative to the model's folder `root`. It must lie inside of that: it is
    /// copied with the folder.
    pub(crate) fn file(&self, root: &Path, name: &str) -> Result<String, FolderError> {
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        match Path::new(&self.path).components().all(inside) {
            true if self.path.is_empty() => Ok(name.to_owned()),
            true => Ok(format!("{}/{name}", self.path.trim_end_matches('/'))),
            false => {
                let reason = format!("the module path {:?} leaves the folder", self.path);
                Err(FolderError::invalid(&root.join(FILE))(reason))
            }
        }
    }
}

impl PoolingConfig {
    /// The modules with this pooling, which was read from `file`.
    fn modules(&self, root: &Path, file: String) -> Result<Modules, FolderError> {
        let path = root.join(&file);
        Ok(Modules {
            pooling: Some(self.pooling(&path)?),
            pools_prompt: self.include_prompt.unwrap_or(true),
            is_scaled: self.names() == ["mean_sqrt_len_tokens"],
            pooling_file: file,
            head: Head::default(),
        })
    }

    fn pooling(&self, path: &Path) -> Result<Pooling, FolderError> {
        let unsupported = |what| FolderError::Unsupported {
            path: path.to_path_buf(),
            what,
        };
        match self.names().as_slice() {
            ["cls"] => Ok(Pooling::Cls),
            // Divided by another number: the direction, and so the embedding, is the same.
            ["mean" | "mean_sqrt_len_tokens"] => Ok(Pooling::Mean),
            ["max"] => Ok(Pooling::Max),
            ["weightedmean"] => Ok(Pooling::WeightedMean),
            ["lasttoken"] => Ok(Pooling::LastToken),
            [] => Err(FolderError::invalid(path)("no pooling is switched on")),
            [one] => Err(unsupported(format!("pooling `{one}`"))),
            many => Err(unsupported(format!("several poolings at once ({many:?})"))),
        }
    }

    fn names(&self) -> Vec<&str> {
        match &self.pooling_mode {
            Some(Names::One(name)) => return vec![name],
            Some(Names::Many(names)) => return names.iter().map(String::as_str).collect(),
            None => {}
        }
        [
            (self.pooling_mode_cls_token, "cls"),
            (self.pooling_mode_mean_tokens, "mean"),
            (self.pooling_mode_max_tokens, "max"),
            (
                self.pooling_mode_mean_sqrt_len_tokens,
                "mean_sqrt_len_tokens",
            ),
            (self.pooling_mode_weightedmean_tokens, "weightedmean"),
            (self.pooling_mode_lasttoken, "lasttoken"),
        ]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pooling(text: &str) -> Result<Modules, FolderError> {
        let config: PoolingConfig = serde_json::from_str(text).unwrap();
        config.modules(Path::new("model"), Modules::default().pooling_file)
    }

    #[test]
    fn reads_every_pooling_in_both_spellings() {
        for (text, expected) in [
            (r#"{"pooling_mode_mean_tokens": true}"#, Pooling::Mean),
            (r#"{"pooling_mode_cls_token": true}"#, Pooling::Cls),
            (r#"{"pooling_mode_max_tokens": true}"#, Pooling::Max),
            (r#"{"pooling_mode_lasttoken": true}"#, Pooling::LastToken),
            (
                r#"{"pooling_mode_mean_sqrt_len_tokens": true}"#,
                Pooling::Mean,
            ),
            (
                r#"{"pooling_mode_weightedmean_tokens": true}"#,
                Pooling::WeightedMean,
            ),
            (r#"{"pooling_mode": "cls"}"#, Pooling::Cls),
            (r#"{"pooling_mode": ["lasttoken"]}"#, Pooling::LastToken),
        ] {
            assert_eq!(pooling(text).unwrap().pooling, Some(expected), "{text}");
        }
        assert!(pooling(r#"{"pooling_mode": "mean"}"#).unwrap().pools_prompt);
        let without = pooling(r#"{"pooling_mode": "mean", "include_prompt": false}"#).unwrap();
        assert!(!without.pools_prompt);
    }

    #[test]
    fn refuses_what_it_would_do_wrongly() {
        for text in [
            r#"{"pooling_mode": "attention"}"#,
            r#"{"pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true}"#,
        ] {
            let refused = pooling(text).unwrap_err();
            assert!(matches!(refused, FolderError::Unsupported { .. }), "{text}");
        }
        assert!(matches!(pooling("{}"), Err(FolderError::Invalid { .. })));
    }

    #[test]
    fn a_module_outside_of_the_folder_is_refused() {
        let config = |path: &str| {
            let kind = "sentence_transformers.models.Pooling".to_owned();
            let path = path.to_owned();
            Listed { path, kind }.file(Path::new("model"), "config.json")
        };
        assert_eq!(config("1_Pooling").unwrap(), "1_Pooling/config.json");
        assert_eq!(config("").unwrap(), "config.json");
        for path in ["..", "../other", "/etc", "a/../../b"] {
            let error = config(path).unwrap_err();
            assert!(matches!(error, FolderError::Invalid { .. }), "{path}");
        }
    }
}
