//! Conditions in Qdrant's filters.

use serde_json::{Map, Value, json};

use crate::adapter::condition::{Condition, field};

/// A condition as a filter; `None` for everyone.
pub(super) fn filter(condition: &Condition) -> Option<Value> {
    match condition {
        Condition::Everyone => None,
        other => Some(clause(other)),
    }
}

fn clause(condition: &Condition) -> Value {
    match condition {
        // What holds of every point: that it does not lack what it does not have to have.
        Condition::Everyone => json!({ "must": [] }),
        Condition::Nobody => json!({ "must": [{ "has_id": [] }] }),
        Condition::Tagged(tags) => {
            json!({ "must": [{ "key": "tags", "match": { "any": tags } }] })
        }
        Condition::Number { fact, min, max } => {
            let key = format!("numbers.{}", field(fact));
            let bounds = [("gte", min), ("lte", max)].into_iter();
            let bounds =
                bounds.filter_map(|(sign, bound)| Some((sign.to_owned(), json!((*bound)?))));
            let bounds: Map<String, Value> = bounds.collect();
            if bounds.is_empty() {
                return json!({ "must_not": [{ "is_empty": { "key": key } }] });
            }
            json!({ "must": [{ "key": key, "range": bounds }] })
        }
        Condition::And(parts) => json!({ "must": all(parts) }),
        Condition::Or(parts) => json!({ "should": all(parts) }),
        Condition::Not(part) => json!({ "must_not": [clause(part)] }),
    }
}

fn all(parts: &[Condition]) -> Vec<Value> {
    parts.iter().map(clause).collect()
}
