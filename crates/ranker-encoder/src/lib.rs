//! BERT-like encoders in pure Rust: weights in, hidden states out.
//!
//! [`Encoder`] runs the families of `ranker-folder` (BERT, RoBERTa, XLM-RoBERTa, CamemBERT, MPNet) from
//! safetensors or from an ONNX file, without a library that would have to be found or compiled. It is
//! what `ranker-embed` falls back on where there is no ONNX Runtime.
//!
//! ```no_run
//! use ranker_encoder::{Encoder, Tokens};
//!
//! let folder = std::path::Path::new("models/all-MiniLM-L6-v2");
//! let encoder = Encoder::read(folder.join("config.json"), folder.join("model.onnx"))?;
//! let ids = [101, 18061, 3992, 102];
//! let text = Tokens::new(&ids, &[0; 4]);
//! let hidden = encoder.hidden_states(&[text])?;
//! println!("{} on {}", hidden.text(0).len(), encoder.kernels().name());
//! # Ok::<(), ranker_encoder::EncoderError>(())
//! ```
//!
//! # Features
//!
//! None; everything is always there.

#[cfg(target_endian = "big")]
compile_error!(
    "ranker-encoder is for little-endian processors: nobody has tried its kernels elsewhere"
);

mod attention;
mod encoder;
mod error;
mod kernels;
mod layers;
mod linear;
mod precision;
mod read;
mod relative;
mod sizes;
mod table;
mod weights;

pub use encoder::{Encoder, HiddenStates, Tokens};
pub use error::EncoderError;
pub use kernels::Kernels;
pub use precision::Precision;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
