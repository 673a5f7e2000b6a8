//! The small pool of profiles that the checks run on.

use crate::{
    CandidateId, Embedding, Fact, Filter, Hit, JobDescription, LegScore, Profile, Query, Score,
};

/// A profile and its embedding.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The profile.
    pub profile: Profile,
    /// Where it lies: [`pool`] makes vectors of 8 dimensions.
    pub embedding: Embedding,
}

const TRADES: [(&str, &str); 4] = [
    (
        "Rust engineer",
        "builds search engines and databases in Rust and C++ on Linux",
    ),
    (
        "Registered nurse",
        "cares for patients on a surgical ward and plans their discharge",
    ),
    (
        "Tax accountant",
        "prepares audits, balance sheets and corporate tax returns",
    ),
    (
        "Electrician",
        "installs wiring, switchgear and lighting on building sites",
    ),
];

/// Forty profiles in four trades, each with its own vector and the facts `years` (0 to 9), `trade`,
/// `skills` and `permit`.
///
/// # Panics
///
/// Never: the values are constants that their types allow.
#[must_use]
pub fn pool() -> Vec<Entry> {
    (0..40).map(entry).collect()
}

/// The `i`-th profile: trades alternate, so that ids say nothing of the content.
fn entry(i: usize) -> Entry {
    let (title, does) = TRADES[i % 4];
    let years = i / 4;
    let text = format!("{title} who {does}. {years} years in the trade, reference number n{i}.");
    let profile = Profile::new(format!("c{i:02}"), text)
        .map(|profile| profile.with_title(title))
        .and_then(|profile| profile.with_fact("years", Fact::Number(years as f64)))
        .and_then(|profile| profile.with_fact("trade", Fact::keyword(title)))
        .and_then(|profile| profile.with_fact("skills", Fact::keywords(does.split(' '))))
        .and_then(|profile| profile.with_fact("permit", Fact::flag(i.is_multiple_of(3))))
        .expect("constants that the types allow");
    Entry {
        profile,
        embedding: vector(i),
    }
}

/// A trade has a direction of its own; within it, years turn the vector a little.
fn vector(i: usize) -> Embedding {
    let mut vector = vec![0.05_f32; 8];
    vector[i % 4] = 1.0;
    vector[4 + i % 4] = 0.04 * (i / 4) as f32;
    Embedding::normalized(vector).expect("a constant with a direction")
}

/// A query that asks for exactly the `i`-th profile, by text and by vector.
pub(super) fn query(i: usize) -> Query {
    let entry = entry(i);
    let job = JobDescription::new(entry.profile.text()).expect("a profile's text is not blank");
    Query::new(job.with_title(entry.profile.title())).with_embedding(entry.embedding)
}

/// Filters of every kind, from half of the pool down to nobody.
pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::at_least("years", 5.0),
        Filter::flag("permit", true),
        Filter::any_of("trade", ["Electrician"]),
        Filter::all_of("skills", ["rust", "search"]),
        Filter::any_of("trade", ["electrician", "rust engineer"])
            .and(Filter::at_most("years", 0.0)),
        Filter::Not(Box::new(Filter::flag("permit", true))),
        Filter::Or(vec![
            Filter::at_least("years", 9.0),
            Filter::at_most("years", 0.0),
        ]),
        Filter::at_least("years", 100.0),
        Filter::flag("unknown fact", true),
    ]
}

/// Hits with a leg score, for the stages after retrieval.
pub(super) fn hits() -> Vec<Hit> {
    let score = |i: usize| Score::new(1.0 / (i + 1) as f64).expect("finite");
    pool()
        .iter()
        .take(8)
        .enumerate()
        .map(|(i, entry)| {
            let dense = LegScore {
                leg: crate::legs::DENSE.into(),
                score: score(i),
                best: score(0),
            };
            Hit::new(id(entry), score(i)).with_leg(dense)
        })
        .collect()
}

pub(super) fn id(entry: &Entry) -> CandidateId {
    entry.profile.id().clone()
}
