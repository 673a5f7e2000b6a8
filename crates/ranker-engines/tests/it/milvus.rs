//! Milvus: version 1 of its interface on the real one, where there is one, and version 2 on a fake.

use std::sync::Arc;
use std::time::Duration;

use ranker_core::{
    Embedding, Fact, Filter, JobDescription, Profile, Pushdown, Query, Request, Retriever,
};
use ranker_engines::conformance::{StoreSuite, people};
use ranker_engines::http::Endpoint;
use ranker_engines::milvus::{Milvus, MilvusOptions, with_token};
use ranker_engines::{Secret, Space, Store, WriteError};
use serde_json::json;

use crate::between::{between, posted};
use crate::fake::milvus::Fake;
use crate::fake::server::{Reply, Request as Sent, Server, Service};
use crate::live;

/// The server's address, and that of its management behind a comma where it speaks version 1 alone.
const VARIABLE: &str = "RANKER_MILVUS";

/// The address, and the options for a server with that management.
fn given() -> Option<(String, MilvusOptions)> {
    let given = live::given(VARIABLE)?;
    let Some((address, management)) = given.split_once(',') else {
        return Some((given, MilvusOptions::new()));
    };
    let management = Endpoint::new(management).unwrap();
    let options = MilvusOptions::new().with_management(management);
    Some((address.to_owned(), options))
}

fn opened(endpoint: Endpoint, name: &str, options: MilvusOptions) -> Result<Milvus, WriteError> {
    let space = Space::new(format!("{name}_{}", std::process::id()), 16, "m").unwrap();
    pollster::block_on(Milvus::open(endpoint, space, options))
}

#[test]
fn the_server_conforms() {
    let Some((address, options)) = given() else {
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
            None => live::endpoint(&address, VARIABLE, "authorization"),
        };
        let options = options.clone();
        async move {
            let space = Space::new(place.name, place.dimension, place.encoder)?;
            let opened = Milvus::open(endpoint, space, options).await?;
            Ok(Arc::new(opened) as Arc<dyn Store>)
        }
    });
    let kept = pollster::block_on(kept).unwrap();
    let expected = if near { 18 } else { 11 };
    assert_eq!(kept.len(), expected, "{kept:?}");
    live::report("milvus", &kept);
}

/// A fake that is looked into while it serves.
struct Shared(Arc<Fake>);

impl Service for Shared {
    fn answer(&self, request: &Sent) -> Reply {
        self.0.answer(request)
    }
}

fn fake() -> (Arc<Fake>, Server) {
    let fake = Arc::new(Fake::default());
    let server = Server::new(Shared(Arc::clone(&fake)));
    (fake, server)
}

fn entered(server: &Server) -> Endpoint {
    with_token(server.endpoint(), &Secret::new("root:Milvus")).unwrap()
}

#[test]
fn a_fake_conforms() {
    let (_, server) = fake();
    let suite = StoreSuite::new()
        .with_people(300)
        .with_faults(server.faults());
    let kept = suite.run(|place| {
        let endpoint = entered(&server);
        async move {
            let space = Space::new(place.name, place.dimension, place.encoder)?;
            let opened = Milvus::open(endpoint, space, MilvusOptions::new()).await?;
            Ok(Arc::new(opened) as Arc<dyn Store>)
        }
    });
    let kept = pollster::block_on(kept).unwrap();
    assert_eq!(kept.len(), 18, "{kept:?}");
    live::report("milvus, version 2 (a fake)", &kept);
}

#[test]
fn a_collection_that_was_released_is_loaded_again() {
    let (fake, server) = fake();
    let open = || opened(entered(&server), "people", MilvusOptions::new()).unwrap();
    pollster::block_on(open().upsert(&people(3))).unwrap();
    fake.release(&format!("people_{}", std::process::id()));
    assert_eq!(pollster::block_on(open().count()).unwrap(), 3);
}

#[test]
fn what_is_not_ours_is_refused() {
    let (fake, server) = fake();
    fake.add_of_others(&format!("others_{}", std::process::id()));
    let cause = |error: WriteError| std::error::Error::source(&error).unwrap().to_string();
    let others = opened(entered(&server), "others", MilvusOptions::new()).unwrap_err();
    assert!(cause(others).contains("use another name"));
    let nowhere = MilvusOptions::new().with_database("nowhere");
    let nowhere = opened(entered(&server), "people", nowhere).unwrap_err();
    assert!(cause(nowhere).contains("database not found"));
    let stranger = with_token(server.endpoint(), &Secret::new("hunter2")).unwrap();
    let error = opened(stranger, "people", MilvusOptions::new()).unwrap_err();
    assert!(matches!(error, WriteError::Rejected { .. }), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}

#[test]
fn a_profile_that_is_too_long_is_refused_by_name() {
    let (_, server) = fake();
    let store = opened(entered(&server), "long", MilvusOptions::new()).unwrap();
    let (_, vector) = people(1).remove(0);
    let long = Profile::new("long", "Rust ".repeat(14_000)).unwrap();
    let error = pollster::block_on(store.upsert(&[(long, vector.clone())])).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains("long: its text") && cause.contains("65535"),
        "{cause}"
    );
    let skills = Fact::keywords((0..7000).map(|at| format!("skill{at}")));
    let facts = Profile::new("facts", "Rust")
        .unwrap()
        .with_fact("skills", skills)
        .unwrap();
    let error = pollster::block_on(store.upsert(&[(facts, vector)])).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("facts: its"), "{cause}");
}

/// Version 1 without the address of the management makes nothing, and says what to do.
#[test]
fn version_1_needs_its_management() {
    let server = Server::new(|request: &Sent| match &*request.path {
        "/v1/vector/collections/describe" => Reply::new(
            200,
            json!({ "code": 100, "message": "collection not found" }),
        ),
        _ => Reply::new(404, json!("404 page not found")),
    });
    let error = opened(server.endpoint(), "people", MilvusOptions::new()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("port 9091"), "{cause}");
}

const NUMBERS: [f64; 11] = [
    f64::MIN,
    -1e300,
    -3.5,
    -5e-324,
    0.0,
    5e-324,
    0.1,
    3.0,
    1e16,
    1e300,
    f64::MAX,
];
const WORDS: [&str; 9] = [
    "it's \"odd\"; -- $1",
    "back\\slash\\",
    "line\nfeed\ttab",
    "🦀",
    "李小龙",
    "%",
    "_",
    "\u{7f}",
    "[x]",
];

#[test]
fn numbers_and_words_of_every_kind_are_found_on_the_server() {
    let Some((address, options)) = given() else {
        return;
    };
    let store = opened(Endpoint::new(&address).unwrap(), "kinds", options).unwrap();
    let (_, vector) = people(1).remove(0);
    let entries: Vec<(Profile, Embedding)> = (0..NUMBERS.len())
        .map(|at| {
            let profile = Profile::new(format!("p{at}"), "Nurse").unwrap();
            let profile = profile
                .with_fact("size", Fact::Number(NUMBERS[at]))
                .unwrap();
            let word = Fact::keywords([WORDS[at % WORDS.len()]]);
            (
                profile.with_fact("it's a \"name\"", word).unwrap(),
                vector.clone(),
            )
        })
        .collect();
    pollster::block_on(store.upsert(&entries)).unwrap();
    pollster::block_on(store.settle()).unwrap();
    let query = Query::new(JobDescription::new("Nurse").unwrap()).with_embedding(vector);
    let not = |filter: &Filter| Filter::Not(Box::new(filter.clone()));
    let mut filters: Vec<Filter> = Vec::new();
    for number in NUMBERS {
        filters.push(Filter::at_least("size", number));
        filters.push(Filter::at_most("size", number));
    }
    filters.extend(WORDS.map(|word| Filter::any_of("it's a \"name\"", [word])));
    filters.extend(filters.clone().iter().map(not));
    // As long as they are taken.
    filters.push(Filter::any_of(
        "it's a \"name\"",
        (0..1999).map(|at| format!("w{at}")).chain(["%".to_owned()]),
    ));
    let either = |at: usize| Filter::any_of("it's a \"name\"", [format!("w{at}")]);
    filters.push(not(&Filter::Or((0..100).map(either).collect())));
    // As deep as they are taken.
    let deep = |levels: usize| {
        (0..levels).fold(Filter::flag("a", true), |filter, _| {
            Filter::Or(vec![not(&filter), either(1)])
        })
    };
    filters.extend([deep(37), deep(38)]);
    assert_eq!(store.pushdown(&deep(39)), Pushdown::Unsupported);
    for filter in filters {
        assert_eq!(store.pushdown(&filter), Pushdown::Exact);
        let request = Request::top(20).with_filter(filter.clone());
        let hits = pollster::block_on(store.retrieve(&query, &request));
        let hits = hits.unwrap_or_else(|error| panic!("{error:?} for {filter:?}"));
        let mut found: Vec<String> = hits.iter().map(|hit| hit.id().to_string()).collect();
        found.sort();
        let pass = entries
            .iter()
            .filter(|(profile, _)| filter.matches(profile.facts()));
        let mut expected: Vec<String> = pass.map(|(profile, _)| profile.id().to_string()).collect();
        expected.sort();
        assert_eq!(found, expected, "{filter:?}");
    }
    let longer = Filter::Or((0..101).map(either).collect());
    assert_eq!(store.pushdown(&longer), Pushdown::Unsupported);
}

#[test]
fn a_collection_of_others_is_left_alone_by_version_1() {
    let Some((address, options)) = given() else {
        return;
    };
    let name = format!("strange_{}", std::process::id());
    let own = json!({ "collectionName": name, "dimension": 16 });
    let made = posted(&address, "/v1/vector/collections/create", &own);
    assert_eq!(made.body["code"], 200, "{}", made.body);
    let error = opened(Endpoint::new(&address).unwrap(), "strange", options.clone()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("use another name"), "{cause}");
    // Two that begin the same store at once, and one of another dimension.
    let open = || opened(Endpoint::new(&address).unwrap(), "twice", options.clone());
    let two = std::thread::scope(|scope| {
        [scope.spawn(open), scope.spawn(open)].map(|one| one.join().unwrap().is_ok())
    });
    assert_eq!(two, [true, true]);
    let space = Space::new(format!("twice_{}", std::process::id()), 8, "m").unwrap();
    let endpoint = Endpoint::new(&address)
        .unwrap()
        .with_time_limit(Duration::from_secs(10));
    let other = pollster::block_on(Milvus::open(endpoint, space, options));
    assert!(
        matches!(other, Err(WriteError::Rejected { .. })),
        "{other:?}"
    );
}
