//! Qdrant, on a fake.

use std::sync::Arc;

use ranker_core::{Embedding, Filter, JobDescription, Profile, Query, Request, Retriever, legs};
use ranker_engines::qdrant::{Qdrant, QdrantOptions};
use ranker_engines::{Space, Store};
use serde_json::json;

use crate::fake::qdrant::Fake;
use crate::fake::server::Server;
use crate::live;

#[test]
fn a_fake_conforms() {
    let server = Server::new(Fake::default());
    let suite = ranker_engines::conformance::StoreSuite::new().with_people(300);
    let kept = suite.with_faults(server.faults()).run(|place| {
        let endpoint = server.endpoint();
        async move {
            let space = Space::new(place.name, place.dimension, place.encoder)?;
            let opened = Qdrant::open(endpoint, space, QdrantOptions::new()).await?;
            Ok(Arc::new(opened) as Arc<dyn Store>)
        }
    });
    let kept = pollster::block_on(kept).unwrap();
    assert_eq!(kept.len(), 18, "{kept:?}");
    live::report("qdrant (a fake)", &kept);
}

#[test]
fn requests_are_the_published_ones() {
    let server = Server::new(Fake::default());
    let space = Space::new("people", 2, "m").unwrap();
    let store = Qdrant::open(server.endpoint(), space, QdrantOptions::new());
    let store = pollster::block_on(store).unwrap();
    let vector = Embedding::normalized(vec![1.0, 0.0]).unwrap();
    let profile = Profile::new("a", "Rust").unwrap();
    let profile = profile
        .with_fact("years", ranker_core::Fact::integer(3))
        .unwrap();
    server.forget();
    pollster::block_on(store.upsert(&[(profile, vector.clone())])).unwrap();
    let log = server.log();
    let told = r#"PUT /collections/people/index?wait=true {"field_name":"numbers.7965617273","field_schema":"float"}"#;
    assert_eq!(log[0].told(), told);
    assert_eq!(
        (&*log[1].method, &*log[1].path),
        ("PUT", "/collections/people/points")
    );
    let point = log[1].json().unwrap()["points"][0].clone();
    assert_eq!(point["payload"]["numbers"], json!({ "7965617273": 3.0 }));
    assert_eq!(point["payload"]["tags"], json!(["has\u{1f}years"]));
    assert_eq!(
        point["id"].as_str().unwrap().as_bytes()[14],
        b'8',
        "a UUID of one's own making"
    );

    server.forget();
    let query = Query::new(JobDescription::new("Rust").unwrap()).with_embedding(vector);
    let filter = Filter::Or(vec![
        Filter::at_least("years", 3.0),
        Filter::Not(Box::new(Filter::flag("permit", true))),
    ]);
    let request = Request::top(1).with_filter(filter);
    let hits = pollster::block_on(store.retrieve(&query, &request)).unwrap();
    assert!(hits[0].leg(legs::BM25).unwrap().score.get() > 0.0);
    let searches = server.log()[0].json().unwrap()["searches"].clone();
    let passing = json!({ "should": [
        { "must": [{ "key": "numbers.7965617273", "range": { "gte": 3.0 } }] },
        { "must_not": [{ "must": [{ "key": "tags", "match": { "any": ["flag\u{1f}permit\u{1f}true"] } }] }] }
    ]});
    let expected = json!({
        "query": [1.0, 0.0], "using": "dense", "limit": 100, "filter": passing,
        "with_payload": false, "with_vector": false
    });
    assert_eq!(searches[0], expected);
    assert_eq!(searches[1]["using"], "words");
    assert_eq!(searches[1]["filter"], passing);
}

#[test]
fn a_live_server_conforms() {
    let Some(address) = live::given("RANKER_QDRANT") else {
        return;
    };
    let kept = live::suite().run(|place| {
        let endpoint = live::endpoint(&address, "RANKER_QDRANT", "api-key");
        async move {
            let space = Space::new(place.name, place.dimension, place.encoder)?;
            let opened = Qdrant::open(endpoint, space, QdrantOptions::new()).await?;
            Ok(Arc::new(opened) as Arc<dyn Store>)
        }
    });
    live::report("qdrant", &pollster::block_on(kept).unwrap());
}
