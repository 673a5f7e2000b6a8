use std::path::Path;

use ranker_folder::{FolderError, ModelFolder, PairTokenizer, Pooling, Prompts, Role, Spans};

use super::error::TrainError;
use super::lists::TokenList;
use super::pairs::Pair;
use super::task::TokenPair;
use crate::cross::PairIds;
use crate::error::{LoraError, Source};

/// The tokenizer of an encoder's folder: texts to the ids that the encoder reads, special tokens
/// included. Prompts and limits are those that `ranker-embed` serves the folder with.
#[derive(Clone, Debug)]
pub struct TextTokenizer {
    texts: ranker_folder::TextTokenizer,
    pairs: PairTokenizer,
    folder: ModelFolder,
}

impl TextTokenizer {
    /// Reads the folder's tokenizer and its settings for texts: lower case, prompts, and the limit
    /// that texts are truncated to.
    ///
    /// # Errors
    /// [`LoraError::Folder`] for a file that is missing or damaged, or a folder without a limit;
    /// [`LoraError::Unsupported`] where the tokens of a prompt are left out of the pooling, or modules such as
    /// `Dense` follow it.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, TrainError> {
        let folder = ModelFolder::read(folder).map_err(LoraError::from)?;
        if !folder.pools_prompt && folder.prompts != Prompts::default() {
            let advice = "an encoder can be trained whose pooling includes its prompts";
            return Err(LoraError::unsupported("include_prompt", false, advice).into());
        }
        if !folder.head.is_empty() {
            let advice = "an encoder can be trained whose embedding is its pooled vector";
            let found = "modules behind the pooling";
            return Err(LoraError::unsupported("modules.json", found, advice).into());
        }
        if folder.late.is_some() {
            let advice = "an encoder can be trained that gives a vector a text";
            let found = "late interaction";
            return Err(LoraError::unsupported("modules.json", found, advice).into());
        }
        let unlimited = || {
            let source = "no file of the folder says how many tokens the model reads".into();
            let path = folder.config_file();
            LoraError::from(FolderError::Invalid { path, source })
        };
        let limit = folder.limits.default_tokens().ok_or_else(unlimited)?;
        Self::limited(folder, limit)
    }

    fn limited(folder: ModelFolder, limit: usize) -> Result<Self, TrainError> {
        let texts = ranker_folder::TextTokenizer::read(&folder).map_err(LoraError::from)?;
        if limit <= texts.special_tokens() {
            let rule = "it must leave room for text";
            return Err(LoraError::setting("max_tokens", limit, rule).into());
        }
        Ok(Self {
            texts: texts.with_max_tokens(limit),
            pairs: PairTokenizer::read(&folder, limit).map_err(LoraError::from)?,
            folder,
        })
    }

    /// The tokenizer with another limit on the tokens of a text, special tokens included.
    ///
    /// # Errors
    /// [`LoraError::Setting`] for a limit that leaves no room for text.
    pub fn with_max_tokens(self, count: usize) -> Result<Self, TrainError> {
        Self::limited(self.folder, count)
    }

    /// How the folder pools: what a trainer is given
    /// ([`TrainerBuilder::pooling`](crate::TrainerBuilder::pooling)). Where no file names a pooling, as in service: the
    /// last token of a decoder that reads in one direction, else the mean.
    pub fn pooling(&self) -> Pooling {
        let assumed = match self.folder.is_causal {
            true => Pooling::LastToken,
            false => Pooling::Mean,
        };
        self.folder.pooling.unwrap_or(assumed)
    }

    /// The text that precedes each text of a role, as in service; empty where there is none.
    pub fn prompt(&self, role: Role) -> &str {
        self.folder.prompts.of(role)
    }

    /// The ids of a text, with the prompt of its role.
    ///
    /// # Errors
    /// [`TrainError::Tokens`] where the tokenizer fails.
    pub fn ids(&self, text: &str, role: Role) -> Result<Vec<u32>, TrainError> {
        let tokens = self.texts.tokens(self.prompt(role), text, Spans::Skip);
        Ok(tokens.map_err(failed(text))?.ids)
    }

    /// The ids of two texts in one sequence, as the tokenizer joins them; of the longer one as much
    /// is cut as needed. A cross-encoder is served without prompts, so there are none.
    ///
    /// # Errors
    /// [`TrainError::Tokens`] where the tokenizer fails.
    pub fn pair_ids(&self, query: &str, document: &str) -> Result<PairIds, TrainError> {
        let tokens = self.pairs.tokens(query, document).map_err(failed(query))?;
        let second = tokens.types.iter().take_while(|&&kind| kind == 0).count();
        Ok(PairIds::new(tokens.ids, second))
    }

    /// Each pair's query joined with its positive and with its negatives. Groups are not needed:
    /// nothing else is taken for a negative.
    ///
    /// # Errors
    /// As for [`TextTokenizer::pair_ids`].
    pub fn lists(&self, pairs: &[Pair]) -> Result<Vec<TokenList>, TrainError> {
        let one = |pair: &Pair| {
            let join = |text: &String| self.pair_ids(&pair.query, text);
            Ok(TokenList {
                positive: join(&pair.positive)?,
                negatives: pair.negatives.iter().map(join).collect::<Result<_, _>>()?,
                score: pair.score,
                weight: pair.weight.unwrap_or(1.0),
            })
        };
        pairs.iter().map(one).collect()
    }

    /// The ids of all texts of pairs: a query as [`Role::Query`], its positive and negatives as
    /// [`Role::Document`]. Groups become numbers: equal names, equal numbers.
    ///
    /// # Errors
    /// As for [`TextTokenizer::ids`].
    pub fn pairs(&self, pairs: &[Pair]) -> Result<Vec<TokenPair>, TrainError> {
        let mut groups = std::collections::BTreeMap::new();
        let mut number = |name: &str| {
            let next = groups.len() as u64;
            *groups.entry(name.to_owned()).or_insert(next)
        };
        let document = |text: &String| self.ids(text, Role::Document);
        let one = |pair: &Pair| {
            Ok(TokenPair {
                query: self.ids(&pair.query, Role::Query)?,
                positive: document(&pair.positive)?,
                negatives: pair
                    .negatives
                    .iter()
                    .map(document)
                    .collect::<Result<_, _>>()?,
                group: pair.group.as_deref().map(&mut number),
                score: pair.score,
                weight: pair.weight.unwrap_or(1.0),
            })
        };
        pairs.iter().map(one).collect()
    }
}

fn failed(text: &str) -> impl FnOnce(Source) -> TrainError {
    move |source| TrainError::Tokens {
        text: text.chars().take(80).collect(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoder_with_modules_behind_its_pooling_is_not_trained() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let module = |path: &str, kind: &str| format!(r#"{{"path": "{path}", "type": "{kind}"}}"#);
        let modules = [
            module("", "Transformer"),
            module("1_Pooling", "Pooling"),
            module("2_Dense", "Dense"),
        ];
        write("config.json", r#"{"model_type": "bert"}"#);
        write("1_Pooling/config.json", r#"{"pooling_mode": "mean"}"#);
        write(
            "2_Dense/config.json",
            r#"{"in_features": 8, "out_features": 6}"#,
        );
        write("modules.json", &format!("[{}]", modules.join(",")));
        let error = TextTokenizer::read(folder.path()).unwrap_err();
        assert!(error.to_string().contains("modules.json"), "{error}");
    }
}
