//! LoRA adapters for BERT-like encoders: read and write them as PEFT does, apply or merge them, and
//! write encoders as ONNX.
//!
//! - [`Encoder`] holds the weights of an encoder, read from a Hugging Face folder and checked tensor
//!   by tensor.
//! - [`LoraAdapter`] is a trained low-rank change: y = W x + b + s · B (A x). It is applied beside
//!   the weights ([`Encoder::with_adapter`]) or merged into them ([`LoraAdapter::merge`]).
//! - [`CrossEncoder`] reads two texts together and gives a score; [`Trainer`] trains its head beside
//!   an adapter.
//! - [`Miner`] finds hard negatives.
//! - [`Encoder::write_folder`] writes `model.onnx` with its tokenizer and pooling files, in full
//!   precision or with weights in 8 bits ([`Precision`]), ready to be loaded by a runtime.
//!
//! An adapter, trained with Python's `peft`, becomes an encoder folder:
//!
//! ```no_run
//! use ranker_lora::{Encoder, LoraAdapter, Precision};
//!
//! let mut encoder = Encoder::read("all-MiniLM-L6-v2")?;
//! let adapter = LoraAdapter::read("recruiter-adapter")?;
//! adapter.merge(&mut encoder)?;
//! encoder.write_folder("all-MiniLM-L6-v2", "merged", Precision::Int8)?;
//! # Ok::<(), ranker_lora::LoraError>(())
//! ```
//!
//! Nothing is skipped in silence: a tensor or setting that this crate does not know, and that could
//! change the result, is a [`LoraError`] with its name.
//!
//! # Features
//!
//! None; everything is always there.

mod config;
mod cross;
mod encoder;
mod error;
mod family;
mod files;
mod folder;
mod forward;
mod kernel;
mod lora;
mod loss;
mod matrix;
mod mine;
mod onnx;
mod pooling;
mod relative;
mod tensors;
mod train;

pub use config::EncoderConfig;
pub use cross::{CrossEncoder, PairIds};
pub use encoder::Encoder;
pub use error::LoraError;
pub use forward::AdaptedEncoder;
pub use lora::{CrossAdapter, LoraAdapter, LoraConfig, LoraLayer, Scaling};
pub use loss::{Loss, ScoreLoss};
pub use matrix::Matrix;
pub use mine::Miner;
pub use onnx::Precision;
pub use pooling::Pooling;
pub use train::{
    Anchor, Pair, Progress, Schedule, StepRecord, Task, TextTokenizer, TokenList, TokenPair,
    TrainError, Trained, Trainer, TrainerBuilder, TrainingLog, read_pairs,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// What users share between threads must stay shareable.
const _: () = {
    const fn shareable<T: Send + Sync>() {}
    shareable::<Encoder>();
    shareable::<LoraAdapter>();
    shareable::<LoraError>();
};
