use std::path::Path;

use serde::Deserialize;

use crate::{LoraError, files};

/// How the rows of a text's tokens become its embedding. The result is scaled to unit length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pooling {
    /// The mean of all tokens.
    #[default]
    Mean,
    /// The first token.
    Cls,
}

/// The part of `1_Pooling/config.json` that matters.
#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_cls_token: bool,
}

impl Pooling {
    /// Reads `1_Pooling/config.json` of an encoder's folder; without that file, the mean.
    ///
    /// # Errors
    /// [`LoraError::Format`] for a damaged file, [`LoraError::Unsupported`] for another way.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        let path = folder.as_ref().join("1_Pooling/config.json");
        if !path.exists() {
            return Ok(Self::Mean);
        }
        let raw: Raw = serde_json::from_slice(&files::read(&path)?)
            .map_err(LoraError::format(&path, "JSON with how to pool"))?;
        match (raw.pooling_mode_mean_tokens, raw.pooling_mode_cls_token) {
            (true, false) => Ok(Self::Mean),
            (false, true) => Ok(Self::Cls),
            other => {
                let advice = "train an encoder that pools by the mean or by its first token";
                let (setting, value) = ("pooling_mode", format!("{other:?}"));
                Err(LoraError::unsupported(setting, value, advice))
            }
        }
    }
}
