//! What a graph asks for.

use half::f16;
use ort::session::SessionInputValue;
use ort::value::{Outlet, Tensor, TensorElementType, TensorRef, ValueType};
use ranker_core::BoxError;
use ranker_folder::Heads;

use super::batch::{Array, Batch};

/// An input of a graph, and what it is fed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Input {
    pub(super) name: String,
    feed: Feed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feed {
    /// An array of the batch.
    Array(Array, Integer),
    /// Keys or values of a layer for the tokens before the text, of which there are none:
    /// `[texts, heads, 0, size]`.
    Past {
        heads: usize,
        size: usize,
        kind: Float,
    },
    /// That there is nothing before the text: the graph has a branch for either.
    NoPast,
    /// The places of the columns.
    Columns(Integer),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Integer {
    I64,
    I32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Float {
    F32,
    F16,
}

impl Input {
    /// What the input of a name is fed; `heads` are those of the folder's configuration.
    pub(super) fn new(outlet: &Outlet, heads: Heads) -> Result<Self, BoxError> {
        let name = outlet.name();
        let integer = || integer(outlet);
        let feed = match name {
            "input_ids" => Feed::Array(Array::Ids, integer()?),
            "attention_mask" => Feed::Array(Array::Mask, integer()?),
            "token_type_ids" => Feed::Array(Array::Types, integer()?),
            "position_ids" => Feed::Array(Array::Places, integer()?),
            "cache_position" => Feed::Columns(integer()?),
            "use_cache_branch" => Feed::NoPast,
            _ if name.starts_with("past_key_values.") => past(outlet, heads)?,
            _ => {
                return Err(format!(
                    "the graph asks for input {name:?}; known here are `input_ids`, `attention_mask`, \
                     `token_type_ids`, `position_ids`, `cache_position`, `past_key_values.*` and \
                     `use_cache_branch`"
                )
                .into());
            }
        };
        Ok(Self {
            name: name.to_owned(),
            feed,
        })
    }

    /// The value for a batch.
    pub(super) fn value<'b>(&self, batch: &'b Batch) -> Result<SessionInputValue<'b>, ort::Error> {
        let shape = [batch.rows, batch.columns];
        Ok(match self.feed {
            Feed::Array(array, Integer::I64) => {
                TensorRef::from_array_view((shape, batch.array(array)))?.into()
            }
            Feed::Array(array, Integer::I32) => {
                Tensor::from_array((shape, narrow(batch.array(array).iter().copied())))?.into()
            }
            Feed::Past { heads, size, kind } => {
                let shape = [batch.rows, heads, 0, size];
                match kind {
                    Float::F32 => Tensor::from_array((shape, Vec::<f32>::new()))?.into(),
                    Float::F16 => Tensor::from_array((shape, Vec::<f16>::new()))?.into(),
                }
            }
            Feed::NoPast => Tensor::from_array(([1], vec![false]))?.into(),
            Feed::Columns(kind) => {
                let columns = 0..batch.columns as i64;
                let shape = [batch.columns];
                match kind {
                    Integer::I64 => {
                        Tensor::from_array((shape, columns.collect::<Vec<i64>>()))?.into()
                    }
                    Integer::I32 => Tensor::from_array((shape, narrow(columns)))?.into(),
                }
            }
        })
    }
}

/// Token ids and places are far below the limit.
fn narrow(values: impl Iterator<Item = i64>) -> Vec<i32> {
    values
        .map(|value| i32::try_from(value).unwrap_or(i32::MAX))
        .collect()
}

fn integer(outlet: &Outlet) -> Result<Integer, BoxError> {
    match outlet.dtype().tensor_type() {
        Some(TensorElementType::Int64) => Ok(Integer::I64),
        Some(TensorElementType::Int32) => Ok(Integer::I32),
        other => Err(wrong(outlet, other, "integers of 64 or 32 bits")),
    }
}

fn wrong(outlet: &Outlet, found: Option<TensorElementType>, wanted: &str) -> BoxError {
    let (name, found) = (
        outlet.name(),
        found.map_or("no tensor".into(), |kind| kind.to_string()),
    );
    format!("the graph's {name:?} is {found}; fed here are {wanted}").into()
}

/// Heads and their size as the graph has them, else as the configuration does.
fn past(outlet: &Outlet, heads: Heads) -> Result<Feed, BoxError> {
    let name = outlet.name();
    let kind = match outlet.dtype().tensor_type() {
        Some(TensorElementType::Float32) => Float::F32,
        Some(TensorElementType::Float16) => Float::F16,
        other => return Err(wrong(outlet, other, "floats of 32 or 16 bits")),
    };
    let shape: &[i64] = match outlet.dtype() {
        ValueType::Tensor { shape, .. } => shape,
        _ => &[],
    };
    let &[_, count, before, size] = shape else {
        return Err(format!(
            "the graph's {name:?} has {} axes; known here are [texts, heads, tokens before, size]",
            shape.len()
        )
        .into());
    };
    if before > 0 {
        return Err(format!("the graph's {name:?} wants {before} tokens before each text").into());
    }
    let known = |fixed: i64, configured: Option<usize>, setting: &str| {
        let fixed = usize::try_from(fixed).ok().filter(|&fixed| fixed > 0);
        fixed
            .or(configured)
            .ok_or_else(|| format!("neither the graph's {name:?} nor config.json says `{setting}`"))
    };
    Ok(Feed::Past {
        heads: known(count, heads.key_value, "num_key_value_heads")?,
        size: known(size, heads.size, "head_dim")?,
        kind,
    })
}
