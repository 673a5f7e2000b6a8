//! Which candidates may be considered at all.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use super::facts::{Fact, Facts};
use crate::text::key::{key, shown};

/// A condition on typed facts.
///
/// A candidate without the fact never meets a condition on it; [`Filter::Not`] turns that round like
/// any other answer.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Filter {
    /// Everyone.
    #[default]
    All,
    /// A number in `min..=max`. Use the infinities for a side without a bound.
    Range {
        /// The fact's name.
        fact: String,
        /// The least number that matches.
        min: f64,
        /// The greatest number that matches.
        max: f64,
    },
    /// A flag of that value.
    Flag {
        /// The fact's name.
        fact: String,
        /// The value asked for.
        value: bool,
    },
    /// A keyword that is one of `words`, or a set that holds at least one of them.
    AnyOf {
        /// The fact's name.
        fact: String,
        /// The keys of the words, as [`Fact::keys`] gives them.
        words: BTreeSet<String>,
    },
    /// A set (or a keyword) that holds every one of `words`.
    AllOf {
        /// The fact's name.
        fact: String,
        /// The keys of the words, as [`Fact::keys`] gives them.
        words: BTreeSet<String>,
    },
    /// Every one of these.
    And(Vec<Filter>),
    /// At least one of these.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
}

impl Filter {
    /// A number of at least `min`.
    pub fn at_least(fact: impl Into<String>, min: f64) -> Self {
        Self::Range {
            fact: fact.into(),
            min,
            max: f64::INFINITY,
        }
    }

    /// A number of at most `max`.
    pub fn at_most(fact: impl Into<String>, max: f64) -> Self {
        Self::Range {
            fact: fact.into(),
            min: f64::NEG_INFINITY,
            max,
        }
    }

    /// A flag of that value.
    pub fn flag(fact: impl Into<String>, value: bool) -> Self {
        Self::Flag {
            fact: fact.into(),
            value,
        }
    }

    /// At least one of these words.
    pub fn any_of(
        fact: impl Into<String>,
        words: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Self {
        Self::AnyOf {
            fact: fact.into(),
            words: folded(words),
        }
    }

    /// Every one of these words.
    pub fn all_of(
        fact: impl Into<String>,
        words: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Self {
        Self::AllOf {
            fact: fact.into(),
            words: folded(words),
        }
    }

    /// Both conditions.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, filter) | (filter, Self::All) => filter,
            (Self::And(mut filters), other) => {
                filters.push(other);
                Self::And(filters)
            }
            (one, other) => Self::And(vec![one, other]),
        }
    }

    /// Whether everyone passes.
    #[must_use]
    pub fn is_all(&self) -> bool {
        match self {
            Self::All => true,
            Self::And(filters) => filters.iter().all(Self::is_all),
            Self::Range { .. }
            | Self::Flag { .. }
            | Self::AnyOf { .. }
            | Self::AllOf { .. }
            | Self::Or(_)
            | Self::Not(_) => false,
        }
    }

    /// Whether a candidate with these facts passes.
    #[must_use]
    pub fn matches(&self, facts: &Facts) -> bool {
        match self {
            Self::All => true,
            Self::Range { fact, min, max } => facts
                .get(fact)
                .and_then(Fact::number)
                .is_some_and(|number| (*min..=*max).contains(&number)),
            Self::Flag { fact, value } => facts.get(fact) == Some(&Fact::Flag(*value)),
            Self::AnyOf { fact, words } => facts
                .get(fact)
                .is_some_and(|fact| fact.keys().any(|word| words.contains(&*word))),
            Self::AllOf { fact, words } => facts.get(fact).is_some_and(|fact| {
                let held: BTreeSet<Cow<'_, str>> = fact.keys().collect();
                words.iter().all(|word| held.contains(word.as_str()))
            }),
            Self::And(filters) => filters.iter().all(|filter| filter.matches(facts)),
            Self::Or(filters) => filters.iter().any(|filter| filter.matches(facts)),
            Self::Not(filter) => !filter.matches(facts),
        }
    }
}

/// The condition in words: `years of at least 5 and not (skills among "php")`.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("everyone"),
            Self::Range { fact, min, max } if max.is_infinite() => {
                write!(f, "{fact} of at least {min}")
            }
            Self::Range { fact, min, max } if min.is_infinite() => {
                write!(f, "{fact} of at most {max}")
            }
            Self::Range { fact, min, max } => write!(f, "{fact} from {min} to {max}"),
            Self::Flag { fact, value } => write!(f, "{fact} is {value}"),
            Self::AnyOf { fact, words } => write!(f, "{fact} among {}", quoted(words)),
            Self::AllOf { fact, words } => write!(f, "{fact} holds {}", quoted(words)),
            Self::And(filters) => f.write_str(&joined(filters, " and ")),
            Self::Or(filters) => write!(f, "({})", joined(filters, " or ")),
            Self::Not(filter) => write!(f, "not ({filter})"),
        }
    }
}

fn quoted(words: &BTreeSet<String>) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    words.join(", ")
}

fn joined(filters: &[Filter], by: &str) -> String {
    let filters: Vec<String> = filters.iter().map(Filter::to_string).collect();
    filters.join(by)
}

fn folded(words: impl IntoIterator<Item = impl AsRef<str>>) -> BTreeSet<String> {
    let keys = words.into_iter().map(|word| shown(word.as_ref()));
    keys.map(|word| key(&word).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let mut facts = Facts::new();
        facts.insert("years", Fact::integer(6)).unwrap();
        facts
            .insert("skills", Fact::keywords(["Rust", "SQL"]))
            .unwrap();
        facts.insert("location", Fact::keyword("Berlin")).unwrap();
        facts.insert("permit", Fact::flag(true)).unwrap();
        facts.insert("place", Fact::keyword("Zürich")).unwrap();
        let tools = Fact::keywords(["node.js", "Postgres", ".NET"]);
        facts.insert("tools", tools).unwrap();
        facts
    }

    #[test]
    fn every_kind_matches_what_it_says() {
        let yes = [
            Filter::All,
            Filter::at_least("years", 6.0),
            Filter::at_most("years", 6.0),
            Filter::flag("permit", true),
            Filter::any_of("location", ["PARIS", "berlin"]),
            Filter::any_of("skills", ["sql"]),
            Filter::any_of("place", ["Zurich"]),
            Filter::any_of("place", ["ZU\u{308}RICH\u{a0}"]),
            Filter::any_of("tools", ["NodeJS"]),
            Filter::all_of("tools", ["Node.js", "postgresql"]),
            Filter::all_of("skills", ["rust", "SQL"]),
            Filter::all_of("skills", [""; 0]),
            Filter::And(vec![]),
            Filter::Not(Box::new(Filter::flag("permit", false))),
            Filter::Or(vec![
                Filter::at_least("years", 9.0),
                Filter::flag("permit", true),
            ]),
        ];
        for filter in yes {
            assert!(filter.matches(&facts()), "{filter:?}");
        }
        let no = [
            Filter::at_least("years", 6.1),
            Filter::at_least("years", f64::NAN),
            Filter::all_of("skills", ["rust", "go"]),
            Filter::any_of("years", ["6"]),
            Filter::any_of("tools", ["net"]),
            Filter::Or(vec![]),
            Filter::flag("permit", true).and(Filter::flag("permit", false)),
        ];
        for filter in no {
            assert!(!filter.matches(&facts()), "{filter:?}");
        }
    }

    #[test]
    fn conditions_are_shown_in_words() {
        let php = Filter::Not(Box::new(Filter::any_of("skills", ["PHP"])));
        let filter = Filter::at_least("years", 5.0).and(php);
        assert_eq!(
            filter.to_string(),
            "years of at least 5 and not (skills among \"php\")"
        );
    }

    #[test]
    fn a_missing_fact_never_matches() {
        let nobody = Facts::new();
        for filter in [
            Filter::at_least("years", 0.0),
            Filter::flag("permit", false),
            Filter::any_of("skills", ["rust"]),
            Filter::all_of("skills", [""; 0]),
        ] {
            assert!(!filter.matches(&nobody), "{filter:?}");
            assert!(Filter::Not(Box::new(filter)).matches(&nobody));
        }
    }

    #[test]
    fn and_drops_what_says_nothing() {
        assert_eq!(Filter::All.and(Filter::All), Filter::All);
        let permit = Filter::flag("permit", true);
        assert_eq!(Filter::All.and(permit.clone()), permit);
        assert!(Filter::And(vec![Filter::All]).is_all());
    }
}
