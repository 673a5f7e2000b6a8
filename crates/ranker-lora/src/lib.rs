//! LoRA adapters for BERT-like encoders: apply, merge, PEFT files, ONNX export.

mod config;
mod encoder;
mod error;
mod family;
mod files;
mod folder;
mod matrix;
mod onnx;
mod tensors;

pub use config::EncoderConfig;
pub use encoder::Encoder;
pub use error::LoraError;
pub use matrix::Matrix;
pub use onnx::Precision;
