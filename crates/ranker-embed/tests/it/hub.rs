//! Models from a hub: a fake one, with the paths of Hugging Face's, that serves the tiny model.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ranker_embed::http::{HttpError, Secret};
use ranker_embed::{Embedder, Hub, HubError, HubModel, OnnxEmbedder, Role};
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::server::{Reply, Request, Server};

const COMMIT: &str = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41";
const MODEL: &str = "org/tiny";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The tiny model's files by their paths.
fn files() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tiny"));
    let names = [
        "config.json",
        "model.onnx",
        "modules.json",
        "sentence_bert_config.json",
        "tokenizer.json",
        "1_Pooling/config.json",
    ];
    let read = |name: &&str| (name.to_string(), fs::read(folder.join(name)).unwrap());
    names.iter().map(read).collect()
}

/// What the hub says of a file; the graph is in large file storage.
fn sibling((path, content): (&String, &Vec<u8>)) -> Value {
    let size = content.len();
    let mut git = Sha1::new_with_prefix(format!("blob {size}\0"));
    git.update(content);
    let blob = hex(&git.finalize());
    if path.ends_with(".onnx") {
        let sum = hex(&Sha256::digest(content));
        let lfs = json!({ "sha256": sum, "size": size, "pointerSize": 134 });
        return json!({ "rfilename": path, "size": size, "blobId": blob, "lfs": lfs });
    }
    json!({ "rfilename": path, "size": size, "blobId": blob })
}

/// What goes wrong with the large file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Nothing,
    /// Its first answers break off in the middle.
    Breaks(usize),
    /// None of its bytes come.
    Silent,
    /// As before, and ranges are not kept to.
    NoRanges,
    OtherContent,
}

struct Fake {
    hub: Server,
    store: Server,
    fault: Arc<Mutex<Fault>>,
}

impl Fake {
    fn new(fault: Fault) -> Self {
        let files = files();
        let siblings: Vec<Value> = files.iter().map(sibling).collect();
        let extra =
            json!({ "rfilename": "pytorch_model.bin", "size": 9, "blobId": "0".repeat(40) });
        let siblings: Vec<Value> = siblings.into_iter().chain([extra]).collect();
        Self::described(
            fault,
            json!({ "id": MODEL, "sha": COMMIT, "siblings": siblings }),
        )
    }

    fn described(fault: Fault, description: Value) -> Self {
        let files = files();
        let fault = Arc::new(Mutex::new(fault));
        let graph = files["model.onnx"].clone();
        let (answers, faulty) = (AtomicUsize::new(0), Arc::clone(&fault));
        let store = Server::new(move |request| {
            assert_eq!(
                request.header("authorization"),
                None,
                "no credentials elsewhere"
            );
            let now = answers.fetch_add(1, Ordering::Relaxed);
            ranged(request, &graph, (*faulty.lock().unwrap(), now))
        });
        let elsewhere = address(&store);
        let hub = Server::new(move |request| {
            // A hub is read from and nothing else.
            let read = request.method == "GET" && request.body.is_empty();
            assert!(read, "{request:?}");
            if request.header("authorization") != Some("Bearer hf_s3cret") {
                return Reply::json(401, &json!({ "error": "Invalid credentials: hf_s3cret" }));
            }
            let resolve = format!("/{MODEL}/resolve/{COMMIT}/");
            match request.path.as_str() {
                "/api/models/org/tiny/revision/main?blobs=true"
                | "/api/models/org/tiny/revision/refs%2Fpr%2F1?blobs=true"
                | "/api/models/org/tiny/revision/1110a243fdf4706b3f48f1d95db1a4f5529b4d41?blobs=true" => {
                    Reply::json(200, &description)
                }
                path => match path.strip_prefix(&resolve) {
                    Some("model.onnx") => Reply::new(302, "")
                        .with_header("location", format!("{elsewhere}/lfs/graph?signed=1")),
                    Some(file) if files.contains_key(file) => Reply::new(200, files[file].clone()),
                    _ => Reply::json(404, &json!({ "error": "Repository not found" })),
                },
            }
        });
        Self { hub, store, fault }
    }

    fn hub(&self, cache: &Path) -> Hub {
        let endpoint = self.hub.endpoint("").with_bearer(&Secret::new("hf_s3cret"));
        Hub::new(endpoint.unwrap(), cache)
    }

    /// The ranges in which the large file was asked for.
    fn ranges(&self) -> Vec<Option<String>> {
        let log = self.store.log();
        log.iter()
            .map(|request| request.header("range").map(str::to_owned))
            .collect()
    }
}

fn address(server: &Server) -> String {
    let shown = format!("{:?}", server.endpoint(""));
    shown.split('"').nth(1).unwrap().to_owned()
}

/// A part of the graph, or the whole.
fn ranged(request: &Request, graph: &[u8], (fault, now): (Fault, usize)) -> Reply {
    let range = request
        .header("range")
        .and_then(|range| range.strip_prefix("bytes="));
    let start: usize = range.map_or(0, |range| range.trim_end_matches('-').parse().unwrap());
    let breaks = matches!(fault, Fault::Breaks(times) if now < times)
        || (fault == Fault::NoRanges && now == 0);
    let (status, body) = match fault {
        Fault::NoRanges => (200, graph.to_vec()),
        Fault::OtherContent => (200, vec![b'x'; graph.len()]),
        _ if start > 0 => (206, graph[start..].to_vec()),
        _ => (200, graph.to_vec()),
    };
    let mut reply = Reply::new(status, body);
    if fault == Fault::Silent {
        reply.missing = reply.body.len();
    } else if breaks {
        reply.missing = reply.body.len() / 2;
    }
    reply
}

fn model() -> HubModel {
    HubModel::new(MODEL).unwrap()
}

fn fetch(hub: &Hub) -> Result<PathBuf, HubError> {
    hub.fetch(&model(), &mut |_, _| {})
}

fn open(hub: &Hub, model: &HubModel) -> OnnxEmbedder {
    OnnxEmbedder::from_hub(hub, model, &mut |_, _| {}).unwrap()
}

#[test]
fn a_model_comes_into_the_layout_that_python_shares() {
    let (fake, folder) = (Fake::new(Fault::Nothing), tempfile::tempdir().unwrap());
    let hub = fake.hub(folder.path());
    let mut told = Vec::new();
    let snapshot = hub
        .fetch(&model(), &mut |done, total| told.push((done, total)))
        .unwrap();
    let cache = folder.path().join("models--org--tiny");
    assert_eq!(snapshot, cache.join("snapshots").join(COMMIT));
    assert_eq!(fs::read_to_string(cache.join("refs/main")).unwrap(), COMMIT);
    let total: u64 = files().values().map(|content| content.len() as u64).sum();
    assert_eq!(told.last(), Some(&(total, total)));
    assert!(told.is_sorted());
    for (path, content) in files() {
        let link = snapshot.join(&path);
        assert_eq!(fs::read(&link).unwrap(), content, "{path}");
        if cfg!(unix) {
            let to = fs::read_link(&link).unwrap();
            let up = if path.contains('/') {
                "../../../blobs"
            } else {
                "../../blobs"
            };
            assert!(to.starts_with(up), "{}", to.display());
        }
    }
    assert!(!snapshot.join("pytorch_model.bin").exists());
    let left = fs::read_dir(cache.join("blobs")).unwrap();
    assert_eq!(left.count(), files().len(), "nothing unfinished");

    // Once there, only what a revision holds is asked for.
    fake.hub.forget();
    fetch(&hub).unwrap();
    assert_eq!(fake.hub.log().len(), 1);
}

#[test]
fn it_is_the_model_and_offline_too() {
    let (fake, folder) = (Fake::new(Fault::Nothing), tempfile::tempdir().unwrap());
    let tiny = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tiny");
    let own = OnnxEmbedder::from_dir(tiny).unwrap();
    let own = own.embed(&["rust"], Role::Query).unwrap();
    let embedder = open(&fake.hub(folder.path()), &model());
    assert_eq!(embedder.embed(&["rust"], Role::Query).unwrap(), own);
    drop(fake);
    let offline = Hub::offline(folder.path());
    for model in [model(), model().with_revision(COMMIT).unwrap()] {
        let embedder = open(&offline, &model);
        assert_eq!(embedder.embed(&["rust"], Role::Query).unwrap(), own);
    }
    for missing in [
        model().with_revision("v2").unwrap(),
        HubModel::new("other").unwrap(),
    ] {
        let error = offline.fetch(&missing, &mut |_, _| {}).unwrap_err();
        assert!(matches!(error, HubError::NotCached { .. }), "{error:?}");
    }
}

#[test]
fn other_revisions_are_kept_beside() {
    let (fake, folder) = (Fake::new(Fault::Nothing), tempfile::tempdir().unwrap());
    let hub = fake.hub(folder.path());
    for revision in ["refs/pr/1", COMMIT] {
        let model = model().with_revision(revision).unwrap();
        hub.fetch(&model, &mut |_, _| {}).unwrap();
    }
    let refs = folder.path().join("models--org--tiny/refs");
    assert_eq!(fs::read_to_string(refs.join("refs/pr/1")).unwrap(), COMMIT);
    assert!(!refs.join(COMMIT).exists());
    assert_eq!(fake.store.log().len(), 1, "one content, once");
}

#[test]
fn a_commit_that_is_there_is_asked_of_nobody() {
    let (fake, folder) = (Fake::new(Fault::Nothing), tempfile::tempdir().unwrap());
    let (hub, pinned) = (
        fake.hub(folder.path()),
        model().with_revision(COMMIT).unwrap(),
    );
    let first = open(&hub, &pinned).model_id().to_owned();
    fake.hub.forget();
    fake.store.forget();
    assert_eq!(open(&hub, &pinned).model_id(), first);
    assert_eq!(fake.hub.log().len() + fake.store.log().len(), 0);
    fetch(&hub).unwrap();
    assert_eq!(fake.hub.log().len(), 1, "a branch may have moved on");
}

#[test]
fn a_model_that_did_not_come_whole_has_no_weights() {
    let (fake, folder) = (Fake::new(Fault::Silent), tempfile::tempdir().unwrap());
    let (hub, pinned) = (
        fake.hub(folder.path()),
        model().with_revision(COMMIT).unwrap(),
    );
    hub.fetch(&pinned, &mut |_, _| {}).unwrap_err();
    let snapshot = folder
        .path()
        .join("models--org--tiny/snapshots")
        .join(COMMIT);
    assert!(snapshot.join("tokenizer.json").exists() && !snapshot.join("model.onnx").exists());
    let offline = Hub::offline(folder.path());
    let error = offline.fetch(&pinned, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, HubError::NotCached { .. }), "{error:?}");
    // The next call brings what is missing.
    *fake.fault.lock().unwrap() = Fault::Nothing;
    open(&hub, &pinned);
}

#[test]
fn what_breaks_off_is_gone_on_with() {
    let size = files()["model.onnx"].len();
    let range = |have: usize| Some(format!("bytes={have}-"));
    // Within one call.
    let (fake, folder) = (Fake::new(Fault::Breaks(2)), tempfile::tempdir().unwrap());
    fetch(&fake.hub(folder.path())).unwrap();
    let first = size - size / 2;
    let second = first + (size - first) - (size - first) / 2;
    assert_eq!(fake.ranges(), [None, range(first), range(second)]);
    // In the next call: what an earlier one left, after which nothing came.
    let (fake, folder) = (Fake::new(Fault::Silent), tempfile::tempdir().unwrap());
    let part = folder.path().join("models--org--tiny/blobs");
    fs::create_dir_all(&part).unwrap();
    let sum = hex(&Sha256::digest(&files()["model.onnx"]));
    fs::write(
        part.join(format!("{sum}.incomplete")),
        &files()["model.onnx"][..100],
    )
    .unwrap();
    let error = fetch(&fake.hub(folder.path())).unwrap_err();
    assert!(
        matches!(error, HubError::Broken { received: 100, .. }),
        "{error:?}"
    );
    fake.store.forget();
    *fake.fault.lock().unwrap() = Fault::Nothing;
    fetch(&fake.hub(folder.path())).unwrap();
    assert_eq!(fake.ranges(), [range(100)]);
}

#[test]
fn a_store_without_ranges_begins_anew() {
    let (fake, folder) = (Fake::new(Fault::NoRanges), tempfile::tempdir().unwrap());
    let snapshot = fetch(&fake.hub(folder.path())).unwrap();
    assert_eq!(
        fs::read(snapshot.join("model.onnx")).unwrap(),
        files()["model.onnx"]
    );
    assert_eq!(fake.ranges().len(), 2);
}

#[test]
fn another_content_is_refused_and_forgotten() {
    let (fake, folder) = (Fake::new(Fault::OtherContent), tempfile::tempdir().unwrap());
    let hub = fake.hub(folder.path());
    let error = fetch(&hub).unwrap_err();
    assert!(
        matches!(&error, HubError::Checksum { file, .. } if file == "model.onnx"),
        "{error:?}"
    );
    *fake.fault.lock().unwrap() = Fault::Nothing;
    fetch(&hub).unwrap();
    assert_eq!(fake.ranges(), [None, None]);
}

#[test]
fn a_hub_that_lies_or_refuses_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let described = |description: Value| {
        let fake = Fake::described(Fault::Nothing, description);
        fetch(&fake.hub(folder.path())).unwrap_err()
    };
    let file = |path: &str| {
        let siblings = [sibling((&path.to_owned(), &b"x".to_vec()))];
        described(json!({ "sha": COMMIT, "siblings": siblings }))
    };
    for path in [
        "../../../evil",
        "/etc/evil",
        "a/../../evil",
        "a\\..\\evil",
        "",
    ] {
        let error = file(path);
        assert!(
            matches!(error, HubError::Name { what: "file", .. }),
            "{path}: {error:?}"
        );
    }
    let error = described(json!({ "sha": "../../x", "siblings": [] }));
    assert!(
        matches!(error, HubError::Name { what: "commit", .. }),
        "{error:?}"
    );
    let error = described(json!({ "sha": COMMIT }));
    assert!(matches!(error, HubError::Shape { .. }), "{error:?}");
    let unsigned = json!([{ "rfilename": "model.onnx", "size": 1, "blobId": "../x" }, { "rfilename": "tokenizer.json" }]);
    let error = described(json!({ "sha": COMMIT, "siblings": unsigned }));
    assert!(matches!(error, HubError::Shape { .. }), "{error:?}");
    let error = file("README.md");
    assert!(matches!(error, HubError::NoWeights { .. }), "{error:?}");
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing was written"
    );

    let fake = Fake::new(Fault::Nothing);
    let stranger = Hub::new(fake.hub.endpoint(""), folder.path());
    let error = fetch(&stranger).unwrap_err();
    let HubError::Hub { source, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(matches!(**source, HttpError::Status { status: 401, .. }));
    let other = HubModel::new("org/other").unwrap();
    let error = fake
        .hub(folder.path())
        .fetch(&other, &mut |_, _| {})
        .unwrap_err();
    assert!(error.to_string().contains("org/other"), "{error}");
}
