//! Loading: whole, interrupted, wrong.

use std::sync::Mutex;
use std::time::Duration;

use ranker_core::BoxError;
use ranker_engines::conformance::{Disturbance, Place, people};
use ranker_engines::elastic::{Dialect, Elastic, ElasticOptions};
use ranker_engines::{LoadError, LoadOptions, Space, load, record};

use crate::fake::elastic::{Fake, Graph};
use crate::fake::server::Server;
use crate::memory::{Flaw, Memories};

fn store() -> (Server, Elastic) {
    let server = Server::new(Fake::new(Dialect::Elasticsearch, Graph::Whole));
    let space = Space::new("people", 16, "conformance").unwrap();
    let options = ElasticOptions::new();
    let opened = Elastic::open(server.endpoint(), Dialect::Elasticsearch, space, options);
    let opened = pollster::block_on(opened).unwrap();
    (server, opened)
}

#[test]
fn a_file_is_loaded_and_verified() {
    let mut file = Vec::new();
    for (profile, embedding) in &people(230) {
        record::write(&mut file, profile, embedding).unwrap();
    }
    let (_server, store) = store();
    let source = record::read(&file[..]).map(|entry| entry.map_err(BoxError::from));
    let told = Mutex::new(Vec::new());
    let options = LoadOptions::new().with_batch(100).with_sample(50);
    let loaded = load(&store, source, &options, |progress| {
        told.lock().unwrap().push(progress.stored)
    });
    let loaded = pollster::block_on(loaded).unwrap();
    assert_eq!((loaded.stored, loaded.counted), (230, 230));
    assert!((50..100).contains(&loaded.verified), "{}", loaded.verified);
    assert_eq!(*told.lock().unwrap(), [100, 200, 230]);
}

#[test]
fn an_interrupted_load_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("load");
    let options = LoadOptions::new()
        .with_batch(50)
        .with_checkpoint(&checkpoint);
    let (server, store) = store();
    // The source breaks after 120.
    let broken = people(200)
        .into_iter()
        .enumerate()
        .map(|(at, entry)| match at {
            120 => Err("the disk is gone".into()),
            _ => Ok(entry),
        });
    let error = pollster::block_on(load(&store, broken, &options, |_| {})).unwrap_err();
    assert!(
        matches!(error, LoadError::Source { at: 120, .. }),
        "{error:?}"
    );
    assert_eq!(std::fs::read_to_string(&checkpoint).unwrap(), "120\n");
    server.forget();
    let whole = || people(200).into_iter().map(Ok);
    let loaded = pollster::block_on(load(&store, whole(), &options, |progress| {
        assert_eq!(progress.earlier, 120);
    }));
    assert_eq!(loaded.unwrap().counted, 200);
    let sent = server
        .log()
        .iter()
        .filter(|request| request.path.ends_with("_bulk"))
        .count();
    assert_eq!(sent, 2, "the first two batches are passed over");
    assert!(!checkpoint.exists(), "it is complete");
    std::fs::write(&checkpoint, "half").unwrap();
    let error = pollster::block_on(load(&store, whole(), &options, |_| {})).unwrap_err();
    assert!(matches!(error, LoadError::Checkpoint { .. }), "{error:?}");
}

#[test]
fn a_busy_store_is_waited_for() {
    let (server, store) = store();
    assert!(server.faults().disturb(Disturbance::Down, 5));
    let source = people(20).into_iter().map(Ok);
    let loaded = pollster::block_on(load(&store, source, &LoadOptions::new(), |_| {})).unwrap();
    assert_eq!(loaded.counted, 20);
}

#[test]
fn what_is_stored_otherwise_is_found() {
    let memories = Memories::default();
    let place = Place::new("people", 16, "conformance");
    let store = memories.open(&place, Flaw::KeepsOldProfiles).unwrap();
    let mut changed = people(10);
    pollster::block_on(store.upsert(&changed)).unwrap();
    changed[3].0 = changed[3].0.clone().with_title("Another");
    let source = changed.into_iter().map(Ok);
    let error = pollster::block_on(load(&*store, source, &LoadOptions::new(), |_| {})).unwrap_err();
    assert!(matches!(error, LoadError::Differs { .. }), "{error:?}");
}

#[test]
fn a_rate_is_kept_to() {
    let memories = Memories::default();
    let store = memories
        .open(&Place::new("people", 16, "conformance"), Flaw::Nothing)
        .unwrap();
    let options = LoadOptions::new().with_batch(10).with_rate(200.0);
    let loaded = load(&*store, people(50).into_iter().map(Ok), &options, |_| {});
    let loaded = pollster::block_on(loaded).unwrap();
    assert!(
        loaded.elapsed >= Duration::from_millis(240),
        "{:?}",
        loaded.elapsed
    );
}
