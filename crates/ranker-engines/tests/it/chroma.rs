//! Chroma: the real one, where there is one.

use std::sync::Arc;

use ranker_core::{
    Embedding, Fact, Filter, JobDescription, Profile, Pushdown, Query, Request, Retriever,
};
use ranker_engines::chroma::{Chroma, ChromaOptions, with_token};
use ranker_engines::conformance::people;
use ranker_engines::http::Endpoint;
use ranker_engines::{Secret, Space, Store, WriteError};
use serde_json::json;

use crate::between::{between, forwarded, posted};
use crate::fake::server::{self, Reply, Server};
use crate::live;

const VARIABLE: &str = "RANKER_CHROMA";

fn opened(endpoint: Endpoint, name: &str, options: ChromaOptions) -> Result<Chroma, WriteError> {
    let space = Space::new(format!("{name}_{}", std::process::id()), 16, "m").unwrap();
    pollster::block_on(Chroma::open(endpoint, space, options))
}

#[test]
fn the_server_conforms() {
    let Some(address) = live::given(VARIABLE) else {
        return;
    };
    // What stands between speaks no TLS and knows no token.
    let near = address.starts_with("http://127.0.0.1:");
    let server = near.then(|| between(&address));
    let mut suite = live::suite();
    if let Some(server) = &server {
        suite = suite.with_faults(server.faults());
    }
    let kept = suite.run(|place| {
        let endpoint = match &server {
            Some(server) => server.endpoint(),
            None => live::endpoint(&address, VARIABLE, "x-chroma-token"),
        };
        async move {
            let space = Space::new(place.name, place.dimension, place.encoder)?;
            let opened = Chroma::open(endpoint, space, ChromaOptions::new()).await?;
            Ok(Arc::new(opened) as Arc<dyn Store>)
        }
    });
    let kept = pollster::block_on(kept).unwrap();
    let expected = if near { 18 } else { 11 };
    assert_eq!(kept.len(), expected, "{kept:?}");
    live::report("chroma", &kept);
}

/// Chroma keeps the keys of an earlier version of a record's metadata; nobody may be found by them.
#[test]
fn a_number_that_was_replaced_is_gone() {
    let Some(address) = live::given(VARIABLE) else {
        return;
    };
    let endpoint = Endpoint::new(&address).unwrap();
    let store = opened(endpoint, "replaced", ChromaOptions::new()).unwrap();
    let (_, embedding) = people(1).remove(0);
    let with = |fact| {
        let profile = Profile::new("a", "Nurse").unwrap();
        (profile.with_fact("years", fact).unwrap(), embedding.clone())
    };
    let query = Query::new(JobDescription::new("Nurse").unwrap()).with_embedding(embedding.clone());
    let found = |filter: Filter| {
        let request = Request::top(2).with_filter(filter);
        pollster::block_on(store.retrieve(&query, &request))
            .unwrap()
            .len()
    };
    pollster::block_on(store.upsert(&[with(Fact::Number(3.0))])).unwrap();
    assert_eq!(found(Filter::at_least("years", 3.0)), 1);
    pollster::block_on(store.upsert(&[with(Fact::keyword("three"))])).unwrap();
    assert_eq!(found(Filter::at_least("years", 3.0)), 0);
    let not = Filter::Not(Box::new(Filter::at_least("years", 3.0)));
    assert_eq!(found(not), 1);
}

#[test]
fn the_longest_filters_are_taken_and_longer_ones_refused() {
    let Some(address) = live::given(VARIABLE) else {
        return;
    };
    let endpoint = Endpoint::new(&address).unwrap();
    let store = opened(endpoint, "long", ChromaOptions::new()).unwrap();
    pollster::block_on(store.upsert(&people(60))).unwrap();
    let (_, embedding) = people(1).remove(0);
    let query = Query::new(JobDescription::new("Nurse").unwrap()).with_embedding(embedding);
    let words = |count: usize| {
        (1..count)
            .map(|at| format!("w{at}"))
            .chain(["rust".to_owned()])
    };
    let any = Filter::any_of("skills", words(500));
    let deep = (0..400).fold(Filter::flag("permit", true), |filter, _| {
        Filter::Not(Box::new(filter))
    });
    let odd = Filter::Not(Box::new(Filter::any_of("it's \"odd\"; -- $1", ["x"])));
    for filter in [any, deep, odd] {
        assert_eq!(store.pushdown(&filter), Pushdown::Exact);
        let request = Request::top(60).with_filter(filter.clone());
        let hits = pollster::block_on(store.retrieve(&query, &request)).unwrap();
        let pass = people(60)
            .into_iter()
            .filter(|(profile, _)| filter.matches(profile.facts()));
        assert_eq!(hits.len(), pass.count());
    }
    let longer = Filter::any_of("skills", words(501));
    assert_eq!(store.pushdown(&longer), Pushdown::Unsupported);
}

#[test]
fn a_tenant_and_its_database_are_kept_apart() {
    let Some(address) = live::given(VARIABLE) else {
        return;
    };
    let post = |path: &str, name: &str| {
        let told = posted(&address, path, &json!({ "name": name }));
        assert_eq!(told.status, 200);
    };
    let tenant = format!("tenant_{}", std::process::id());
    post("/api/v2/tenants", &tenant);
    post(&format!("/api/v2/tenants/{tenant}/databases"), "people");
    let own = ChromaOptions::new()
        .with_tenant(&tenant)
        .with_database("people");
    let endpoint = || Endpoint::new(&address).unwrap();
    let (one, other) = (
        opened(endpoint(), "apart", own.clone()).unwrap(),
        opened(endpoint(), "apart", ChromaOptions::new()).unwrap(),
    );
    pollster::block_on(one.upsert(&people(3))).unwrap();
    let counts = [&one, &other].map(|store| pollster::block_on(store.count()).unwrap());
    assert_eq!(counts, [3, 0]);
    let nowhere = opened(endpoint(), "apart", own.with_database("nowhere")).unwrap_err();
    assert!(
        matches!(nowhere, WriteError::Rejected { .. }),
        "{nowhere:?}"
    );
}

/// Chroma's own server checks no token: what stands before it here does.
#[test]
fn a_token_is_sent_and_not_shown() {
    let Some(address) = live::given(VARIABLE) else {
        return;
    };
    let server =
        Server::new(
            move |request: &server::Request| match request.header("x-chroma-token") {
                Some("hunter2") => forwarded(&address, request),
                token => Reply::new(
                    401,
                    json!({ "error": "AuthError", "message": format!("{token:?}") }),
                ),
            },
        );
    let with = |token: &str| with_token(server.endpoint(), &Secret::new(token)).unwrap();
    let store = opened(with("hunter2"), "token", ChromaOptions::new()).unwrap();
    assert_eq!(pollster::block_on(store.count()).unwrap(), 0);
    let error = opened(with("hunter3"), "token", ChromaOptions::new()).unwrap_err();
    assert!(matches!(error, WriteError::Rejected { .. }), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("hunter3"));
}

#[test]
fn a_collection_of_others_is_left_alone() {
    let Some(address) = live::given(VARIABLE) else {
        return;
    };
    let name = format!("others_{}", std::process::id());
    let collections = "/api/v2/tenants/default_tenant/databases/default_database/collections";
    let own = json!({ "name": format!("{name}-profiles") });
    assert_eq!(posted(&address, collections, &own).status, 200);
    let endpoint = Endpoint::new(&address).unwrap();
    let error = opened(endpoint, "others", ChromaOptions::new()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("use another name"), "{cause}");

    let endpoint = || Endpoint::new(&address).unwrap();
    drop(opened(endpoint(), "dimension", ChromaOptions::new()).unwrap());
    let space = Space::new(format!("dimension_{}", std::process::id()), 8, "m").unwrap();
    let other = pollster::block_on(Chroma::open(endpoint(), space, ChromaOptions::new()));
    assert!(
        matches!(other, Err(WriteError::Rejected { .. })),
        "{other:?}"
    );
    let vector = Embedding::normalized(vec![1.0; 16]).unwrap();
    let nul = Profile::new("nul", "a\0b").unwrap();
    let store = opened(endpoint(), "dimension", ChromaOptions::new()).unwrap();
    pollster::block_on(store.upsert(&[(nul.clone(), vector)])).unwrap();
    let back = pollster::block_on(store.entries(&[nul.id().clone()])).unwrap();
    assert_eq!(back[0].as_ref().unwrap().0, nul);
}
