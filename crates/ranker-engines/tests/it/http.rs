//! The client, by what goes over the wire.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ranker_engines::conformance::Disturbance;
use ranker_engines::elastic::{Dialect, Elastic, ElasticOptions};
use ranker_engines::http::Endpoint;
use ranker_engines::{Secret, Space, Store, WriteError};
use serde_json::json;

use crate::fake::elastic::{Fake, Graph};
use crate::fake::server::{Reply, Request, Server};

fn space() -> Space {
    Space::new("people", 3, "m").unwrap()
}

fn open(endpoint: Endpoint) -> Result<Elastic, WriteError> {
    let options = ElasticOptions::new();
    pollster::block_on(Elastic::open(
        endpoint,
        Dialect::Elasticsearch,
        space(),
        options,
    ))
}

fn fake() -> Server {
    Server::new(Fake::new(Dialect::Elasticsearch, Graph::Whole))
}

/// An error with its causes.
fn told(error: &WriteError) -> String {
    let cause = std::error::Error::source(error).map(|cause| cause.to_string());
    format!("{error}: {}", cause.unwrap_or_default())
}

#[test]
fn a_connection_is_used_again() {
    let server = fake();
    let store = open(server.endpoint()).unwrap();
    for _ in 0..20 {
        pollster::block_on(store.count()).unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn credentials_and_names_go_along_and_nowhere_else() {
    let server = fake();
    let endpoint = server.endpoint().with_user_agent("sourcing/7");
    let endpoint = endpoint
        .with_header("authorization", &Secret::new("ApiKey s3cret"))
        .unwrap();
    let store = open(endpoint).unwrap();
    let first = &server.log()[0];
    assert_eq!(first.header("authorization"), Some("ApiKey s3cret"));
    assert_eq!(first.header("user-agent"), Some("sourcing/7"));
    assert_eq!(first.header("x-request-id").map(str::len), Some(32));
    assert!(!format!("{store:?}").contains("s3cret"));

    // A server that repeats the key in its refusal.
    assert!(server.faults().disturb(Disturbance::Expired, 1));
    let error = pollster::block_on(store.count()).unwrap_err();
    assert!(matches!(error, WriteError::Rejected { .. }));
    assert!(
        told(&error).contains("401") && told(&error).contains("***"),
        "{}",
        told(&error)
    );
    assert!(!told(&error).contains("s3cret") && !format!("{error:?}").contains("s3cret"));
}

#[test]
fn a_call_is_tried_again_under_one_id() {
    let server = fake();
    let store = open(server.endpoint()).unwrap();
    server.forget();
    assert!(server.faults().disturb(Disturbance::Down, 2));
    pollster::block_on(store.count()).unwrap();
    let ids: Vec<_> = server
        .log()
        .iter()
        .map(|r| r.header("x-request-id").map(str::to_owned))
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn what_is_refused_is_not_tried_again() {
    let server = fake();
    let store = open(server.endpoint()).unwrap();
    server.forget();
    assert!(server.faults().disturb(Disturbance::Expired, u32::MAX));
    assert!(pollster::block_on(store.count()).is_err());
    assert_eq!(server.log().len(), 1);
}

#[test]
fn retry_after_is_kept_to() {
    let asked = AtomicU32::new(0);
    let server = Server::new(move |_: &Request| {
        if asked.fetch_add(1, Ordering::Relaxed) == 0 {
            let mut reply = Reply::new(429, json!({}));
            reply.headers.push(("retry-after", "1".to_owned()));
            return reply;
        }
        let about = json!({ "ranker": { "encoder": "m", "dimension": 3 } });
        Reply::new(200, json!({ "people": { "mappings": { "_meta": about } } }))
    });
    let begun = Instant::now();
    open(server.endpoint().with_time_limit(Duration::from_secs(5))).unwrap();
    assert!(
        begun.elapsed() >= Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    // Longer than the call may take: not waited for.
    let server = Server::new(|_: &Request| {
        let mut reply = Reply::new(503, json!({}));
        reply.headers.push(("retry-after", "60".to_owned()));
        reply
    });
    let begun = Instant::now();
    assert!(matches!(
        open(server.endpoint()),
        Err(WriteError::Unavailable { .. })
    ));
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_server_that_fails_is_left_alone() {
    let server = fake();
    let store = open(server.endpoint().with_rest(Duration::from_millis(300))).unwrap();
    assert!(server.faults().disturb(Disturbance::Cut, u32::MAX));
    for _ in 0..3 {
        assert!(pollster::block_on(store.count()).is_err());
    }
    server.forget();
    let error = pollster::block_on(store.count()).unwrap_err();
    assert!(told(&error).contains("left alone"), "{}", told(&error));
    assert!(server.log().is_empty(), "nothing was sent");
    server.faults().heal();
    std::thread::sleep(Duration::from_millis(400));
    pollster::block_on(store.count()).unwrap();
}

#[test]
fn redirects_are_not_followed() {
    let elsewhere = fake();
    let target = format!("{:?}", elsewhere.endpoint());
    let server = Server::new(move |_: &Request| {
        let mut reply = Reply::new(302, json!({}));
        reply
            .headers
            .push(("location", target.split('"').nth(1).unwrap().to_owned()));
        reply
    });
    assert!(matches!(
        open(server.endpoint()),
        Err(WriteError::Rejected { .. })
    ));
    assert!(elsewhere.log().is_empty());
}

#[test]
fn nobody_there_is_unavailable() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let endpoint = Endpoint::new(format!("http://{address}")).unwrap();
    let error = open(endpoint.with_time_limit(Duration::from_secs(2))).unwrap_err();
    assert!(
        matches!(error, WriteError::Unavailable { .. }),
        "{}",
        told(&error)
    );
}

#[test]
fn a_proxy_is_spoken_through() {
    let server = Server::new(|request: &Request| {
        assert!(request.method == "CONNECT" || request.path.starts_with("http://engine.invalid"));
        Reply::new(502, json!({ "error": "the proxy was reached" }))
    });
    let proxy = format!("{:?}", server.endpoint());
    let proxy = Secret::new(proxy.split('"').nth(1).unwrap());
    let endpoint = Endpoint::new("http://engine.invalid:9200")
        .unwrap()
        .with_tries(1);
    let error = open(endpoint.with_proxy(&proxy).unwrap()).unwrap_err();
    assert!(
        matches!(error, WriteError::Unavailable { .. }),
        "{}",
        told(&error)
    );
    assert_eq!(server.log().len(), 1, "the name was not resolved here");
}

#[test]
fn a_certificate_must_be_trusted() {
    let server = fake();
    let plain = format!("{:?}", server.endpoint());
    let plain = plain.split('"').nth(1).unwrap().replace("http://", "");
    let port = crate::tls::proxy(plain, crate::tls::Opening::Nothing);
    let endpoint = Endpoint::new(format!("https://127.0.0.1:{port}")).unwrap();
    let error = open(endpoint.clone()).unwrap_err();
    assert!(told(&error).contains("UnknownIssuer"), "{}", told(&error));
    assert!(
        told(&error).contains("after 1 tries"),
        "another try would not mend it: {}",
        told(&error)
    );
    let trusting = endpoint
        .with_root_certificates(crate::tls::AUTHORITY)
        .unwrap();
    assert_eq!(
        pollster::block_on(open(trusting).unwrap().count()).unwrap(),
        0
    );
}
