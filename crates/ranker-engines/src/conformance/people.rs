//! Made-up people, and filters on their facts.

use ranker_core::{Embedding, Fact, Filter, Profile, Query};

/// The dimension of their embeddings.
pub(super) const DIMENSION: usize = 16;

const TRADES: [(&str, &str); 5] = [
    ("Rust engineer", "builds search engines and databases"),
    ("Nurse", "cares for patients on a surgical ward"),
    ("Accountant", "prepares audits and tax returns"),
    ("Electrician", "installs wiring and lighting"),
    ("Teacher", "teaches chemistry in secondary schools"),
];
const SKILLS: [&str; 6] = ["rust", "sql", "triage", "audits", "wiring", "chemistry"];
const PLACES: [&str; 4] = ["Berlin", "Zürich", "São Paulo", "Kraków"];

/// People in five trades with embeddings of 16 dimensions: the same for the same number.
///
/// Facts: `rank` (each of `0..1000` for an equal share of the people, so that a bound on it is a share),
/// `years` (lacking in every seventh), `permit` (lacking in every fifth), `skills` (empty in some), `place`
/// (lacking in every third), and `level`, a number for some and a keyword for others.
///
/// # Panics
///
/// Never: the values are constants that their types allow.
#[must_use]
pub fn people(count: usize) -> Vec<(Profile, Embedding)> {
    (0..count).map(|i| person(i, count)).collect()
}

fn person(i: usize, count: usize) -> (Profile, Embedding) {
    let (title, does) = TRADES[i % TRADES.len()];
    let text = format!(
        "{title} who {does}. Reference number n{i}, {} years.",
        i % 30
    );
    // Numbers that have nothing to do with the trade: 7919 is prime and no factor of a count in use.
    let rank = (i * 7919 % count) * 1000 / count;
    let mut facts = vec![("rank", Fact::Number(rank as f64))];
    if !i.is_multiple_of(7) {
        facts.push(("years", Fact::Number((i % 30) as f64 + 0.5)));
    }
    if !i.is_multiple_of(5) {
        facts.push(("permit", Fact::flag(i.is_multiple_of(2))));
    }
    let skills = (0..i % 4).map(|at| SKILLS[(i + at) % SKILLS.len()]);
    facts.push(("skills", Fact::keywords(skills)));
    if !i.is_multiple_of(3) {
        facts.push(("place", Fact::keyword(PLACES[i % PLACES.len()])));
    }
    let level = if i.is_multiple_of(2) {
        Fact::Number((i % 6) as f64)
    } else {
        Fact::keyword("senior")
    };
    facts.push(("level", level));
    let profile = Profile::new(format!("p{i:05}"), text).map(|profile| profile.with_title(title));
    let add = |profile: Profile, (name, fact)| profile.with_fact(name, fact);
    let profile = profile.and_then(|profile| facts.into_iter().try_fold(profile, add));
    (profile.expect("constants that the types allow"), vector(i))
}

/// A direction for the trade, and one's own deviation from it.
fn vector(i: usize) -> Embedding {
    let mut state = (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        // SplitMix64 (Steele, Lea and Flood, 2014).
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    let mut vector: Vec<f32> = (0..DIMENSION).map(|_| next()).collect();
    vector[i % TRADES.len()] += 1.0;
    Embedding::normalized(vector).expect("a vector with a direction")
}

/// A query for what a person of another number says.
pub(super) fn query(i: usize) -> Query {
    let (profile, embedding) = person(i, usize::MAX / 8000);
    let job = ranker_core::JobDescription::new(profile.text()).expect("a text that is not blank");
    Query::new(job).with_embedding(embedding)
}

/// Filters of every kind on the facts of [`people`], and on facts that nobody has.
#[must_use]
pub fn filters() -> Vec<Filter> {
    let both = |fact: &str, min, max| Filter::Range {
        fact: fact.to_owned(),
        min,
        max,
    };
    vec![
        Filter::All,
        both("years", 3.5, 9.5),
        Filter::at_least("years", 20.5),
        Filter::at_most("rank", 0.0),
        both("years", f64::NEG_INFINITY, f64::INFINITY),
        both("years", 9.0, 3.0),
        both("years", f64::NAN, 3.0),
        both("years", f64::INFINITY, f64::INFINITY),
        both("level", 2.0, 4.0),
        Filter::flag("permit", true),
        Filter::flag("permit", false),
        Filter::flag("years", true),
        Filter::any_of("skills", ["Rust", "audits"]),
        Filter::all_of("skills", ["rust", "SQL"]),
        Filter::any_of("skills", [""; 0]),
        Filter::all_of("skills", [""; 0]),
        Filter::all_of("place", [""; 0]),
        Filter::any_of("place", ["ZURICH", "Sao Paulo"]),
        Filter::all_of("place", ["Kraków"]),
        Filter::any_of("level", ["Senior"]),
        Filter::any_of("years", ["3.5"]),
        Filter::And(Vec::new()),
        Filter::Or(Vec::new()),
        Filter::flag("nobody's", false),
        Filter::any_of("it's \"quoted\" \\ and dotted.name", ["x"]),
    ]
}

/// Filters in each other, each negated too.
pub(super) fn nestings() -> Vec<Filter> {
    let leaves = filters();
    let not = |filter: &Filter| Filter::Not(Box::new(filter.clone()));
    let mut nested = leaves.clone();
    nested.extend(leaves.iter().map(not));
    for (a, b) in leaves.iter().zip(leaves.iter().rev()) {
        nested.push(Filter::And(vec![a.clone(), not(b)]));
        nested.push(Filter::Or(vec![not(a), b.clone()]));
    }
    for triple in leaves.chunks_exact(3) {
        let [a, b, c] = [0, 1, 2].map(|at| triple[at].clone());
        let inner = Filter::Or(vec![a.clone(), Filter::And(vec![b.clone(), not(&c)])]);
        nested.push(not(&inner));
        nested.push(not(&Filter::And(vec![not(&inner), Filter::Or(vec![b, c])])));
        nested.push(not(&not(&a)));
    }
    nested
}
