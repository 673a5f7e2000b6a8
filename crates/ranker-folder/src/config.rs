//! The transformer's `config.json`.

use serde::Deserialize;

use crate::family::Family;

/// The part of the transformer's `config.json` that matters to its use.
#[derive(Debug, Deserialize)]
pub(crate) struct Config {
    pub(crate) hidden_size: Option<usize>,
    pub(crate) max_position_embeddings: Option<usize>,
    pub(crate) model_type: Option<String>,
    pub(crate) pad_token_id: Option<u32>,
    pub(crate) vocab_size: Option<usize>,
}

impl Config {
    pub(crate) fn family(&self) -> Option<&'static Family> {
        Family::named(self.model_type.as_deref()?)
    }
}
