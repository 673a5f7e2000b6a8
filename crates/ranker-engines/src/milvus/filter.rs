//! Conditions in Milvus' expressions.
//!
//! A profile that lacks a number has no such key, and what a negation means for a key that is not there differs
//! between versions. So a number counts beside its tag ([`numbered`]), and only the list of tags, which no profile
//! lacks, is negated. Numbers are texts that are ordered as they are: version 1 of the interface stores a number
//! that is written without a point, such as `1e300`, as 0.

use crate::adapter::condition::{Condition, field, numbered};

/// The key of a profile's tags.
pub(super) const TAGS: &str = "tags";
/// What the keys of all profiles are less than; those of other rows begin with [`OTHER`].
const END: &str = "g";
/// What the key of a row that is no profile begins with.
pub(super) const OTHER: char = '~';

/// How many conditions a filter may have: Milvus takes a second to read 300.
const MOST: usize = 100;
/// How many words one of them may name.
const WORDS: usize = 2000;
/// How deep they may lie in each other: each takes two levels of the message in which the server passes them on, of which it
/// reads 100.
const DEEPEST: usize = 40;

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

/// A number as a text: of two numbers, the text of the lesser is less.
pub(super) fn ordered(number: f64) -> String {
    // Adding makes -0 a 0, which it equals.
    let bits = (number + 0.0).to_bits();
    let negative = bits >> 63 == 1;
    let bits = if negative { !bits } else { bits | 1 << 63 };
    format!("{bits:016x}")
}

/// Whether a condition is short enough to be pushed down.
pub(super) fn fits(condition: &Condition) -> bool {
    conditions(condition).is_some_and(|count| count <= MOST) && depth(condition) <= DEEPEST
}

/// How many conditions there are; `None` where one names too many words.
fn conditions(condition: &Condition) -> Option<usize> {
    match condition {
        Condition::Everyone | Condition::Nobody => Some(1),
        Condition::Tagged(tags) => (tags.len() <= WORDS).then_some(1),
        Condition::Number { .. } => Some(3),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().map(conditions).sum(),
        Condition::Not(part) => conditions(part),
    }
}

/// How deep conditions lie in each other, as [`joined`] writes them.
fn depth(condition: &Condition) -> usize {
    match condition {
        Condition::Everyone | Condition::Nobody => 1,
        Condition::Tagged(_) => 2,
        Condition::Number { .. } => 4,
        Condition::And(parts) | Condition::Or(parts) => {
            let halvings = usize::BITS - parts.len().saturating_sub(1).leading_zeros();
            halvings as usize + parts.iter().map(depth).max().unwrap_or(0)
        }
        Condition::Not(part) => depth(part),
    }
}

/// The profiles that meet a condition, as an expression.
pub(super) fn filter(condition: &Condition) -> String {
    match condition {
        Condition::Everyone => profiles(),
        other => format!("{} and {}", profiles(), of(other, Side::Meets)),
    }
}

/// Rows that are profiles.
pub(super) fn profiles() -> String {
    format!("id < {END:?}")
}

/// The rows of these keys.
pub(super) fn keyed<'k>(keys: impl IntoIterator<Item = &'k str>) -> String {
    let keys: Vec<String> = keys.into_iter().map(quoted).collect();
    format!("id in [{}]", keys.join(", "))
}

fn of(condition: &Condition, side: Side) -> String {
    match (condition, side) {
        (Condition::Everyone, Side::Meets) | (Condition::Nobody, Side::Fails) => {
            format!("({})", profiles())
        }
        (Condition::Nobody, Side::Meets) | (Condition::Everyone, Side::Fails) => {
            format!("(id == {:?})", "")
        }
        (Condition::Tagged(tags), side) => tagged(tags.iter().map(String::as_str), side),
        (Condition::Number { fact, min, max }, side) => number(fact, (*min, *max), side),
        (Condition::And(parts), Side::Meets) | (Condition::Or(parts), Side::Fails) => {
            joined(parts.iter().map(|part| of(part, side)), " and ")
        }
        (Condition::Or(parts), Side::Meets) | (Condition::And(parts), Side::Fails) => {
            joined(parts.iter().map(|part| of(part, side)), " or ")
        }
        (Condition::Not(part), Side::Meets) => of(part, Side::Fails),
        (Condition::Not(part), Side::Fails) => of(part, Side::Meets),
    }
}

fn tagged<'t>(tags: impl Iterator<Item = &'t str>, side: Side) -> String {
    let tags: Vec<String> = tags.map(quoted).collect();
    let any = format!("json_contains_any({TAGS}, [{}])", tags.join(", "));
    match side {
        Side::Meets => any,
        Side::Fails => format!("(not {any})"),
    }
}

/// A number within bounds, or one without or beyond them.
fn number(fact: &str, (min, max): (Option<f64>, Option<f64>), side: Side) -> String {
    let key = number_key(fact);
    let bound =
        |sign: &str, bound: Option<f64>| Some(format!("{key} {sign} {:?}", ordered(bound?)));
    let tag = numbered(fact);
    let has = tagged(std::iter::once(&*tag), side);
    let (parts, sign) = match side {
        Side::Meets => ([Some(has), bound(">=", min), bound("<=", max)], " and "),
        Side::Fails => ([Some(has), bound("<", min), bound(">", max)], " or "),
    };
    joined(parts.into_iter().flatten(), sign)
}

/// Parts in halves: in a row, each would lie in the next.
fn joined(parts: impl Iterator<Item = String>, sign: &str) -> String {
    halves(&parts.collect::<Vec<_>>(), sign)
}

fn halves(parts: &[String], sign: &str) -> String {
    if let [part] = parts {
        return part.clone();
    }
    let (left, right) = parts.split_at(parts.len() / 2);
    format!("({}{sign}{})", halves(left, sign), halves(right, sign))
}

/// A text as the expressions have it: as in JSON, whose escapes they know.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use ranker_core::Filter;

    use super::*;

    #[test]
    fn only_tags_are_negated() {
        let not = |filter| Filter::Not(Box::new(filter));
        let range = Filter::Range {
            fact: "a".to_owned(),
            min: 1.0,
            max: 3.0,
        };
        let both = not(range.and(Filter::any_of("b", ["x", "it's \"y\""])));
        let expected = "id < \"g\" and ((\
             (not json_contains_any(tags, [\"number\\u001fa\"])) \
             or (n_61 < \"bff0000000000000\" or n_61 > \"c008000000000000\")) \
             or (not json_contains_any(tags, [\"key\\u001fb\\u001fit's \\\"y\\\"\", \"key\\u001fb\\u001fx\"])))";
        assert_eq!(filter(&Condition::of(&both)), expected);
        assert_eq!(filter(&Condition::Everyone), "id < \"g\"");
        assert_eq!(filter(&Condition::Nobody), "id < \"g\" and (id == \"\")");
    }

    #[test]
    fn texts_of_numbers_are_ordered_as_they_are() {
        let numbers = [
            f64::MIN,
            -1e300,
            -2.0,
            -5e-324,
            0.0,
            5e-324,
            0.1,
            1.0,
            9_007_199_254_740_993.0,
            1e300,
            f64::MAX,
        ];
        assert!(numbers.is_sorted_by(|a, b| ordered(*a) < ordered(*b)));
        assert_eq!(ordered(-0.0), ordered(0.0));
    }

    #[test]
    fn what_is_too_long_is_not_pushed_down() {
        let words = |count: usize| (0..count).map(|at| format!("w{at}"));
        let any = |count| Condition::of(&Filter::any_of("skills", words(count)));
        let all = |count| Condition::of(&Filter::all_of("skills", words(count)));
        assert!(fits(&any(WORDS)) && !fits(&any(WORDS + 1)));
        assert!(fits(&all(MOST)) && !fits(&all(MOST + 1)));
        let deep = |levels: usize| {
            let nested = (0..levels).fold(Filter::flag("a", true), |filter, _| {
                let not = Filter::Not(Box::new(filter));
                Filter::Or(vec![not, Filter::flag("b", true)])
            });
            fits(&Condition::of(&nested))
        };
        assert!(deep(38) && !deep(39));
    }
}
