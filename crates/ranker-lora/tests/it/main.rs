//! Integration tests: whole encoders and adapters, through files.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod adapter;
mod encoder;
mod folder;
mod hostile;
mod merge;
mod nf4;
mod onnx;
mod peft_golden;
mod qlora;
mod repository_model;
mod tiny;
mod train;
