//! Pinecone, on a fake.

use std::sync::Arc;
use std::time::Duration;

use ranker_core::{Filter, Pushdown, Retriever};
use ranker_engines::conformance::{StoreSuite, people};
use ranker_engines::pinecone::{Pinecone, PineconeOptions, create_index, with_key};
use ranker_engines::{Secret, Space, Store, WriteError};
use serde_json::json;

use crate::fake::pinecone::Fake;
use crate::fake::server::{Reply, Request, Server, Service};
use crate::live;

/// A fake whose index's dimension can be changed while it serves.
struct Shared(Arc<Fake>);

impl Service for Shared {
    fn answer(&self, request: &Request) -> Reply {
        self.0.answer(request)
    }
}

fn fake(dimension: usize) -> (Arc<Fake>, Server) {
    let fake = Arc::new(Fake::new());
    fake.set_dimension(dimension);
    let server = Server::new(Shared(Arc::clone(&fake)));
    (fake, server)
}

fn opened(server: &Server, options: PineconeOptions) -> Pinecone {
    let space = Space::new("people", 16, "conformance").unwrap();
    let endpoint = with_key(server.endpoint(), &Secret::new("key")).unwrap();
    pollster::block_on(Pinecone::open(endpoint, space, options)).unwrap()
}

#[test]
fn a_fake_conforms() {
    let (fake, server) = fake(8);
    let suite = StoreSuite::new()
        .with_people(300)
        .with_faults(server.faults());
    let kept = suite.run(|place| {
        let endpoint = with_key(server.endpoint(), &Secret::new("key")).unwrap();
        fake.set_dimension(place.dimension);
        async move {
            let space = Space::new(place.name, place.dimension, place.encoder)?;
            let opened = Pinecone::open(endpoint, space, PineconeOptions::new()).await?;
            Ok(Arc::new(opened) as Arc<dyn Store>)
        }
    });
    let kept = pollster::block_on(kept).unwrap();
    assert_eq!(kept.len(), 18, "{kept:?}");
    live::report("pinecone (a fake)", &kept);
}

#[test]
fn what_cannot_be_pushed_down_is_said() {
    let (_, server) = fake(16);
    let store = opened(&server, PineconeOptions::new());
    let not = |filter| Filter::Not(Box::new(filter));
    let exact = [
        Filter::any_of("skills", ["rust"]),
        Filter::all_of("skills", ["rust", "sql"]),
        Filter::flag("permit", true),
        not(Filter::at_least("years", 3.0)),
        not(not(Filter::any_of("skills", ["rust"]))),
    ];
    for filter in exact {
        assert_eq!(store.pushdown(&filter), Pushdown::Exact, "{filter:?}");
    }
    let unsupported = [
        not(Filter::any_of("skills", ["rust"])),
        not(Filter::flag("permit", true)),
        Filter::at_least("years", 3.0).and(not(Filter::any_of("place", ["Berlin"]))),
    ];
    for filter in unsupported {
        assert_eq!(store.pushdown(&filter), Pushdown::Unsupported, "{filter:?}");
    }
}

#[test]
fn changes_are_seen_once_the_log_says_so() {
    let (_, server) = fake(16);
    let store = opened(&server, PineconeOptions::new());
    pollster::block_on(store.upsert(&people(3))).unwrap();
    assert_eq!(
        pollster::block_on(store.count()).unwrap(),
        0,
        "written, and not seen"
    );
    pollster::block_on(store.settle()).unwrap();
    assert_eq!(pollster::block_on(store.count()).unwrap(), 3);

    let impatient = opened(
        &server,
        PineconeOptions::new().with_patience(Duration::ZERO),
    );
    pollster::block_on(impatient.upsert(&people(4))).unwrap();
    let error = pollster::block_on(impatient.settle()).unwrap_err();
    assert!(matches!(error, WriteError::NotVisible { .. }), "{error}");
}

#[test]
fn a_profile_that_is_too_long_is_refused_by_name() {
    let (_, server) = fake(16);
    let store = opened(&server, PineconeOptions::new());
    let (_, vector) = people(1).remove(0);
    let long = ranker_core::Profile::new("long", "Rust ".repeat(9000)).unwrap();
    let error = pollster::block_on(store.upsert(&[(long, vector)])).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains("long with its facts takes") && cause.contains("40960"),
        "{cause}"
    );
}

/// JSON that is no object, of whoever stands before the engine.
#[test]
fn records_that_are_no_object_are_none() {
    let server = Server::new(|request: &Request| match request.method.as_str() {
        "GET" => Reply::new(200, json!("nobody")),
        _ => Reply::new(
            200,
            json!({ "dimension": 16, "matches": [], "upsertedCount": 1 }),
        ),
    });
    let store = opened(&server, PineconeOptions::new());
    let ids = [people(1)[0].0.id().clone()];
    let found = pollster::block_on(store.entries(&ids)).unwrap();
    assert_eq!(found, [None]);
}

#[test]
fn an_index_is_made_once() {
    let (_, server) = fake(16);
    let space = Space::new("my_people", 16, "m").unwrap();
    let control = || with_key(server.endpoint(), &Secret::new("key")).unwrap();
    let place = ("aws", "us-east-1");
    let host = pollster::block_on(create_index(control(), &space, place)).unwrap();
    assert_eq!(host, "my-people-abc.svc.example");
    assert_eq!(
        pollster::block_on(create_index(control(), &space, place)).unwrap(),
        host
    );
    let made = server
        .log()
        .into_iter()
        .find(|request| request.method == "POST")
        .unwrap();
    let expected = json!({
        "name": "my-people", "dimension": 16, "metric": "cosine",
        "spec": { "serverless": { "cloud": "aws", "region": "us-east-1" } }
    });
    assert_eq!(made.json().unwrap(), expected);
}

/// One index of 16 dimensions; the checks on 8 dimensions need another, which a live index is not.
#[test]
fn a_live_index_answers() {
    let Some(address) = live::given("RANKER_PINECONE") else {
        return;
    };
    let space = Space::new("conformance", 16, "conformance").unwrap();
    let endpoint = live::endpoint(&address, "RANKER_PINECONE", "api-key");
    let store = Pinecone::open(endpoint, space, PineconeOptions::new());
    let store = pollster::block_on(store).unwrap();
    let people = people(200);
    pollster::block_on(store.upsert(&people)).unwrap();
    pollster::block_on(store.settle()).unwrap();
    assert_eq!(pollster::block_on(store.count()).unwrap(), 200);
    let ids: Vec<_> = people
        .iter()
        .map(|(profile, _)| profile.id().clone())
        .collect();
    let stored = pollster::block_on(store.entries(&ids)).unwrap();
    assert!(
        stored
            .iter()
            .zip(&people)
            .all(|(own, given)| own.as_ref().unwrap().0 == given.0)
    );
    pollster::block_on(store.delete(&ids)).unwrap();
    live::report("pinecone", &["write, see, count, read back, delete"]);
}
