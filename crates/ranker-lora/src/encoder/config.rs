//! `config.json` of an encoder.

use std::path::Path;

use ranker_folder::{Family, Projection};
use serde::Deserialize;

use crate::base::check_ids;
use crate::error::LoraError;
use crate::files;

/// The number of buckets of distances where attention has a bias by distance: half for tokens
/// before, half for tokens behind.
pub(crate) const BUCKETS: usize = 32;

/// The sizes of an encoder, from its `config.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderConfig {
    pub(crate) family: &'static Family,
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) intermediate: usize,
    pub(crate) vocabulary: usize,
    /// The longest sequence.
    pub(crate) positions: usize,
    /// The id of padding, where positions are counted behind it: see [`Family::position_padding`].
    pub(crate) padding: Option<u32>,
    /// 1 for a family without segments.
    pub(crate) types: usize,
    pub(crate) norm_epsilon: f32,
}

/// The part of the file that is needed, under its names there.
#[derive(Deserialize)]
struct Raw {
    model_type: String,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: Option<usize>,
    layer_norm_eps: f32,
    hidden_act: String,
    pad_token_id: Option<u32>,
    relative_attention_num_buckets: Option<usize>,
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
}

impl EncoderConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// [`LoraError::Io`] and [`LoraError::Format`] for the file itself, [`LoraError::Setting`] for
    /// a size that cannot be, [`LoraError::Unsupported`] for another kind of model.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, LoraError> {
        let path = path.as_ref();
        Self::parse(path, &files::read(path)?)
    }

    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, LoraError> {
        let raw: Raw = serde_json::from_slice(bytes)
            .map_err(LoraError::format(path, "JSON with an encoder's settings"))?;
        raw.refuse_other_kinds()?;
        let family = family(&raw.model_type)?;
        let types = raw.types(family)?;
        raw.check_sizes(types)?;
        Ok(Self {
            family,
            hidden: raw.hidden_size,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            intermediate: raw.intermediate_size,
            vocabulary: raw.vocab_size,
            positions: raw.positions(family)?,
            padding: family.position_padding(raw.pad_token_id),
            types,
            norm_epsilon: raw.layer_norm_eps,
        })
    }

    /// The length of an embedding.
    pub fn hidden_size(&self) -> usize {
        self.hidden
    }

    /// The number of transformer layers.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// The number of attention heads; it divides the hidden size.
    pub fn heads(&self) -> usize {
        self.heads
    }

    /// The width of the feed-forward part.
    pub fn intermediate_size(&self) -> usize {
        self.intermediate
    }

    /// The number of token ids.
    pub fn vocabulary_size(&self) -> usize {
        self.vocabulary
    }

    /// The longest sequence, in tokens.
    pub fn max_positions(&self) -> usize {
        self.positions
    }

    pub(crate) fn head_size(&self) -> usize {
        self.hidden / self.heads
    }

    /// How many rows the position table has before that of the first token.
    pub(crate) fn skipped_positions(&self) -> usize {
        self.padding.map_or(0, |padding| padding as usize + 1)
    }

    /// How many rows the position table has.
    pub(crate) fn position_rows(&self) -> usize {
        self.positions + self.skipped_positions()
    }

    /// The sizes out and in of a layer's linear map.
    pub(crate) fn shape(&self, projection: Projection) -> (usize, usize) {
        match projection {
            Projection::Up => (self.intermediate, self.hidden),
            Projection::Down => (self.hidden, self.intermediate),
            Projection::Query | Projection::Key | Projection::Value | Projection::Output => {
                (self.hidden, self.hidden)
            }
        }
    }

    /// The rows of the tables of positions and types for the tokens of a text, of which the first
    /// `second` are of type 0.
    pub(crate) fn table_rows(&self, ids: &[u32], second: usize) -> Vec<[usize; 2]> {
        let last = self.types - 1;
        let kind = |token| usize::from(token >= second).min(last);
        let places = self.places(ids).into_iter().enumerate();
        places.map(|(token, place)| [place, kind(token)]).collect()
    }

    /// Checks that a text can be read.
    pub(crate) fn check_ids(&self, ids: &[u32]) -> Result<(), LoraError> {
        check_ids(ids, (self.positions, self.vocabulary))
    }

    /// The rows of the position table for the tokens of a text.
    fn places(&self, ids: &[u32]) -> Vec<usize> {
        let Some(padding) = self.padding else {
            return (0..ids.len()).collect();
        };
        let mut last = padding as usize;
        let place = |&id: &u32| match id == padding {
            true => padding as usize,
            false => {
                last += 1;
                last
            }
        };
        ids.iter().map(place).collect()
    }
}

/// The row of a `model_type`.
fn family(model_type: &str) -> Result<&'static Family, LoraError> {
    let refused = || {
        let names = Family::all().map(|family| family.model_type).join(", ");
        let advice = format!(
            "the families of encoders that can be read are {names}; a Decoder reads others"
        );
        LoraError::unsupported("model_type", model_type, advice)
    };
    Family::named(model_type).ok_or_else(refused)
}

impl Raw {
    fn refuse_other_kinds(&self) -> Result<(), LoraError> {
        if self.hidden_act != "gelu" {
            let advice = "only gelu (by the error function) can be computed";
            return Err(LoraError::unsupported(
                "hidden_act",
                &self.hidden_act,
                advice,
            ));
        }
        if let Some(kind) = self
            .position_embedding_type
            .as_deref()
            .filter(|k| *k != "absolute")
        {
            let advice = "only absolute positions can be computed";
            return Err(LoraError::unsupported(
                "position_embedding_type",
                kind,
                advice,
            ));
        }
        if let Some(count) = self
            .relative_attention_num_buckets
            .filter(|&count| count != BUCKETS)
        {
            let (setting, advice) = ("relative_attention_num_buckets", "only 32 can be computed");
            return Err(LoraError::unsupported(setting, count, advice));
        }
        if self.is_decoder {
            return Err(LoraError::unsupported(
                "is_decoder",
                true,
                "only encoders can be used",
            ));
        }
        Ok(())
    }

    fn types(&self, family: &Family) -> Result<usize, LoraError> {
        match (family.types, self.type_vocab_size) {
            (None, _) => Ok(1),
            (Some(_), Some(types)) => Ok(types),
            (Some(_), None) => {
                let rule = "config.json must say how many types of tokens there are";
                Err(LoraError::setting("type_vocab_size", "not there", rule))
            }
        }
    }

    /// The longest sequence: the position table without the rows that no token has.
    fn positions(&self, family: &Family) -> Result<usize, LoraError> {
        let rows = self.max_position_embeddings;
        let rule = "it must be above pad_token_id + 1, where positions begin";
        let refused = || LoraError::setting("max_position_embeddings", rows, rule);
        family
            .sequence_length(rows, self.pad_token_id)
            .ok_or_else(refused)
    }

    fn check_sizes(&self, types: usize) -> Result<(), LoraError> {
        let sizes = [
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("vocab_size", self.vocab_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", types),
        ];
        for (name, size) in sizes {
            // The limit keeps every product of two sizes far from overflow.
            if size == 0 || size > 1 << 24 {
                return Err(LoraError::setting(
                    name,
                    size,
                    "it must be from 1 to 16777216",
                ));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let rule = "it must divide hidden_size";
            return Err(LoraError::setting(
                "num_attention_heads",
                self.num_attention_heads,
                rule,
            ));
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            let rule = "it must be above 0 and below 1";
            return Err(LoraError::setting(
                "layer_norm_eps",
                self.layer_norm_eps,
                rule,
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(change: impl FnOnce(&mut Value)) -> Result<EncoderConfig, LoraError> {
        let mut config = json!({
            "model_type": "bert", "hidden_size": 8, "num_hidden_layers": 2,
            "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 11,
            "max_position_embeddings": 12, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
            "hidden_act": "gelu",
        });
        change(&mut config);
        EncoderConfig::parse(Path::new("config.json"), config.to_string().as_bytes())
    }

    #[test]
    fn reads_the_sizes() {
        let config = parse(|_| ()).unwrap();
        assert_eq!(
            (config.hidden_size(), config.layers(), config.head_size()),
            (8, 2, 4)
        );
        assert_eq!((config.vocabulary_size(), config.max_positions()), (11, 12));
    }

    #[test]
    fn roberta_counts_behind_the_padding() {
        let config = parse(|config| config["model_type"] = json!("roberta")).unwrap();
        assert_eq!(
            (config.max_positions(), config.skipped_positions()),
            (10, 2)
        );
        // As transformers' create_position_ids_from_input_ids: padding keeps its own position.
        assert_eq!(config.places(&[0, 7, 1, 5]), [2, 3, 1, 4]);
        let config = parse(|config| {
            config["model_type"] = json!("xlm-roberta");
            config["pad_token_id"] = json!(4);
        });
        assert_eq!(config.unwrap().max_positions(), 7);
        assert_eq!(parse(|_| ()).unwrap().places(&[0, 7, 1]), [0, 1, 2]);
        let error = parse(|config| {
            config["model_type"] = json!("mpnet");
            config["max_position_embeddings"] = json!(2);
        });
        assert!(matches!(error, Err(LoraError::Setting { .. })));
    }

    #[test]
    fn refuses_sizes_that_cannot_be() {
        for (name, value) in [
            ("hidden_size", json!(0)),
            ("num_attention_heads", json!(3)),
            ("vocab_size", json!(u32::MAX)),
            ("layer_norm_eps", json!(0.0)),
        ] {
            let error = parse(|config| config[name] = value).unwrap_err();
            assert!(matches!(&error, LoraError::Setting { setting, .. } if setting == name));
        }
    }

    #[test]
    fn refuses_other_kinds_of_model() {
        for (name, value) in [
            ("model_type", json!("gpt2")),
            ("hidden_act", json!("relu")),
            ("position_embedding_type", json!("relative_key")),
            ("is_decoder", json!(true)),
            ("relative_attention_num_buckets", json!(64)),
        ] {
            let error = parse(|config| config[name] = value).unwrap_err();
            assert!(matches!(&error, LoraError::Unsupported { setting, .. } if setting == name));
        }
    }

    #[test]
    fn refuses_broken_json() {
        for bytes in [&b""[..], b"{", b"[]", br#"{"model_type": "bert"}"#, b"\xff"] {
            let error = EncoderConfig::parse(Path::new("config.json"), bytes).unwrap_err();
            assert!(matches!(error, LoraError::Format { .. }), "{error}");
        }
    }
}
