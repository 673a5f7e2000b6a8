//! The names of tensors.

use ranker_folder::{Family, Projection};

pub(crate) fn weight(path: &str) -> String {
    format!("{path}.weight")
}

pub(crate) fn bias(path: &str) -> String {
    format!("{path}.bias")
}

/// The name in transformers of a tensor in a graph that `ranker-lora` wrote, where it is a weight.
pub(super) fn of_ours(name: &str, family: &Family, layers: usize) -> Option<String> {
    let (path, ending) = match name.rsplit_once('.') {
        Some((path, "table")) => (path, "weight"),
        Some((path, ending @ ("weight" | "bias"))) => (path, ending),
        _ => return None,
    };
    let path = match path {
        "embeddings.words" => family.words.to_owned(),
        "embeddings.positions" => family.positions.to_owned(),
        "embeddings.types" => family.types?.to_owned(),
        "embeddings.norm" => family.embedding_norm.to_owned(),
        "relative" => family.relative?.to_owned(),
        "head.dense" => family.head.dense.to_owned(),
        "logits" => family.head.out.to_owned(),
        "last_hidden_state.norm" => {
            let last = layers.checked_sub(1)?;
            format!("{}.{last}.{}", family.layer, family.output_norm)
        }
        path => {
            let (index, part) = layer(path)?;
            match part {
                "norm" => format!("{}.{index}.{}", family.layer, family.output_norm),
                "attention.norm.norm" => {
                    format!("{}.{index}.{}", family.layer, family.attention_norm)
                }
                part => family.path(index, projection(part)?),
            }
        }
    };
    Some(format!("{path}.{ending}"))
}

/// A layer's number and what follows it in `layer.3.attention.query.flat`.
fn layer(path: &str) -> Option<(usize, &str)> {
    let (index, part) = path.strip_prefix("layer.")?.split_once('.')?;
    Some((index.parse().ok()?, part))
}

fn projection(part: &str) -> Option<Projection> {
    Some(match part {
        "attention.query.flat" => Projection::Query,
        "attention.key.flat" => Projection::Key,
        "attention.value.flat" => Projection::Value,
        "join" => Projection::Output,
        "up" => Projection::Up,
        "down" => Projection::Down,
        _ => return None,
    })
}
