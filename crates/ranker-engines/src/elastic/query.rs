//! Filters and words in the engines' query language.

use ranker_core::Query;
use serde_json::{Value, json};

use crate::adapter::condition::{Condition, field};

/// The most words of a job that are searched: an engine refuses queries of too many clauses.
const MOST_WORDS: usize = 600;

/// A condition as a query that scores nothing.
pub(super) fn filter(condition: &Condition) -> Value {
    match condition {
        Condition::Everyone => json!({ "match_all": {} }),
        Condition::Nobody => json!({ "match_none": {} }),
        Condition::Tagged(tags) => json!({ "terms": { "tags": tags } }),
        Condition::Number { fact, min, max } => {
            let name = format!("numbers.{}", field(fact));
            let mut bounds = json!({});
            if let Some(min) = min {
                bounds["gte"] = json!(min);
            }
            if let Some(max) = max {
                bounds["lte"] = json!(max);
            }
            if min.is_none() && max.is_none() {
                json!({ "exists": { "field": name } })
            } else {
                json!({ "range": { name: bounds } })
            }
        }
        Condition::And(parts) => json!({ "bool": { "filter": all(parts) } }),
        Condition::Or(parts) => {
            json!({ "bool": { "should": all(parts), "minimum_should_match": 1 } })
        }
        Condition::Not(part) => json!({ "bool": { "must_not": [filter(part)] } }),
    }
}

fn all(parts: &[Condition]) -> Vec<Value> {
    parts.iter().map(filter).collect()
}

/// The documents of these ids.
pub(super) fn ids<'i>(ids: impl Iterator<Item = &'i str>) -> Value {
    json!({ "ids": { "values": ids.collect::<Vec<_>>() } })
}

/// A query's words, as a query that scores by BM25: those of the job in text and title, and the terms that
/// were added, whose weights are shares of the whole job's.
pub(super) fn words(query: &Query, title_boost: f64) -> Value {
    let job = query.job().full_text();
    let words: Vec<&str> = job.split_whitespace().take(MOST_WORDS).collect();
    let count = words.len();
    let words = words.join(" ");
    let mut should = vec![json!({ "match": { "text": { "query": words } } })];
    if title_boost > 1.0 {
        let boost = title_boost - 1.0;
        should.push(json!({ "match": { "title": { "query": words, "boost": boost } } }));
    }
    let terms = query.expansion().terms();
    let heaviest = terms.first().map_or(0.0, |term| term.weight());
    // As in the embedded index: a term that was added never counts more than one of the job's own.
    let mass = (count.max(1) as f32).min(1.0 / heaviest.max(f32::MIN_POSITIVE));
    should.extend(terms.iter().map(|term| {
        let boost = term.weight() * mass;
        json!({ "match_phrase": { "text": { "query": term.text(), "boost": boost } } })
    }));
    json!({ "bool": { "should": should, "minimum_should_match": 1 } })
}
