//! A collection keeps token vectors, and fills in what is missing.

use ranker_core::{
    EmbedError, Embedded, Embedder, Embedding, Profile, Request, Role, TokenCodes, TokenEmbeddings,
    TokenUsage,
};
use ranker_retrieve::{Collection, CollectionError, TwoBitCodec, encode_profiles};

use super::{DIMENSION, asked, create, name, numbered, open};
use crate::common::{id, retrieve};

/// An encoder whose tokens are words, under a name.
#[derive(Debug)]
pub(super) struct Words(pub(super) &'static str);

fn vector(text: &str) -> Embedding {
    let mut vector = vec![0.1; DIMENSION];
    for (at, byte) in text.bytes().enumerate() {
        vector[at % DIMENSION] += f32::from(byte) / 100.0;
    }
    Embedding::normalized(vector).unwrap()
}

fn tokens(text: &str) -> TokenEmbeddings {
    let (mut vectors, mut spans, mut at) = (Vec::new(), Vec::new(), 0);
    for word in text.split_inclusive(' ') {
        vectors.extend_from_slice(vector(word).as_slice());
        spans.push(at..at + word.len());
        at += word.len();
    }
    TokenEmbeddings::new(DIMENSION, vectors, spans).unwrap()
}

impl Embedder for Words {
    fn dimension(&self) -> usize {
        DIMENSION
    }

    fn model_id(&self) -> &str {
        self.0
    }

    fn embed(&self, texts: &[&str], _role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let embedded = |text: &&str| Embedded::new(vector(text), TokenUsage::new(1, 1));
        Ok(texts.iter().map(embedded).collect())
    }

    fn embed_tokens(&self, texts: &[&str], _: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        Ok(texts.iter().map(|text| tokens(text)).collect())
    }
}

fn codes(profile: &Profile) -> TokenCodes {
    TwoBitCodec::compress(&"words".into(), &tokens(&profile.full_text())).unwrap()
}

/// Three hundred people with embeddings alone.
fn without_tokens(directory: &std::path::Path) -> Collection {
    let collection = create(directory).embedded_by("words").unwrap();
    let people = (0..300).map(|n| numbered(n, 0));
    collection.insert_all(people).unwrap();
    collection
}

#[test]
fn what_is_missing_is_filled_in_and_outlives_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let collection = without_tokens(directory.path());
    let request = Request::top(5).with_tokens();
    let hits = retrieve(&collection, &asked(7, 0), &request);
    assert!(hits.iter().all(|hit| hit.tokens().is_none()));
    assert_eq!(collection.missing_tokens().unwrap(), 300);

    let mut reached = Vec::new();
    let filled = collection.fill_tokens(&Words("words"), &mut |done| reached.push(done));
    assert_eq!(filled.unwrap(), 300);
    assert!(
        reached.is_sorted() && reached.last() == Some(&300),
        "{reached:?}"
    );
    assert_eq!(collection.missing_tokens().unwrap(), 0);
    let again = collection.fill_tokens(&Words("words"), &mut |_| ());
    assert_eq!(again.unwrap(), 0);
    drop(collection);

    let collection = open(directory.path());
    let hits = retrieve(&collection, &asked(7, 0), &request);
    assert_eq!(hits.len(), 5);
    for hit in &hits {
        let expected = codes(hit.profile().unwrap());
        assert_eq!(hit.tokens_of("words"), Some(&expected));
        assert_eq!(hit.tokens_of("other"), None);
    }
    let unasked = retrieve(&collection, &asked(7, 0), &Request::top(5));
    assert!(unasked.iter().all(|hit| hit.tokens().is_none()));
}

#[test]
fn codes_of_another_encoder_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let collection = without_tokens(directory.path());
    let filled = collection.fill_tokens(&Words("other"), &mut |_| ());
    assert!(
        matches!(filled, Err(CollectionError::Encoder { .. })),
        "{filled:?}"
    );
    let profile = numbered(900, 0).0;
    let encoded = encode_profiles(&Words("other"), std::slice::from_ref(&profile));
    let encoded = encoded.unwrap().swap_remove(0);
    let inserted = collection.insert(profile, encoded);
    assert!(
        matches!(inserted, Err(CollectionError::Encoder { .. })),
        "{inserted:?}"
    );
    assert_eq!(collection.len(), 300);
}

#[test]
fn codes_leave_with_the_text_that_they_stand_for() {
    let directory = tempfile::tempdir().unwrap();
    let collection = without_tokens(directory.path());
    collection
        .fill_tokens(&Words("words"), &mut |_| ())
        .unwrap();
    let held = |number| collection.held(&id(&name(number))).unwrap();
    assert_eq!(held(1).tokens, Some(codes(&numbered(1, 0).0)));
    let (profile, vector) = numbered(1, 1);
    collection.update(profile, vector).unwrap();
    assert_eq!(
        (held(1).tokens, collection.missing_tokens().unwrap()),
        (None, 1)
    );

    collection.erase(&[id(&name(2))]).unwrap();
    assert_eq!(held(2).tokens, None);
    assert_eq!(held(3).tokens, Some(codes(&numbered(3, 0).0)));
    assert_eq!(
        collection.missing_tokens().unwrap(),
        1,
        "the others keep theirs"
    );
}
