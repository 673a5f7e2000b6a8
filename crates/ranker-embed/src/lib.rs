//! Text encoders for ranker: transformers under ONNX Runtime or pure Rust.
