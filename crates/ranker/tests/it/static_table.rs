//! A static encoder in the whole: a collection filled, reopened, ranked from and explained.

use std::path::Path;
use std::sync::Arc;

use ranker::Ranker;
use ranker::core::Embedder;
use ranker::embed::StaticEmbedder;
use ranker::retrieve::{Collection, CollectionOptions, encode_profiles};

use crate::fakes::{job, profiles};

/// A table of thirteen tokens, of which profiles and job have `rust`, `search`, `engine`, `##s` and `nurse`.
fn encoder() -> Arc<StaticEmbedder> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("../ranker-embed/tests/static/f32");
    Arc::new(StaticEmbedder::from_dir(folder).unwrap())
}

#[test]
fn a_collection_is_ranked_with_a_static_encoder() {
    let encoder = encoder();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("collection");
    let made = profiles(40);
    let encoded = encode_profiles(&*encoder, &made).unwrap();
    let collection = Collection::create(&path, CollectionOptions::new()).unwrap();
    let collection = collection.embedded_by(encoder.model_id()).unwrap();
    collection
        .insert_all(made.into_iter().zip(encoded))
        .unwrap();
    drop(collection);

    let collection = Collection::open(&path, CollectionOptions::new()).unwrap();
    let collection = collection.embedded_by(encoder.model_id()).unwrap();
    let ranker = Ranker::builder(Arc::clone(&encoder), collection)
        .top_k(8)
        .build()
        .unwrap();
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    let engineers = ["p0000", "p0010", "p0020", "p0030"];
    let mut first: Vec<String> = ranking
        .iter()
        .take(4)
        .map(|one| one.id().to_string())
        .collect();
    first.sort();
    assert_eq!(first, engineers);
    let explained = pollster::block_on(ranker.explain_all(&ranking, 4)).unwrap();
    // No late interaction, and so no aligned passages; all else is there.
    assert!(
        explained
            .iter()
            .all(|one| one.matches().is_empty() && !one.parts().is_empty())
    );
}
