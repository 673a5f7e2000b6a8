//! Real requests over a real socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ranker::Profile;
use ranker::rlhf::FeedbackLog;
use ranker_examples::open_encoder;
use serde_json::{Value, json};

use crate::guard::Limits;
use crate::programs::routes;
use crate::server;
use crate::service::{Options, Service};

/// A server on a free port, stopped when its runtime is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    pub(crate) service: Arc<Service>,
    /// Dropped to stop it.
    pub(crate) runtime: tokio::runtime::Runtime,
}

/// Serves what the folder holds; three people where it is empty.
fn start(folder: &Path) -> Server {
    start_with(folder, Options::default())
}

/// The same with other options.
pub(crate) fn start_with(folder: &Path, options: Options) -> Server {
    let profiles = [
        (
            "ana",
            "Builds search engines in Rust; six years on Lucene and tantivy.",
        ),
        ("ben", "Surgical nurse with ten years on a cardiac ward."),
        (
            "cem",
            "Data engineer who runs Elasticsearch clusters and writes Java.",
        ),
    ];
    let profiles = profiles.map(|(id, text)| Profile::new(id, text).unwrap());
    let encoder = open_encoder(None).unwrap();
    let service = Service::open(encoder, folder, options).unwrap();
    if service.is_empty() {
        service.import(&profiles).unwrap();
    }

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let address = listener.local_addr().unwrap();
    let never = std::future::pending();
    runtime.spawn(server::serve(
        listener,
        routes(Arc::clone(&service)),
        (Limits::default(), never),
    ));
    Server {
        address,
        service,
        runtime,
    }
}

impl Server {
    fn get(&self, path: &str) -> (u16, Value) {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        ))
    }

    fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close");
        let length = body.len();
        let kind = "content-type: application/json";
        self.send(&format!(
            "{head}\r\n{kind}\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
    }

    fn send(&self, request: &str) -> (u16, Value) {
        let (status, _, body) = self.exchange(request.as_bytes());
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Sends a request, and gives the answer's status, head and body.
    pub(crate) fn exchange(&self, request: &[u8]) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }
}

#[test]
fn ranks_explains_takes_feedback_and_learns() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let (status, health) = server.get("/health");
    assert_eq!(
        (status, &health["status"], &health["profiles"]),
        (200, &json!("ok"), &json!(3))
    );

    let job =
        json!({ "title": "Search engineer", "text": "Rust and Lucene", "top": 2 }).to_string();
    let (status, ranking) = server.post("/rank", &job);
    assert_eq!(status, 200, "{ranking}");
    let candidates = ranking["candidates"].as_array().unwrap();
    assert_eq!((candidates.len(), &candidates[0]["id"]), (2, &json!("ana")));
    let other = candidates[1]["id"].as_str().unwrap();

    let id = ranking["ranking"].as_str().unwrap();
    let (status, explanation) = server.get(&format!("/explain/{id}/ana"));
    assert_eq!(status, 200, "{explanation}");
    let parts = explanation["parts"].as_array().unwrap().iter();
    let sum: f64 = parts
        .map(|part| part["contribution"].as_f64().unwrap())
        .sum();
    let score = explanation["score"].as_f64().unwrap() - explanation["base"].as_f64().unwrap();
    assert!((sum - score).abs() < 1e-6, "{explanation}");

    let (status, refused) = server.post("/learn", "");
    assert_eq!(status, 409, "nothing was said yet: {refused}");

    let click = json!({ "ranking": id, "kind": "click", "candidate": "ana", "id": "e1", "at": 1 });
    assert_eq!(server.post("/feedback", &click.to_string()).0, 201);
    let (status, again) = server.post("/feedback", &click.to_string());
    assert_eq!(
        (status, &again["stored"]),
        (200, &json!(false)),
        "stored once"
    );
    let preference =
        json!({ "ranking": id, "kind": "preference", "better": other, "worse": "ana" });
    assert_eq!(server.post("/feedback", &preference.to_string()).0, 201);

    let (status, learned) = server.post("/learn", "");
    assert_eq!(
        (status, &learned["served"]),
        (200, &json!(false)),
        "no job is held out to judge it by: {learned}"
    );
    assert!(!learned["reasons"].as_array().unwrap().is_empty());
    assert_eq!(server.get("/health").1["model"], ranking["model"]);

    drop(server);
    let server = start(folder.path());
    let health = server.get("/health").1;
    assert_eq!(
        (&health["profiles"], &health["model"]),
        (&json!(3), &ranking["model"])
    );
    let (status, again) = server.get(&format!("/explain/{id}/ana"));
    assert_eq!(
        (status, &again),
        (200, &explanation),
        "a ranking from before is explained"
    );
    drop(server);

    let log = FeedbackLog::open(folder.path().join("feedback.sqlite")).unwrap();
    assert_eq!(
        log.events().count(),
        3,
        "an impression, a click, a preference"
    );
}

#[test]
fn says_what_is_wrong_with_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let (_, ranking) = server.post("/rank", r#"{"text": "nurse", "top": 1}"#);
    let id = ranking["ranking"].as_str().unwrap();
    let outside = json!({ "ranking": id, "kind": "click", "candidate": "cem" }).to_string();
    let itself = json!({ "ranking": id, "kind": "preference", "better": "ben", "worse": "ben" });
    for (path, body, expected) in [
        ("/rank", r#"{"text": " "}"#, 400),
        ("/rank", r#"{"text": "#, 400),
        ("/rank", r#"{"text": "nurse", "top": 0}"#, 400),
        ("/rank", r#"{"title": "no text"}"#, 422),
        ("/rank", r#"{"text": "a", "tpo": 3}"#, 422),
        (
            "/feedback",
            r#"{"ranking": "r", "kind": "click", "candidate": "ben"}"#,
            404,
        ),
        ("/feedback", r#"{"ranking": "r", "kind": "dance"}"#, 422),
        ("/feedback", &outside, 404),
        ("/feedback", &itself.to_string(), 400),
        ("/nowhere", "", 404),
        ("/health", "", 405),
    ] {
        let (status, answer) = server.post(path, body);
        assert_eq!(status, expected, "{path} {body}: {answer}");
        assert!(answer["error"].is_string(), "{answer}");
    }
    assert_eq!(server.get("/explain/nothing/ben").0, 404);
    assert_eq!(server.get(&format!("/explain/{id}/cem")).0, 404);
}
