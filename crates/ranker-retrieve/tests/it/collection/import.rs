//! A collection follows a list of profiles, and the encoder reads what it must.

use std::sync::atomic::{AtomicUsize, Ordering};

use ranker_core::{EmbedError, Embedded, Embedder, Fact, Profile, Request, Role, TokenEmbeddings};
use ranker_retrieve::{Collection, CollectionError, Imported, IndexError};

use super::tokens::Words;
use super::{asked, create, name, numbered, open};
use crate::common::{id, retrieve};

/// Counts the texts that it is given.
struct Counted(AtomicUsize);

impl Counted {
    fn read(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl Embedder for Counted {
    fn dimension(&self) -> usize {
        Words("words").dimension()
    }

    fn model_id(&self) -> &str {
        "words"
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        self.0.fetch_add(texts.len(), Ordering::SeqCst);
        Words("words").embed(texts, role)
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        Words("words").embed_tokens(texts, role)
    }
}

fn people(count: u32, edition: u32) -> Vec<Profile> {
    (0..count).map(|n| numbered(n, edition).0).collect()
}

fn counts(collection: &Collection, profiles: &[Profile], encoder: &Counted) -> [usize; 5] {
    let done: Imported = collection
        .import(profiles, encoder, &mut |_, _| {})
        .unwrap();
    let read = encoder.read();
    [
        done.added,
        done.replaced,
        done.unchanged,
        done.encoded,
        read,
    ]
}

#[test]
fn only_what_is_new_or_changed_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let encoder = Counted(AtomicUsize::new(0));
    let collection = create(directory.path()).embedded_by("words").unwrap();
    let mut profiles = people(300, 0);
    let mut reached = Vec::new();
    let mut progress = |done, all| reached.push((done, all));
    let first = collection
        .import(&profiles, &encoder, &mut progress)
        .unwrap();
    assert_eq!(
        (first.added, first.encoded, encoder.read()),
        (300, 300, 300)
    );
    assert_eq!(
        reached,
        [(256, 300), (300, 300)],
        "each step is a transaction"
    );
    assert_eq!(counts(&collection, &profiles, &encoder), [0, 0, 300, 0, 0]);
    collection.close().unwrap();

    let collection = open(directory.path());
    assert_eq!(counts(&collection, &profiles, &encoder), [0, 0, 300, 0, 0]);
    profiles[7] = numbered(7, 1).0;
    let known = profiles[8].clone();
    profiles[8] = known.with_fact("digit", Fact::keyword("other")).unwrap();
    profiles.push(numbered(300, 0).0);
    let before = collection.snapshot().embedding(&id(&name(8))).unwrap();
    assert_eq!(counts(&collection, &profiles, &encoder), [1, 2, 298, 2, 2]);
    let now = collection.snapshot();
    assert_eq!(
        now.profile(&id(&name(8))).unwrap().as_ref(),
        Some(&profiles[8])
    );
    assert_eq!(now.embedding(&id(&name(8))).unwrap(), before, "facts alone");
    let hits = retrieve(&collection, &asked(7, 1), &Request::top(301).with_tokens());
    assert!(hits.iter().all(|hit| hit.tokens().is_some()), "codes stay");
}

#[test]
fn another_encoder_and_an_id_twice_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let collection = create(directory.path());
    let refused = collection.import(&people(2, 0), &Words("words"), &mut |_, _| {});
    assert!(
        matches!(refused, Err(CollectionError::NoEncoder { .. })),
        "{refused:?}"
    );
    let collection = collection.embedded_by("words").unwrap();
    let twice = [people(1, 0), people(1, 1)].concat();
    let refused = collection.import(&twice, &Words("words"), &mut |_, _| {});
    assert!(matches!(
        refused,
        Err(CollectionError::Refused(IndexError::DuplicateId { .. }))
    ));
    assert!(collection.is_empty(), "all of a step or none");
}
