//! The text that a model wants before a query or a document.

use std::collections::BTreeMap;
use std::path::Path;

use ranker_core::Role;
use serde::Deserialize;

use super::json;
use crate::LoadError;

/// `config_sentence_transformers.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PromptConfig {
    prompts: Option<BTreeMap<String, String>>,
    default_prompt_name: Option<String>,
}

/// The prompt of each role; empty where the model wants none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Prompts {
    pub(crate) query: String,
    pub(crate) document: String,
}

impl Prompts {
    pub(super) fn read(root: &Path) -> Result<Self, LoadError> {
        let path = root.join("config_sentence_transformers.json");
        let config: PromptConfig = json::read_if_present(&path)?.unwrap_or_default();
        let prompts = config.prompts.unwrap_or_default();
        let fallback = match &config.default_prompt_name {
            None => "",
            Some(name) => prompts.get(name).ok_or_else(|| LoadError::Invalid {
                path,
                source: format!("the default prompt {name:?} is not among the prompts").into(),
            })?,
        };
        let by_name = |names: &[&str]| {
            let found = names.iter().find_map(|&name| prompts.get(name));
            found.map_or(fallback, String::as_str).to_owned()
        };
        Ok(Self {
            query: by_name(&["query"]),
            document: by_name(&["document", "passage", "corpus"]),
        })
    }

    pub(crate) fn of(&self, role: Role) -> &str {
        match role {
            Role::Query => &self.query,
            Role::Document => &self.document,
        }
    }

    pub(crate) fn set(&mut self, role: Role, prompt: String) {
        match role {
            Role::Query => self.query = prompt,
            Role::Document => self.document = prompt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Prompts, LoadError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config_sentence_transformers.json");
        std::fs::write(path, text).unwrap();
        Prompts::read(folder.path())
    }

    #[test]
    fn finds_each_roles_prompt() {
        let both = read(r#"{"prompts": {"query": "query: ", "passage": "passage: "}}"#).unwrap();
        assert_eq!(both.of(Role::Query), "query: ");
        assert_eq!(both.of(Role::Document), "passage: ");

        let text = r#"{"prompts": {"query": "q: ", "sts": "s: "}, "default_prompt_name": "sts"}"#;
        assert_eq!(read(text).unwrap().of(Role::Document), "s: ");

        for none in ["{}", r#"{"prompts": null, "default_prompt_name": null}"#] {
            assert_eq!(read(none).unwrap(), Prompts::default());
        }
    }

    #[test]
    fn refuses_a_default_that_is_not_there() {
        let refused = read(r#"{"prompts": {}, "default_prompt_name": "query"}"#);
        assert!(matches!(refused, Err(LoadError::Invalid { .. })));
        assert!(read(r#"{"prompts": 3}"#).is_err());
    }
}
