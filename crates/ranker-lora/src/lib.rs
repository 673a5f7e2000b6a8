//! Fine-tuning of BERT-like encoders, and of decoders such as Mistral as encoders: train adapters or all
//! weights, read and write adapters as PEFT does, apply or merge them, and write encoders as ONNX.
//!
//! - [`Encoder`] holds the weights of an encoder, read from a Hugging Face folder and checked tensor
//!   by tensor.
//! - [`Decoder`] holds those of a Llama, Mistral or Qwen, whose last token's hidden state is the embedding of a
//!   text; an adapter is trained for it as for an encoder, also in 4 bits ([`QuantizedDecoder`]).
//! - [`Trainer`] learns from pairs of texts ([`Task`], [`Loss`]) and makes a [`Tuned`] adapter or
//!   encoder ([`Trainable`]).
//! - [`LoraAdapter`] is a trained low-rank change: y = W x + b + s · B (A x). It is applied beside
//!   the weights ([`Encoder::with_adapter`], or several by name: [`AdapterSet`]) or merged into them
//!   ([`LoraAdapter::merge`], [`Merged::undo`]).
//! - [`QuantizedEncoder`] holds an encoder's linear maps in 4 bits a weight, to train adapters on in
//!   less memory (QLoRA).
//! - [`CrossEncoder`] reads two texts together and gives a score; [`Trainer`] trains its head beside
//!   an adapter.
//! - [`Miner`] finds hard negatives.
//! - [`Gguf`] reads the files of llama.cpp, and [`GgufDecoder`] writes a Llama out of one as an encoder's folder, or
//!   has it tuned.
//! - [`Encoder::write_folder`] writes `model.onnx` with its tokenizer and pooling files, in full
//!   precision or with weights in 8 bits ([`Precision`]), ready to be loaded by a runtime; in full
//!   precision also `model.safetensors`, ready to be tuned further.
//!
//! Pairs of texts become an adapter and a tuned encoder:
//!
//! ```no_run
//! use std::ops::ControlFlow;
//!
//! use ranker_lora::{
//!     Encoder, LoraConfig, Loss, Precision, Task, TextTokenizer, Trainer, read_pairs,
//! };
//!
//! let encoder = Encoder::read("all-MiniLM-L6-v2")?;
//! let tokenizer = TextTokenizer::read("all-MiniLM-L6-v2")?; // with the folder's prompts and limit
//! let pairs = tokenizer.pairs(&read_pairs("pairs.jsonl")?)?;
//! let config = LoraConfig::new(16, 32.0, ["query", "key", "value", "dense"])?.with_dora();
//! let mut trainer = Trainer::builder(&encoder, config) // or Trainable::Full
//!     .task(Task::new(pairs, Loss::Symmetric).with_batch(128))
//!     .pooling(tokenizer.pooling())
//!     .checkpoint("checkpoint", 50)
//!     .build()?;
//! let trained = trainer.run(|_| ControlFlow::Continue(()))?;
//! if let Some(adapter) = trained.tuned.adapter() {
//!     adapter.write("adapter")?;
//! }
//! let tuned = trained.tuned.encoder(&encoder)?;
//! tuned.write_folder("all-MiniLM-L6-v2", "merged", Precision::Int8)?;
//! # Ok::<(), ranker_lora::TrainError>(())
//! ```
//!
//! An adapter that Python's `peft` trained is read with [`LoraAdapter::read`].
//!
//! Nothing is skipped in silence: a tensor or setting that this crate does not know, and that could
//! change the result, is a [`LoraError`] with its name.
//!
//! # Features
//!
//! None; everything is always there.

mod base;
mod cross;
mod decoder;
mod digest;
mod encoder;
mod error;
mod files;
mod gguf;
mod kernel;
mod lora;
mod loss;
mod matrix;
mod mine;
mod nf4;
mod onnx;
mod train;

pub use base::Base;
pub use cross::{CrossEncoder, PairIds};
pub use decoder::{Decoder, DecoderConfig, DecoderWeights, GgufDecoder, QuantizedDecoder};
pub use encoder::{
    AdaptedEncoder, Encoder, EncoderConfig, EncoderWeights, QuantizedEncoder, Weight,
};
pub use error::LoraError;
pub use gguf::{Gguf, GgufTensor, GgufType, GgufValue};
pub use lora::{
    AdapterSet, Bias, CrossAdapter, LoraAdapter, LoraConfig, LoraLayer, MergeTarget, Merged,
    Scaling, merge_folder,
};
pub use loss::{Loss, ScoreLoss};
pub use matrix::Matrix;
pub use mine::Miner;
pub use nf4::Nf4Matrix;
pub use onnx::Precision;
/// The settings of a model folder, and the roles of texts.
pub use ranker_folder::{FolderError, ModelFolder, Pooling, Role};
pub use train::{
    Activations, Anchor, Pair, Progress, Schedule, StepRecord, Task, TextTokenizer, TokenList,
    TokenPair, TrainError, Trainable, Trained, Trainer, TrainerBuilder, TrainingLog,
    TrainingMemory, TrainingPlan, Tuned, read_pairs,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// What users share between threads must stay shareable.
const _: () = {
    const fn shareable<T: Send + Sync>() {}
    shareable::<Encoder>();
    shareable::<QuantizedEncoder>();
    shareable::<LoraAdapter>();
    shareable::<LoraError>();
};
