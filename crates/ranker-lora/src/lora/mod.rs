//! Low-rank adapters (Hu et al. 2021, <https://arxiv.org/abs/2106.09685>).

mod adapter;
mod config;
mod cross;
mod merge;
mod peft;
mod peft_config;

pub use adapter::{LoraAdapter, LoraLayer};
pub use config::{LoraConfig, Scaling};
pub use cross::CrossAdapter;
