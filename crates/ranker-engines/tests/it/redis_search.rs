//! Redis with its query engine: the real one, where there is one.

use std::sync::Arc;
use std::time::Duration;

use ranker_core::{
    Expansion, Fact, Filter, Hit, JobDescription, Profile, Pushdown, Query, Request, Retriever,
    Term, TermSource,
};
use ranker_engines::conformance::people;
use ranker_engines::redis::{RedisSearch, RedisSearchOptions, RedisVectors};
use ranker_engines::{Secret, Space, Store, WriteError};

use crate::live;
use crate::redis::said;

const VARIABLE: &str = "RANKER_REDIS_SEARCH";

fn options() -> RedisSearchOptions {
    RedisSearchOptions::new().with_time_limit(Duration::from_millis(1500))
}

fn opened(url: &str, name: &str, options: RedisSearchOptions) -> Result<RedisSearch, WriteError> {
    let space = Space::new(format!("{name}_{}", std::process::id()), 16, "m").unwrap();
    pollster::block_on(RedisSearch::open(&Secret::new(url), space, options))
}

fn hits(store: &RedisSearch, query: &Query, filter: &Filter) -> Vec<Hit> {
    let request = Request::top(100).with_filter(filter.clone());
    pollster::block_on(store.retrieve(query, &request)).unwrap()
}

fn conforms(vectors: RedisVectors) {
    let name = format!("redis search, {vectors:?}");
    crate::redis::conforms(VARIABLE, &name, move |url, space| async move {
        let opened = RedisSearch::open(&url, space, options().with_vectors(vectors)).await?;
        Ok(Arc::new(opened) as Arc<dyn Store>)
    });
}

#[test]
fn the_graph_conforms() {
    conforms(RedisVectors::Graph);
}

#[test]
fn the_flat_index_conforms() {
    conforms(RedisVectors::Flat);
}

#[test]
fn words_with_signs_are_found_and_a_filter_changes_no_score() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let store = opened(&url, "words", options()).unwrap();
    let (_, embedding) = people(1).remove(0);
    let texts = [
        "C++ {engineers} => (search)",
        "Engineering of \"roads\" | rivers -ward",
        "Krankenschwester in Zürich, Größe",
        "Nurses on a ward",
    ];
    let entries = texts.iter().enumerate().map(|(at, text)| {
        let profile = Profile::new(format!("p{at}"), *text).unwrap();
        let profile = profile.with_fact("lot", Fact::Number(at as f64)).unwrap();
        (profile, embedding.clone())
    });
    pollster::block_on(store.upsert(&entries.collect::<Vec<_>>())).unwrap();
    let asked = |text: &str| {
        Query::new(JobDescription::new(text).unwrap()).with_embedding(embedding.clone())
    };
    let words = |query: &Query, filter: &Filter| -> Vec<(String, f64)> {
        let said = hits(&store, query, filter).into_iter();
        let said = said.map(|hit| (hit.id().to_string(), hit.leg("bm25").unwrap().score.get()));
        said.filter(|(_, score)| *score > 0.0).collect()
    };
    let found = |text: &str| -> Vec<String> {
        let found = words(&asked(text), &Filter::All).into_iter();
        found.map(|(id, _)| id).collect()
    };
    assert_eq!(found("C++"), ["p0"]);
    assert_eq!(found("größe"), ["p2"]);
    assert_eq!(found("(nurse) | -ward => [KNN 3 @vector $x]"), ["p3", "p1"]);
    let mut stems = found("engineer");
    stems.sort();
    assert_eq!(stems, ["p0", "p1"]);
    assert_eq!(found("the"), [""; 0]);
    assert_eq!(found("%&/ !!"), [""; 0]);

    let query = asked("engineers on a ward");
    let all = words(&query, &Filter::All);
    for filter in [
        Filter::at_least("lot", 1.0),
        Filter::Not(Box::new(Filter::at_most("lot", 0.0))),
        Filter::Or(vec![
            Filter::at_least("lot", 3.0),
            Filter::any_of("lot", ["x"]),
        ]),
    ] {
        let passing = words(&query, &filter);
        assert!(!passing.is_empty() && passing.len() < all.len());
        assert!(
            passing.iter().all(|one| all.contains(one)),
            "{passing:?} {all:?}"
        );
    }
}

#[test]
fn a_term_that_was_added_counts_by_its_weight() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let store = opened(&url, "terms", options()).unwrap();
    let people: Vec<_> = people(40)
        .into_iter()
        .enumerate()
        .map(|(at, (_, embedding))| {
            let text = ["nurse", "intensive care", "kitchen"][at % 3];
            (Profile::new(format!("p{at}"), text).unwrap(), embedding)
        })
        .collect();
    pollster::block_on(store.upsert(&people)).unwrap();
    let job = JobDescription::new("nurse").unwrap();
    let best = |text: &str, weight: f32| {
        let term = Term::new(text, weight, TermSource::Other, "a test").unwrap();
        let query = Query::new(job.clone()).with_embedding(people[0].1.clone());
        let query = query.with_expansion(Expansion::new(vec![term]));
        let of = |hit: &Hit| hit.leg("bm25").unwrap().score.get();
        let found = hits(&store, &query, &Filter::All).into_iter();
        found
            .filter(|hit| hit.id().as_str() == "p1" || hit.id().as_str() == "p2")
            .map(|hit| of(&hit))
            .fold(0.0, f64::max)
    };
    for text in ["kitchen", "intensive care"] {
        let (light, heavy) = (best(text, 0.1), best(text, 0.4));
        assert!(
            light > 0.0 && (heavy / light - 4.0).abs() < 0.01,
            "{text} {light} {heavy}"
        );
    }
}

#[test]
fn facts_of_any_name_and_any_number_are_filtered_by() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let store = opened(&url, "odd", options()).unwrap();
    let odd = "it's \"odd\"; \\ @tags:{a|b} in $1 日本";
    let (_, embedding) = people(1).remove(0);
    let numbers = [0.1 + 0.2, 5e-324, -1e300, 9_007_199_254_740_993.0, 1e-7];
    let each = numbers.iter().enumerate().map(|(at, number)| {
        let profile = Profile::new(format!("p{at}"), "Text").unwrap();
        let profile = profile.with_fact(odd, Fact::Number(*number)).unwrap();
        (profile, embedding.clone())
    });
    let mut entries: Vec<_> = each.collect();
    let lacking = Profile::new("lacking", "Text").unwrap();
    let word = lacking
        .with_fact(odd, Fact::keyword("Größe \"x\""))
        .unwrap();
    entries.push((word, embedding.clone()));
    pollster::block_on(store.upsert(&entries)).unwrap();
    let not = |filter| Filter::Not(Box::new(filter));
    let query = Query::new(JobDescription::new("Nurse").unwrap()).with_embedding(embedding);
    let filters = [
        Filter::at_least(odd, 0.1 + 0.2),
        Filter::at_least(odd, 5e-324),
        Filter::at_most(odd, 1e-7),
        not(Filter::at_least(odd, -1e300)),
        not(Filter::at_most(odd, 1e-7)),
        Filter::at_least(odd, f64::NEG_INFINITY),
        Filter::at_least("never seen", 1.0),
        not(Filter::at_least("never seen", 1.0)),
        Filter::any_of(odd, ["größe \"x\""]),
        Filter::Or(vec![
            Filter::any_of(odd, ["größe \"x\""]),
            Filter::at_least(odd, 9_007_199_254_740_993.0),
        ]),
        Filter::any_of(
            odd,
            (0..2000)
                .map(|at| format!("w{at}"))
                .chain(["größe \"x\"".to_owned()]),
        ),
    ];
    for filter in filters {
        assert_eq!(store.pushdown(&filter), Pushdown::Exact, "{filter:?}");
        let passing = entries.iter().map(|(profile, _)| profile);
        let passing = passing.filter(|profile| filter.matches(profile.facts()));
        let mut expected: Vec<String> = passing.map(|profile| profile.id().to_string()).collect();
        expected.sort_unstable();
        let found = hits(&store, &query, &filter).into_iter();
        let mut found: Vec<String> = found.map(|hit| hit.id().to_string()).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{filter:?}");
    }
    // An index that somebody dropped is made anew, numbers and all.
    let index = format!("ranker:{{odd_{}}}:search", std::process::id());
    assert_eq!(said(&url, &format!("FT.DROPINDEX {index}")), "+OK\r\n");
    let store = opened(&url, "odd", RedisSearchOptions::new()).unwrap();
    pollster::block_on(store.settle()).unwrap();
    let all = hits(&store, &query, &Filter::at_least(odd, -1e300));
    assert_eq!(all.len(), numbers.len());

    // What an earlier version of a profile had is gone.
    let other = Profile::new("p0", "Text").unwrap();
    let vector = entries[0].1.clone();
    pollster::block_on(store.upsert(&[(other, vector)])).unwrap();
    let still = hits(&store, &query, &Filter::at_least(odd, 0.1 + 0.2));
    assert!(still.iter().all(|hit| hit.id().as_str() != "p0"));
}

#[test]
fn indexes_and_servers_of_others_are_left_alone() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let index = format!("ranker:{{others_{}}}:search", std::process::id());
    assert_eq!(
        said(&url, &format!("FT.CREATE {index} SCHEMA a TEXT")),
        "+OK\r\n"
    );
    let error = opened(&url, "others", options()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("use another name"), "{cause}");

    drop(opened(&url, "kept", options().with_vectors(RedisVectors::Flat)).unwrap());
    let again = opened(&url, "kept", options()).unwrap();
    pollster::block_on(again.upsert(&people(30))).unwrap();
    assert_eq!(pollster::block_on(again.count()).unwrap(), 30);
    let (_, embedding) = people(1).remove(0);
    let query = Query::new(JobDescription::new("Nurse").unwrap()).with_embedding(embedding);
    assert_eq!(hits(&again, &query, &Filter::All).len(), 30);
}

/// A server of vector sets alone has no query engine.
#[test]
fn a_server_without_the_query_engine_is_named() {
    let Some(url) = live::given("RANKER_REDIS") else {
        return;
    };
    if said(&url, "COMMAND INFO FT.SEARCH") != "*1\r\n*-1\r\n" {
        return;
    }
    let error = opened(&url, "none", options()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("query engine"), "{cause}");
}
