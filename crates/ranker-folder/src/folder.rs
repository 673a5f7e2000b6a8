//! A model folder in the layout of sentence-transformers.

use std::path::{Path, PathBuf};

use crate::config::{Config, Heads};
use crate::error::FolderError;
use crate::family::Family;
use crate::head::Head;
use crate::json;
use crate::late::{self, LateInteraction};
use crate::limits::{self, Limits, SentenceConfig};
use crate::modules::{self, Modules};
use crate::pooling::Pooling;
use crate::prompts::{self, Prompts};
use crate::sparse::SparseFolder;

/// The settings in the files of a model folder, before any setting of a program is applied.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ModelFolder {
    /// The folder, as an absolute path.
    pub root: PathBuf,
    /// The kind of encoder; `None` for one that is not in the table of families.
    pub family: Option<&'static Family>,
    /// How token vectors become a text's vector; `None` where no file names a way.
    pub pooling: Option<Pooling>,
    /// Whether a prompt's tokens take part in the pooling.
    pub pools_prompt: bool,
    /// What becomes of the pooled vector.
    pub head: Head,
    /// What is compared by a model that gives a vector a token, and none a text.
    pub late: Option<LateInteraction>,
    /// The texts that precede queries and documents.
    pub prompts: Prompts,
    /// How many tokens the model reads.
    pub limits: Limits,
    /// Whether texts are put into lower case before anything else.
    pub lower_case: bool,
    /// The number of components of a token's vector.
    pub hidden_size: Option<usize>,
    /// The number of token ids that the model has embeddings for.
    pub vocabulary: Option<usize>,
    /// The heads of a decoder's attention.
    pub heads: Heads,
    /// Whether it is a decoder that reads in one direction: only the last token knows of the whole text.
    pub is_causal: bool,
    /// The id that fills up shorter sequences of a batch.
    pub pad: u32,
    pad_token_id: Option<u32>,
    pooling_file: String,
}

impl ModelFolder {
    /// The name of the file with the sizes of the encoder.
    pub const CONFIG: &'static str = "config.json";
    /// The name of the tokenizer's file.
    pub const TOKENIZER: &'static str = "tokenizer.json";
    /// The name of the list of modules.
    pub const MODULES: &'static str = "modules.json";
    /// The usual name of the file with the pooling.
    pub const POOLING: &'static str = modules::POOLING;
    /// The name of the file with the intended length of a text.
    pub const LENGTHS: &'static str = limits::FILE;

    /// Reads the folder's JSON files: `config.json`, and where they exist `modules.json` with the
    /// `config.json` of each module, `sentence_bert_config.json`, `tokenizer_config.json` and
    /// `config_sentence_transformers.json`, and `artifact.metadata` of a ColBERT by its authors. The weights and the tokenizer are not read.
    ///
    /// # Errors
    /// [`FolderError`], with the file that is missing, damaged or requires something unknown.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, FolderError> {
        let folder = folder.as_ref();
        let root = folder.canonicalize().map_err(FolderError::read(folder))?;
        if SparseFolder::is_at(&root)? {
            return Err(FolderError::Unsupported {
                path: root.join(Self::MODULES),
                what: "weights over a vocabulary (`OnnxSparseEmbedder` reads it)".to_owned(),
            });
        }
        let config: Config = json::read(&root.join(Self::CONFIG))?;
        let listed = modules::listed(&root)?;
        let sentence = SentenceConfig::read(&root)?;
        let late = late::Folder {
            root: &root,
            config: &config,
            modules: listed.as_deref(),
            sentence: &sentence,
        };
        let late = late.late_interaction()?;
        let modules = match &late {
            Some(_) => Modules::default(),
            None => {
                sentence.refuse_late(&root)?;
                modules::read(&root, listed)?
            }
        };
        Self::of(root, (config, sentence), (modules, late))
    }

    /// Reads a transformer alone: whatever follows it is another's to read.
    pub(crate) fn of_transformer(folder: &Path) -> Result<Self, FolderError> {
        let root = folder.canonicalize().map_err(FolderError::read(folder))?;
        let config: Config = json::read(&root.join(Self::CONFIG))?;
        let sentence = SentenceConfig::read(&root)?;
        sentence.refuse_late(&root)?;
        Self::of(root, (config, sentence), (Modules::default(), None))
    }

    fn of(
        root: PathBuf,
        (config, sentence): (Config, SentenceConfig),
        (modules, late): (Modules, Option<LateInteraction>),
    ) -> Result<Self, FolderError> {
        Ok(Self {
            family: config.family(),
            pooling: modules.pooling,
            pools_prompt: modules.pools_prompt,
            head: modules.head,
            late,
            prompts: Prompts::read(&root)?,
            lower_case: sentence.do_lower_case,
            limits: Limits::new(&root, &sentence, &config)?,
            hidden_size: config.hidden_size(),
            heads: config.heads(),
            is_causal: config.is_causal(),
            vocabulary: config.vocab_size,
            pad: config.pad_token_id.unwrap_or(0),
            pad_token_id: config.pad_token_id,
            pooling_file: modules.pooling_file,
            root,
        })
    }

    /// The folder's own name.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.root.file_name();
        name.map_or_else(
            || "model".into(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    /// `config.json`.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.root.join(Self::CONFIG)
    }

    /// `tokenizer.json`.
    #[must_use]
    pub fn tokenizer_file(&self) -> PathBuf {
        self.root.join(Self::TOKENIZER)
    }

    /// `model.onnx`, in the folder itself or in `onnx/`, where sentence-transformers exports it; else the
    /// only other graph there.
    ///
    /// # Errors
    /// [`FolderError::Read`] where there is none, [`FolderError::Unsupported`] where there are several
    /// under other names.
    pub fn model_file(&self) -> Result<PathBuf, FolderError> {
        let usual = ["model.onnx", "onnx/model.onnx"].map(|file| self.root.join(file));
        if let Some(found) = usual.iter().find(|path| path.is_file()) {
            return Ok(found.clone());
        }
        let mut others = graphs(&self.root);
        others.extend(graphs(&self.root.join("onnx")));
        match &others[..] {
            [] => Err(FolderError::read(&usual[0])(
                std::io::ErrorKind::NotFound.into(),
            )),
            [one] => Ok(one.clone()),
            several => {
                let names = several.iter().map(|path| {
                    let inside = path.strip_prefix(&self.root).unwrap_or(path);
                    inside.display().to_string()
                });
                let names: Vec<String> = names.collect();
                Err(FolderError::Unsupported {
                    path: self.root.clone(),
                    what: format!(
                        "a choice among graphs ({}: name one of them)",
                        names.join(", ")
                    ),
                })
            }
        }
    }

    /// The row of the position table that padding has, where the family counts positions behind it.
    #[must_use]
    pub fn position_padding(&self) -> Option<u32> {
        self.family?.position_padding(self.pad_token_id)
    }

    /// `model.safetensors`, where it exists.
    #[must_use]
    pub fn weights_file(&self) -> Option<PathBuf> {
        Some(self.root.join("model.safetensors")).filter(|path| path.is_file())
    }

    /// The names, relative to the folder, of the files that exist beside `config.json`, the weights
    /// and `tokenizer.json`, and that define how texts are read and pooled. A copy of the model that
    /// keeps them embeds as this one does.
    #[must_use]
    pub fn companions(&self) -> Vec<&str> {
        let names = [
            Self::MODULES,
            &self.pooling_file,
            limits::FILE,
            limits::TOKENIZER_FILE,
            "special_tokens_map.json",
            prompts::FILE,
            late::METADATA,
        ];
        let late = self.late.iter().flat_map(|late| &late.head.files);
        let there = names
            .into_iter()
            .chain(self.head.files.iter().chain(late).map(String::as_str))
            .filter(|name| self.root.join(name).is_file());
        // A pooling module in the root has the encoder's own file.
        there.filter(|name| *name != Self::CONFIG).collect()
    }
}

/// The graphs in a folder, by name.
fn graphs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_graph =
        |path: &PathBuf| path.extension().is_some_and(|ending| ending == "onnx") && path.is_file();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_graph).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companions_are_the_files_that_exist() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write(
            "config.json",
            r#"{"model_type": "camembert", "max_position_embeddings": 514}"#,
        );
        write(
            "config_sentence_transformers.json",
            r#"{"prompts": {"query": "q: "}}"#,
        );
        write("README.md", "not a part of the model");
        let read = ModelFolder::read(folder.path()).unwrap();
        assert_eq!(read.companions(), ["config_sentence_transformers.json"]);
        assert_eq!(read.prompts.of(ranker_core::Role::Query), "q: ");
        assert_eq!(read.limits.positions, Some(512));
        assert!(matches!(read.model_file(), Err(FolderError::Read { .. })));

        std::fs::create_dir(folder.path().join("pooler")).unwrap();
        write("pooler/config.json", r#"{"pooling_mode": "cls"}"#);
        write("modules.json", r#"[{"path": "pooler", "type": "Pooling"}]"#);
        let read = ModelFolder::read(folder.path()).unwrap();
        assert_eq!(read.pooling, Some(Pooling::Cls));
        let names = [
            "modules.json",
            "pooler/config.json",
            "config_sentence_transformers.json",
        ];
        assert_eq!(read.companions(), names);
    }
}
