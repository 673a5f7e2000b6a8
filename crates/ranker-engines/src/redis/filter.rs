//! Conditions in the expressions of Redis's vector sets.
//!
//! Such an expression fails for an element that lacks a number it names, wherever it stands in it: "not" and
//! "or" do not help. Tags are never lacking. So a condition becomes alternatives, each a conjunction in which
//! every number must be there; each is a search of its own, and the best of all are the best.

use crate::adapter::condition::{Condition, field, numbered};

/// The attribute of a profile's tags.
pub(super) const TAGS: &str = "tags";
/// The tag that every profile has.
pub(super) const PROFILE: &str = "profile";

/// What the attributes of numbers begin with.
const NUMBER: &str = "n_";

/// How many searches a filter may take.
const MOST: usize = 16;
/// The longest number that is written without an exponent.
const PLAIN: usize = 100;

/// Whom a condition is about: those who meet it, or all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Meets,
    Fails,
}

/// What must all hold.
type Conjunction = Vec<String>;

/// The attribute of a fact's number.
pub(super) fn number_key(fact: &str) -> String {
    format!("{NUMBER}{}", field(fact))
}

/// Whether an attribute is a fact's number.
pub(super) fn is_number(key: &str) -> bool {
    key.starts_with(NUMBER)
}

/// A tag as a text without a sign that JSON or an expression takes for something: letters and digits of ASCII,
/// and any other byte as two digits after `_`.
pub(super) fn tag(text: &str) -> String {
    let mut tag = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            tag.push(char::from(byte));
        } else {
            tag += &format!("_{byte:02x}");
        }
    }
    tag
}

/// The filters that together let pass whoever meets a condition: none for nobody, one without an expression
/// for everyone; `None` where they are too many, or where a bound cannot be written.
pub(super) fn filters(condition: &Condition) -> Option<Vec<Option<String>>> {
    match condition {
        Condition::Everyone => Some(vec![None]),
        Condition::Nobody => Some(Vec::new()),
        other => {
            let alternatives = alternatives(other, Side::Meets)?.into_iter();
            let each = alternatives.map(|parts| Some(joined(&parts, " and ")));
            Some(each.collect())
        }
    }
}

fn alternatives(condition: &Condition, side: Side) -> Option<Vec<Conjunction>> {
    if let Some(expression) = of_tags(condition) {
        let expression = match side {
            Side::Meets => expression,
            Side::Fails => format!("not ({expression})"),
        };
        return Some(vec![vec![expression]]);
    }
    match (condition, side) {
        (Condition::Number { fact, min, max }, _) => number(fact, (*min, *max), side),
        (Condition::And(parts), Side::Meets) | (Condition::Or(parts), Side::Fails) => {
            all(parts, side)
        }
        (Condition::Or(parts), Side::Meets) | (Condition::And(parts), Side::Fails) => {
            any(parts, side)
        }
        (Condition::Not(part), Side::Meets) => alternatives(part, Side::Fails),
        (Condition::Not(part), Side::Fails) => alternatives(part, Side::Meets),
        // `of_tags` has an expression for each of the others.
        _ => None,
    }
}

/// Each alternative of each part, with each of the others.
fn all(parts: &[Condition], side: Side) -> Option<Vec<Conjunction>> {
    let mut product: Vec<Conjunction> = vec![Vec::new()];
    for part in parts {
        let own = alternatives(part, side)?;
        if product.len() * own.len() > MOST {
            return None;
        }
        let with = |before: &Conjunction| {
            let each = own.iter().map(|own| [&before[..], &own[..]].concat());
            each.collect::<Vec<_>>()
        };
        product = product.iter().flat_map(with).collect();
    }
    Some(product)
}

fn any(parts: &[Condition], side: Side) -> Option<Vec<Conjunction>> {
    let mut sum = Vec::new();
    for part in parts {
        sum.extend(alternatives(part, side)?);
        if sum.len() > MOST {
            return None;
        }
    }
    Some(sum)
}

/// A number within bounds, or one without or beyond them.
fn number(
    fact: &str,
    (min, max): (Option<f64>, Option<f64>),
    side: Side,
) -> Option<Vec<Conjunction>> {
    let key = number_key(fact);
    let has = holds(&numbered(fact));
    let mut bounds = Vec::new();
    for (bound, within, beyond) in [(min, ">=", "<"), (max, "<=", ">")] {
        if let Some(bound) = bound {
            let sign = match side {
                Side::Meets => within,
                Side::Fails => beyond,
            };
            bounds.push(format!(".{key} {sign} {}", written(bound)?));
        }
    }
    Some(match side {
        Side::Meets if bounds.is_empty() => vec![vec![has]],
        Side::Meets => vec![bounds],
        Side::Fails => {
            let lacks = format!("not ({has})");
            let each = std::iter::once(lacks).chain(bounds);
            each.map(|part| vec![part]).collect()
        }
    })
}

/// A number as expressions have it: they know no negative exponent, and no text as long as that of the
/// smallest numbers.
fn written(number: f64) -> Option<String> {
    let plain = number.to_string();
    if plain.len() <= PLAIN {
        return Some(plain);
    }
    let short = format!("{number:e}");
    (!short.contains("e-")).then_some(short)
}

/// The expression of a condition on tags alone.
fn of_tags(condition: &Condition) -> Option<String> {
    let each = |parts: &[Condition]| parts.iter().map(of_tags).collect::<Option<Vec<_>>>();
    Some(match condition {
        Condition::Everyone => holds(PROFILE),
        Condition::Nobody => format!("not ({})", holds(PROFILE)),
        Condition::Tagged(tags) => {
            let tags: Vec<String> = tags.iter().map(|tag| holds(tag)).collect();
            joined(&tags, " or ")
        }
        Condition::Number { .. } => return None,
        Condition::And(parts) => joined(&each(parts)?, " and "),
        Condition::Or(parts) => joined(&each(parts)?, " or "),
        Condition::Not(part) => format!("not ({})", of_tags(part)?),
    })
}

fn holds(text: &str) -> String {
    format!("\"{}\" in .{TAGS}", tag(text))
}

fn joined(parts: &[String], sign: &str) -> String {
    let parts: Vec<String> = parts.iter().map(|part| format!("({part})")).collect();
    parts.join(sign)
}

#[cfg(test)]
mod tests {
    use ranker_core::Filter;

    use super::*;

    fn told(filter: &Filter) -> Option<Vec<Option<String>>> {
        filters(&Condition::of(filter))
    }

    fn not(filter: Filter) -> Filter {
        Filter::Not(Box::new(filter))
    }

    #[test]
    fn a_number_that_may_be_lacking_is_an_alternative() {
        let range = Filter::at_least("a", 1.5);
        let tags = not(Filter::any_of("b", ["x"]));
        let expected = r#"(.n_61 >= 1.5) and (not (("key_1fb_1fx" in .tags)))"#;
        assert_eq!(
            told(&range.clone().and(tags.clone())).unwrap(),
            [Some(expected.to_owned())]
        );
        let expected = [
            r#"(not ("number_1fa" in .tags))"#,
            "(.n_61 < 1.5)",
            r#"(("key_1fb_1fx" in .tags))"#,
        ];
        let expected = expected.map(|text| Some(text.to_owned()));
        assert_eq!(told(&not(range.and(tags))).unwrap()[..2], expected[..2]);
        assert_eq!(told(&Filter::All).unwrap(), [None]);
        assert_eq!(told(&not(Filter::All)).unwrap(), []);
    }

    #[test]
    fn too_many_alternatives_are_refused() {
        let outside = |fact: &str| {
            not(Filter::Range {
                fact: fact.to_owned(),
                min: 1.0,
                max: 2.0,
            })
        };
        let both = outside("a").and(outside("b"));
        assert_eq!(told(&both).unwrap().len(), 9);
        assert_eq!(told(&both.and(outside("c"))), None);
        let many = (0..20).map(|at| Filter::at_least("a", f64::from(at)));
        assert_eq!(told(&Filter::Or(many.collect())), None);
    }

    #[test]
    fn a_bound_that_cannot_be_written_is_refused() {
        for (number, text) in [
            (0.1 + 0.2, Some("0.30000000000000004")),
            (-1e300, Some("-1e300")),
            (1e-7, Some("0.0000001")),
            (1e-300, None),
            (5e-324, None),
        ] {
            assert_eq!(written(number).as_deref(), text);
        }
    }
}
