//! The text that a model expects before a query or a document.

use std::collections::BTreeMap;
use std::path::Path;

use ranker_core::Role;
use serde::Deserialize;

use crate::error::FolderError;
use crate::json;

/// The file with the prompts.
pub(crate) const FILE: &str = "config_sentence_transformers.json";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PromptConfig {
    prompts: Option<BTreeMap<String, String>>,
    default_prompt_name: Option<String>,
}

/// The prompt of each role: the text that precedes each of its texts. Empty where the model has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prompts {
    /// Of queries: the prompt named `query`, else the default one.
    pub query: String,
    /// Of documents: the prompt named `document`, `passage` or `corpus`, else the default one.
    pub document: String,
}

impl Prompts {
    pub(crate) fn read(root: &Path) -> Result<Self, FolderError> {
        let path = root.join(FILE);
        let config: PromptConfig = json::read_if_present(&path)?.unwrap_or_default();
        let prompts = config.prompts.unwrap_or_default();
        let fallback = match &config.default_prompt_name {
            None => "",
            Some(name) => prompts.get(name).ok_or_else(|| FolderError::Invalid {
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

    /// The prompt of a role.
    #[must_use]
    pub fn of(&self, role: Role) -> &str {
        match role {
            Role::Query => &self.query,
            Role::Document => &self.document,
        }
    }

    /// The prompts with another one for a role.
    #[must_use]
    pub fn with(mut self, role: Role, prompt: impl Into<String>) -> Self {
        match role {
            Role::Query => self.query = prompt.into(),
            Role::Document => self.document = prompt.into(),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Prompts, FolderError> {
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
        assert!(matches!(refused, Err(FolderError::Invalid { .. })));
        assert!(read(r#"{"prompts": 3}"#).is_err());
    }
}
