//! Filters in the form that every engine can apply.
//!
//! Engines differ in what a missing field, an empty list or a negation means. So a profile is indexed by
//! [`tags`], a list that is never missing and says what each fact is, and by its numbers; a filter becomes
//! conditions on these two alone, with the cases that match everyone or nobody decided here. Then "not"
//! is the plain complement everywhere.

use ranker_core::{Fact, Facts, Filter};

/// What a filter asks of a profile's tags and numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Everyone,
    Nobody,
    /// At least one of these tags; never an empty list.
    Tagged(Vec<String>),
    /// A number between two bounds, where there are such.
    Number {
        fact: String,
        min: Option<f64>,
        max: Option<f64>,
    },
    /// All of these; at least two.
    And(Vec<Condition>),
    /// Any of these; at least two.
    Or(Vec<Condition>),
    Not(Box<Condition>),
}

/// Separates a fact's name from what is said of it: no key holds it.
const SEPARATOR: char = '\u{1f}';

/// What a profile is found by: each fact's name, each of its keys, and flags with their value.
pub(crate) fn tags(facts: &Facts) -> Vec<String> {
    let mut tags = Vec::new();
    for (name, fact) in facts.iter() {
        tags.push(named(name));
        tags.extend(fact.keys().map(|key| keyed(name, &key)));
        if let Fact::Flag(value) = fact {
            tags.push(flagged(name, *value));
        }
    }
    tags
}

/// The numbers among the facts.
#[cfg(any(
    feature = "chroma",
    feature = "elastic",
    feature = "milvus",
    feature = "pinecone",
    feature = "qdrant",
    feature = "redis",
    test
))]
pub(crate) fn numbers(facts: &Facts) -> impl Iterator<Item = (&str, f64)> {
    facts
        .iter()
        .filter_map(|(name, fact)| Some((name, fact.number()?)))
}

/// A fact's name as a field name that any engine takes: its bytes in hexadecimal.
#[cfg(any(
    feature = "chroma",
    feature = "elastic",
    feature = "milvus",
    feature = "pinecone",
    feature = "qdrant",
    feature = "redis"
))]
pub(crate) fn field(name: &str) -> String {
    name.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The tag of whoever has a number under a fact's name, for engines that must ask whether there is one.
#[cfg(any(feature = "chroma", feature = "milvus", feature = "redis"))]
pub(crate) fn numbered(name: &str) -> String {
    format!("number{SEPARATOR}{name}")
}

fn named(name: &str) -> String {
    format!("has{SEPARATOR}{name}")
}

fn keyed(name: &str, key: &str) -> String {
    format!("key{SEPARATOR}{name}{SEPARATOR}{key}")
}

fn flagged(name: &str, value: bool) -> String {
    format!("flag{SEPARATOR}{name}{SEPARATOR}{value}")
}

impl Condition {
    /// The condition that holds of a profile if and only if the filter matches its facts.
    pub(crate) fn of(filter: &Filter) -> Self {
        match filter {
            Filter::All => Self::Everyone,
            Filter::Range { fact, min, max } => Self::range(fact, *min, *max),
            Filter::Flag { fact, value } => Self::Tagged(vec![flagged(fact, *value)]),
            Filter::AnyOf { fact, words } => {
                let tags: Vec<String> = words.iter().map(|word| keyed(fact, word)).collect();
                if tags.is_empty() {
                    Self::Nobody
                } else {
                    Self::Tagged(tags)
                }
            }
            // Every word of none is held by whoever has the fact, of any kind.
            Filter::AllOf { fact, words } if words.is_empty() => Self::Tagged(vec![named(fact)]),
            Filter::AllOf { fact, words } => Self::all(
                words
                    .iter()
                    .map(|word| Self::Tagged(vec![keyed(fact, word)])),
            ),
            Filter::And(filters) => Self::all(filters.iter().map(Self::of)),
            Filter::Or(filters) => Self::any(filters.iter().map(Self::of)),
            Filter::Not(filter) => Self::of(filter).complement(),
            // A kind of filter of a later version of ranker-core is not known to match anyone. The engines
            // refuse it before ([`known`]).
            _ => Self::Nobody,
        }
    }

    fn range(fact: &str, min: f64, max: f64) -> Self {
        // NaN is no bound that a number lies within.
        let holds = min <= max && min < f64::INFINITY && max > f64::NEG_INFINITY;
        if !holds {
            return Self::Nobody;
        }
        Self::Number {
            fact: fact.to_owned(),
            min: min.is_finite().then_some(min),
            max: max.is_finite().then_some(max),
        }
    }

    fn all(parts: impl Iterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Everyone => {}
                Self::Nobody => return Self::Nobody,
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::Everyone,
            1 => kept.swap_remove(0),
            _ => Self::And(kept),
        }
    }

    fn any(parts: impl Iterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Everyone => return Self::Everyone,
                Self::Nobody => {}
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::Nobody,
            1 => kept.swap_remove(0),
            _ => Self::Or(kept),
        }
    }

    fn complement(self) -> Self {
        match self {
            Self::Everyone => Self::Nobody,
            Self::Nobody => Self::Everyone,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

/// Whether this version knows every part of a filter.
pub(crate) fn known(filter: &Filter) -> bool {
    match filter {
        Filter::All
        | Filter::Range { .. }
        | Filter::Flag { .. }
        | Filter::AnyOf { .. }
        | Filter::AllOf { .. } => true,
        Filter::And(filters) | Filter::Or(filters) => filters.iter().all(known),
        Filter::Not(filter) => known(filter),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use ranker_core::conformance;

    use super::*;

    /// The condition's meaning, for comparison with the filter's own.
    fn holds(condition: &Condition, facts: &Facts) -> bool {
        match condition {
            Condition::Everyone => true,
            Condition::Nobody => false,
            Condition::Tagged(any) => tags(facts).iter().any(|tag| any.contains(tag)),
            Condition::Number { fact, min, max } => numbers(facts).any(|(name, number)| {
                name == fact
                    && min.is_none_or(|min| number >= min)
                    && max.is_none_or(|max| number <= max)
            }),
            Condition::And(parts) => parts.iter().all(|part| holds(part, facts)),
            Condition::Or(parts) => parts.iter().any(|part| holds(part, facts)),
            Condition::Not(part) => !holds(part, facts),
        }
    }

    #[test]
    fn a_condition_means_what_its_filter_means() {
        let leaves = crate::conformance::filters();
        let mut filters = leaves.clone();
        for (a, b) in leaves.iter().zip(leaves.iter().rev()) {
            filters.push(a.clone().and(b.clone()));
            filters.push(Filter::Or(vec![
                a.clone(),
                Filter::Not(Box::new(b.clone())),
            ]));
            filters.push(Filter::Not(Box::new(Filter::And(vec![
                a.clone(),
                b.clone(),
            ]))));
            filters.push(Filter::Not(Box::new(Filter::Not(Box::new(a.clone())))));
        }
        let mut profiles: Vec<_> = conformance::pool().into_iter().map(|e| e.profile).collect();
        profiles.extend(
            crate::conformance::people(60)
                .into_iter()
                .map(|(profile, _)| profile),
        );
        for filter in &filters {
            let condition = Condition::of(filter);
            for profile in &profiles {
                let facts = profile.facts();
                assert_eq!(
                    holds(&condition, facts),
                    filter.matches(facts),
                    "{filter:?} {facts:?}"
                );
            }
        }
    }
}
