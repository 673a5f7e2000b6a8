//! The families of encoders: everything that differs between them, one row each.

/// The linear maps of a transformer layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projection {
    /// From the layer's input to the queries of all heads.
    Query,
    /// To the keys.
    Key,
    /// To the values.
    Value,
    /// From the concatenated heads back to the hidden size.
    Output,
    /// The feed-forward network's first map, to the intermediate size.
    Up,
    /// Its second, back to the hidden size.
    Down,
}

impl Projection {
    /// All of them, in the order of [`Family::projections`].
    pub const ALL: [Self; 6] = [
        Self::Query,
        Self::Key,
        Self::Value,
        Self::Output,
        Self::Up,
        Self::Down,
    ];
}

/// Where a family's positions begin in its position table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Positions {
    /// At row 0; padding is counted like any token.
    FromZero,
    /// Behind the row of padding, p = `pad_token_id`: padding has row p, and the first other token
    /// row p + 1 (`create_position_ids_from_input_ids` of transformers).
    BehindPadding,
    /// The same with p = 1, whatever `pad_token_id` says.
    BehindOne,
}

/// The names of a head for sequence classification.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct HeadNames {
    /// The class in transformers.
    pub architecture: &'static str,
    /// The first linear map.
    pub dense: &'static str,
    /// The second, to one score.
    pub out: &'static str,
    /// The modules that PEFT keeps whole beside an adapter.
    pub saved: &'static [&'static str],
}

impl HeadNames {
    /// Whether the first map is the encoder's pooler.
    #[must_use]
    pub fn uses_pooler(&self) -> bool {
        self.dense == BERT.pooler
    }
}

const CLASSIFIER: HeadNames = HeadNames {
    architecture: "RobertaForSequenceClassification",
    dense: "classifier.dense",
    out: "classifier.out_proj",
    saved: &["classifier"],
};

/// A kind of encoder: how it counts positions, and the names of its tensors as Hugging Face's
/// transformers writes them. To support another kind, add a row here and to [`Family::all`].
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct Family {
    /// `model_type` in `config.json`.
    pub model_type: &'static str,
    /// The prefix of all names where the encoder is a part of a model with a head.
    pub prefix: &'static str,
    /// Prefixes of the names of tensors that an encoder does not need.
    pub skipped: &'static [&'static str],
    /// The table of token embeddings.
    pub words: &'static str,
    /// The table of position embeddings.
    pub positions: &'static str,
    first_position: Positions,
    /// The table of segment embeddings; `None` for a family without segments.
    pub types: Option<&'static str>,
    /// The normalisation of the sum of the tables.
    pub embedding_norm: &'static str,
    /// A bias of attention scores by the distance of two tokens, shared by all layers.
    pub relative: Option<&'static str>,
    /// The path that precedes a layer's number.
    pub layer: &'static str,
    /// The linear maps of a layer, in the order of [`Projection::ALL`].
    pub projections: [&'static str; 6],
    /// The normalisation behind the attention.
    pub attention_norm: &'static str,
    /// The normalisation at the end of a layer.
    pub output_norm: &'static str,
    /// A linear map behind the encoder. Embeddings do not use it, but PEFT adapts it under
    /// `target_modules = ["dense"]`.
    pub pooler: &'static str,
    /// The head of its cross-encoders.
    pub head: HeadNames,
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
    first_position: Positions::FromZero,
    types: Some("embeddings.token_type_embeddings"),
    embedding_norm: "embeddings.LayerNorm",
    relative: None,
    layer: "encoder.layer",
    projections: [
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
    first_position: Positions::BehindPadding,
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

/// French, and shaped as RoBERTa is.
const CAMEMBERT: Family = Family {
    model_type: "camembert",
    head: HeadNames {
        architecture: "CamembertForSequenceClassification",
        ..CLASSIFIER
    },
    ..ROBERTA
};

const MPNET: Family = Family {
    model_type: "mpnet",
    prefix: "mpnet.",
    first_position: Positions::BehindOne,
    types: None,
    relative: Some("encoder.relative_attention_bias"),
    projections: [
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
    /// Every family that is known.
    #[must_use]
    pub fn all() -> [&'static Self; 5] {
        [&BERT, &ROBERTA, &XLM_ROBERTA, &CAMEMBERT, &MPNET]
    }

    /// The row of a `model_type`.
    #[must_use]
    pub fn named(model_type: &str) -> Option<&'static Self> {
        let mut all = Self::all().into_iter();
        all.find(|family| family.model_type == model_type)
    }

    /// The id of the padding that positions are counted behind, where the family does that.
    #[must_use]
    pub fn position_padding(&self, pad_token_id: Option<u32>) -> Option<u32> {
        match self.first_position {
            Positions::FromZero => None,
            Positions::BehindPadding => Some(pad_token_id.unwrap_or(1)),
            Positions::BehindOne => Some(1),
        }
    }

    /// The longest sequence, in tokens: the rows of the position table without those that no token of
    /// a text has. `None` where none is left.
    #[must_use]
    pub fn sequence_length(&self, rows: usize, pad_token_id: Option<u32>) -> Option<usize> {
        let padding = self.position_padding(pad_token_id);
        let reserved = padding.map_or(0, |padding| padding as usize + 1);
        rows.checked_sub(reserved).filter(|&left| left > 0)
    }

    /// The path of a layer's linear map, such as `encoder.layer.0.attention.self.query`.
    #[must_use]
    pub fn path(&self, layer: usize, projection: Projection) -> String {
        let name = self.projections[projection as usize];
        format!("{}.{layer}.{name}", self.layer)
    }

    /// A tensor's name without the family's prefix and in today's spelling, or `None` for one that
    /// the encoder does not need. BERT's first weights call a norm's parameters gamma and beta.
    #[must_use]
    pub fn tensor_name(&self, name: &str) -> Option<String> {
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
            bert.path(3, Projection::Query),
            "encoder.layer.3.attention.self.query"
        );
        assert_eq!(
            bert.path(0, Projection::Down),
            "encoder.layer.0.output.dense"
        );
        assert_eq!(
            Projection::ALL.map(|projection| projection as usize),
            [0, 1, 2, 3, 4, 5]
        );
    }

    #[test]
    fn mpnet_has_names_of_its_own() {
        let mpnet = Family::named("mpnet").unwrap();
        assert_eq!(
            mpnet.path(1, Projection::Output),
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

    #[test]
    fn positions_begin_behind_the_padding_where_transformers_counts_so() {
        let length = |kind, rows, pad| Family::named(kind).unwrap().sequence_length(rows, pad);
        assert_eq!(length("bert", 512, Some(0)), Some(512));
        assert_eq!(length("roberta", 514, Some(1)), Some(512));
        assert_eq!(length("camembert", 514, None), Some(512));
        assert_eq!(length("xlm-roberta", 514, Some(4)), Some(509));
        assert_eq!(length("mpnet", 514, Some(4)), Some(512));
        assert_eq!(length("roberta", 2, None), None);
        assert_eq!(Family::named("gpt2"), None);
    }
}
