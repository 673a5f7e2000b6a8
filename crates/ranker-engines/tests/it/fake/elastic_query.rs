//! The fake's query language: what the adapters use of it, and BM25 as Lucene has it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use ranker_engines::elastic::Dialect;
use serde_json::{Value, json};

use super::elastic::Graph;
use super::{cosine, numbers, only, strings};

/// Documents as they are searched: split into words once.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) by_id: BTreeMap<String, Value>,
    text: Words,
    title: Words,
}

/// The words of one field.
#[derive(Default)]
struct Words {
    by_id: BTreeMap<String, Vec<String>>,
    average: f64,
    /// In how many documents a term is, as far as that was asked.
    frequencies: Mutex<HashMap<Vec<String>, f64>>,
}

impl Documents {
    pub(super) fn new(by_id: BTreeMap<String, Value>) -> Self {
        let [text, title] = ["text", "title"].map(|field| Words::of(&by_id, field));
        Self { by_id, text, title }
    }
}

impl Words {
    fn of(documents: &BTreeMap<String, Value>, field: &str) -> Self {
        let words = |document: &Value| tokens(document[field].as_str().unwrap_or_default());
        let by_id: BTreeMap<_, _> = documents
            .iter()
            .map(|(id, document)| (id.clone(), words(document)))
            .collect();
        let sum: usize = by_id.values().map(Vec::len).sum();
        Self {
            average: sum as f64 / by_id.len().max(1) as f64,
            by_id,
            frequencies: Mutex::default(),
        }
    }

    fn frequency(&self, term: &[String]) -> f64 {
        let mut known = self.frequencies.lock().unwrap();
        *known.entry(term.to_vec()).or_insert_with(|| {
            self.by_id
                .values()
                .filter(|words| count(words, term) > 0.0)
                .count() as f64
        })
    }
}

fn count(words: &[String], term: &[String]) -> f64 {
    words
        .windows(term.len().max(1))
        .filter(|window| *window == term)
        .count() as f64
}

/// Lucene's `k1` and `b`.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// Ids and scores of all whom a query matches, best first, ties by id.
pub(super) fn hits(
    documents: &Documents,
    query: &Value,
    dialect: Dialect,
    graph: Graph,
) -> Result<Vec<(String, f64)>, String> {
    let mut found = if query.get("knn").is_some() {
        nearest(documents, query, dialect, graph)?
    } else if query.get("script_score").is_some() {
        exact(documents, query, dialect)?
    } else {
        let mut found = Vec::new();
        for (id, document) in &documents.by_id {
            let matched = matched(documents, query, id, document)?;
            found.extend(matched.map(|score| (id.clone(), score)));
        }
        found
    };
    // Scores are f32 in the engines.
    found
        .iter_mut()
        .for_each(|(_, score)| *score = f64::from(*score as f32));
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(found)
}

pub(super) fn total(documents: &Documents, query: &Value) -> Result<usize, String> {
    Ok(hits(documents, query, Dialect::Elasticsearch, Graph::Whole)?.len())
}

fn nearest(
    documents: &Documents,
    query: &Value,
    dialect: Dialect,
    graph: Graph,
) -> Result<Vec<(String, f64)>, String> {
    let (body, vector, k) = match dialect {
        Dialect::Elasticsearch => {
            let body = &query["knn"];
            only(body, &["field", "query_vector", "num_candidates", "filter"])?;
            (body, &body["query_vector"], &body["num_candidates"])
        }
        Dialect::OpenSearch => {
            only(&query["knn"], &["vector"])?;
            let body = &query["knn"]["vector"];
            only(body, &["vector", "k", "filter"])?;
            (body, &body["vector"], &body["k"])
        }
    };
    let k = k
        .as_u64()
        .filter(|k| (1..=10_000).contains(k))
        .ok_or("k must be within 1..=10000")?;
    let vector = numbers(vector).ok_or("no vector")?;
    let mut found = Vec::new();
    for (at, (id, document)) in documents.by_id.iter().enumerate() {
        let passes = match body.get("filter") {
            Some(filter) => matched(documents, filter, id, document)?.is_some(),
            None => true,
        };
        let lost = graph == Graph::Lossy && body.get("filter").is_some() && at % 3 != 0;
        if passes && !lost {
            found.push((id.clone(), (1.0 + similarity(document, &vector)?) / 2.0));
        }
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found.truncate(k as usize);
    Ok(found)
}

fn exact(
    documents: &Documents,
    query: &Value,
    dialect: Dialect,
) -> Result<Vec<(String, f64)>, String> {
    let body = &query["script_score"];
    only(body, &["query", "script"])?;
    let script = &body["script"];
    let vector = match dialect {
        Dialect::Elasticsearch => {
            only(script, &["source", "params"])?;
            if script["source"] != "cosineSimilarity(params.vector, 'vector') + 1.0" {
                return Err(format!("compile error: {}", script["source"]));
            }
            &script["params"]["vector"]
        }
        Dialect::OpenSearch => {
            only(script, &["lang", "source", "params"])?;
            only(&script["params"], &["field", "query_value", "space_type"])?;
            if script["source"] != "knn_score" || script["lang"] != "knn" {
                return Err("no such script".to_owned());
            }
            &script["params"]["query_value"]
        }
    };
    let vector = numbers(vector).ok_or("no vector")?;
    let mut found = Vec::new();
    for (id, document) in &documents.by_id {
        if matched(documents, &body["query"], id, document)?.is_some() {
            found.push((id.clone(), 1.0 + similarity(document, &vector)?));
        }
    }
    Ok(found)
}

fn similarity(document: &Value, vector: &[f64]) -> Result<f64, String> {
    let own = numbers(&document["vector"]).ok_or("no vector")?;
    if own.len() != vector.len() {
        return Err(format!(
            "the query has {} dimensions, the index {}",
            vector.len(),
            own.len()
        ));
    }
    Ok(cosine(&own, vector))
}

/// A document's score, `None` where it does not match.
fn matched(
    documents: &Documents,
    query: &Value,
    id: &str,
    document: &Value,
) -> Result<Option<f64>, String> {
    let object = query.as_object().filter(|object| object.len() == 1);
    let (kind, body) = object
        .and_then(|o| o.iter().next())
        .ok_or(format!("no query: {query}"))?;
    let yes = |kept: bool| kept.then_some(0.0);
    Ok(match kind.as_str() {
        "match_all" => Some(1.0),
        "match_none" => None,
        "ids" => {
            only(body, &["values"])?;
            yes(strings(&body["values"])?.iter().any(|value| value == id))
        }
        "terms" => {
            only(body, &["tags"])?;
            let (asked, held) = (strings(&body["tags"])?, strings(&document["tags"])?);
            yes(asked.iter().any(|tag| held.contains(tag)))
        }
        "range" => {
            let (field, bounds) = body
                .as_object()
                .and_then(|b| b.iter().next())
                .ok_or("no range")?;
            only(bounds, &["gte", "lte"])?;
            let number = number(document, field)?;
            let bound = |key: &str| bounds.get(key).and_then(Value::as_f64);
            yes(number.is_some_and(|number| {
                bound("gte").is_none_or(|min| number >= min)
                    && bound("lte").is_none_or(|max| number <= max)
            }))
        }
        "exists" => {
            only(body, &["field"])?;
            yes(number(document, body["field"].as_str().unwrap_or_default())?.is_some())
        }
        "match" | "match_phrase" => {
            let parts = words(documents, kind, body, id)?;
            let score = parts.iter().map(|(_, _, score)| score).sum();
            (!parts.is_empty()).then_some(score)
        }
        "bool" => boolean(documents, body, id, document)?,
        other => return Err(format!("unknown query [{other}]")),
    })
}

fn boolean(
    documents: &Documents,
    body: &Value,
    id: &str,
    document: &Value,
) -> Result<Option<f64>, String> {
    only(
        body,
        &[
            "must",
            "filter",
            "should",
            "must_not",
            "minimum_should_match",
        ],
    )?;
    let each = |key: &str| -> Result<Vec<Option<f64>>, String> {
        let clauses = body[key].as_array().into_iter().flatten();
        clauses
            .map(|clause| matched(documents, clause, id, document))
            .collect()
    };
    let (must, filter, should, not) = (
        each("must")?,
        each("filter")?,
        each("should")?,
        each("must_not")?,
    );
    let wanted = body["minimum_should_match"].as_u64().unwrap_or(0) as usize;
    let met = must.iter().chain(&filter).all(Option::is_some)
        && not.iter().all(Option::is_none)
        && should.iter().flatten().count() >= wanted;
    let score = must.iter().chain(&should).flatten().sum();
    Ok(met.then_some(score))
}

fn number(document: &Value, field: &str) -> Result<Option<f64>, String> {
    let name = field
        .strip_prefix("numbers.")
        .ok_or(format!("unknown field [{field}]"))?;
    Ok(document["numbers"][name].as_f64())
}

fn tokens(text: &str) -> Vec<String> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Field, term and score of each of a clause's terms that a document has.
fn words(
    documents: &Documents,
    kind: &str,
    body: &Value,
    id: &str,
) -> Result<Vec<(String, String, f64)>, String> {
    let (field, how) = body
        .as_object()
        .and_then(|b| b.iter().next())
        .ok_or("no field")?;
    only(how, &["query", "boost"])?;
    let all = match field.as_str() {
        "text" => &documents.text,
        "title" => &documents.title,
        other => return Err(format!("unknown field [{other}]")),
    };
    let own = &all.by_id[id];
    let boost = how["boost"].as_f64().unwrap_or(1.0);
    let asked = tokens(how["query"].as_str().ok_or("the query is no text")?);
    let terms: Vec<Vec<String>> = match kind {
        "match_phrase" => vec![asked],
        _ => asked.into_iter().map(|term| vec![term]).collect(),
    };
    let scored = terms.iter().filter_map(|term| {
        let tf = count(own, term);
        if tf == 0.0 {
            return None;
        }
        let df = all.frequency(term);
        let idf = (1.0 + (all.by_id.len() as f64 - df + 0.5) / (df + 0.5)).ln();
        let norm = K1 * (1.0 - B + B * own.len() as f64 / all.average);
        Some((
            field.clone(),
            term.join(" "),
            boost * idf * tf / (tf + norm),
        ))
    });
    Ok(scored.collect())
}

/// An explanation in Lucene's form.
pub(super) fn explain(documents: &Documents, query: &Value, id: &str) -> Result<Value, String> {
    if !documents.by_id.contains_key(id) {
        return Ok(json!({ "_id": id, "matched": false }));
    }
    only(&query["bool"], &["should", "minimum_should_match"])?;
    let mut details = Vec::new();
    let mut sum = 0.0;
    for clause in query["bool"]["should"].as_array().ok_or("no clauses")? {
        let (kind, body) = clause
            .as_object()
            .and_then(|c| c.iter().next())
            .ok_or("no clause")?;
        for (field, term, score) in words(documents, kind, body, id)? {
            sum += score;
            let term = if term.contains(' ') {
                format!("\"{term}\"")
            } else {
                term
            };
            let description =
                format!("weight({field}:{term} in 7) [PerFieldSimilarity], result of:");
            details.push(json!({ "value": score, "description": description, "details": [] }));
        }
    }
    if details.is_empty() {
        return Ok(json!({ "_id": id, "matched": false }));
    }
    let explanation = json!({ "value": sum, "description": "sum of:", "details": details });
    Ok(json!({ "_id": id, "matched": true, "explanation": explanation }))
}
