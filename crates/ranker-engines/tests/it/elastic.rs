//! Elasticsearch and OpenSearch, on fakes.

use std::sync::Arc;
use std::time::Duration;

use ranker_core::{
    Embedding, Expansion, Filter, JobDescription, Profile, Query, Request, Retriever, Term,
    TermSource, legs,
};
use ranker_engines::conformance::{StoreSuite, people};
use ranker_engines::elastic::{Dialect, Elastic, ElasticOptions};
use ranker_engines::{Space, Store};
use serde_json::{Value, json};

use crate::fake::elastic::{Fake, Graph};
use crate::fake::server::Server;

fn conforms(dialect: Dialect, graph: Graph) {
    let server = Server::new(Fake::new(dialect, graph));
    let suite = StoreSuite::new()
        .with_people(300)
        .with_faults(server.faults());
    let kept = suite.run(|place| {
        let endpoint = server.endpoint();
        async move {
            let space = Space::new(place.name, place.dimension, place.encoder)?;
            let opened = Elastic::open(endpoint, dialect, space, ElasticOptions::new()).await?;
            Ok(Arc::new(opened) as Arc<dyn Store>)
        }
    });
    let kept = pollster::block_on(kept).unwrap();
    assert_eq!(kept.len(), 18, "{kept:?}");
    crate::live::report(&format!("{dialect} (a fake)"), &kept);
}

#[test]
fn elasticsearch_conforms() {
    conforms(Dialect::Elasticsearch, Graph::Whole);
}

#[test]
fn opensearch_conforms() {
    conforms(Dialect::OpenSearch, Graph::Whole);
}

/// Also where kNN loses most of those who pass a filter.
#[test]
fn a_lossy_graph_conforms() {
    conforms(Dialect::Elasticsearch, Graph::Lossy);
}

fn opened(server: &Server, dialect: Dialect) -> Elastic {
    let space = Space::new("people", 3, "m").unwrap();
    let options = ElasticOptions::new().with_title_boost(2.0).unwrap();
    let endpoint = server.endpoint().with_time_limit(Duration::from_secs(5));
    let store = pollster::block_on(Elastic::open(endpoint, dialect, space, options)).unwrap();
    let profile = |id, text: &str| Profile::new(id, text).unwrap().with_title("Engineer");
    let vector = |values: [f32; 3]| Embedding::normalized(values.to_vec()).unwrap();
    let entries = [
        (profile("a", "Rust and search"), vector([1.0, 0.0, 0.0])),
        (
            profile("b", "Systems language work, Rust"),
            vector([0.0, 1.0, 0.0]),
        ),
        (profile("c", "Gardens"), vector([0.0, 0.0, 1.0])),
    ];
    pollster::block_on(store.upsert(&entries)).unwrap();
    pollster::block_on(store.settle()).unwrap();
    store
}

fn query() -> Query {
    let added = Term::new("systems language", 0.5, TermSource::Skill, "Rust is one").unwrap();
    Query::new(JobDescription::new("Rust engineer").unwrap())
        .with_expansion(Expansion::new(vec![added]))
        .with_embedding(Embedding::normalized(vec![1.0, 0.0, 0.0]).unwrap())
}

/// The very requests of a search with a filter, in both dialects.
#[test]
fn requests_are_the_published_ones() {
    for dialect in [Dialect::Elasticsearch, Dialect::OpenSearch] {
        let server = Server::new(Fake::new(dialect, Graph::Whole));
        let store = opened(&server, dialect);
        server.forget();
        let filter = Filter::Not(Box::new(Filter::at_least("years", 3.0)));
        let request = Request::top(2).with_filter(filter);
        pollster::block_on(store.retrieve(&query(), &request)).unwrap();
        let log = server.log();
        let calls: Vec<String> = log
            .iter()
            .map(|r| format!("{} {}", r.method, r.path))
            .collect();
        let expected = [
            "POST /people/_msearch",
            "POST /people/_msearch",
            "POST /people/_search",
        ];
        assert_eq!(calls, expected, "legs, scores, profiles");
        let legs = log[0].lines().unwrap();
        assert_eq!(legs[0]["search_type"], "dfs_query_then_fetch");
        let passing = json!({ "bool": { "must_not": [
            { "range": { "numbers.7965617273": { "gte": 3.0 } } }
        ]}});
        let knn = match dialect {
            Dialect::Elasticsearch => json!({ "knn": {
                "field": "vector", "query_vector": [1.0, 0.0, 0.0], "num_candidates": 100,
                "filter": passing
            }}),
            Dialect::OpenSearch => json!({ "knn": { "vector": {
                "vector": [1.0, 0.0, 0.0], "k": 100, "filter": passing
            }}}),
        };
        assert_eq!(legs[1]["query"], knn);
        let words = json!({ "bool": { "minimum_should_match": 1, "should": [
            { "match": { "text": { "query": "Rust engineer" } } },
            { "match": { "title": { "query": "Rust engineer", "boost": 1.0 } } },
            { "match_phrase": { "text": { "query": "systems language", "boost": 1.0 } } }
        ]}});
        assert_eq!(
            legs[3]["query"],
            json!({ "bool": { "must": [words], "filter": [passing] } })
        );
        assert_eq!(legs[5]["size"], 0, "how many pass");
        assert_eq!(
            legs.len(),
            10,
            "and the best of all, whom the filter may leave out"
        );
    }
}

#[test]
fn legs_keep_their_own_scores() {
    let server = Server::new(Fake::new(Dialect::OpenSearch, Graph::Whole));
    let store = opened(&server, Dialect::OpenSearch);
    let hits = pollster::block_on(store.retrieve(&query(), &Request::top(3))).unwrap();
    let found: Vec<&str> = hits.iter().map(|hit| hit.id().as_str()).collect();
    assert_eq!(found, ["a", "b", "c"]);
    let dense = |at: usize| hits[at].leg(legs::DENSE).unwrap().score.get();
    assert!((dense(0) - 1.0).abs() < 1e-6 && dense(1).abs() < 1e-6);
    let words = |at: usize| hits[at].leg(legs::BM25).unwrap();
    assert!(words(1).score > words(0).score && words(0).score.get() > 0.0);
    assert_eq!(words(0).best, words(1).score, "both know the best");
    assert!(
        (hits[1].score().get() - 0.3).abs() < 1e-6,
        "the best words, nothing of the vector"
    );
}

#[test]
fn a_score_is_told_term_by_term() {
    let server = Server::new(Fake::new(Dialect::Elasticsearch, Graph::Whole));
    let store = opened(&server, Dialect::Elasticsearch);
    let id = |text: &str| ranker_core::CandidateId::new(text).unwrap();
    let terms = pollster::block_on(store.explain(&query(), &id("b")))
        .unwrap()
        .unwrap();
    let told: Vec<String> = terms
        .iter()
        .map(|t| format!("{}:{}", t.field, t.term))
        .collect();
    assert_eq!(
        told,
        [
            "text:systems language",
            "text:rust",
            "title:engineer",
            "text:engineer"
        ]
    );
    let hits = pollster::block_on(store.retrieve(&query(), &Request::top(3))).unwrap();
    let sum: f32 = terms.iter().map(|term| term.score).sum();
    let own = hits.iter().find(|hit| hit.id().as_str() == "b").unwrap();
    let own = own.leg(legs::BM25).unwrap().score.get();
    assert!((f64::from(sum) - own).abs() < 1e-5, "{sum} and {own}");
    assert_eq!(
        pollster::block_on(store.explain(&query(), &id("nobody"))).unwrap(),
        None
    );
}

#[test]
fn entries_that_are_refused_are_named() {
    let server = Server::new(|request: &crate::fake::server::Request| {
        use crate::fake::server::Reply;
        if request.path.ends_with("_bulk") {
            let item = |status: u16| {
                json!({ "index": { "_id": "x", "status": status, "error": {
                    "type": "document_parsing_exception", "reason": "no"
                }}})
            };
            let items = [201, 400, 400].map(item);
            return Reply::new(200, json!({ "errors": true, "items": items }));
        }
        let about = json!({ "ranker": { "encoder": "conformance", "dimension": 16 } });
        Reply::new(200, json!({ "people": { "mappings": { "_meta": about } } }))
    });
    let space = Space::new("people", 16, "conformance").unwrap();
    let options = ElasticOptions::new();
    let store = Elastic::open(server.endpoint(), Dialect::Elasticsearch, space, options);
    let store = pollster::block_on(store).unwrap();
    let error = pollster::block_on(store.upsert(&people(3))).unwrap_err();
    let told =
        "elasticsearch index people refused 2 of 3 entries, p00001 first; the others are stored";
    assert_eq!(error.to_string(), told);
}

/// A shard that did not answer makes the search an error, not a shorter list.
#[test]
fn a_missing_shard_is_no_short_answer() {
    let server = Server::new(|request: &crate::fake::server::Request| {
        use crate::fake::server::Reply;
        if request.path.ends_with("_msearch") {
            let part = json!({ "_shards": { "total": 2, "failed": 1 }, "timed_out": false,
                               "hits": { "hits": [], "total": { "value": 0 } } });
            let responses: Vec<Value> = vec![part; request.lines().unwrap().len() / 2];
            return Reply::new(200, json!({ "responses": responses }));
        }
        let about = json!({ "ranker": { "encoder": "m", "dimension": 3 } });
        Reply::new(200, json!({ "people": { "mappings": { "_meta": about } } }))
    });
    let space = Space::new("people", 3, "m").unwrap();
    let options = ElasticOptions::new();
    let store = Elastic::open(server.endpoint(), Dialect::Elasticsearch, space, options);
    let store = pollster::block_on(store).unwrap();
    let error = pollster::block_on(store.retrieve(&query(), &Request::top(3))).unwrap_err();
    assert!(
        matches!(error, ranker_core::RetrieveError::Unavailable { .. }),
        "{error:?}"
    );
}

#[test]
fn a_live_server_conforms() {
    let servers = [
        ("RANKER_ELASTICSEARCH", Dialect::Elasticsearch),
        ("RANKER_OPENSEARCH", Dialect::OpenSearch),
    ];
    for (variable, dialect) in servers {
        let Some(address) = crate::live::given(variable) else {
            continue;
        };
        let kept = crate::live::suite().run(|place| {
            let endpoint = crate::live::endpoint(&address, variable, "authorization");
            async move {
                let space = Space::new(place.name, place.dimension, place.encoder)?;
                let opened = Elastic::open(endpoint, dialect, space, ElasticOptions::new()).await?;
                Ok(Arc::new(opened) as Arc<dyn Store>)
            }
        });
        crate::live::report(&dialect.to_string(), &pollster::block_on(kept).unwrap());
    }
}
