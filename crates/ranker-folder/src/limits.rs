//! How many tokens the model reads.
//!
//! The file of sentence-transformers counts before that of the tokenizer, and neither beyond the
//! position embeddings: there is no vector for a later token.

use std::path::Path;

use serde::Deserialize;

use crate::config::Config;
use crate::error::FolderError;
use crate::json;
use crate::late::QueryExpansion;

/// The file with the intended length and the lower case.
pub(crate) const FILE: &str = "sentence_bert_config.json";
/// The file with the tokenizer's own limit.
pub(crate) const TOKENIZER_FILE: &str = "tokenizer_config.json";

/// The part of [`FILE`] that matters.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SentenceConfig {
    max_seq_length: Option<usize>,
    #[serde(default)]
    pub(crate) do_lower_case: bool,
    /// Lengths by role, and queries filled up with masks: settings of late interaction.
    pub(crate) query_length: Option<usize>,
    pub(crate) document_length: Option<usize>,
    pub(crate) query_expansion: Option<QueryExpansion>,
}

impl SentenceConfig {
    pub(crate) fn read(root: &Path) -> Result<Self, FolderError> {
        let found = json::read_if_present(&root.join(FILE))?;
        Ok(found.unwrap_or_default())
    }

    /// Refuses what only a model of late interaction does.
    pub(crate) fn refuse_late(&self, root: &Path) -> Result<(), FolderError> {
        for (name, is_set) in [
            ("query_length", self.query_length.is_some()),
            ("document_length", self.document_length.is_some()),
            ("query_expansion", self.query_expansion.is_some()),
        ] {
            if is_set {
                let (path, what) = (root.join(FILE), format!("`{name}`"));
                return Err(FolderError::Unsupported { path, what });
            }
        }
        Ok(())
    }
}

/// The part of [`TOKENIZER_FILE`] that matters.
#[derive(Debug, Default, Deserialize)]
struct TokenizerConfig {
    /// A float, since "no limit" is written as 1e30.
    model_max_length: Option<f64>,
}

/// How many tokens a model reads, special tokens included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The length that it was made for, where a file of the folder gives one.
    pub intended: Option<usize>,
    /// The length that its position embeddings allow.
    pub positions: Option<usize>,
}

impl Limits {
    pub(crate) fn new(
        root: &Path,
        sentence: &SentenceConfig,
        config: &Config,
    ) -> Result<Self, FolderError> {
        let intended = match sentence.max_seq_length {
            Some(limit) => Some(limit),
            None => tokenizer_limit(root)?,
        };
        Ok(Self {
            intended,
            positions: positions(config),
        })
    }

    /// The folder's own limit: the intended length, capped by the positions.
    #[must_use]
    pub fn default_tokens(self) -> Option<usize> {
        let cap = self.positions.unwrap_or(usize::MAX);
        match self.intended {
            Some(limit) => Some(limit.min(cap)),
            None => self.positions,
        }
    }
}

pub(crate) fn tokenizer_limit(root: &Path) -> Result<Option<usize>, FolderError> {
    let path = root.join(TOKENIZER_FILE);
    let config: Option<TokenizerConfig> = json::read_if_present(&path)?;
    let limit = config.and_then(|config| config.model_max_length);
    let stated = limit.filter(|limit| (1.0..1e9).contains(limit));
    Ok(stated.map(|limit| limit as usize))
}

/// The longest sequence: the rows of the position table without those that the family reserves. A
/// family that is not in the table is taken to reserve none.
fn positions(config: &Config) -> Option<usize> {
    let rows = config.positions()?;
    let positions = match config.family() {
        Some(family) => family.sequence_length(rows, config.pad_token_id)?,
        None => rows,
    };
    (positions > 0).then_some(positions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(max_seq_length: Option<usize>, positions: Option<usize>, kind: &str) -> Limits {
        let config = Config {
            max_position_embeddings: positions,
            model_type: Some(kind.to_owned()),
            ..Config::default()
        };
        let sentence = SentenceConfig {
            max_seq_length,
            ..SentenceConfig::default()
        };
        Limits::new(Path::new("/no/such/folder"), &sentence, &config).unwrap()
    }

    #[test]
    fn positions_cap_the_intended_length() {
        let tokens = |limits: Limits| limits.default_tokens();
        assert_eq!(tokens(limits(Some(256), Some(512), "bert")), Some(256));
        assert_eq!(tokens(limits(Some(1024), Some(512), "bert")), Some(512));
        assert_eq!(tokens(limits(None, Some(512), "bert")), Some(512));
        assert_eq!(tokens(limits(None, Some(514), "roberta")), Some(512));
        assert_eq!(tokens(limits(Some(384), Some(514), "mpnet")), Some(384));
        assert_eq!(tokens(limits(Some(256), None, "t5")), Some(256));
        assert_eq!(tokens(limits(None, None, "t5")), None);
    }

    #[test]
    fn the_tokenizers_limit_counts_unless_it_means_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokenizer_config.json");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            tokenizer_limit(folder.path())
        };
        assert_eq!(read(r#"{"model_max_length": 512}"#).unwrap(), Some(512));
        assert_eq!(read(r#"{"model_max_length": 1e30}"#).unwrap(), None);
        assert_eq!(read("{}").unwrap(), None);
        assert!(matches!(read("{"), Err(FolderError::Invalid { .. })));
    }
}
