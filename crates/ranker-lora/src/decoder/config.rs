//! `config.json` of a decoder.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::maps::DecoderMap;
use super::rotary::{self, Slower};
use crate::digest::Digest;
use crate::error::LoraError;
use crate::files;

/// The greatest size: it keeps every product of two far from overflow.
pub(super) const MOST: usize = 1 << 24;

/// The sizes of a decoder, from its `config.json`, or from the keys of a GGUF file.
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderConfig {
    pub(crate) hidden: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    /// Heads that have keys and values of their own.
    pub(crate) key_heads: usize,
    /// Components of a head.
    pub(crate) head: usize,
    pub(crate) intermediate: usize,
    pub(crate) vocabulary: usize,
    /// The longest sequence; with a sliding window, the window, within which it changes nothing.
    pub(crate) positions: usize,
    pub(crate) epsilon: f64,
    /// The base of the angles of positions.
    pub(crate) base: f64,
    pub(crate) slower: Option<Slower>,
    /// Which maps have a bias, in the order of [`DecoderMap::ALL`].
    pub(crate) biases: [bool; 7],
    /// Whether the queries and keys of each head are normalised.
    pub(crate) head_norms: bool,
}

/// The kinds of decoders that are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Llama,
    Mistral,
    Qwen2,
    Qwen3,
}

/// The part of the file that is needed, under its names there.
#[derive(Deserialize)]
struct Raw {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    rms_norm_eps: f64,
    hidden_act: Option<String>,
    rope_theta: Option<f64>,
    /// Its name before transformers 5.
    rope_scaling: Option<Rope>,
    rope_parameters: Option<Rope>,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    sliding_window: Option<usize>,
    #[serde(default)]
    use_sliding_window: bool,
    is_causal: Option<bool>,
    use_bidirectional_attention: Option<bool>,
}

#[derive(Clone, Default, Deserialize)]
struct Rope {
    rope_theta: Option<f64>,
    #[serde(alias = "type")]
    rope_type: Option<String>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
    partial_rotary_factor: Option<f64>,
}

impl DecoderConfig {
    /// Reads a `config.json` of a Llama, Mistral, Qwen2 or Qwen3.
    ///
    /// # Errors
    /// [`LoraError::Io`] and [`LoraError::Format`] for the file itself, [`LoraError::Setting`] for
    /// a size that cannot be, [`LoraError::Unsupported`] for another kind of model and for what would change
    /// the result and is not computed.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, LoraError> {
        let path = path.as_ref();
        Self::parse(path, &files::read(path)?)
    }

    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, LoraError> {
        const WHAT: &str = "JSON with a decoder's settings";
        // The kind first: another may lack settings that these have.
        let all: Value = serde_json::from_slice(bytes).map_err(LoraError::format(path, WHAT))?;
        let family = family(all["model_type"].as_str().unwrap_or("not said"))?;
        let raw: Raw = serde_json::from_value(all).map_err(LoraError::format(path, WHAT))?;
        raw.refuse()?;
        let own = Self {
            hidden: raw.hidden_size,
            layers: raw.num_hidden_layers,
            heads: raw.num_attention_heads,
            key_heads: raw.num_key_value_heads.unwrap_or(raw.num_attention_heads),
            head: raw.head(family),
            intermediate: raw.intermediate_size,
            vocabulary: raw.vocab_size,
            positions: raw.positions(family),
            epsilon: raw.rms_norm_eps,
            base: raw.rope().rope_theta.or(raw.rope_theta).unwrap_or(1e4),
            slower: raw.slower()?,
            biases: raw.biases(family),
            head_norms: family == Family::Qwen3,
        };
        own.check()?;
        Ok(own)
    }

    /// The length of a hidden state.
    pub fn hidden_size(&self) -> usize {
        self.hidden
    }

    /// The number of layers.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// The number of attention heads, and of those that have keys and values of their own.
    pub fn heads(&self) -> (usize, usize) {
        (self.heads, self.key_heads)
    }

    /// The width of the feed-forward part.
    pub fn intermediate_size(&self) -> usize {
        self.intermediate
    }

    /// The number of token ids.
    pub fn vocabulary_size(&self) -> usize {
        self.vocabulary
    }

    /// The longest sequence that is read, in tokens: the positions, or the sliding window where that is less.
    /// Within the window each token reads all before it, so that it changes nothing.
    pub fn max_positions(&self) -> usize {
        self.positions
    }

    /// The sizes out and in of a layer's linear map.
    pub(crate) fn shape(&self, map: DecoderMap) -> (usize, usize) {
        let (queries, keys) = (self.heads * self.head, self.key_heads * self.head);
        match map {
            DecoderMap::Query => (queries, self.hidden),
            DecoderMap::Key | DecoderMap::Value => (keys, self.hidden),
            DecoderMap::Output => (self.hidden, queries),
            DecoderMap::Gate | DecoderMap::Up => (self.intermediate, self.hidden),
            DecoderMap::Down => (self.hidden, self.intermediate),
        }
    }

    pub(crate) fn has_bias(&self, map: DecoderMap) -> bool {
        self.biases[map as usize]
    }

    /// By how much each pair of a head's components turns from one position to the next.
    pub(crate) fn turns(&self) -> Vec<f32> {
        rotary::turns(self.head, self.base, self.slower)
    }

    /// Adds all that is not a tensor, and changes what is computed, to a fingerprint.
    pub(crate) fn digest(&self, digest: &mut Digest) {
        for size in [self.heads, self.key_heads, self.head] {
            digest.number(size as u64);
        }
        digest.real(self.epsilon);
        self.turns()
            .iter()
            .for_each(|turn| _ = digest.real((*turn).into()));
    }

    /// Checks what two sizes have to do with each other, and that none is 0.
    pub(super) fn check(&self) -> Result<(), LoraError> {
        for (name, size) in [
            ("hidden_size", self.hidden),
            ("num_hidden_layers", self.layers),
            ("num_attention_heads", self.heads),
            ("num_key_value_heads", self.key_heads),
            ("head_dim", self.head),
            ("intermediate_size", self.intermediate),
            ("vocab_size", self.vocabulary),
            ("max_position_embeddings", self.positions),
            (
                "num_attention_heads x head_dim",
                self.heads.saturating_mul(self.head),
            ),
        ] {
            if size == 0 || size > MOST {
                let rule = "it must be from 1 to 16777216";
                return Err(LoraError::setting(name, size, rule));
            }
        }
        if !self.heads.is_multiple_of(self.key_heads) {
            let rule =
                "it must divide num_attention_heads: each of these heads is shared by as many";
            return Err(LoraError::setting(
                "num_key_value_heads",
                self.key_heads,
                rule,
            ));
        }
        if !self.head.is_multiple_of(2) {
            let rule = "it must be even: positions turn pairs of components";
            return Err(LoraError::setting("head_dim", self.head, rule));
        }
        for (name, value) in [("rms_norm_eps", self.epsilon), ("rope_theta", self.base)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(LoraError::setting(name, value, "it must be above 0"));
            }
        }
        Ok(())
    }
}

fn family(model_type: &str) -> Result<Family, LoraError> {
    match model_type {
        "llama" => Ok(Family::Llama),
        "mistral" => Ok(Family::Mistral),
        "qwen2" => Ok(Family::Qwen2),
        "qwen3" => Ok(Family::Qwen3),
        other => {
            let advice = match other.contains("moe") || other == "mixtral" {
                true => "layers of experts are not computed; llama, mistral, qwen2 and qwen3 are",
                false => "the decoders that can be read are llama, mistral, qwen2 and qwen3",
            };
            Err(LoraError::unsupported("model_type", other, advice))
        }
    }
}

impl Raw {
    fn refuse(&self) -> Result<(), LoraError> {
        let refused = |setting: &str, value: &dyn ToString, advice: &str| {
            Err(LoraError::unsupported(setting, value.to_string(), advice))
        };
        if let Some(other) = self.hidden_act.as_ref().filter(|act| *act != "silu") {
            return refused("hidden_act", other, "only silu can be computed");
        }
        if self.is_causal == Some(false) || self.use_bidirectional_attention == Some(true) {
            let advice = "only decoders that read in one direction can be computed";
            return refused("is_causal", &false, advice);
        }
        let rope = self.rope();
        if let Some(share) = rope.partial_rotary_factor.filter(|share| *share != 1.0) {
            let advice = "only whole heads can be turned by their positions";
            return refused("partial_rotary_factor", &share, advice);
        }
        if self.num_attention_heads == 0 || self.num_attention_heads > MOST {
            let rule = "it must be from 1 to 16777216";
            let count = self.num_attention_heads;
            return Err(LoraError::setting("num_attention_heads", count, rule));
        }
        if self.head_dim.is_none() && !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let rule = "it must divide hidden_size where there is no head_dim";
            let count = self.num_attention_heads;
            return Err(LoraError::setting("num_attention_heads", count, rule));
        }
        Ok(())
    }

    fn rope(&self) -> Rope {
        let both = self.rope_parameters.as_ref().or(self.rope_scaling.as_ref());
        both.cloned().unwrap_or_default()
    }

    fn slower(&self) -> Result<Option<Slower>, LoraError> {
        let rope = self.rope();
        match rope.rope_type.as_deref().unwrap_or("default") {
            "default" => Ok(None),
            "llama3" => {
                let number = |name: &str, value: Option<f64>| {
                    let value = value.filter(|value| value.is_finite() && *value > 0.0);
                    let rule = "it must be above 0 for rope_type llama3";
                    value.ok_or_else(|| LoraError::setting(name, "not there", rule))
                };
                let slower = Slower {
                    factor: number("factor", rope.factor)?,
                    low: number("low_freq_factor", rope.low_freq_factor)?,
                    high: number("high_freq_factor", rope.high_freq_factor)?,
                    positions: number(
                        "original_max_position_embeddings",
                        rope.original_max_position_embeddings,
                    )?,
                };
                if slower.high <= slower.low {
                    let rule = "it must be above low_freq_factor";
                    return Err(LoraError::setting("high_freq_factor", slower.high, rule));
                }
                Ok(Some(slower))
            }
            other => {
                let advice = "of the ways to scale positions, only llama3 can be computed";
                Err(LoraError::unsupported("rope_type", other, advice))
            }
        }
    }

    fn head(&self, family: Family) -> usize {
        let divided = || match family {
            // The class's own default.
            Family::Qwen3 => 128,
            Family::Llama | Family::Mistral | Family::Qwen2 => {
                self.hidden_size / self.num_attention_heads
            }
        };
        self.head_dim.unwrap_or_else(divided)
    }

    fn positions(&self, family: Family) -> usize {
        let window = match family {
            Family::Llama => None,
            Family::Mistral => self.sliding_window,
            Family::Qwen2 | Family::Qwen3 => {
                self.sliding_window.filter(|_| self.use_sliding_window)
            }
        };
        let most = self.max_position_embeddings;
        window.map_or(most, |window| most.min(window))
    }

    fn biases(&self, family: Family) -> [bool; 7] {
        let (inputs, output, inner) = match family {
            Family::Llama => (self.attention_bias, self.attention_bias, self.mlp_bias),
            Family::Mistral => (false, false, false),
            Family::Qwen2 => (true, false, false),
            Family::Qwen3 => (self.attention_bias, self.attention_bias, false),
        };
        [inputs, inputs, inputs, output, inner, inner, inner]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(change: impl FnOnce(&mut Value)) -> Result<DecoderConfig, LoraError> {
        let mut config = json!({
            "model_type": "mistral", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "intermediate_size": 24, "vocab_size": 50, "hidden_act": "silu",
            "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "sliding_window": null,
        });
        change(&mut config);
        DecoderConfig::parse(Path::new("config.json"), config.to_string().as_bytes())
    }

    #[test]
    fn reads_the_sizes_of_each_family() {
        let mistral = parse(|_| ()).unwrap();
        assert_eq!(
            (mistral.head, mistral.heads(), mistral.base),
            (4, (4, 2), 1e4)
        );
        assert_eq!(mistral.biases, [false; 7]);
        let qwen2 = parse(|config| config["model_type"] = json!("qwen2")).unwrap();
        assert_eq!(qwen2.biases, [true, true, true, false, false, false, false]);
        let qwen3 = parse(|config| config["model_type"] = json!("qwen3")).unwrap();
        assert!(qwen3.head_norms && qwen3.head == 128);
        let llama = parse(|config| {
            config["model_type"] = json!("llama");
            config["rope_theta"] = json!(5e5);
            config["mlp_bias"] = json!(true);
        });
        let llama = llama.unwrap();
        assert_eq!(llama.biases, [false, false, false, false, true, true, true]);
        assert_eq!(llama.base, 5e5);
    }

    #[test]
    fn a_sliding_window_is_the_longest_text() {
        let window = |kind: &str, used: bool| {
            let config = parse(|config| {
                config["model_type"] = json!(kind);
                config["sliding_window"] = json!(8);
                config["use_sliding_window"] = json!(used);
            });
            config.unwrap().max_positions()
        };
        assert_eq!((window("mistral", false), window("llama", true)), (8, 64));
        assert_eq!((window("qwen2", false), window("qwen2", true)), (64, 8));
    }

    #[test]
    fn refuses_what_is_not_computed_and_sizes_that_cannot_be() {
        for (name, value, setting) in [
            ("model_type", json!("mixtral"), "model_type"),
            ("model_type", json!("qwen3_moe"), "model_type"),
            ("model_type", json!("gemma3_text"), "model_type"),
            ("hidden_act", json!("gelu"), "hidden_act"),
            ("is_causal", json!(false), "is_causal"),
            (
                "rope_scaling",
                json!({ "type": "yarn", "factor": 2.0 }),
                "rope_type",
            ),
            (
                "rope_parameters",
                json!({ "partial_rotary_factor": 0.5 }),
                "partial_rotary_factor",
            ),
        ] {
            let error = parse(|config| config[name] = value).unwrap_err();
            assert!(
                matches!(&error, LoraError::Unsupported { setting: s, .. } if s == setting),
                "{error}"
            );
        }
        for (name, value, setting) in [
            ("num_attention_heads", json!(3), "num_attention_heads"),
            ("num_attention_heads", json!(0), "num_attention_heads"),
            ("num_key_value_heads", json!(3), "num_key_value_heads"),
            ("num_key_value_heads", json!(0), "num_key_value_heads"),
            ("head_dim", json!(3), "head_dim"),
            ("vocab_size", json!(0), "vocab_size"),
            ("rms_norm_eps", json!(0.0), "rms_norm_eps"),
            ("rope_theta", json!(-1.0), "rope_theta"),
            ("rope_scaling", json!({ "rope_type": "llama3" }), "factor"),
        ] {
            let error = parse(|config| config[name] = value).unwrap_err();
            assert!(
                matches!(&error, LoraError::Setting { setting: s, .. } if s == setting),
                "{error}"
            );
        }
        for bytes in [
            &b""[..],
            b"{",
            b"[]",
            br#"{"model_type": "llama"}"#,
            b"\xff",
        ] {
            assert!(DecoderConfig::parse(Path::new("config.json"), bytes).is_err());
        }
    }
}
