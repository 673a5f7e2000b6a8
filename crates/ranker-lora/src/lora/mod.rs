//! Low-rank adapters (Hu et al. 2021, <https://arxiv.org/abs/2106.09685>).

mod adapter;
mod biases;
mod config;
mod cross;
mod folder;
mod merge;
mod peft;
mod peft_config;
mod set;

pub use adapter::{LoraAdapter, LoraLayer};
pub use config::{Bias, LoraConfig, Scaling};
pub use cross::CrossAdapter;
pub use folder::merge_folder;
pub use merge::{MergeTarget, Merged};
pub use set::AdapterSet;
