use std::sync::Arc;

use ranker_core::conformance;
use ranker_embed::{CachedEmbedder, TokenCache};

use crate::support::{Tiny, backends, embedders};

#[test]
fn the_model_keeps_the_contract_on_every_engine() {
    for embedder in embedders() {
        conformance::embedder(embedder).unwrap();
    }
}

#[test]
fn every_setting_keeps_the_contract() {
    let tiny = Tiny::new();
    for backend in backends() {
        for (sessions, threads, budget) in [(1, 1, 1), (3, 3, 8), (1, 2, 1000)] {
            let embedder = tiny
                .builder()
                .backend(backend)
                .sessions(sessions)
                .threads(threads)
                .token_budget(budget)
                .dimension(3)
                .prompt(ranker_core::Role::Query, "query : ")
                .build()
                .unwrap();
            conformance::embedder(&embedder).unwrap();
        }
    }
}

#[test]
fn a_cached_model_keeps_the_contract_when_full_and_when_empty() {
    let folder = tempfile::tempdir().unwrap();
    let cached =
        CachedEmbedder::open(Arc::clone(&embedders()[0]), folder.path().join("cache")).unwrap();
    for _ in 0..2 {
        conformance::embedder(&cached).unwrap();
    }
    assert!(cached.stats().hits > cached.stats().misses);
}

#[test]
fn a_model_kept_in_memory_keeps_the_contract_with_room_and_without() {
    for bytes in [1 << 20, 0] {
        let cached = TokenCache::new(Arc::clone(&embedders()[0]), bytes);
        for _ in 0..2 {
            conformance::embedder(&cached).unwrap();
        }
        assert_eq!(cached.is_empty(), bytes == 0);
    }
}
