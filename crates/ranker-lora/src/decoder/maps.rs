//! The names of a decoder's tensors, which Llama, Mistral and Qwen share.

/// The table of token embeddings.
pub(crate) const WORDS: &str = "embed_tokens";
/// The normalisation behind the last layer.
pub(crate) const NORM: &str = "norm";
/// The normalisations of a layer: before the attention and before the feed-forward network.
pub(crate) const NORMS: [&str; 2] = ["input_layernorm", "post_attention_layernorm"];
/// The normalisations of each head's queries and keys.
pub(crate) const HEAD_NORMS: [&str; 2] = ["self_attn.q_norm", "self_attn.k_norm"];

/// The linear maps of a decoder's layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecoderMap {
    Query,
    Key,
    Value,
    /// From the concatenated heads back to the hidden size.
    Output,
    /// The feed-forward network's map that goes through SiLU.
    Gate,
    /// Its map that is multiplied with that.
    Up,
    /// Back to the hidden size.
    Down,
}

impl DecoderMap {
    pub(crate) const ALL: [Self; 7] = [
        Self::Query,
        Self::Key,
        Self::Value,
        Self::Output,
        Self::Gate,
        Self::Up,
        Self::Down,
    ];

    pub(crate) fn path(self, layer: usize) -> String {
        let name = match self {
            Self::Query => "self_attn.q_proj",
            Self::Key => "self_attn.k_proj",
            Self::Value => "self_attn.v_proj",
            Self::Output => "self_attn.o_proj",
            Self::Gate => "mlp.gate_proj",
            Self::Up => "mlp.up_proj",
            Self::Down => "mlp.down_proj",
        };
        of_layer(layer, name)
    }
}

/// A path below a layer.
pub(crate) fn of_layer(layer: usize, name: &str) -> String {
    format!("layers.{layer}.{name}")
}

/// A tensor's name without the prefix of a model that writes, or `None` for one that hidden states do not
/// depend on: the map to words to come, and angles that are computed.
pub(crate) fn tensor_name(name: &str) -> Option<String> {
    let name = name.strip_prefix("model.").unwrap_or(name);
    let skipped = name.starts_with("lm_head.") || name.ends_with("rotary_emb.inv_freq");
    (!skipped).then(|| name.to_owned())
}
