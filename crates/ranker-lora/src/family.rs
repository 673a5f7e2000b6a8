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

/// How a kind of encoder counts the positions of its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// From 0 on.
    All,
    /// Padding is not counted: with p the padding's id, the first other token has position p + 1,
    /// and padding has p. The id is `pad_token_id`.
    BehindPadding,
    /// The same, but p is 1, whatever the configuration says.
    BehindOne,
}

/// The names of a head for sequence classification.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HeadNames {
    /// The class in `transformers`.
    pub(crate) architecture: &'static str,
    pub(crate) dense: &'static str,
    pub(crate) out: &'static str,
    /// The modules that PEFT keeps whole beside an adapter.
    pub(crate) saved: &'static [&'static str],
}

impl HeadNames {
    /// Whether the first map is the encoder's pooler.
    pub(crate) fn uses_pooler(&self) -> bool {
        self.dense == BERT.pooler
    }
}

const CLASSIFIER: HeadNames = HeadNames {
    architecture: "RobertaForSequenceClassification",
    dense: "classifier.dense",
    out: "classifier.out_proj",
    saved: &["classifier"],
};

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
    pub(crate) counting: Counting,
    /// `None` for a kind that does not tell tokens' types apart.
    pub(crate) types: Option<&'static str>,
    pub(crate) embedding_norm: &'static str,
    /// A bias of attention scores by the tokens' distance, shared by all layers.
    pub(crate) relative: Option<&'static str>,
    /// What stands before a layer's number.
    pub(crate) layer: &'static str,
    /// The parts of a layer, in the order of [`Part::ALL`].
    pub(crate) parts: [&'static str; 6],
    pub(crate) attention_norm: &'static str,
    pub(crate) output_norm: &'static str,
    /// A linear map behind the encoder. Embeddings do not use it, but PEFT adapts it under
    /// `target_modules = ["dense"]`.
    pub(crate) pooler: &'static str,
    pub(crate) head: HeadNames,
}

const BERT: Family = Family {
    model_type: "bert",
    prefix: "bert.",
    skipped: &[
        "embeddings.position_ids",
        "embeddings.token_type_ids",
        "cls.",
    ],
    words: "embeddings.word_embeddings",
    positions: "embeddings.position_embeddings",
    counting: Counting::All,
    types: Some("embeddings.token_type_embeddings"),
    embedding_norm: "embeddings.LayerNorm",
    relative: None,
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
    head: HeadNames {
        architecture: "BertForSequenceClassification",
        dense: "pooler.dense",
        out: "classifier",
        saved: &["classifier", "pooler"],
    },
};

const ROBERTA: Family = Family {
    model_type: "roberta",
    prefix: "roberta.",
    skipped: &[
        "embeddings.position_ids",
        "embeddings.token_type_ids",
        "lm_head.",
    ],
    counting: Counting::BehindPadding,
    head: CLASSIFIER,
    ..BERT
};

/// Multilingual, and shaped as RoBERTa is.
const XLM_ROBERTA: Family = Family {
    model_type: "xlm-roberta",
    head: HeadNames {
        architecture: "XLMRobertaForSequenceClassification",
        ..CLASSIFIER
    },
    ..ROBERTA
};

const MPNET: Family = Family {
    model_type: "mpnet",
    prefix: "mpnet.",
    counting: Counting::BehindOne,
    types: None,
    relative: Some("encoder.relative_attention_bias"),
    parts: [
        "attention.attn.q",
        "attention.attn.k",
        "attention.attn.v",
        "attention.attn.o",
        "intermediate.dense",
        "output.dense",
    ],
    attention_norm: "attention.LayerNorm",
    head: HeadNames {
        architecture: "MPNetForSequenceClassification",
        ..CLASSIFIER
    },
    ..ROBERTA
};

impl Family {
    /// Every kind that can be read.
    pub(crate) fn all() -> [&'static Self; 4] {
        [&BERT, &ROBERTA, &XLM_ROBERTA, &MPNET]
    }

    /// The row for a `model_type`.
    pub(crate) fn named(model_type: &str) -> Result<&'static Self, LoraError> {
        let advice = "only bert, roberta, xlm-roberta and mpnet can be read";
        Self::all()
            .into_iter()
            .find(|family| family.model_type == model_type)
            .ok_or_else(|| LoraError::unsupported("model_type", model_type, advice))
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
    fn mpnet_has_names_of_its_own() {
        let mpnet = Family::named("mpnet").unwrap();
        assert_eq!(
            mpnet.part(1, Part::Join),
            "encoder.layer.1.attention.attn.o"
        );
        let name = mpnet.tensor_name("mpnet.encoder.relative_attention_bias.weight");
        assert_eq!(
            name.as_deref(),
            Some("encoder.relative_attention_bias.weight")
        );
        assert_eq!(mpnet.tensor_name("lm_head.bias"), None);
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
