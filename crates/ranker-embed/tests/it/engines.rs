use std::sync::Arc;

use ranker_embed::{Backend, Embedder, OnnxEmbedder, Role};

use crate::support::{MODEL, backends, embedders, gap, mixed_texts, runtime};

#[test]
fn the_engines_agree() {
    let texts = mixed_texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let embed = |embedder: &Arc<OnnxEmbedder>| embedder.embed(&texts, Role::Query).unwrap();
    let all: Vec<_> = embedders().iter().map(embed).collect();
    for other in &all[1..] {
        for (a, b) in all[0].iter().zip(other) {
            assert_eq!(a.usage, b.usage);
            let cosine = a.embedding.cosine(&b.embedding).unwrap();
            assert!(cosine >= 0.999_99, "{cosine}");
            let gap = gap(a.embedding.as_slice(), b.embedding.as_slice());
            assert!(gap < 1e-5, "{gap}");
        }
    }
    assert!(
        embedders()
            .iter()
            .all(|e| e.model_id() == embedders()[0].model_id())
    );
}

#[test]
fn a_text_does_not_depend_on_its_batch() {
    let texts = mixed_texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for backend in backends() {
        // Everything in one batch, padded to the longest.
        let one = OnnxEmbedder::builder(MODEL)
            .backend(backend)
            .threads(1)
            .token_budget(1_000_000)
            .build()
            .unwrap();
        let together = one.embed(&texts, Role::Document).unwrap();
        for (text, together) in texts.iter().zip(&together) {
            let alone = one.embed(&[text], Role::Document).unwrap();
            let gap = gap(alone[0].embedding.as_slice(), together.embedding.as_slice());
            assert!(gap <= 1e-5, "{gap} on {}", one.backend());
            if backend == Backend::Native {
                assert_eq!(alone[0].embedding, together.embedding, "to the bit");
            }
        }
    }
}

#[test]
fn threads_share_one_embedder() {
    let texts = mixed_texts();
    for backend in backends() {
        let embedder = OnnxEmbedder::builder(MODEL)
            .backend(backend)
            .sessions(2)
            .threads(2)
            .build()
            .unwrap();
        let embedder = &embedder;
        let embed = |text: &str| embedder.embed(&[text], Role::Query).unwrap().remove(0);
        let expected: Vec<_> = texts.iter().map(|text| embed(text)).collect();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (texts, expected) = (&texts, &expected);
                scope.spawn(move || {
                    for i in [thread, thread + 4] {
                        let (found, expected) = (embed(&texts[i]), &expected[i]);
                        let gap = gap(found.embedding.as_slice(), expected.embedding.as_slice());
                        assert!(gap <= 1e-5, "{gap}");
                    }
                });
            }
        });
    }
}

#[test]
fn async_callers_go_through_the_bridge() {
    runtime();
    let embedder = Arc::new(OnnxEmbedder::builder(MODEL).sessions(2).build().unwrap());
    let found = pollster::block_on(ranker_core::compute(move || {
        embedder.embed(&["nurse", "a rust engineer"], Role::Query)
    }));
    assert_eq!(found.unwrap().len(), 2);
}

#[test]
fn public_types_go_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<OnnxEmbedder>();
    shared::<ranker_embed::OnnxEmbedderBuilder>();
    shared::<ranker_embed::CachedEmbedder<OnnxEmbedder>>();
    shared::<ranker_embed::LoadError>();
    shared::<ranker_embed::CacheError>();
}
