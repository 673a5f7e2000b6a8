//! The two interfaces of embeddings: what is sent, and what an answer says.

use ranker_http::{Answer, Call};
use serde_json::{Map, Value, json};

use super::{ApiError, LongTexts, VectorFormat, base64};

/// How a server is asked for embeddings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interface {
    /// `POST /embeddings`, <https://platform.openai.com/docs/api-reference/embeddings>.
    OpenAi,
    /// `POST /embed`, <https://huggingface.github.io/text-embeddings-inference>.
    Tei,
}

/// What is asked for beside texts.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) interface: Interface,
    pub(crate) model: String,
    pub(crate) dimensions: Option<usize>,
    pub(crate) format: VectorFormat,
    pub(crate) long_texts: LongTexts,
}

/// What an answer holds.
#[derive(Debug)]
pub(crate) struct Answered {
    /// One a text, in the order of the texts; not yet known to be of the right length or finite.
    pub(crate) vectors: Vec<Vec<f32>>,
    /// The model that the answer names.
    pub(crate) model: Option<String>,
}

impl Asked {
    pub(crate) fn call(&self, texts: &[&str]) -> Call {
        let mut body = Map::new();
        match self.interface {
            Interface::OpenAi => {
                body.insert("model".to_owned(), json!(self.model));
                body.insert("input".to_owned(), json!(texts));
                // Floats are every server's default, and some refuse the field whatever it says.
                if self.format == VectorFormat::Base64 {
                    body.insert("encoding_format".to_owned(), json!("base64"));
                }
            }
            Interface::Tei => {
                body.insert("inputs".to_owned(), json!(texts));
                let cut = self.long_texts == LongTexts::Cut;
                body.insert("truncate".to_owned(), json!(cut));
            }
        }
        if let Some(dimensions) = self.dimensions {
            body.insert("dimensions".to_owned(), json!(dimensions));
        }
        let path = match self.interface {
            Interface::OpenAi => "/embeddings",
            Interface::Tei => "/embed",
        };
        Call::post(path).json(&body.into())
    }

    /// The tokens that the server says it read, of all texts of a call.
    pub(crate) fn read(&self, answer: &Answer, json: &Value) -> Option<u64> {
        match self.interface {
            Interface::OpenAi => super::tokens_of(json),
            Interface::Tei => answer.number("x-compute-tokens"),
        }
    }

    /// The answer to `asked` texts.
    pub(crate) fn answered(&self, json: Value, asked: usize) -> Result<Answered, ApiError> {
        match self.interface {
            Interface::OpenAi => listed(json, asked),
            Interface::Tei => {
                let Value::Array(rows) = json else {
                    return Err(shape("it is no list of vectors"));
                };
                counted(asked, rows.len())?;
                let vectors = rows.into_iter().map(vector).collect::<Result<_, _>>()?;
                let model = None;
                Ok(Answered { vectors, model })
            }
        }
    }
}

/// OpenAI's list of objects, each with the index of its text.
fn listed(mut json: Value, asked: usize) -> Result<Answered, ApiError> {
    // By `get_mut`: what is no object has no field, and indexing it would panic.
    let Some(Value::Array(data)) = json.get_mut("data").map(Value::take) else {
        return Err(shape("`data` is no list"));
    };
    counted(asked, data.len())?;
    let mut results = Vec::with_capacity(asked);
    for mut item in data {
        let index = item["index"].as_u64();
        let index = index.ok_or_else(|| shape("`index` is no whole number"))?;
        results.push((index, vector(item["embedding"].take())?));
    }
    let vectors = in_order(results, asked)?;
    let model = json["model"].as_str().map(str::to_owned);
    Ok(Answered { vectors, model })
}

/// A vector as numbers or in base64, whichever was asked for: servers differ in what they keep to.
fn vector(value: Value) -> Result<Vec<f32>, ApiError> {
    match value {
        Value::String(text) => base64::floats(&text),
        Value::Array(numbers) => numbers.iter().map(component).collect(),
        _ => Err(shape("a vector is neither numbers nor base64")),
    }
}

/// A component; `null` is how some serializers write NaN.
fn component(number: &Value) -> Result<f32, ApiError> {
    match number {
        Value::Null => Ok(f32::NAN),
        number => number
            .as_f64()
            .map(|number| number as f32)
            .ok_or_else(|| shape("a component is no number")),
    }
}

pub(crate) fn counted(asked: usize, answered: usize) -> Result<(), ApiError> {
    match asked == answered {
        true => Ok(()),
        false => Err(ApiError::Count { asked, answered }),
    }
}

/// Results put in the order of what was sent; each must have one.
pub(crate) fn in_order<T>(results: Vec<(u64, T)>, asked: usize) -> Result<Vec<T>, ApiError> {
    let mut places: Vec<Option<T>> = (0..asked).map(|_| None).collect();
    for (index, result) in results {
        let fault = |fault| ApiError::Index {
            index,
            asked,
            fault,
        };
        let place = usize::try_from(index).ok();
        let place = place.and_then(|place| places.get_mut(place));
        let place = place.ok_or_else(|| fault("was not sent"))?;
        if place.replace(result).is_some() {
            return Err(fault("comes twice"));
        }
    }
    let found: Vec<T> = places.into_iter().flatten().collect();
    counted(asked, found.len())?;
    Ok(found)
}

pub(crate) fn shape(what: &str) -> ApiError {
    ApiError::Shape {
        what: what.to_owned(),
    }
}
