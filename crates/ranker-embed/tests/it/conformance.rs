use std::sync::Arc;

use ranker_core::conformance;
use ranker_embed::CachedEmbedder;

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
