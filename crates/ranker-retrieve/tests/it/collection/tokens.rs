//! A collection keeps token vectors, and fills in what is missing.

use std::sync::atomic::{AtomicUsize, Ordering};

use ranker_core::{
    EmbedError, Embedded, Embedder, Embedding, Profile, Request, Role, TokenCodec as _, TokenCodes,
    TokenEmbeddings, TokenUsage,
};
use ranker_retrieve::{Collection, CollectionError, Encoded, TwoBitCodec, encode_profiles};

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

/// Codes as the first version wrote them: a vector for each four neighbouring tokens, and one place for it.
fn first_version(profile: &Profile) -> TokenCodes {
    let tokens = tokens(&profile.full_text());
    let (vectors, spans): (Vec<&[f32]>, _) = (tokens.vectors().collect(), tokens.spans());
    let (mut places, mut rows, mut before) = (Vec::new(), Vec::new(), 0);
    for (vectors, spans) in vectors.chunks(4).zip(spans.chunks(4)) {
        // Four tokens alone share one vector today, too; its codes are the last bytes before the checksum.
        let run = TokenEmbeddings::new(DIMENSION, vectors.concat(), spans.to_vec()).unwrap();
        let codes = TwoBitCodec.encode(&run).unwrap();
        rows.extend(&codes[codes.len() - 4 - DIMENSION / 4..codes.len() - 4]);
        let (start, end) = (spans[0].start, spans[spans.len() - 1].end);
        places.extend([2 * (start - before) as u8, (end - start) as u8]);
        before = start;
    }
    let mut codes = vec![1, DIMENSION as u8, 0, vectors.len().div_ceil(4) as u8, 0];
    codes.extend([places, rows].concat());
    codes.extend(crc32fast::hash(&codes).to_le_bytes());
    let codes = TokenCodes::new(TwoBitCodec::shared(), "words", codes);
    let read = codes.decode().unwrap();
    assert_eq!(read.len(), vectors.len().div_ceil(4));
    assert_eq!(read.spans()[0], spans[0].start..spans[3].end);
    codes
}

/// Of three people each, one has codes of the first version, one has none, and one has those of today.
fn of_three_kinds(directory: &std::path::Path, people: std::ops::Range<u32>) -> Collection {
    let collection = create(directory).embedded_by("words").unwrap();
    let people = people.map(|number| {
        let profile = numbered(number, 0).0;
        let tokens = match number % 3 {
            0 => Some(first_version(&profile)),
            1 => None,
            _ => Some(codes(&profile)),
        };
        let encoded = Encoded::from(vector(&profile.full_text()));
        (profile, Encoded { tokens, ..encoded })
    });
    collection.insert_all(people).unwrap();
    collection
}

/// That a collection answers, to the last bit of each score and token code, as one that was filled just now.
fn answers_as_fresh(collection: &Collection, people: u32) {
    let directory = tempfile::tempdir().unwrap();
    let fresh = create(directory.path()).embedded_by("words").unwrap();
    let profiles: Vec<Profile> = (0..people).map(|number| numbered(number, 0).0).collect();
    fresh
        .import(&profiles, &Words("words"), &mut |_, _| ())
        .unwrap();
    for profile in &profiles {
        let [held, expected] = [collection, &fresh].map(|one| one.held(profile.id()).unwrap());
        assert_eq!(held.tokens, Some(codes(profile)));
        assert_eq!(held.tokens, expected.tokens);
    }
    let request = Request::top(20).with_tokens();
    for number in [3, 7, 200] {
        let text = numbered(number, 0).0.full_text();
        let asked = asked(number, 0).with_embedding(vector(&text));
        let [found, expected] = [collection, &fresh].map(|one| retrieve(one, &asked, &request));
        assert_eq!(found, expected);
        let similarities = |hits: &[ranker_core::Hit]| {
            let codes: Vec<&TokenCodes> = hits.iter().filter_map(|hit| hit.tokens()).collect();
            let bytes: Vec<&[u8]> = codes.iter().map(|codes| codes.bytes()).collect();
            TwoBitCodec.max_similarities(&tokens(&text), &bytes)
        };
        let similarities = [&found, &expected].map(|hits| similarities(hits).unwrap());
        assert_eq!(similarities[0], similarities[1]);
        assert_eq!(similarities[0].len(), 20);
    }
}

#[test]
fn reembedding_makes_all_codes_new() {
    let directory = tempfile::tempdir().unwrap();
    let original = of_three_kinds(&directory.path().join("old"), 0..300);
    let new = original
        .reembed(
            directory.path().join("new"),
            &Words("words"),
            &mut |_, _| (),
        )
        .unwrap();
    answers_as_fresh(&new, 300);
    let first = original.held(&id(&name(0))).unwrap().tokens;
    assert_eq!(
        first,
        Some(first_version(&numbered(0, 0).0)),
        "it serves on"
    );
}

#[test]
fn a_reembedding_that_an_earlier_release_began_ends_with_all_codes_new() {
    let directory = tempfile::tempdir().unwrap();
    let original = of_three_kinds(&directory.path().join("old"), 0..300);
    of_three_kinds(&directory.path().join("new"), 0..200)
        .close()
        .unwrap();
    let new = original
        .reembed(
            directory.path().join("new"),
            &Words("words"),
            &mut |_, _| (),
        )
        .unwrap();
    answers_as_fresh(&new, 300);
}

#[test]
fn filling_in_keeps_the_codes_of_an_earlier_version() {
    let directory = tempfile::tempdir().unwrap();
    let collection = of_three_kinds(directory.path(), 0..300);
    assert_eq!(collection.missing_tokens().unwrap(), 100);
    let filled = collection.fill_tokens(&Words("words"), &mut |_| ());
    assert_eq!(filled.unwrap(), 100);
    assert_eq!(collection.missing_tokens().unwrap(), 0);
    for number in 0..300 {
        let profile = numbered(number, 0).0;
        let expected = match number % 3 {
            0 => first_version(&profile),
            _ => codes(&profile),
        };
        let held = collection.held(profile.id()).unwrap().tokens;
        assert_eq!(held, Some(expected), "{number}");
    }
}

/// An encoder without token vectors that counts what it reads.
#[derive(Debug, Default)]
struct Bare(AtomicUsize);

impl Embedder for Bare {
    fn dimension(&self) -> usize {
        DIMENSION
    }

    fn model_id(&self) -> &str {
        "words"
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        self.0.fetch_add(texts.len(), Ordering::Relaxed);
        Words("words").embed(texts, role)
    }
}

#[test]
fn an_encoder_without_token_vectors_is_not_asked_for_any() {
    let directory = tempfile::tempdir().unwrap();
    let collection = without_tokens(&directory.path().join("old"));
    let encoder = Bare::default();
    let filled = collection.fill_tokens(&encoder, &mut |_| ()).unwrap();
    assert_eq!((filled, encoder.0.load(Ordering::Relaxed)), (0, 0));
    for read in [300, 300] {
        let new = directory.path().join("new");
        let new = collection.reembed(new, &encoder, &mut |_, _| ()).unwrap();
        assert_eq!(new.missing_tokens().unwrap(), 300);
        assert_eq!(
            encoder.0.load(Ordering::Relaxed),
            read,
            "once, however often"
        );
    }
}
