//! Conditions in Chroma's `where`.
//!
//! An upsert of Chroma's leaves keys of an earlier version in place, so a number counts only beside its tag
//! ([`numbered`]): tags are one key, which is replaced as a whole. Chroma has no "not"; each operator has its
//! complement, and those of a list and of equality hold of records that lack the key.

use serde_json::{Value, json};

use crate::adapter::condition::{Condition, field, numbered};

/// The key of a profile's tags.
pub(super) const TAGS: &str = "tags";
/// The tag that every profile has, so that no list of tags is empty.
pub(super) const PROFILE: &str = "profile";
/// The tag that none has.
const NOBODY: &str = "nobody";

/// How many operators a filter may have: Chroma makes one SQL expression of it, whose depth SQLite bounds.
const MOST: usize = 500;

/// Whom a condition is about: those who meet it, or all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Meets,
    Fails,
}

/// The key of a fact's number.
pub(super) fn number_key(fact: &str) -> String {
    format!("n_{}", field(fact))
}

/// Whether a condition is short enough to be pushed down.
pub(super) fn fits(condition: &Condition) -> bool {
    operators(condition) <= MOST
}

fn operators(condition: &Condition) -> usize {
    match condition {
        Condition::Everyone | Condition::Nobody => 1,
        Condition::Tagged(tags) => tags.len(),
        Condition::Number { .. } => 3,
        Condition::And(parts) | Condition::Or(parts) => parts.iter().map(operators).sum(),
        Condition::Not(part) => operators(part),
    }
}

/// A condition as a filter; `None` for everyone.
pub(super) fn filter(condition: &Condition) -> Option<Value> {
    match condition {
        Condition::Everyone => None,
        other => Some(of(other, Side::Meets)),
    }
}

fn of(condition: &Condition, side: Side) -> Value {
    match (condition, side) {
        (Condition::Everyone, Side::Meets) | (Condition::Nobody, Side::Fails) => {
            tag(PROFILE, Side::Meets)
        }
        (Condition::Nobody, Side::Meets) | (Condition::Everyone, Side::Fails) => {
            tag(NOBODY, Side::Meets)
        }
        (Condition::Tagged(tags), side) => {
            let parts = tags.iter().map(|own| tag(own, side)).collect();
            match side {
                Side::Meets => any(parts),
                Side::Fails => all(parts),
            }
        }
        (Condition::Number { fact, min, max }, side) => number(fact, (*min, *max), side),
        (Condition::And(parts), Side::Meets) | (Condition::Or(parts), Side::Fails) => {
            all(parts.iter().map(|part| of(part, side)).collect())
        }
        (Condition::Or(parts), Side::Meets) | (Condition::And(parts), Side::Fails) => {
            any(parts.iter().map(|part| of(part, side)).collect())
        }
        (Condition::Not(part), Side::Meets) => of(part, Side::Fails),
        (Condition::Not(part), Side::Fails) => of(part, Side::Meets),
    }
}

fn tag(tag: &str, side: Side) -> Value {
    match side {
        Side::Meets => json!({ TAGS: { "$contains": tag } }),
        Side::Fails => json!({ TAGS: { "$not_contains": tag } }),
    }
}

/// A number within bounds, or one without or beyond them.
fn number(fact: &str, (min, max): (Option<f64>, Option<f64>), side: Side) -> Value {
    let key = number_key(fact);
    let bound = |sign: &str, bound: Option<f64>| Some(json!({ &key: { sign: bound? } }));
    let has = tag(&numbered(fact), side);
    match side {
        Side::Meets => {
            let within = [Some(has), bound("$gte", min), bound("$lte", max)];
            all(within.into_iter().flatten().collect())
        }
        Side::Fails => {
            let beyond = [Some(has), bound("$lt", min), bound("$gt", max)];
            any(beyond.into_iter().flatten().collect())
        }
    }
}

fn all(parts: Vec<Value>) -> Value {
    joined("$and", parts)
}

fn any(parts: Vec<Value>) -> Value {
    joined("$or", parts)
}

/// Chroma wants at least two parts.
fn joined(sign: &str, mut parts: Vec<Value>) -> Value {
    if parts.len() == 1 {
        parts.swap_remove(0)
    } else {
        json!({ sign: parts })
    }
}

#[cfg(test)]
mod tests {
    use ranker_core::Filter;

    use super::*;

    #[test]
    fn a_negation_is_its_complement() {
        let not = |filter| Filter::Not(Box::new(filter));
        let range = Filter::Range {
            fact: "a".to_owned(),
            min: 1.0,
            max: 3.0,
        };
        let both = not(range.and(Filter::any_of("b", ["x", "y"])));
        let told = filter(&Condition::of(&both)).unwrap();
        let lacks = |tag: &str| json!({ "tags": { "$not_contains": tag } });
        let expected = json!({ "$or": [
            { "$or": [lacks("number\u{1f}a"), { "n_61": { "$lt": 1.0 } }, { "n_61": { "$gt": 3.0 } }] },
            { "$and": [lacks("key\u{1f}b\u{1f}x"), lacks("key\u{1f}b\u{1f}y")] }
        ]});
        assert_eq!(told, expected);
        assert_eq!(filter(&Condition::Everyone), None);
    }

    #[test]
    fn what_is_too_long_is_not_pushed_down() {
        let words = |count: usize| (0..count).map(|at| format!("w{at}"));
        let condition = |count| Condition::of(&Filter::any_of("skills", words(count)));
        assert!(fits(&condition(MOST)) && !fits(&condition(MOST + 1)));
    }
}
