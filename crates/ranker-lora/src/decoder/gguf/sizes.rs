//! The sizes of a decoder, from a GGUF file's keys.

use std::collections::BTreeMap;

use super::super::config::{DecoderConfig, MOST};
use crate::error::LoraError;
use crate::gguf::{Gguf, GgufValue};

struct Keys<'g>(&'g Gguf);

impl Keys<'_> {
    fn value(&self, key: &str) -> Option<&GgufValue> {
        self.0.value(&format!("llama.{key}"))
    }

    fn wrong(&self, what: String) -> LoraError {
        LoraError::format(self.0.path(), "GGUF")(what)
    }

    fn size(&self, key: &str, default: Option<usize>) -> Result<usize, LoraError> {
        let found = match (self.value(key), default) {
            (None, Some(default)) => return Ok(default),
            (None, None) => return Err(self.wrong(format!("it has no `llama.{key}`"))),
            (Some(value), _) => value,
        };
        let size = found.as_usize().filter(|size| (1..=MOST).contains(size));
        size.ok_or_else(|| {
            self.wrong(format!(
                "`llama.{key}` is {found:?}, not a number from 1 to {MOST}"
            ))
        })
    }

    fn positive(&self, key: &str, default: Option<f64>) -> Result<f64, LoraError> {
        let found = match (self.value(key), default) {
            (None, Some(default)) => return Ok(default),
            (found, _) => found,
        };
        let number = found.and_then(GgufValue::as_f64);
        let number = number.filter(|number| number.is_finite() && *number > 0.0);
        number
            .ok_or_else(|| self.wrong(format!("`llama.{key}` is {found:?}, not a number above 0")))
    }

    /// Refuses keys of what is not computed.
    fn refuse(&self) -> Result<(), LoraError> {
        let none =
            |value: &GgufValue| value.as_usize() == Some(0) || value.as_str() == Some("none");
        for key in [
            "expert_count",
            "rope.scaling.type",
            "rope.scaling.factor",
            "rope.scale_linear",
            "attention.sliding_window",
            "attention.clamp_kqv",
            "attention.scale",
            "logit_scale",
            "embedding_scale",
            "residual_scale",
        ] {
            if let Some(value) = self.value(key).filter(|value| !none(value)) {
                let advice = "a plain Llama can be written as an encoder";
                let value = format!("{value:?}");
                return Err(LoraError::unsupported(
                    &format!("llama.{key}"),
                    value,
                    advice,
                ));
            }
        }
        match self.value("attention.causal").and_then(GgufValue::as_bool) {
            Some(false) => {
                let advice = "decoders that read in one direction are written";
                Err(LoraError::unsupported(
                    "llama.attention.causal",
                    false,
                    advice,
                ))
            }
            _ => Ok(()),
        }
    }
}

/// The sizes that a file's keys tell.
pub(super) fn read(file: &Gguf) -> Result<DecoderConfig, LoraError> {
    const ARCHITECTURE: &str = "general.architecture";
    let kind = file.value(ARCHITECTURE).and_then(GgufValue::as_str);
    let kind = kind.unwrap_or("not said");
    if kind != "llama" {
        return Err(LoraError::unsupported(
            ARCHITECTURE,
            kind,
            "llama can be written as an encoder",
        ));
    }
    let keys = Keys(file);
    keys.refuse()?;
    let hidden = keys.size("embedding_length", None)?;
    let heads = keys.size("attention.head_count", None)?;
    let head = keys.size("attention.key_length", Some(hidden / heads))?;
    let key_heads = keys.size("attention.head_count_kv", Some(heads))?;
    let values = keys.size("attention.value_length", Some(head))?;
    let turned = keys.size("rope.dimension_count", Some(head))?;
    let table = file.tensor("token_embd.weight");
    let vocabulary = table.and_then(|table| table.shape().first().copied());
    let own = DecoderConfig {
        hidden,
        layers: keys.size("block_count", None)?,
        heads,
        key_heads,
        head,
        intermediate: keys.size("feed_forward_length", None)?,
        vocabulary: vocabulary.unwrap_or(0),
        positions: keys.size("context_length", None)?,
        epsilon: keys.positive("attention.layer_norm_rms_epsilon", None)?,
        base: keys.positive("rope.freq_base", Some(10_000.0))?,
        slower: None,
        biases: [false; 7],
        head_norms: false,
    };
    if head == 0 || !head.is_multiple_of(2) || !heads.is_multiple_of(key_heads) {
        let what = format!("{heads} heads of {head} components share {key_heads} of keys");
        return Err(keys.wrong(what));
    }
    for (key, found) in [
        ("attention.value_length", values),
        ("rope.dimension_count", turned),
    ] {
        if found != head {
            let advice = format!("heads of {head} components can be written");
            return Err(LoraError::unsupported(
                &format!("llama.{key}"),
                found,
                advice,
            ));
        }
    }
    Ok(own)
}

/// Every tensor with its shape, rows first.
pub(super) fn tensors(config: &DecoderConfig) -> BTreeMap<String, Vec<usize>> {
    let (hidden, inner) = (config.hidden, config.intermediate);
    let (queries, keys) = (config.heads * config.head, config.key_heads * config.head);
    let mut all = BTreeMap::from([
        (
            "token_embd.weight".to_owned(),
            vec![config.vocabulary, hidden],
        ),
        ("output_norm.weight".to_owned(), vec![hidden]),
    ]);
    for layer in 0..config.layers {
        let parts = [
            ("attn_norm", vec![hidden]),
            ("attn_q", vec![queries, hidden]),
            ("attn_k", vec![keys, hidden]),
            ("attn_v", vec![keys, hidden]),
            ("attn_output", vec![hidden, queries]),
            ("ffn_norm", vec![hidden]),
            ("ffn_gate", vec![inner, hidden]),
            ("ffn_up", vec![inner, hidden]),
            ("ffn_down", vec![hidden, inner]),
        ];
        all.extend(parts.map(|(part, shape)| (name(layer, part), shape)));
    }
    all
}

/// A layer's tensor.
pub(super) fn name(layer: usize, part: &str) -> String {
    format!("blk.{layer}.{part}.weight")
}
