use std::sync::Arc;

use ranker_embed::{CachedEmbedder, Embedder, Role};

use crate::support::{Tiny, embedders, mixed_texts};

#[test]
fn stored_embeddings_come_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache");
    let texts = mixed_texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let open = || CachedEmbedder::open(Arc::clone(&embedders()[0]), &path).unwrap();
    let first = open().embed(&texts, Role::Document).unwrap();
    let again = open();
    assert_eq!(again.embed(&texts, Role::Document).unwrap(), first);
    assert_eq!(again.stats().misses, 0);
    assert_eq!(again.stats().hits, texts.len() as u64);
}

#[test]
fn a_changed_model_never_sees_the_old_embeddings() {
    let tiny = Tiny::new();
    let path = tiny.path("cache");
    let misses = || {
        let cached = CachedEmbedder::open(tiny.builder().build().unwrap(), &path).unwrap();
        cached.embed(&["rust"], Role::Query).unwrap();
        cached.stats().misses
    };
    assert_eq!((misses(), misses()), (1, 0));
    tiny.write(
        "1_Pooling/config.json",
        r#"{"pooling_mode_cls_token": true}"#,
    );
    assert_eq!((misses(), misses()), (1, 0));
    tiny.write(
        "config_sentence_transformers.json",
        r#"{"prompts": {"query": "query: "}}"#,
    );
    assert_eq!((misses(), misses()), (1, 0));
}
