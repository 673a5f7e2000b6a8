//! A keyword score, term by term.

use ranker_core::{CandidateId, Query, TermScore};
use serde_json::{Value, json};

use super::Elastic;
use super::query::words;
use crate::adapter::fault::Fault;
use crate::http::{Call, segment};

/// How far the terms may be from the sum that the engine gives, relative to it: its scores are `f32`.
const TOLERANCE: f64 = 1e-4;

pub(super) async fn explain(
    elastic: &Elastic,
    query: &Query,
    id: &CandidateId,
) -> Result<Option<Vec<TermScore>>, Fault> {
    let path = elastic.path(&format!("/_explain/{}", segment(id.as_str())));
    let body = json!({ "query": words(query, elastic.options.title_boost) });
    let answer = elastic.client.send(Call::post(path).json(&body)).await?;
    let answer_json = answer.json()?;
    if answer.status() == 404 || answer_json["matched"] != json!(true) {
        return Ok(None);
    }
    terms(&answer_json["explanation"]).map(Some)
}

/// The terms of an explanation. Together they are its value, or it is not understood and an error.
fn terms(explanation: &Value) -> Result<Vec<TermScore>, Fault> {
    let mut terms = Vec::new();
    collect(explanation, &mut terms);
    let sum: f64 = terms.iter().map(|term| f64::from(term.score)).sum();
    let value = explanation["value"].as_f64().unwrap_or(f64::NAN);
    // A NaN gap must fail too, so the comparison asks for what is right.
    let adds_up = (sum - value).abs() <= TOLERANCE * value.abs().max(1.0);
    if !adds_up {
        let told = format!("the terms of the explanation are {sum} together, the score is {value}");
        return Err(Fault::rejected(told));
    }
    terms.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(terms)
}

/// Descends to the nodes that say what one term weighs: `weight(text:rust in 5) [...]`.
fn collect(node: &Value, terms: &mut Vec<TermScore>) {
    let weighed = node["description"].as_str().and_then(weighed);
    if let Some((field, term)) = weighed {
        let score = node["value"].as_f64().unwrap_or(f64::NAN) as f32;
        terms.push(TermScore::new(term, field, score));
        return;
    }
    for detail in node["details"].as_array().into_iter().flatten() {
        collect(detail, terms);
    }
}

fn weighed(description: &str) -> Option<(String, String)> {
    let inner = description.strip_prefix("weight(")?;
    let (inner, _) = inner.rsplit_once(" in ")?;
    let (field, term) = inner.split_once(':')?;
    let term = term.trim_matches('"').to_owned();
    Some((field.to_owned(), term))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form in which Lucene explains a sum of terms, a phrase among them.
    #[test]
    fn terms_are_read_from_the_tree_and_add_up() {
        let leaf = |value: f64, what: &str| {
            let description = format!("weight({what} in 5) [PerFieldSimilarity], result of:");
            json!({ "value": value, "description": description, "details": [
                { "value": 1.0, "description": "boost", "details": [] }
            ]})
        };
        let tree = json!({ "value": 3.5, "description": "sum of:", "details": [
            leaf(0.5, "text:search"),
            { "value": 3.0, "description": "sum of:", "details": [
                leaf(2.0, "title:rust"), leaf(1.0, "text:\"systems language\"")
            ]}
        ]});
        let terms = terms(&tree).unwrap();
        let told: Vec<String> = terms
            .iter()
            .map(|term| format!("{}:{} {}", term.field, term.term, term.score))
            .collect();
        assert_eq!(
            told,
            ["title:rust 2", "text:systems language 1", "text:search 0.5"]
        );
        let mut odd = tree;
        odd["value"] = json!(4.0);
        assert!(
            super::terms(&odd).is_err(),
            "an account that does not add up is none"
        );
    }
}
