//! Which conditions of a filter leave somebody out.

use std::fmt;

use ranker_core::{Fact, Facts, Filter};

/// A condition that is not met, and what is known of the facts that it reads.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Unmet {
    /// The condition.
    pub condition: Filter,
    /// The facts that it reads, each with its value; `None` where the fact is not known.
    pub held: Vec<(String, Option<Fact>)>,
}

/// The conditions of a filter that these facts do not meet, each with what is known; none where they pass.
///
/// Conditions that must all hold are told one by one, any other ("or", "not") as a whole.
#[must_use]
pub fn unmet(filter: &Filter, facts: &Facts) -> Vec<Unmet> {
    if filter.matches(facts) {
        return Vec::new();
    }
    if let Filter::And(all) = filter {
        return all.iter().flat_map(|one| unmet(one, facts)).collect();
    }
    let mut names = Vec::new();
    read_by(filter, &mut names);
    let held = |name: &str| (name.to_owned(), facts.get(name).cloned());
    vec![Unmet {
        condition: filter.clone(),
        held: names.into_iter().map(held).collect(),
    }]
}

/// The names of the facts that a filter reads, each once.
fn read_by<'f>(filter: &'f Filter, names: &mut Vec<&'f str>) {
    let name = match filter {
        Filter::Range { fact, .. }
        | Filter::Flag { fact, .. }
        | Filter::AnyOf { fact, .. }
        | Filter::AllOf { fact, .. } => fact,
        Filter::And(all) | Filter::Or(all) => {
            return all.iter().for_each(|one| read_by(one, names));
        }
        Filter::Not(one) => return read_by(one, names),
        _ => return,
    };
    if !names.contains(&name.as_str()) {
        names.push(name);
    }
}

/// `years of at least 6 (years is 2)`, `permit is true (permit is not known)`.
impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.held.iter().map(|(name, fact)| match fact {
            Some(fact) => format!("{name} is {fact}"),
            None => format!("{name} is not known"),
        });
        let held: Vec<String> = held.collect();
        write!(f, "{} ({})", self.condition, held.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_that_fails_is_told_with_what_is_known() {
        let filter = Filter::at_least("years", 6.0)
            .and(Filter::flag("permit", true))
            .and(Filter::any_of("skills", ["Rust"]))
            .and(Filter::Not(Box::new(Filter::any_of("skills", ["SQL"]))));
        let mut facts = Facts::new();
        facts.insert("years", Fact::integer(2)).unwrap();
        facts
            .insert("skills", Fact::keywords(["Rust", "SQL"]))
            .unwrap();
        let told: Vec<String> = unmet(&filter, &facts)
            .iter()
            .map(Unmet::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "years of at least 6 (years is 2)",
                "permit is true (permit is not known)",
                "not (skills among \"sql\") (skills is rust, sql)",
            ]
        );
        facts.insert("years", Fact::integer(6)).unwrap();
        facts.insert("permit", Fact::flag(true)).unwrap();
        facts.insert("skills", Fact::keywords(["Rust"])).unwrap();
        assert!(filter.matches(&facts) && unmet(&filter, &facts).is_empty());
        assert_eq!(unmet(&Filter::Or(vec![]), &facts).len(), 1);
    }
}
