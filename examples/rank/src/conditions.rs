//! Why a filter passes nobody.

use ranker::core::Fact;
use ranker::{Filter, Profile};

/// For each condition of a filter that nobody passes: how many pass that condition alone, and how many
/// lack the fact. Nothing if anyone passes all.
pub(crate) fn shortfall(filter: &Filter, profiles: &[Profile]) -> Vec<String> {
    if filter.is_all()
        || profiles
            .iter()
            .any(|profile| filter.matches(profile.facts()))
    {
        return Vec::new();
    }
    let conditions = match filter {
        Filter::And(conditions) => conditions.as_slice(),
        one => std::slice::from_ref(one),
    };
    let all = profiles.len();
    let explain = |condition: &Filter| {
        let passing = profiles
            .iter()
            .filter(|profile| condition.matches(profile.facts()))
            .count();
        let Some(fact) = fact(condition) else {
            return format!("condition {condition}: {passing} of {all} profiles pass it");
        };
        let lacking = profiles
            .iter()
            .filter(|profile| profile.facts().get(fact).is_none())
            .count();
        let other = all - passing - lacking;
        let example = profiles.iter().find_map(|profile| {
            let has = profile.facts().get(fact)?;
            (!condition.matches(profile.facts())).then(|| shown(has))
        });
        let example = example.map_or_else(String::new, |example| format!(", such as {example}"));
        format!(
            "condition {condition}: {passing} of {all} profiles pass it, {lacking} have no fact {fact:?}, \
             {other} have another value{example}"
        )
    };
    let mut lines = vec!["the job's filter passes nobody".to_owned()];
    lines.extend(conditions.iter().map(explain));
    lines
}

/// A fact with its kind, for a number never equals a word.
fn shown(fact: &Fact) -> String {
    match fact {
        Fact::Number(number) => format!("the number {number}"),
        Fact::Flag(flag) => flag.to_string(),
        words => format!("{:?}", words.to_string()),
    }
}

fn fact(condition: &Filter) -> Option<&str> {
    match condition {
        Filter::Range { fact, .. }
        | Filter::Flag { fact, .. }
        | Filter::AnyOf { fact, .. }
        | Filter::AllOf { fact, .. } => Some(fact),
        Filter::Not(condition) => fact(condition),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_says_who_lacks_what() {
        let person = |id: &str, fact: Option<Fact>| {
            let profile = Profile::new(id, "x").unwrap();
            match fact {
                Some(fact) => profile.with_fact("years", fact).unwrap(),
                None => profile,
            }
        };
        let pool = [
            person("a", Some(Fact::Number(2.0))),
            person("b", None),
            person("c", Some(Fact::keyword("six"))),
        ];
        let filter = Filter::at_least("years", 5.0);
        assert_eq!(
            shortfall(&filter, &pool),
            [
                "the job's filter passes nobody",
                "condition years of at least 5: 0 of 3 profiles pass it, 1 have no fact \"years\", 2 \
                 have another value, such as the number 2"
            ]
        );
        assert!(shortfall(&Filter::at_least("years", 1.0), &pool).is_empty());
        assert!(shortfall(&Filter::All, &[]).is_empty());
    }
}
