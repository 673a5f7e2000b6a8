//! PostgreSQL with pgvector: the real one, where there is one.

use std::sync::Arc;
use std::time::Duration;

use ranker_core::{
    CosineBaseline, Embedding, Fact, Filter, JobDescription, Profile, Query, Request, Retriever,
};
use ranker_engines::conformance::people;
use ranker_engines::pgvector::{FULL_TEXT, Indexing, Postgres, PostgresOptions, Precision};
use ranker_engines::{Secret, Space, Store, WriteError};

use crate::live;
use crate::proxy::Proxy;

const VARIABLE: &str = "RANKER_POSTGRES";

fn options() -> PostgresOptions {
    PostgresOptions::new()
        .with_time_limit(Duration::from_secs(4))
        .with_number_index("rank")
}

/// `postgresql://user@host:port/database` by host and port, and around them.
fn split(url: &str) -> (String, String, String) {
    let (user, rest) = url.split_once('@').unwrap();
    let (server, database) = rest.split_once('/').unwrap();
    (user.to_owned(), server.to_owned(), database.to_owned())
}

#[test]
fn the_server_conforms() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let (user, server, database) = split(&url);
    let proxy = Arc::new(Proxy::new(server));
    let url = Secret::new(format!("{user}@127.0.0.1:{}/{database}", proxy.port));
    let suite = live::suite()
        .with_limit(Duration::from_secs(10))
        .with_faults(proxy);
    let kept = suite.run(|place| {
        let url = url.clone();
        async move {
            let space = Space::new(place.name, place.dimension, place.encoder)?;
            let opened = Postgres::open(&url, space, options()).await?;
            Ok(Arc::new(opened) as Arc<dyn Store>)
        }
    });
    let kept = pollster::block_on(kept).unwrap();
    assert_eq!(kept.len(), 14, "{kept:?}");
    live::report("postgresql with pgvector", &kept);
}

fn opened(url: &str, name: &str, options: PostgresOptions) -> Result<Postgres, WriteError> {
    let space = Space::new(format!("{name}_{}", std::process::id()), 16, "m").unwrap();
    pollster::block_on(Postgres::open(&Secret::new(url), space, options))
}

#[test]
fn words_count_by_their_rarity() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let options = options()
        .with_max_words(1)
        .unwrap()
        .with_indexing(Indexing::Later);
    let store = opened(&url, "words", options.with_precision(Precision::Single)).unwrap();
    pollster::block_on(store.upsert(&people(300))).unwrap();
    pollster::block_on(store.index()).unwrap();
    pollster::block_on(store.refresh()).unwrap();
    let (_, embedding) = people(1).remove(0);
    let job = JobDescription::new("A nurse, reference n31, who cares for patients").unwrap();
    let query = Query::new(job).with_embedding(embedding);
    let hits = pollster::block_on(store.retrieve(&query, &Request::top(300))).unwrap();
    let told: Vec<&str> = hits
        .iter()
        .filter(|hit| hit.leg(FULL_TEXT).unwrap().score.get() > 0.0)
        .map(|hit| hit.id().as_str())
        .collect();
    assert_eq!(told, ["p00031"], "the rarest word alone was looked for");
}

/// The statement cuts where the hits' scores do, also where cosines count from an encoder's baseline.
#[test]
fn cosines_count_from_the_baseline_in_the_statement_too() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let store = opened(&url, "baseline", options()).unwrap();
    pollster::block_on(store.upsert(&people(300))).unwrap();
    pollster::block_on(store.refresh()).unwrap();
    let (_, embedding) = people(1).remove(0);
    let job = JobDescription::new("A nurse, reference n31, who cares for patients").unwrap();
    let query = Query::new(job).with_embedding(embedding);
    let ids = |query: &Query, k: usize| {
        let hits = pollster::block_on(store.retrieve(query, &Request::top(k))).unwrap();
        let ids = hits.iter().map(|hit| hit.id().as_str().to_owned());
        ids.collect::<Vec<_>>()
    };
    let above = query.clone().with_baseline(CosineBaseline::new(0.8, 0.0));
    let all = ids(&above, 300);
    assert_ne!(all, ids(&query, 300));
    for k in [1, 3, 10, 40] {
        assert_eq!(ids(&above, k), all[..k]);
    }
}

#[test]
fn facts_of_any_name_are_filtered_by() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let odd = "it's \"odd\"; -- \\ ->> $1";
    let store = opened(&url, "odd", options().with_number_index(odd)).unwrap();
    let (_, embedding) = people(1).remove(0);
    let profile = |id: &str, number: f64| {
        Profile::new(id, "Text with 'quotes' \\ and :* & | ! signs")
            .unwrap()
            .with_fact(odd, Fact::Number(number))
            .unwrap()
    };
    let numbers = [0.1 + 0.2, 5e-324, -1e300];
    let entries: Vec<_> = numbers
        .iter()
        .enumerate()
        .map(|(at, number)| (profile(&format!("p{at}"), *number), embedding.clone()))
        .collect();
    pollster::block_on(store.upsert(&entries)).unwrap();
    let job = JobDescription::new("'quotes' \\ and :* & | ! <-> signs").unwrap();
    let query = Query::new(job).with_embedding(embedding);
    let found = |filter: Filter| {
        let request = Request::top(9).with_filter(filter);
        let hits = pollster::block_on(store.retrieve(&query, &request)).unwrap();
        hits.iter()
            .map(|hit| hit.id().as_str().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(Filter::at_least(odd, 0.1 + 0.2)), ["p0"]);
    assert_eq!(found(Filter::at_most(odd, 5e-324)), ["p1", "p2"]);
    assert_eq!(
        found(Filter::Not(Box::new(Filter::at_least(odd, -1e300)))),
        [""; 0]
    );
    let nul = Profile::new("nul", "a\0b").unwrap();
    let vector = Embedding::normalized(vec![1.0; 16]).unwrap();
    let refused = pollster::block_on(store.upsert(&[(nul, vector)])).unwrap_err();
    assert!(
        matches!(refused, WriteError::Rejected { .. }),
        "{refused:?}"
    );
}

#[test]
fn an_unreachable_or_wrong_database_shows_no_password() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let (_, server, _) = split(&url);
    let wrong = format!("postgresql://nobody_here:hunter2@{server}/nowhere");
    for url in [
        wrong.as_str(),
        "postgresql://a:hunter2@127.0.0.1:1/x",
        "post hunter2 gres",
    ] {
        let error = opened(url, "none", options()).unwrap_err();
        assert!(
            !format!("{error:?} {error}").contains("hunter2"),
            "{error:?}"
        );
    }
}

/// Through a proxy that speaks TLS: the server's own build may not.
#[test]
fn a_certificate_must_be_trusted() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let (user, server, database) = split(&url);
    let port = crate::tls::proxy(server, crate::tls::Opening::Postgres);
    let url = format!("{user}@127.0.0.1:{port}/{database}?sslmode=require");
    let error = opened(&url, "tls", options()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("UnknownIssuer"), "{cause}");
    let trusting = options().with_root_certificates(crate::tls::AUTHORITY);
    let store = opened(&url, "tls", trusting).unwrap();
    assert_eq!(pollster::block_on(store.count()).unwrap(), 0);
}
