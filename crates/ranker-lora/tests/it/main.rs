//! Integration tests: whole encoders and adapters, through files.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod adapter;
mod bad_input;
mod cross;
mod decoders;
mod encoder;
mod families;
mod folder;
mod gguf;
mod hostile;
mod kill;
mod merge;
mod merge_folder;
mod methods;
mod nf4;
mod onnx;
mod peft_golden;
mod prompts;
mod qlora;
mod repository_model;
mod saved;
mod stopping;
mod tiny;
mod train;
mod train_golden;
