//! Conditions in Pinecone's filters, as far as they go.

use serde_json::{Value, json};

use crate::adapter::condition::{Condition, field};

/// Whom a condition is about: those who meet it, or all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Meets,
    Fails,
}

/// What every profile has, and the record about the namespace has not.
pub(super) fn profiles() -> Value {
    json!({ "kind": { "$eq": "profile" } })
}

/// A condition as a filter; `None` where Pinecone has no exact one.
pub(super) fn filter(condition: &Condition) -> Option<Value> {
    of(condition, Side::Meets)
}

fn of(condition: &Condition, side: Side) -> Option<Value> {
    match (condition, side) {
        (Condition::Everyone, Side::Meets) | (Condition::Nobody, Side::Fails) => Some(profiles()),
        (Condition::Nobody, Side::Meets) | (Condition::Everyone, Side::Fails) => {
            Some(json!({ "kind": { "$eq": "nobody" } }))
        }
        (Condition::Tagged(tags), Side::Meets) => Some(json!({ "tags": { "$in": tags } })),
        (Condition::Tagged(_), Side::Fails) => None,
        (Condition::Number { fact, min, max }, _) => {
            Some(number(&format!("n_{}", field(fact)), (*min, *max), side))
        }
        (Condition::And(parts), Side::Meets) | (Condition::Or(parts), Side::Fails) => {
            Some(json!({ "$and": all(parts, side)? }))
        }
        (Condition::Or(parts), Side::Meets) | (Condition::And(parts), Side::Fails) => {
            Some(json!({ "$or": all(parts, side)? }))
        }
        (Condition::Not(part), Side::Meets) => of(part, Side::Fails),
        (Condition::Not(part), Side::Fails) => of(part, Side::Meets),
    }
}

fn all(parts: &[Condition], side: Side) -> Option<Vec<Value>> {
    parts.iter().map(|part| of(part, side)).collect()
}

/// A number within bounds, or one without or beyond them.
fn number(key: &str, (min, max): (Option<f64>, Option<f64>), side: Side) -> Value {
    let bounds = [(min, "$gte", "$lt"), (max, "$lte", "$gt")];
    match side {
        Side::Meets => {
            let within = bounds
                .iter()
                .filter_map(|(bound, within, _)| Some((within, (*bound)?)));
            let mut parts: Vec<Value> = within
                .map(|(sign, bound)| json!({ key: { *sign: bound } }))
                .collect();
            if parts.is_empty() {
                return json!({ key: { "$exists": true } });
            }
            if parts.len() == 1 {
                parts.swap_remove(0)
            } else {
                json!({ "$and": parts })
            }
        }
        Side::Fails => {
            let beyond = bounds
                .iter()
                .filter_map(|(bound, _, beyond)| Some((beyond, (*bound)?)));
            let mut parts = vec![json!({ key: { "$exists": false } })];
            parts.extend(beyond.map(|(sign, bound)| json!({ key: { *sign: bound } })));
            if parts.len() == 1 {
                parts.swap_remove(0)
            } else {
                json!({ "$or": parts })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ranker_core::Filter;

    use super::*;

    #[test]
    fn negation_goes_as_far_as_it_is_exact() {
        let not = |filter| Filter::Not(Box::new(filter));
        let pushed = |filter| filter_of(&filter);
        let range = not(Filter::at_least("a", 3.0).and(Filter::at_most("b", 1.0)));
        let expected = json!({ "$or": [
            { "$or": [{ "n_61": { "$exists": false } }, { "n_61": { "$lt": 3.0 } }] },
            { "$or": [{ "n_62": { "$exists": false } }, { "n_62": { "$gt": 1.0 } }] }
        ]});
        assert_eq!(pushed(range), Some(expected));
        assert_eq!(pushed(not(Filter::any_of("skills", ["rust"]))), None);
        assert!(pushed(not(not(Filter::flag("permit", true)))).is_some());
    }

    fn filter_of(filter: &Filter) -> Option<Value> {
        super::filter(&Condition::of(filter))
    }
}
