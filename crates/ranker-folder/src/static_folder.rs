//! The folder of a static encoder: a table with a vector a token.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::FolderError;
use crate::folder::ModelFolder;
use crate::json;
use crate::modules;
use crate::prompts::Prompts;

/// Where the files of a static encoder lie: as model2vec writes them, or sentence-transformers' `StaticEmbedding`.
///
/// Both are the same files, in the folder itself or in one that `modules.json` names. What the table's
/// tensor is called tells them apart, which is not read here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StaticFolder {
    /// The folder, as an absolute path.
    pub root: PathBuf,
    /// `model.safetensors`, with the table.
    pub weights: PathBuf,
    /// `tokenizer.json`.
    pub tokenizer: PathBuf,
    /// The texts that precede queries and documents.
    pub prompts: Prompts,
}

/// The part of model2vec's `config.json` that names it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    model_type: Option<String>,
    architectures: Option<Vec<String>>,
}

impl StaticFolder {
    /// The static encoder in a folder; `None` where the folder is another encoder's.
    ///
    /// It is one where `modules.json` names a `StaticEmbedding`, or, without that file, `config.json` says
    /// `model2vec`.
    ///
    /// # Errors
    /// [`FolderError`] for a folder that is not there, and a file of it that is damaged or names something else
    /// beside the table.
    pub fn find(folder: impl AsRef<Path>) -> Result<Option<Self>, FolderError> {
        let folder = folder.as_ref();
        let root = folder.canonicalize().map_err(FolderError::read(folder))?;
        let inner = match modules::static_table(&root)? {
            Some(inner) => inner,
            None if !root.join(ModelFolder::MODULES).is_file() && is_model2vec(&root)? => {
                String::new()
            }
            None => return Ok(None),
        };
        let files = root.join(inner);
        Ok(Some(Self {
            weights: files.join("model.safetensors"),
            tokenizer: files.join(ModelFolder::TOKENIZER),
            prompts: Prompts::read(&root)?,
            root,
        }))
    }

    /// The static encoder in a folder.
    ///
    /// # Errors
    /// As [`StaticFolder::find`], and for a folder that is another encoder's.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, FolderError> {
        let folder = folder.as_ref();
        let none = || FolderError::Invalid {
            path: folder.to_path_buf(),
            source: "neither modules.json nor config.json says that it is a static encoder".into(),
        };
        Self::find(folder)?.ok_or_else(none)
    }
}

fn is_model2vec(root: &Path) -> Result<bool, FolderError> {
    let config: Option<Config> = json::read_if_present(&root.join(ModelFolder::CONFIG))?;
    let config = config.unwrap_or_default();
    let named = |name: &String| name == "StaticModel";
    Ok(config.model_type.as_deref() == Some("model2vec")
        || config.architectures.iter().flatten().any(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(files: &[(&str, &str)]) -> Result<Option<StaticFolder>, FolderError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        StaticFolder::find(folder.path())
    }

    #[test]
    fn both_forms_are_found_and_others_are_not() {
        let of_config = find(&[("config.json", r#"{"model_type": "model2vec"}"#)]);
        let found = of_config.unwrap().unwrap();
        assert_eq!(found.weights, found.root.join("model.safetensors"));
        assert!(
            find(&[("config.json", r#"{"architectures": ["StaticModel"]}"#)])
                .unwrap()
                .is_some()
        );

        let nested = r#"[{"path": "0_StaticEmbedding", "type": "sentence_transformers.models.StaticEmbedding"},
            {"path": "1_Normalize", "type": "sentence_transformers.models.Normalize"}]"#;
        let found = find(&[("modules.json", nested)]).unwrap().unwrap();
        assert_eq!(
            found.tokenizer,
            found.root.join("0_StaticEmbedding/tokenizer.json")
        );
        let of_root = r#"[{"path": ".", "type": "sentence_transformers.models.StaticEmbedding"}]"#;
        assert!(find(&[("modules.json", of_root)]).unwrap().is_some());

        assert_eq!(
            find(&[("config.json", r#"{"model_type": "bert"}"#)]).unwrap(),
            None
        );
        assert_eq!(
            find(&[("modules.json", r#"[{"path": "", "type": "Transformer"}]"#)]).unwrap(),
            None
        );
        assert_eq!(find(&[]).unwrap(), None);
    }

    #[test]
    fn what_it_would_not_do_is_refused() {
        let dense = r#"[{"path": "0", "type": "StaticEmbedding"}, {"path": "1", "type": "Dense"}]"#;
        let refused = find(&[("modules.json", dense)]).unwrap_err().to_string();
        assert!(
            refused.contains("`Dense` beside a static table"),
            "{refused}"
        );
        let outside = r#"[{"path": "../0", "type": "StaticEmbedding"}]"#;
        assert!(matches!(
            find(&[("modules.json", outside)]),
            Err(FolderError::Invalid { .. })
        ));
        assert!(matches!(
            StaticFolder::find("/no/such"),
            Err(FolderError::Read { .. })
        ));
        let other = tempfile::tempdir().unwrap();
        let refused = StaticFolder::read(other.path()).unwrap_err();
        assert!(matches!(refused, FolderError::Invalid { path, .. } if path == other.path()));
    }
}
