//! The tokens that `tokenizer_config.json` wants at the ends of a text.
//!
//! `tokenizer.json` mostly puts them there itself. Of some decoders only the other file says so
//! (`add_eos_token`), and without its end token such an encoder pools a token that it was not trained on.
//! Version 4 of transformers went by these settings for some tokenizers, version 5 does not where there is a
//! `tokenizer.json`.

use ranker_core::BoxError;
use serde::Deserialize;

/// The part of the file that matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Ends {
    add_bos_token: Option<bool>,
    add_eos_token: Option<bool>,
    bos_token: Option<Written>,
    eos_token: Option<Written>,
}

/// A token as new and old versions write it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Written {
    Plain(String),
    Added { content: String },
}

impl Ends {
    /// How the token that begins each text is written, where one is asked for.
    ///
    /// # Errors
    /// Where it is asked for and not named.
    pub(super) fn first(&self) -> Result<Option<&str>, BoxError> {
        asked(self.add_bos_token, &self.bos_token, "bos_token")
    }

    /// The same of the token that ends it.
    pub(super) fn last(&self) -> Result<Option<&str>, BoxError> {
        asked(self.add_eos_token, &self.eos_token, "eos_token")
    }
}

fn asked<'w>(
    add: Option<bool>,
    token: &'w Option<Written>,
    name: &str,
) -> Result<Option<&'w str>, BoxError> {
    match (add, token) {
        (None | Some(false), _) => Ok(None),
        (Some(true), Some(Written::Plain(content) | Written::Added { content })) => {
            Ok(Some(content))
        }
        (Some(true), None) => Err(format!("it has add_{name}, and no {name}").into()),
    }
}
