//! Encoders and rerankers that others serve, over HTTP.
//!
//! [`ApiEmbedder`] speaks to servers of OpenAI's interface (OpenAI, vLLM, llama.cpp, Ollama, Infinity, TEI) and of
//! TEI's own; [`ApiCrossEncoder`] to those of TEI's, Cohere's and Jina's rerankers. Both keep the contracts of
//! their local relatives. What a server gets wrong is an [`ApiError`], never a vector that looks right.

mod base64;
mod builder;
mod calls;
mod cross_encoder;
mod embedder;
mod embeddings;
mod error;
mod lanes;
mod limits;
mod refusal;
mod rerank;
mod server;
mod tokens;

use serde_json::Value;

pub use builder::{ApiEmbedderBuilder, LongTexts, VectorFormat};
pub use cross_encoder::{ApiCrossEncoder, ApiCrossEncoderBuilder};
pub use embedder::ApiEmbedder;
pub use error::ApiError;
pub use limits::ApiLimits;
pub use rerank::{RerankApi, Scores};
pub use server::{ApiBudget, ApiUsage};

/// The tokens that an answer in the manner of OpenAI says were read.
fn tokens_of(json: &Value) -> Option<u64> {
    let usage = &json["usage"];
    let told = |name: &str| usage[name].as_u64();
    told("prompt_tokens").or_else(|| told("total_tokens"))
}
