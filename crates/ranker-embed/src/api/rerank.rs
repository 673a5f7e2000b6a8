//! The interfaces of rerankers: what is sent, and what an answer says.

use ranker_http::{Answer, Call};
use serde_json::{Value, json};

use super::embeddings::{in_order, shape};
use super::{ApiError, LongTexts, tokens_of};

/// Whose interface a reranker speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RerankApi {
    /// Text Embeddings Inference: `POST /rerank` with `texts`.
    Tei,
    /// Cohere's second version: `POST /rerank` with `documents`, below a base such as
    /// `https://api.cohere.com/v2`. vLLM has it too.
    Cohere,
    /// Jina's: `POST /rerank`, below a base such as `https://api.jina.ai/v1`. vLLM, llama.cpp and Infinity have
    /// it too.
    Jina,
}

/// What a reranker's scores are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Scores {
    /// Relevance from 0 to 1; anything else is an error.
    #[default]
    Relevance,
    /// Logits, of which the sigmoid is taken: of TEI they are asked for, llama.cpp gives no others.
    Logits,
}

/// What is asked for beside texts.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) api: RerankApi,
    pub(crate) model: String,
    pub(crate) scores: Scores,
    pub(crate) long_texts: LongTexts,
}

/// What an answer holds.
#[derive(Debug)]
pub(crate) struct Answered {
    /// One a document, in their order; finite.
    pub(crate) scores: Vec<f32>,
    /// The model that the answer names.
    pub(crate) model: Option<String>,
}

impl Asked {
    pub(crate) fn call(&self, query: &str, documents: &[&str]) -> Call {
        let body = match self.api {
            RerankApi::Tei => json!({
                "query": query,
                "texts": documents,
                "raw_scores": self.scores == Scores::Logits,
                "return_text": false,
                "truncate": self.long_texts == LongTexts::Cut,
            }),
            RerankApi::Cohere => json!({
                "model": self.model,
                "query": query,
                "documents": documents,
                "top_n": documents.len(),
            }),
            RerankApi::Jina => json!({
                "model": self.model,
                "query": query,
                "documents": documents,
                "top_n": documents.len(),
                "return_documents": false,
            }),
        };
        Call::post("/rerank").json(&body)
    }

    /// The tokens that the server says it read. Cohere counts searches, not tokens.
    pub(crate) fn read(&self, answer: &Answer, json: &Value) -> Option<u64> {
        match self.api {
            RerankApi::Tei => answer.number("x-compute-tokens"),
            RerankApi::Cohere | RerankApi::Jina => tokens_of(json),
        }
    }

    /// The answer for `asked` documents.
    pub(crate) fn answered(&self, mut json: Value, asked: usize) -> Result<Answered, ApiError> {
        let model = json["model"].as_str().map(str::to_owned);
        let (list, score) = match self.api {
            RerankApi::Tei => (json, "score"),
            // By `get_mut`: what is no object has no field, and indexing it would panic.
            RerankApi::Cohere | RerankApi::Jina => {
                let results = json.get_mut("results").map(Value::take);
                (results.unwrap_or_default(), "relevance_score")
            }
        };
        let list = list.as_array();
        let list = list.ok_or_else(|| shape("there is no list of results"))?;
        let results: Result<Vec<(u64, f32)>, ApiError> = list
            .iter()
            .map(|result| {
                let index = result["index"].as_u64();
                let index = index.ok_or_else(|| shape("`index` is no whole number"))?;
                if result[score].is_null() {
                    return Err(ApiError::NotANumber);
                }
                let score = result[score].as_f64();
                let score = score.ok_or_else(|| shape("a score is no number"))? as f32;
                Ok((index, self.relevance(score)?))
            })
            .collect();
        let scores = in_order(results?, asked)?;
        Ok(Answered { scores, model })
    }

    /// A score as relevance.
    fn relevance(&self, score: f32) -> Result<f32, ApiError> {
        match self.scores {
            Scores::Logits if score.is_finite() => Ok(crate::cross_encoder::sigmoid(score)),
            Scores::Relevance if (0.0..=1.0).contains(&score) => Ok(score),
            Scores::Relevance | Scores::Logits => Err(ApiError::Relevance { score }),
        }
    }
}
