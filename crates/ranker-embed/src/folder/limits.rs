//! How many tokens the model reads.

use std::path::Path;

use serde::Deserialize;

use super::{Config, json};
use crate::LoadError;

/// `sentence_bert_config.json`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct SentenceConfig {
    max_seq_length: Option<usize>,
    #[serde(default)]
    pub(super) do_lower_case: bool,
}

impl SentenceConfig {
    pub(super) fn read(root: &Path) -> Result<Self, LoadError> {
        let found = json::read_if_present(&root.join("sentence_bert_config.json"))?;
        Ok(found.unwrap_or_default())
    }
}

/// `tokenizer_config.json`.
#[derive(Debug, Default, Deserialize)]
struct TokenizerConfig {
    /// A float, since "no limit" is written as 1e30.
    model_max_length: Option<f64>,
}

/// How many tokens a model reads, special tokens included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// What it was made for, where the folder says so.
    pub(crate) intended: Option<usize>,
    /// What its position embeddings allow.
    pub(crate) positions: Option<usize>,
}

impl Limits {
    pub(super) fn new(
        root: &Path,
        sentence: &SentenceConfig,
        config: &Config,
    ) -> Result<Self, LoadError> {
        let intended = match sentence.max_seq_length {
            Some(limit) => Some(limit),
            None => tokenizer_limit(root)?,
        };
        Ok(Self {
            intended,
            positions: positions(config),
        })
    }

    /// The folder's own limit: the intended one, capped by the positions.
    pub(crate) fn default_tokens(self) -> Option<usize> {
        let cap = self.positions.unwrap_or(usize::MAX);
        match self.intended {
            Some(limit) => Some(limit.min(cap)),
            None => self.positions,
        }
    }
}

fn tokenizer_limit(root: &Path) -> Result<Option<usize>, LoadError> {
    let path = root.join("tokenizer_config.json");
    let config: Option<TokenizerConfig> = json::read_if_present(&path)?;
    let limit = config.and_then(|config| config.model_max_length);
    let stated = limit.filter(|limit| (1.0..1e9).contains(limit));
    Ok(stated.map(|limit| limit as usize))
}

/// RoBERTa and its kin number positions from the padding's id on, and so lose the first few.
fn positions(config: &Config) -> Option<usize> {
    let lost = match config.model_type.as_deref() {
        Some("roberta" | "xlm-roberta" | "camembert" | "mpnet") => {
            config.pad_token_id.unwrap_or(1) as usize + 1
        }
        _ => 0,
    };
    let positions = config.max_position_embeddings?.checked_sub(lost)?;
    (positions > 0).then_some(positions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(max_seq_length: Option<usize>, positions: Option<usize>, kind: &str) -> Limits {
        let config = Config {
            hidden_size: None,
            max_position_embeddings: positions,
            model_type: Some(kind.to_owned()),
            pad_token_id: None,
            vocab_size: None,
        };
        let sentence = SentenceConfig {
            max_seq_length,
            do_lower_case: false,
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
        assert!(matches!(read("{"), Err(LoadError::Invalid { .. })));
    }
}
