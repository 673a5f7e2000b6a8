//! Conditions in the query language of `FT.SEARCH`.

use super::super::filter::{PROFILE, TAGS, number_key, tag};
use crate::adapter::condition::{Condition, numbered};

/// How deep conditions may lie in each other: the engine's parser has an end.
const DEEPEST: usize = 30;
/// The longest tag: the engine cuts longer ones.
const LONGEST: usize = 4000;

/// A tag as the index has it; `None` for one that is too long.
pub(super) fn indexed(text: &str) -> Option<String> {
    let tag = tag(text);
    (tag.len() <= LONGEST).then_some(tag)
}

/// Whether a condition can be written: not too deep, and of no tag that the index cuts.
pub(super) fn fits(condition: &Condition) -> bool {
    within(condition, DEEPEST)
}

fn within(condition: &Condition, depth: usize) -> bool {
    let parts: &[Condition] = match condition {
        Condition::Everyone | Condition::Nobody => &[],
        Condition::Tagged(tags) => return tags.iter().all(|tag| indexed(tag).is_some()),
        Condition::Number { fact, .. } => return indexed(&numbered(fact)).is_some(),
        Condition::And(parts) | Condition::Or(parts) => parts,
        Condition::Not(part) => std::slice::from_ref(part),
    };
    parts.is_empty() || (depth > 0 && parts.iter().all(|part| within(part, depth - 1)))
}

/// The query of whoever meets a condition that fits.
pub(super) fn passing(condition: &Condition) -> String {
    match condition {
        Condition::Everyone => holds([PROFILE]),
        Condition::Nobody => format!("(-{})", holds([PROFILE])),
        Condition::Tagged(tags) => holds(tags.iter().map(String::as_str)),
        Condition::Number {
            fact,
            min: None,
            max: None,
        } => holds([&*numbered(fact)]),
        Condition::Number { fact, min, max } => {
            let bound = |bound: &Option<f64>, none: &str| match bound {
                Some(bound) if bound.is_finite() => format!("{bound:e}"),
                Some(bound) if *bound > 0.0 => "inf".to_owned(),
                Some(_) => "-inf".to_owned(),
                None => none.to_owned(),
            };
            let (min, max) = (bound(min, "-inf"), bound(max, "inf"));
            format!("@{}:[{min} {max}]", number_key(fact))
        }
        Condition::And(parts) => joined(parts, " "),
        Condition::Or(parts) => joined(parts, "|"),
        Condition::Not(part) => match &**part {
            Condition::Not(part) => passing(part),
            other => format!("(-{})", passing(other)),
        },
    }
}

/// The same for a search that scores words: of a "not" the engine takes no score, of a tag it does.
pub(super) fn unscored(condition: &Condition) -> String {
    format!("(-(-{}))", passing(condition))
}

fn holds<'t>(tags: impl IntoIterator<Item = &'t str>) -> String {
    let tags: Vec<String> = tags.into_iter().map(tag).collect();
    format!("@{TAGS}:{{{}}}", tags.join("|"))
}

fn joined(parts: &[Condition], sign: &str) -> String {
    let parts: Vec<String> = parts.iter().map(passing).collect();
    format!("({})", parts.join(sign))
}

#[cfg(test)]
mod tests {
    use ranker_core::Filter;

    use super::*;

    fn not(filter: Filter) -> Filter {
        Filter::Not(Box::new(filter))
    }

    fn told(filter: &Filter) -> String {
        passing(&Condition::of(filter))
    }

    #[test]
    fn a_condition_is_written_in_parentheses_of_its_own() {
        let range = Filter::at_least("a", 0.1 + 0.2);
        let tags = Filter::any_of("b", ["x", "y z"]);
        let (number, words) = (
            "@n_61:[3.0000000000000004e-1 inf]",
            "@tags:{key_1fb_1fx|key_1fb_1fy_20z}",
        );
        assert_eq!(told(&range), number);
        let both = range.clone().and(not(tags.clone()));
        assert_eq!(told(&both), format!("({number} (-{words}))"));
        let either = Filter::Or(vec![not(not(range)), tags]);
        assert_eq!(told(&either), format!("({number}|{words})"));
        assert_eq!(
            told(&Filter::at_most("a", f64::INFINITY)),
            "@tags:{number_1fa}"
        );
        let nobody = not(Filter::All);
        assert_eq!(told(&nobody), "(-@tags:{profile})");
        assert_eq!(
            unscored(&Condition::of(&nobody)),
            "(-(-(-@tags:{profile})))"
        );
    }

    #[test]
    fn what_the_engine_cannot_read_does_not_fit() {
        let deep = |levels: usize| {
            (0..levels).fold(Filter::flag("a", true), |filter, _| {
                Filter::Or(vec![not(filter), Filter::flag("b", true)])
            })
        };
        assert!(fits(&Condition::of(&deep(10))));
        assert!(!fits(&Condition::of(&deep(40))));
        assert!(!fits(&Condition::of(&Filter::any_of(
            "a",
            ["x".repeat(5000)]
        ))));
    }
}
