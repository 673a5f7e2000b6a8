//! An encoder: what is read of it, computed with it and written.
//!
//! [`EncoderWeights`] holds the weights in one of two forms ([`Weight`]); [`Base`](crate::Base) hides which one
//! from training and adapters. A family's names and numbers are in `ranker_folder::Family`.

mod base;
mod config;
mod folder;
mod form;
mod forward;
mod names;
mod quantized;
mod read;
mod relative;
mod save;
mod shards;
mod stored;
mod table;
mod tensors;
mod weights;

pub(crate) use base::{EncoderBase, FrozenLinear};
pub(crate) use config::BUCKETS;
pub use config::EncoderConfig;
pub(crate) use folder::{config_beside, copy_companions};
#[cfg(test)]
pub(crate) use form::Form;
pub(crate) use form::FrozenWeight;
pub use form::Weight;
pub use forward::AdaptedEncoder;
pub(crate) use names::{LORA_A, LORA_B, MAGNITUDE, bias, bias_path, check_finite, weight};
pub(crate) use relative::{RelativeBias, buckets};
pub(crate) use save::full_config;
pub(crate) use stored::{NamedTensor, Stored, serialize};
pub(crate) use table::{Rows, Table};
pub(crate) use tensors::Tensors;
pub use weights::{Encoder, EncoderWeights, QuantizedEncoder};
pub(crate) use weights::{Layer, Linear, Norm, each_projection};
