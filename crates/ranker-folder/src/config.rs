//! The transformer's `config.json`.

use serde::Deserialize;

use crate::family::Family;

/// Kinds of decoders: each token's hidden state knows of the tokens before it alone.
const DECODERS: [&str; 28] = [
    "bloom",
    "cohere",
    "cohere2",
    "exaone4",
    "falcon",
    "gemma",
    "gemma2",
    "gemma3_text",
    "gpt2",
    "gpt_bigcode",
    "gpt_neo",
    "gpt_neox",
    "gptj",
    "granite",
    "helium",
    "llama",
    "ministral",
    "mistral",
    "mixtral",
    "olmo",
    "olmo2",
    "opt",
    "phi",
    "phi3",
    "qwen2",
    "qwen3",
    "qwen3_moe",
    "smollm3",
];

/// The part of the transformer's `config.json` that matters to its use. What GPT-2 and its kin call
/// otherwise has fields of its own.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Config {
    pub(crate) hidden_size: Option<usize>,
    pub(crate) n_embd: Option<usize>,
    pub(crate) max_position_embeddings: Option<usize>,
    pub(crate) n_positions: Option<usize>,
    pub(crate) model_type: Option<String>,
    pub(crate) pad_token_id: Option<u32>,
    pub(crate) vocab_size: Option<usize>,
    pub(crate) num_attention_heads: Option<usize>,
    pub(crate) n_head: Option<usize>,
    pub(crate) num_key_value_heads: Option<usize>,
    pub(crate) head_dim: Option<usize>,
    pub(crate) architectures: Option<Vec<String>>,
    pub(crate) is_causal: Option<bool>,
    pub(crate) use_bidirectional_attention: Option<bool>,
}

/// The heads of a decoder's attention, as far as its configuration tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heads {
    /// How many have keys and values of their own.
    pub key_value: Option<usize>,
    /// Components of a key or a value.
    pub size: Option<usize>,
}

impl Config {
    pub(crate) fn family(&self) -> Option<&'static Family> {
        Family::named(self.model_type.as_deref()?)
    }

    pub(crate) fn hidden_size(&self) -> Option<usize> {
        self.hidden_size.or(self.n_embd)
    }

    pub(crate) fn positions(&self) -> Option<usize> {
        self.max_position_embeddings.or(self.n_positions)
    }

    pub(crate) fn heads(&self) -> Heads {
        let all = self.num_attention_heads.or(self.n_head);
        let divided = || self.hidden_size()?.checked_div(all?);
        Heads {
            key_value: self.num_key_value_heads.or(all),
            size: self.head_dim.or_else(divided),
        }
    }

    /// Whether it is of a class.
    pub(crate) fn has_architecture(&self, name: &str) -> bool {
        let mut known = self.architectures.iter().flatten();
        known.any(|known| known == name)
    }

    /// Whether it is a masked language model, which has logits for every entry of its vocabulary.
    pub(crate) fn is_masked(&self) -> bool {
        let mut known = self.architectures.iter().flatten();
        known.any(|known| known.ends_with("ForMaskedLM"))
    }

    /// Whether it is a decoder that reads in one direction.
    pub(crate) fn is_causal(&self) -> bool {
        let kind = self.model_type.as_deref().unwrap_or_default();
        let is_decoder = DECODERS.contains(&kind);
        let both_ways = self.use_bidirectional_attention.unwrap_or(false);
        is_decoder && !both_ways && self.is_causal.unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn gpt_2_has_names_of_its_own() {
        let gpt =
            r#"{"model_type": "gpt2", "n_embd": 16, "n_positions": 64, "n_ctx": 64, "n_head": 4}"#;
        let gpt = config(gpt);
        assert_eq!((gpt.hidden_size(), gpt.positions()), (Some(16), Some(64)));
        let heads = Heads {
            key_value: Some(4),
            size: Some(4),
        };
        assert_eq!(gpt.heads(), heads);
        assert!(gpt.is_causal());
    }

    #[test]
    fn heads_may_share_keys_and_have_a_size_of_their_own() {
        let qwen = r#"{"model_type": "qwen3", "hidden_size": 1024, "num_attention_heads": 16,
            "num_key_value_heads": 8, "head_dim": 128}"#;
        let heads = config(qwen).heads();
        assert_eq!((heads.key_value, heads.size), (Some(8), Some(128)));
        assert_eq!(config("{}").heads(), Heads::default());
        let none = config(r#"{"hidden_size": 8, "num_attention_heads": 0}"#);
        assert_eq!(none.heads().size, None);
    }

    #[test]
    fn a_decoder_that_reads_both_ways_is_told_by_its_settings() {
        for text in [
            r#"{"model_type": "gemma3_text", "use_bidirectional_attention": true}"#,
            r#"{"model_type": "qwen2", "is_causal": false}"#,
            r#"{"model_type": "bert"}"#,
            "{}",
        ] {
            assert!(!config(text).is_causal(), "{text}");
        }
        assert!(config(r#"{"model_type": "mistral"}"#).is_causal());
    }
}
