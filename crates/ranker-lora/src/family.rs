//! What differs between kinds of encoders: one row of names each.

use crate::LoraError;

/// The linear maps of a transformer layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Query,
    Key,
    Value,
    /// From the joined heads back to the hidden size.
    Join,
    /// From the hidden size to the intermediate one.
    Up,
    /// And back.
    Down,
}

impl Part {
    pub(crate) const ALL: [Self; 6] = [
        Self::Query,
        Self::Key,
        Self::Value,
        Self::Join,
        Self::Up,
        Self::Down,
    ];
}

/// The names of one kind of encoder, as Hugging Face's `transformers` writes them.
#[derive(Debug, PartialEq)]
pub(crate) struct Family {
    /// `model_type` in `config.json`.
    pub(crate) model_type: &'static str,
    /// What stands before all names where the encoder is a part of a model with a head.
    pub(crate) prefix: &'static str,
    /// Beginnings of names that the encoder does not need.
    pub(crate) skipped: &'static [&'static str],
    pub(crate) words: &'static str,
    pub(crate) positions: &'static str,
    pub(crate) types: &'static str,
    pub(crate) embedding_norm: &'static str,
    /// What stands before a layer's number.
    pub(crate) layer: &'static str,
    /// The parts of a layer, in the order of [`Part::ALL`].
    pub(crate) parts: [&'static str; 6],
    pub(crate) attention_norm: &'static str,
    pub(crate) output_norm: &'static str,
    /// A linear map behind the encoder. Embeddings do not use it, but PEFT adapts it under
    /// `target_modules = ["dense"]`.
    pub(crate) pooler: &'static str,
}

/// Every kind that can be read.
static FAMILIES: [Family; 1] = [Family {
    model_type: "bert",
    prefix: "bert.",
    skipped: &[
        "embeddings.position_ids",
        "embeddings.token_type_ids",
        "cls.",
    ],
    words: "embeddings.word_embeddings",
    positions: "embeddings.position_embeddings",
    types: "embeddings.token_type_embeddings",
    embedding_norm: "embeddings.LayerNorm",
    layer: "encoder.layer",
    parts: [
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.output.dense",
        "intermediate.dense",
        "output.dense",
    ],
    attention_norm: "attention.output.LayerNorm",
    output_norm: "output.LayerNorm",
    pooler: "pooler.dense",
}];

impl Family {
    pub(crate) fn all() -> &'static [Self] {
        &FAMILIES
    }

    /// The row for a `model_type`.
    pub(crate) fn named(model_type: &str) -> Result<&'static Self, LoraError> {
        FAMILIES
            .iter()
            .find(|family| family.model_type == model_type)
            .ok_or_else(|| {
                LoraError::unsupported("model_type", model_type, "only bert can be read")
            })
    }

    /// The path of a layer's linear map, such as `encoder.layer.0.attention.self.query`.
    pub(crate) fn part(&self, layer: usize, part: Part) -> String {
        format!("{}.{layer}.{}", self.layer, self.parts[part as usize])
    }

    /// A tensor's name without the family's prefix and in today's spelling, or `None` for one that
    /// the encoder does not need. BERT's first weights call a norm's parameters gamma and beta.
    pub(crate) fn tensor_name(&self, name: &str) -> Option<String> {
        let name = name.strip_prefix(self.prefix).unwrap_or(name);
        if self
            .skipped
            .iter()
            .any(|beginning| name.starts_with(beginning))
        {
            return None;
        }
        Some(
            name.replace("LayerNorm.gamma", "LayerNorm.weight")
                .replace("LayerNorm.beta", "LayerNorm.bias"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_transformers() {
        let bert = Family::named("bert").unwrap();
        assert_eq!(
            bert.part(3, Part::Query),
            "encoder.layer.3.attention.self.query"
        );
        assert_eq!(bert.part(0, Part::Down), "encoder.layer.0.output.dense");
        assert_eq!(Part::ALL.map(|part| part as usize), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn tensor_names_lose_prefix_and_old_spelling() {
        let bert = Family::named("bert").unwrap();
        let name = |name| bert.tensor_name(name);
        assert_eq!(
            name("bert.pooler.dense.bias").as_deref(),
            Some("pooler.dense.bias")
        );
        let norm = name("bert.embeddings.LayerNorm.gamma");
        assert_eq!(norm.as_deref(), Some("embeddings.LayerNorm.weight"));
        assert_eq!(name("cls.predictions.bias"), None);
        assert_eq!(name("embeddings.position_ids"), None);
    }
}
