//! A person leaves: whatever keeps something about them forgets it, and no file has a byte of it left.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use ranker::core::{CandidateId, Embedder};
use ranker::embed::{CachedEmbedder, TokenCache};
use ranker::retrieve::{Collection, CollectionOptions};
use ranker::rlhf::{Action, Event, EventId, EventKind, FeedbackLog, JobId, RankingId};
use ranker::{JobDescription, Profile, Ranker};

use crate::fakes::{FakeEmbedder, profiles};

/// The files below a folder that hold one of these byte strings, in lower case.
fn holding(folder: &Path, wanted: &[Vec<u8>]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, wanted));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let lower = bytes.to_ascii_lowercase();
        let holds = |wanted: &Vec<u8>| {
            [&bytes, &lower].into_iter().any(|bytes| {
                bytes
                    .windows(wanted.len())
                    .any(|window| window == wanted.as_slice())
            })
        };
        if wanted.iter().any(holds) {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

fn record(ranker: &Ranker, name: &str, kind: EventKind) {
    let event = Event::new(EventId::new(name).unwrap(), SystemTime::now().into(), kind);
    pollster::block_on(ranker.record(vec![event])).unwrap();
}

#[test]
fn whoever_is_erased_is_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let person = Profile::new("qwertzian-7", "Falkenrath counts kestrels in Vorarlberg.").unwrap();
    let everyone = [profiles(20), vec![person.clone()]].concat();
    let cached = CachedEmbedder::open(FakeEmbedder, path("embeddings")).unwrap();
    let embedder = Arc::new(TokenCache::new(cached, 1 << 20));
    let collection = Collection::create(path("collection"), CollectionOptions::new()).unwrap();
    let collection = collection.embedded_by(embedder.model_id()).unwrap();
    collection
        .import(&everyone, &*embedder, &mut |_, _| {})
        .unwrap();
    collection.checkpoint().unwrap();
    let collection = Arc::new(collection);
    let log = || FeedbackLog::open(path("feedback.db")).unwrap();
    let ranker = Ranker::builder(Arc::clone(&embedder), Arc::clone(&collection))
        .feedback(log())
        .build()
        .unwrap();
    let job = JobDescription::new("Counts kestrels").unwrap();
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    assert_eq!(ranking.as_slice()[0].id(), person.id());
    let shown = RankingId::new("r").unwrap();
    let exposed = ranker
        .expose(&ranking, shown.clone(), JobId::of(&job))
        .unwrap();
    record(&ranker, "shown", EventKind::Impression(exposed.impression));
    record(
        &ranker,
        "click",
        EventKind::Click(Action::new(shown, person.id().clone())),
    );

    let id: CandidateId = person.id().clone();
    let vector = collection.held(&id).unwrap().embedding.unwrap();
    let vector = vector
        .as_slice()
        .iter()
        .flat_map(|value| value.to_le_bytes());
    let traces = [
        b"qwertzian-7".to_vec(),
        b"falkenrath".to_vec(),
        vector.collect(),
    ];
    let before = holding(folder.path(), &traces);
    for file in ["embeddings", "profiles.redb"] {
        assert!(before.iter().any(|name| name == file), "{before:?}");
    }
    assert!(
        before.iter().any(|name| name.starts_with("feedback.db")),
        "{before:?}"
    );

    collection.erase(std::slice::from_ref(&id)).unwrap();
    assert_eq!(log().erase(&id).unwrap().deleted, 1, "the click");
    let text = person.full_text();
    embedder.forget(&[&text]);
    assert_eq!(embedder.inner().forget(&[&text]).unwrap(), 1);
    assert!(!embedder.holds(&text) && !embedder.inner().holds(&text).unwrap());
    assert_eq!(holding(folder.path(), &traces), [""; 0]);
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    assert!(ranking.iter().all(|ranked| *ranked.id() != id));
}
