use std::sync::atomic::AtomicUsize;

use ranker_core::{Embedding, TokenUsage, ValueError};

use super::*;

/// Embeds by bytes and counts the texts it was given. Text "bad" fails.
struct Bytes {
    model: &'static str,
    calls: AtomicUsize,
}

impl Bytes {
    fn new(model: &'static str) -> Self {
        Self {
            model,
            calls: AtomicUsize::new(0),
        }
    }
}

impl Embedder for Bytes {
    fn dimension(&self) -> usize {
        2
    }

    fn model_id(&self) -> &str {
        self.model
    }

    fn embed(&self, texts: &[&str], _: Role) -> Result<Vec<Embedded>, EmbedError> {
        self.calls.fetch_add(texts.len(), Ordering::SeqCst);
        let embed = |(index, text): (usize, &&str)| {
            if *text == "bad" {
                let source = ValueError::ZeroVector;
                return Err(EmbedError::Output { index, source });
            }
            let sum: u32 = text.bytes().map(u32::from).sum();
            Ok(Embedded::new(
                Embedding::normalized(vec![sum as f32, text.len() as f32]).unwrap(),
                TokenUsage::new(text.len() + 2, 2),
            ))
        };
        texts.iter().enumerate().map(embed).collect()
    }
}

fn texts(found: &CachedEmbedder<Bytes>, texts: &[&str], role: Role) -> (u64, u64, usize) {
    let before = found.stats();
    let expected = Bytes::new("oracle").embed(texts, role).unwrap();
    assert_eq!(found.embed(texts, role).unwrap(), expected);
    let after = found.stats();
    (
        after.hits - before.hits,
        after.misses - before.misses,
        found.inner().calls.swap(0, Ordering::SeqCst),
    )
}

#[test]
fn encodes_each_text_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let cached = CachedEmbedder::open(Bytes::new("a"), &path).unwrap();
    let (query, document) = (Role::Query, Role::Document);
    assert_eq!(
        texts(&cached, &["x", "yy", "x"], query),
        (0, 3, 2),
        "x once"
    );
    assert_eq!(texts(&cached, &["zzz", "yy", "x"], query), (2, 1, 1));
    assert_eq!(texts(&cached, &["x"], document), (0, 1, 1), "another role");
    assert_eq!(texts(&cached, &[], query), (0, 0, 0));
    drop(cached);

    let other = CachedEmbedder::open(Bytes::new("b"), &path).unwrap();
    assert_eq!(texts(&other, &["x"], query), (0, 1, 1), "another model");
    drop(other);
    let again = CachedEmbedder::open(Bytes::new("a"), &path).unwrap();
    assert_eq!(texts(&again, &["yy", "zzz"], query), (2, 0, 0));
    assert!(again.take_error().is_none());
}

#[test]
fn what_is_forgotten_is_in_no_byte_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let cached = CachedEmbedder::open(Bytes::new("a"), &path).unwrap();
    let ana = "Ana counts kestrels";
    cached.embed(&[ana, "Ben"], Role::Document).unwrap();
    cached.embed(&[ana], Role::Query).unwrap();
    let key = record::key("a", Role::Document, ana);
    let holds_bytes = |wanted: &[u8]| {
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(wanted.len()).any(|window| window == wanted)
    };
    let vector = Bytes::new("a").embed(&[ana], Role::Document).unwrap();
    let vector: Vec<u8> = vector[0]
        .embedding
        .as_slice()
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    assert!(holds_bytes(&key) && holds_bytes(&vector));
    assert!(cached.holds(ana).unwrap());

    assert_eq!(cached.forget(&[ana, "nobody"]).unwrap(), 2, "both roles");
    assert!(!cached.holds(ana).unwrap());
    assert!(!holds_bytes(&key) && !holds_bytes(&vector));
    assert_eq!(texts(&cached, &["Ben"], Role::Document).0, 1, "others stay");
    assert_eq!(
        texts(&cached, &["Cem"], Role::Document),
        (0, 1, 1),
        "and it goes on"
    );
    assert_eq!(cached.forget(&[ana]).unwrap(), 0);
    drop(cached);
    let again = CachedEmbedder::open(Bytes::new("a"), &path).unwrap();
    assert_eq!(texts(&again, &["Ben", "Cem"], Role::Document).0, 2);
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing is left beside it");
}

#[test]
fn errors_name_the_callers_text() {
    let folder = tempfile::tempdir().unwrap();
    let cached = CachedEmbedder::open(Bytes::new("a"), folder.path().join("cache")).unwrap();
    cached.embed(&["x", "y"], Role::Query).unwrap();
    let empty = cached.embed(&["x", "new", " ", ""], Role::Query);
    assert!(matches!(empty, Err(EmbedError::EmptyText { index: 2 })));
    let bad = cached.embed(&["x", "y", "new", "bad"], Role::Query);
    assert!(matches!(bad, Err(EmbedError::Output { index: 3, .. })));
}

#[test]
fn many_threads_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let cached = CachedEmbedder::open(Bytes::new("a"), folder.path().join("cache")).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let cached = &cached;
            scope.spawn(move || {
                for i in 0..20 {
                    let text = format!("text {}", (i + thread * 5) % 30);
                    cached.embed(&[&text], Role::Query).unwrap();
                }
            });
        }
    });
    let stats = cached.stats();
    assert_eq!(stats.hits + stats.misses, 80);
    assert!(stats.hits >= 20 && stats.unsaved == 0, "{stats:?}");
}

#[test]
fn on_a_full_disk_texts_are_still_encoded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let (store, free) = store::tests::on_a_disk(&path);
    let cached = CachedEmbedder::with_store(Bytes::new("a"), store);
    cached.embed(&["kept"], Role::Query).unwrap();
    assert_eq!(cached.stats().unsaved, 0);

    free.store(0, Ordering::SeqCst);
    let many: Vec<String> = (0..3000).map(|i| format!("text {i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    texts(&cached, &many, Role::Query);
    assert_eq!(cached.stats().unsaved, 3000);
    let error = cached.take_error().unwrap();
    assert!(
        matches!(&error, CacheError::Access { path: p, .. } if *p == path),
        "{error:?}"
    );
    assert!(cached.take_error().is_none(), "told once");
    texts(&cached, &["x", "kept"], Role::Query);
    drop(cached);

    let again = CachedEmbedder::open(Bytes::new("a"), &path).unwrap();
    assert_eq!(texts(&again, &["kept"], Role::Query), (1, 0, 0));
}
