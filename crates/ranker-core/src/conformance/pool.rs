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

/// Facts of the twins beside their trade: some lack what others have.
const TWINS: [(&str, Option<f64>, Option<bool>); 6] = [
    ("t4", Some(2.0), Some(true)),
    ("t1", None, None),
    ("t5", Some(8.0), None),
    ("t0", None, Some(false)),
    ("t3", Some(9.0), Some(true)),
    ("t2", None, None),
];

/// The pool and six profiles that differ in ids and facts alone, so that their scores are equal.
pub(super) fn with_twins() -> Vec<Entry> {
    let mut entries = pool();
    entries.extend(TWINS.iter().map(|&(id, years, permit)| {
        let facts = [
            ("years", years.map(Fact::Number)),
            ("permit", permit.map(Fact::flag)),
        ];
        let twin = Profile::new(id, TWIN_TEXT).expect("constants that the types allow");
        let add = |twin: Profile, (name, fact): (&str, Option<Fact>)| match fact {
            Some(fact) => twin.with_fact(name, fact),
            None => Ok(twin),
        };
        let profile = facts.into_iter().try_fold(twin, add);
        Entry {
            profile: profile.expect("constants that the types allow"),
            embedding: twin_vector(),
        }
    }));
    entries
}

const TWIN_TEXT: &str = "Baker who bakes bread, rolls and cakes before dawn.";

fn twin_vector() -> Embedding {
    let vector = vec![0.5, 0.5, 0.05, 0.05, 0.05, 0.05, 0.05, 0.7];
    Embedding::normalized(vector).expect("a constant with a direction")
}

/// A query for which the twins are best, and equally so.
pub(super) fn twin_query() -> Query {
    let job = JobDescription::new(TWIN_TEXT).expect("a constant that is not blank");
    Query::new(job).with_embedding(twin_vector())
}

/// A trade has a direction of its own; within it, years turn the vector a little.
pub(super) fn vector(i: usize) -> Embedding {
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

/// Filters of every kind, from the whole pool down to none of it.
pub(super) fn filters() -> Vec<Filter> {
    vec![
        Filter::at_least("years", 5.0),
        Filter::flag("permit", true),
        Filter::any_of("trade", ["Electrician"]),
        Filter::all_of("skills", ["rust", "search"]),
        Filter::any_of("trade", ["electrician", "rust engineer"])
            .and(Filter::at_most("years", 0.0)),
        Filter::Not(Box::new(Filter::flag("permit", true))),
        Filter::Not(Box::new(Filter::at_least("years", 5.0))),
        Filter::Not(Box::new(Filter::any_of("trade", ["Electrician"]))),
        Filter::Not(Box::new(Filter::flag("unknown fact", true))),
        Filter::And(Vec::new()),
        Filter::Or(Vec::new()),
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
            let dense = LegScore::new(crate::legs::DENSE, score(i), score(0));
            Hit::new(id(entry), score(i)).with_leg(dense)
        })
        .collect()
}

pub(super) fn id(entry: &Entry) -> CandidateId {
    entry.profile.id().clone()
}
