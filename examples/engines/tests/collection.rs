//! The embedded store keeps the contract of the engines.

use std::sync::Arc;

use ranker_core::BoxError;
use ranker_engines::conformance::{StoreSuite, people};
use ranker_engines::{LoadOptions, Store, load};
use ranker_engines_examples::Embedded;
use ranker_retrieve::CollectionOptions;

#[test]
fn a_collection_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let kept = StoreSuite::new().with_people(300).run(|place| {
        let path = folder.path().join(&place.name);
        async move {
            let options = CollectionOptions::new();
            let store = Embedded::open(&path, place.dimension, &place.encoder, options)?;
            Ok(Arc::new(store) as Arc<dyn Store>)
        }
    });
    let kept = pollster::block_on(kept).unwrap();
    assert_eq!(kept.len(), 11, "{kept:?}");
}

/// From one collection through the loader into another: nothing is lost.
#[test]
fn a_collection_is_loaded_from_another() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| {
        let options = CollectionOptions::new();
        Embedded::open(&folder.path().join(name), 16, "m", options).unwrap()
    };
    let (from, to) = (open("from"), open("to"));
    pollster::block_on(from.upsert(&people(150))).unwrap();
    let now = from.collection().snapshot();
    let entries = now.ids().map(|id| {
        let profile = now.profile(id)?.ok_or("it is gone")?;
        let embedding = now.embedding(id)?.ok_or("it is gone")?;
        Ok::<_, BoxError>((profile, embedding))
    });
    let options = LoadOptions::new().with_batch(40).with_sample(150);
    let loaded = pollster::block_on(load(&to, entries, &options, |_| {})).unwrap();
    assert_eq!(
        (loaded.stored, loaded.counted, loaded.verified),
        (150, 150, 150)
    );
}
