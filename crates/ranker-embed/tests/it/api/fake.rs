//! A fake of servers of embeddings and of rerankers.
//!
//! It is no model: a text's vector is a sum over its words. It checks requests against the published interfaces
//! (OpenAI's reference of `/v1/embeddings`, the OpenAPI file of Text Embeddings Inference, Cohere's and Jina's
//! references of `/rerank`) and refuses what they do not have, so that a mistake in a request does not pass; and
//! it tells the lies that real servers have been seen to tell.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Reply, Request, Server};

pub(crate) const MODEL: &str = "words-8";
pub(crate) const DIMENSION: usize = 8;
/// The tokens of a text that the model reads: words and two marks.
pub(crate) const READS: usize = 64;
/// Texts of a call, as TEI's `max_client_batch_size`.
pub(crate) const BATCH: usize = 32;

/// What the server does instead of what it should.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Lie {
    Nothing,
    Numbers,
    Base64,
    Base64Of([u8; 6]),
    NotShortened,
    Cuts,
    FailsAbove(usize),
    FailsOn(&'static str),
    OneLess,
    OneMore,
    Backwards,
    Twice,
    Foreign,
    NoIndex,
    NoData,
    /// JSON, but no object.
    NoObject,
    Component(&'static str),
    OneShort,
    Zero,
    Half,
    Html,
    OtherModel,
    NoUsage,
    Status(u16),
    Slow(u64),
    Busy,
    Score(f64),
}

/// The fake, honest for its first answers.
pub(crate) fn fake(lie: Lie, honest: usize) -> Server {
    let answers = AtomicUsize::new(0);
    Server::new(move |request| {
        let now = answers.fetch_add(1, Ordering::Relaxed);
        let lie = if now < honest { Lie::Nothing } else { lie };
        match lie {
            Lie::Status(status) => Reply::json(
                status,
                &json!({ "error": format!("status {status} for key s3cret") }),
            ),
            // Once, then all is well.
            Lie::Busy if now == honest => {
                Reply::json(429, &json!({ "error": "busy" })).with_header("retry-after", 1)
            }
            lie => disturbed(answer(request, lie), lie),
        }
    })
}

fn disturbed(mut reply: Reply, lie: Lie) -> Reply {
    match lie {
        Lie::Half => reply.missing = reply.body.len() / 2,
        Lie::Html => reply.body = b"<html>It works!</html>".to_vec(),
        Lie::NoObject => reply.body = b"[1, 2]".to_vec(),
        Lie::Slow(ms) => reply.after = Duration::from_millis(ms),
        _ => {}
    }
    reply
}

fn answer(request: &Request, lie: Lie) -> Reply {
    let done = match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/embeddings") => open_ai(request, lie),
        ("GET", "/info") => Ok(Reply::json(200, &info())),
        ("POST", "/embed") => tei(request, lie),
        ("POST", "/rerank") => tei_rerank(request, lie),
        ("POST", "/v2/rerank") => {
            listed_rerank(request, lie, &["model", "query", "documents", "top_n"])
        }
        ("POST", "/v1/rerank") => {
            let keys = ["model", "query", "documents", "top_n", "return_documents"];
            listed_rerank(request, lie, &keys)
        }
        _ => Err((404, "no such route".to_owned())),
    };
    done.unwrap_or_else(|(status, message)| {
        // OpenAI's, TEI's and Cohere's forms of errors in one.
        let error = json!({ "message": message, "type": "invalid_request_error", "code": status });
        let body = match request.path.as_str() {
            "/v1/embeddings" => json!({ "error": error }),
            _ => json!({ "error": message, "error_type": "Validation", "message": message }),
        };
        Reply::json(status, &body)
    })
}

type Checked<T> = Result<T, (u16, String)>;

fn refuse<T>(status: u16, message: impl Into<String>) -> Checked<T> {
    Err((status, message.into()))
}

/// The body, if it is JSON with these keys alone.
fn body(request: &Request, keys: &[&str]) -> Checked<Value> {
    if request.header("content-type") != Some("application/json") {
        return refuse(415, "content-type must be application/json");
    }
    let Some(body) = request.json() else {
        return refuse(400, "the body is no JSON");
    };
    let object = body.as_object().ok_or((400, "no object".to_owned()))?;
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => refuse(400, format!("unknown field {key}")),
        None => Ok(body),
    }
}

fn strings(body: &Value, key: &str) -> Checked<Vec<String>> {
    let list = body[key]
        .as_array()
        .ok_or((422, format!("{key} is no list")))?;
    let texts: Option<Vec<String>> = list
        .iter()
        .map(|text| {
            text.as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        })
        .collect();
    match texts {
        Some(texts) if !texts.is_empty() => Ok(texts),
        _ => refuse(400, format!("{key} must hold texts that are not empty")),
    }
}

/// The tokens of a text: its words and two marks.
fn tokens(text: &str) -> usize {
    text.split_whitespace().count() + 2
}

fn fails(texts: &[String], lie: Lie) -> Checked<()> {
    match lie {
        Lie::FailsAbove(most) if texts.len() > most => refuse(500, "CUDA out of memory"),
        Lie::FailsOn(word) if texts.iter().any(|text| text.contains(word)) => {
            refuse(500, "tensor of unexpected shape")
        }
        _ => Ok(()),
    }
}

fn open_ai(request: &Request, lie: Lie) -> Checked<Reply> {
    if request.header("authorization") != Some("Bearer s3cret") {
        return refuse(401, "Incorrect API key provided: s3cret");
    }
    let keys = ["model", "input", "encoding_format", "dimensions", "user"];
    let body = body(request, &keys)?;
    if body["model"] != MODEL {
        return refuse(404, "The model does not exist");
    }
    let texts = strings(&body, "input")?;
    fails(&texts, lie)?;
    let longest = texts.iter().map(|text| tokens(text)).max().unwrap_or(0);
    if longest > READS && lie != Lie::Cuts {
        let message = format!(
            "This model's maximum context length is {READS} tokens, however you requested {longest} tokens."
        );
        return refuse(400, message);
    }
    let base64 = match &body["encoding_format"] {
        Value::Null => lie == Lie::Base64,
        format if format == "float" => lie == Lie::Base64,
        format if format == "base64" => lie != Lie::Numbers,
        _ => return refuse(400, "encoding_format must be float or base64"),
    };
    let dimension = shortened(&body, lie)?;
    let mut data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let vector = vector(text, dimension, lie);
            let vector = match lie {
                Lie::Base64Of(bytes) => json!(String::from_utf8(bytes.to_vec()).unwrap()),
                _ if base64 => json!(encoded(&vector)),
                _ => json!(vector),
            };
            json!({ "object": "embedding", "index": index, "embedding": vector })
        })
        .collect();
    arranged(&mut data, lie);
    let read: usize = texts.iter().map(|text| tokens(text).min(READS)).sum();
    let model = if lie == Lie::OtherModel {
        "words-9"
    } else {
        MODEL
    };
    let mut answer = json!({ "object": "list", "data": data, "model": model });
    match lie {
        Lie::NoUsage => {}
        _ => answer["usage"] = json!({ "prompt_tokens": read, "total_tokens": read }),
    }
    if lie == Lie::NoData {
        answer.as_object_mut().unwrap().remove("data");
    }
    Ok(Reply::new(200, raw(&answer, lie)))
}

/// A component as it would be written by a serializer that does not care.
fn raw(answer: &Value, lie: Lie) -> String {
    let text = answer.to_string();
    match lie {
        Lie::Component(written) => text.replacen("77.0", written, 1),
        _ => text,
    }
}

fn info() -> Value {
    json!({
        "model_id": MODEL, "model_sha": "fca14538", "model_dtype": "float32",
        "model_type": { "embedding": { "pooling": "mean" } }, "max_concurrent_requests": 512,
        "max_input_length": READS, "max_batch_tokens": 16384, "max_client_batch_size": BATCH,
        "auto_truncate": true, "tokenization_workers": 2, "version": "1.7.1"
    })
}

fn tei(request: &Request, lie: Lie) -> Checked<Reply> {
    let keys = [
        "inputs",
        "truncate",
        "normalize",
        "prompt_name",
        "dimensions",
    ];
    let body = body(request, &keys)?;
    let texts = strings(&body, "inputs")?;
    tei_limits(&texts, &body, lie)?;
    let dimension = shortened(&body, lie)?;
    let mut rows: Vec<Value> = texts
        .iter()
        .map(|text| json!(vector(text, dimension, lie)))
        .collect();
    if lie == Lie::OneLess {
        rows.pop();
    }
    let read: usize = texts.iter().map(|text| tokens(text).min(READS)).sum();
    let reply = Reply::new(200, raw(&json!(rows), lie));
    Ok(reply.with_header("x-compute-tokens", read))
}

fn tei_limits(texts: &[String], body: &Value, lie: Lie) -> Checked<()> {
    fails(texts, lie)?;
    let sent = texts.len();
    if sent > BATCH {
        let message = format!("batch size {sent} > maximum allowed batch size {BATCH}");
        return refuse(422, message);
    }
    let longest = texts.iter().map(|text| tokens(text)).max().unwrap_or(0);
    if longest > READS && body["truncate"] != json!(true) {
        let message = format!("`inputs` must have less than {READS} tokens. Given: {longest}");
        return refuse(413, message);
    }
    Ok(())
}

fn shortened(body: &Value, lie: Lie) -> Checked<usize> {
    match &body["dimensions"] {
        Value::Null => Ok(DIMENSION),
        _ if lie == Lie::NotShortened => Ok(DIMENSION),
        asked => match asked.as_u64().and_then(|asked| usize::try_from(asked).ok()) {
            Some(asked) if (1..=DIMENSION).contains(&asked) => Ok(asked),
            _ => refuse(400, "dimensions must be from 1 to 8"),
        },
    }
}

fn tei_rerank(request: &Request, lie: Lie) -> Checked<Reply> {
    let keys = ["query", "texts", "raw_scores", "return_text", "truncate"];
    let body = body(request, &keys)?;
    let texts = strings(&body, "texts")?;
    tei_limits(&texts, &body, lie)?;
    let logits = body["raw_scores"] == json!(true);
    let mut results = scored(&body["query"], &texts, "score", logits, lie)?;
    arranged(&mut results, lie);
    Ok(Reply::json(200, &json!(results)))
}

fn listed_rerank(request: &Request, lie: Lie, keys: &[&str]) -> Checked<Reply> {
    let body = body(request, keys)?;
    if body["model"] != MODEL {
        return refuse(404, "model not found");
    }
    let texts = strings(&body, "documents")?;
    if body["top_n"] != json!(texts.len()) {
        return refuse(400, "not all documents are wanted");
    }
    fails(&texts, lie)?;
    let mut results = scored(&body["query"], &texts, "relevance_score", false, lie)?;
    arranged(&mut results, lie);
    let mut answer = json!({ "id": "07734bd2", "results": results });
    if keys.contains(&"return_documents") {
        answer["model"] = json!(if lie == Lie::OtherModel {
            "words-9"
        } else {
            MODEL
        });
        answer["usage"] = json!({ "total_tokens": 10 * texts.len() });
    } else {
        answer["meta"] = json!({ "billed_units": { "search_units": 1 } });
    }
    Ok(Reply::json(200, &answer))
}

/// Results, best first, as rerankers give them.
fn scored(
    query: &Value,
    texts: &[String],
    name: &str,
    logits: bool,
    lie: Lie,
) -> Checked<Vec<Value>> {
    let query = query.as_str().filter(|query| !query.is_empty());
    let query = query.ok_or((422, "query is no text".to_owned()))?;
    let mut scores: Vec<(usize, f64)> = texts
        .iter()
        .map(|text| overlap(query, text))
        .enumerate()
        .collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1));
    let written = |score: f64| match lie {
        Lie::Score(lie) => lie,
        _ if logits => (score / (1.0 - score)).ln(),
        _ => score,
    };
    let results = scores.into_iter();
    Ok(results
        .map(|(index, score)| json!({ "index": index, name: written(score) }))
        .collect())
}

/// The share of a text's words that the query has, between .05 and .95.
pub(crate) fn overlap(query: &str, text: &str) -> f64 {
    let query: Vec<&str> = query.split_whitespace().collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    let shared = words.iter().filter(|word| query.contains(word)).count();
    0.05 + 0.9 * shared as f64 / words.len() as f64
}

/// Results as a lie has them.
fn arranged(results: &mut Vec<Value>, lie: Lie) {
    match lie {
        Lie::Backwards => results.reverse(),
        Lie::OneLess => drop(results.pop()),
        Lie::OneMore => results.push(results[0].clone()),
        Lie::Twice => results[0]["index"] = results[1]["index"].clone(),
        Lie::Foreign => results[0]["index"] = json!(99),
        Lie::NoIndex => drop(results[0].as_object_mut().unwrap().remove("index")),
        _ => {}
    }
}

/// A vector of the words that are read, not of unit length.
pub(crate) fn vector(text: &str, dimension: usize, lie: Lie) -> Vec<f32> {
    let mut vector = vec![0.0; DIMENSION];
    for word in text.split_whitespace().take(READS - 2) {
        let hash = word
            .bytes()
            .fold(7_u32, |hash, byte| hash.wrapping_mul(31) ^ u32::from(byte));
        for (at, component) in vector.iter_mut().enumerate() {
            *component += (hash.rotate_left(4 * at as u32) % 17) as f32 - 8.0;
        }
    }
    vector.truncate(dimension);
    match lie {
        Lie::Component(_) => vector[0] = 77.0,
        Lie::OneShort => drop(vector.pop()),
        Lie::Zero => vector.fill(0.0),
        _ => {}
    }
    vector
}

/// RFC 4648, of floats with their least byte first.
fn encoded(vector: &[f32]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, &byte| (bits << 8) | u32::from(byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]);
            text.push(if at <= chunk.len() { digit } else { '=' });
        }
    }
    text
}
