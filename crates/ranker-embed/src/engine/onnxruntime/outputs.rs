//! What a graph gives, and which of it is taken.

use half::{bf16, f16};
use ort::value::{DynValue, Outlet, TensorElementType, ValueType};
use ranker_core::BoxError;

use crate::engine::Purpose;

/// Usual names of hidden states.
const TOKENS: [&str; 3] = ["last_hidden_state", "token_embeddings", "hidden_states"];
/// Usual names of what a graph has pooled as its model does. `pooler_output` is none: it is what BERT
/// learned for another task.
const TEXTS: [&str; 4] = [
    "sentence_embedding",
    "sentence_embeddings",
    "text_embedding",
    "text_embeddings",
];
const LOGITS: [&str; 2] = ["logits", "scores"];

/// An output of a graph: its name, and how many axes it has, where the graph says so.
pub(super) struct Axes<'n>(pub(super) &'n str, pub(super) Option<usize>);

impl<'n> Axes<'n> {
    pub(super) fn of(outlet: &'n Outlet) -> Self {
        let count = match outlet.dtype() {
            ValueType::Tensor { shape, .. } => Some(shape.len()).filter(|&count| count > 0),
            _ => Some(0),
        };
        Self(outlet.name(), count)
    }

    fn may_have(&self, count: usize) -> bool {
        self.1.is_none_or(|found| found == count)
    }
}

/// The output that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Output {
    /// `[texts, tokens, dimension]`
    Tokens(String),
    /// `[texts, dimension]`
    Texts(String),
    /// `[texts, labels]`
    Logits(String),
}

impl Output {
    /// By its usual name, else the first with as many axes.
    pub(super) fn choose(outputs: &[Axes<'_>], purpose: Purpose) -> Result<Self, BoxError> {
        let named = |names: &[&str]| {
            let found = names
                .iter()
                .find(|&name| outputs.iter().any(|Axes(output, _)| output == name));
            found.map(|name| (*name).to_owned())
        };
        // What follows the cache of a decoder, what BERT pools, and words to come are none.
        let other = |name: &str| {
            name.starts_with("present") || name.contains("pool") || LOGITS.contains(&name)
        };
        let shaped = |count: usize| {
            let mut outputs = outputs.iter();
            let found = outputs.find(|axes| axes.may_have(count) && !other(axes.0));
            found.map(|Axes(name, _)| (*name).to_owned())
        };
        let tokens = || named(&TOKENS).map(Self::Tokens);
        let texts = || named(&TEXTS).map(Self::Texts);
        let found = match purpose {
            Purpose::Logits => {
                let mut known = outputs.iter();
                let by_shape = known.find(|axes| axes.may_have(2) || axes.may_have(1));
                let by_shape = by_shape.map(|Axes(name, _)| (*name).to_owned());
                named(&LOGITS).or(by_shape).map(Self::Logits)
            }
            Purpose::Words => {
                let is_one = |axes: &&Axes<'_>| axes.may_have(3) && !axes.0.starts_with("present");
                let mut known = outputs.iter().filter(is_one);
                let usual = known.clone().find(|axes| LOGITS.contains(&axes.0));
                let found = usual.or_else(|| known.next());
                found.map(|Axes(name, _)| Self::Tokens((*name).to_owned()))
            }
            Purpose::Tokens => tokens()
                .or_else(|| shaped(3).map(Self::Tokens))
                .or_else(texts)
                .or_else(|| shaped(2).map(Self::Texts)),
            Purpose::Texts => texts()
                .or_else(tokens)
                .or_else(|| shaped(3).map(Self::Tokens))
                .or_else(|| shaped(2).map(Self::Texts)),
        };
        found.ok_or_else(|| {
            let names: Vec<&str> = outputs.iter().map(|Axes(name, _)| *name).collect();
            let names = names.join(", ");
            match purpose {
                Purpose::Logits => format!("its outputs ({names}) are no scores").into(),
                Purpose::Words => format!(
                    "its outputs ({names}) are no logits of tokens: export the model for `fill-mask`"
                )
                .into(),
                Purpose::Tokens | Purpose::Texts => format!(
                    "its outputs ({names}) are no hidden states: export the model for feature \
                     extraction, which gives `last_hidden_state`"
                )
                .into(),
            }
        })
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Tokens(name) | Self::Texts(name) | Self::Logits(name) => name,
        }
    }
}

/// A tensor's shape and its values as `f32`.
pub(super) fn floats(value: &DynValue) -> Result<(Vec<usize>, Vec<f32>), BoxError> {
    let (shape, values): (_, Vec<f32>) = match value.dtype().tensor_type() {
        Some(TensorElementType::Float16) => {
            let (shape, values) = value.try_extract_tensor::<f16>()?;
            (shape, values.iter().map(|value| value.to_f32()).collect())
        }
        Some(TensorElementType::Bfloat16) => {
            let (shape, values) = value.try_extract_tensor::<bf16>()?;
            (shape, values.iter().map(|value| value.to_f32()).collect())
        }
        _ => {
            let (shape, values) = value.try_extract_tensor::<f32>()?;
            (shape, values.to_vec())
        }
    };
    let shape = shape.iter().map(|&size| usize::try_from(size));
    Ok((shape.collect::<Result<Vec<_>, _>>()?, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(outputs: &[(&str, usize)], purpose: Purpose) -> Option<Output> {
        let axes = outputs.iter().map(|&(name, count)| Axes(name, Some(count)));
        let outputs: Vec<Axes<'_>> = axes.collect();
        Output::choose(&outputs, purpose).ok()
    }

    #[test]
    fn an_output_is_taken_by_name_and_then_by_its_axes() {
        let tokens = |name: &str| Some(Output::Tokens(name.to_owned()));
        let texts = |name: &str| Some(Output::Texts(name.to_owned()));
        let both = [("sentence_embedding", 2), ("token_embeddings", 3)];
        assert_eq!(chosen(&both, Purpose::Tokens), tokens("token_embeddings"));
        assert_eq!(chosen(&both, Purpose::Texts), texts("sentence_embedding"));
        let unnamed = [("present.0.key", 4), ("pooled", 2), ("x", 3)];
        assert_eq!(chosen(&unnamed, Purpose::Tokens), tokens("x"));
        assert_eq!(chosen(&[("y", 2)], Purpose::Tokens), texts("y"));
        let decoder = [("logits", 3), ("present.0.key", 4)];
        assert_eq!(chosen(&decoder, Purpose::Tokens), None);
        assert_eq!(chosen(&[("pooler_output", 2)], Purpose::Texts), None);
        assert_eq!(chosen(&[], Purpose::Tokens), None);
        let scored = [("hidden_states", 3), ("logits", 2)];
        let logits = Some(Output::Logits("logits".to_owned()));
        assert_eq!(chosen(&scored, Purpose::Logits), logits);
        assert_eq!(chosen(&[("hidden", 3)], Purpose::Logits), None);
        let words = [("hidden_states", 3), ("logits", 3), ("present.0.key", 4)];
        assert_eq!(chosen(&words, Purpose::Words), tokens("logits"));
        assert_eq!(chosen(&[("y", 2), ("x", 3)], Purpose::Words), tokens("x"));
        assert_eq!(chosen(&[("logits", 2)], Purpose::Words), None);
    }
}
