//! The sizes of an encoder, from its `config.json`.

use std::path::Path;

use ranker_folder::{Family, Projection};
use serde::Deserialize;

use crate::error::EncoderError;

/// Buckets of distances where attention has a bias by distance.
pub(crate) const BUCKETS: usize = 32;

/// The class of Stanford's models of late interaction, which keep their projection among the encoder's weights.
const COLBERT: &str = "HF_ColBERT";

/// The sizes of an encoder.
#[derive(Debug, Clone)]
pub(crate) struct Sizes {
    pub(crate) family: &'static Family,
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) intermediate: usize,
    pub(crate) vocabulary: usize,
    /// The longest text, in tokens.
    pub(crate) positions: usize,
    /// The id of padding, where positions are counted behind it.
    pub(crate) padding: Option<u32>,
    /// Types of tokens; 1 for a family without segments.
    pub(crate) types: usize,
    pub(crate) epsilon: f32,
    /// Whether the weights hold the projection of a ColBERT too, which is whoever's that reads token vectors.
    pub(crate) is_projected: bool,
}

/// The part of the file that is needed, under its names there.
#[derive(Deserialize)]
struct Raw {
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
    architectures: Option<Vec<String>>,
    #[serde(default)]
    is_decoder: bool,
}

impl Sizes {
    pub(crate) fn read(path: &Path) -> Result<Self, EncoderError> {
        let bytes = std::fs::read(path).map_err(EncoderError::read(path))?;
        Self::parse(path, &bytes)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, EncoderError> {
        let raw: serde_json::Value =
            serde_json::from_slice(bytes).map_err(EncoderError::damaged(path))?;
        let kind = raw.get("model_type").and_then(|kind| kind.as_str());
        let kind = kind.unwrap_or("not said").to_owned();
        let Some(family) = Family::named(&kind) else {
            let names = Family::all().map(|family| family.model_type).join(", ");
            let what = format!("`model_type` is {kind}; known here are {names}");
            return Err(EncoderError::foreign(path, what));
        };
        let raw: Raw = serde_json::from_value(raw).map_err(EncoderError::damaged(path))?;
        raw.check(path)?;
        let setting = |setting, reason: &str| EncoderError::Setting {
            path: path.to_path_buf(),
            setting,
            reason: reason.to_owned(),
        };
        let positions = family.sequence_length(raw.max_position_embeddings, raw.pad_token_id);
        let too_few = "it must be above pad_token_id + 1, where positions begin";
        let types = match family.types {
            None => Some(1),
            Some(_) => raw.type_vocab_size,
        };
        Ok(Self {
            family,
            hidden: raw.hidden_size,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            intermediate: raw.intermediate_size,
            vocabulary: raw.vocab_size,
            positions: positions.ok_or_else(|| setting("max_position_embeddings", too_few))?,
            padding: family.position_padding(raw.pad_token_id),
            types: types
                .filter(|&types| types > 0)
                .ok_or_else(|| setting("type_vocab_size", "it must be above 0"))?,
            epsilon: raw.layer_norm_eps,
            is_projected: raw
                .architectures
                .iter()
                .flatten()
                .any(|name| name == COLBERT),
        })
    }

    pub(crate) fn head_size(&self) -> usize {
        self.hidden / self.heads
    }

    /// How many rows the position table has.
    pub(crate) fn position_rows(&self) -> usize {
        self.positions + self.padding.map_or(0, |padding| padding as usize + 1)
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

    /// The rows of the position table for the tokens of a text: see [`Family::position_padding`].
    pub(crate) fn places<'a>(&self, ids: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
        let padding = self.padding;
        let mut next = padding.map_or(0, |padding| padding as usize + 1);
        ids.iter().map(move |&id| {
            if padding == Some(id) {
                return id as usize;
            }
            next += 1;
            next - 1
        })
    }
}

impl Raw {
    fn check(&self, path: &Path) -> Result<(), EncoderError> {
        let refused = |setting, reason: String| {
            Err(EncoderError::Setting {
                path: path.to_path_buf(),
                setting,
                reason,
            })
        };
        let needed = "ONNX Runtime is needed";
        if self.hidden_act != "gelu" {
            let reason = format!("{} is not computed here: {needed}", self.hidden_act);
            return refused("hidden_act", reason);
        }
        let absolute = self
            .position_embedding_type
            .as_deref()
            .unwrap_or("absolute");
        if absolute != "absolute" {
            let reason = format!("{absolute} is not computed here: {needed}");
            return refused("position_embedding_type", reason);
        }
        if self.relative_attention_num_buckets.unwrap_or(BUCKETS) != BUCKETS {
            let reason = format!("only {BUCKETS} are computed here: {needed}");
            return refused("relative_attention_num_buckets", reason);
        }
        if self.is_decoder {
            return refused("is_decoder", "only encoders are run".to_owned());
        }
        for (name, size) in [
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("vocab_size", self.vocab_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size.unwrap_or(1)),
        ] {
            // The limit keeps every product of two sizes far from overflow.
            if size == 0 || size > 1 << 24 {
                return refused(name, format!("it is {size}; it must be from 1 to 16777216"));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return refused(
                "num_attention_heads",
                "it must divide hidden_size".to_owned(),
            );
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            return refused(
                "layer_norm_eps",
                "it must be above 0 and below 1".to_owned(),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parse(change: impl FnOnce(&mut Value)) -> Result<Sizes, EncoderError> {
        let mut config = json!({
            "model_type": "bert", "hidden_size": 8, "num_hidden_layers": 2,
            "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 11,
            "max_position_embeddings": 12, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
            "hidden_act": "gelu",
        });
        change(&mut config);
        Sizes::parse(Path::new("config.json"), config.to_string().as_bytes())
    }

    #[test]
    fn positions_are_counted_as_the_family_does() {
        let bert = parse(|_| ()).unwrap();
        assert_eq!(bert.places(&[0, 7, 1]).collect::<Vec<_>>(), [0, 1, 2]);
        let roberta = parse(|config| config["model_type"] = json!("roberta")).unwrap();
        assert_eq!((roberta.positions, roberta.position_rows()), (10, 12));
        assert_eq!(
            roberta.places(&[0, 7, 1, 5]).collect::<Vec<_>>(),
            [2, 3, 1, 4]
        );
    }

    #[test]
    fn what_cannot_be_run_is_refused_by_its_setting() {
        for (name, value) in [
            ("hidden_size", json!(0)),
            ("num_attention_heads", json!(3)),
            ("vocab_size", json!(u32::MAX)),
            ("layer_norm_eps", json!(0.0)),
            ("hidden_act", json!("relu")),
            ("position_embedding_type", json!("relative_key")),
            ("is_decoder", json!(true)),
            ("relative_attention_num_buckets", json!(64)),
        ] {
            let error = parse(|config| config[name] = value).unwrap_err();
            let named = matches!(&error, EncoderError::Setting { setting, .. } if *setting == name);
            assert!(named, "{name}: {error}");
        }
        let error = parse(|config| config["model_type"] = json!("gpt2")).unwrap_err();
        assert!(error.to_string().contains("ONNX Runtime"), "{error}");
        let error = Sizes::parse(Path::new("config.json"), b"{").unwrap_err();
        assert!(matches!(error, EncoderError::Damaged { .. }), "{error}");
    }
}
