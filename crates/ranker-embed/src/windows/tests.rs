//! Windows over a fake encoder whose every number is known, and over the repository's model.

use std::ops::Range;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use ranker_core::{Embedding, TokenUsage, conformance};

use super::*;
use crate::Backend;

/// A fake encoder: a token a word, a word's vector made of its bytes, a text's the mean of those that are
/// read. Two more tokens stand around a text.
pub(super) struct Words {
    room: usize,
    calls: AtomicUsize,
}

impl Words {
    const AROUND: usize = 2;

    fn of(room: usize) -> Self {
        let calls = AtomicUsize::new(0);
        Self { room, calls }
    }

    pub(super) fn places(text: &str, most: usize) -> TokenSpans {
        let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
        let words = text.split_whitespace();
        let spans: Vec<Range<usize>> = words
            .map(|word| start(word)..start(word) + word.len())
            .collect();
        let counted = spans.len();
        TokenSpans::new(spans.into_iter().take(most).collect(), counted)
    }

    fn vector(word: &str) -> Vec<f32> {
        let mut vector = vec![1.0; 8];
        for (at, byte) in word.bytes().enumerate() {
            vector[(at * 3 + usize::from(byte)) % 8] += f32::from(byte % 16);
        }
        Embedding::normalized(vector).unwrap().as_slice().to_vec()
    }

    fn one(&self, text: &str) -> EmbeddedTokens {
        let TokenSpans { spans, counted, .. } = Self::places(text, self.room);
        let vectors: Vec<Vec<f32>> = spans
            .iter()
            .map(|span| Self::vector(&text[span.clone()]))
            .collect();
        let sum = (0..8)
            .map(|at| vectors.iter().map(|vector| vector[at]).sum())
            .collect();
        let usage = TokenUsage::new(counted + Self::AROUND, spans.len() + Self::AROUND);
        EmbeddedTokens {
            embedded: Embedded::new(Embedding::normalized(sum).unwrap(), usage),
            tokens: TokenEmbeddings::new(8, vectors.concat(), spans).unwrap(),
        }
    }
}

impl Embedder for Words {
    fn dimension(&self) -> usize {
        8
    }

    fn model_id(&self) -> &str {
        "fake-words"
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let both = self.embed_with_tokens(texts, role)?.into_iter();
        Ok(both.map(|both| both.embedded).collect())
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        let both = self.embed_with_tokens(texts, role)?.into_iter();
        Ok(both.map(|both| both.tokens).collect())
    }

    fn embed_with_tokens(
        &self,
        texts: &[&str],
        _: Role,
    ) -> Result<Vec<EmbeddedTokens>, EmbedError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        refuse_empty(texts)?;
        match texts.iter().position(|text| text.contains("refused")) {
            Some(index) => Err(EmbedError::EmptyText { index }),
            None => Ok(texts.iter().map(|text| self.one(text)).collect()),
        }
    }
}

impl TokenLimit for Words {
    fn max_tokens(&self) -> usize {
        self.room + Self::AROUND
    }

    fn tokens_around(&self, _: Role) -> Result<usize, BoxError> {
        Ok(Self::AROUND)
    }

    fn token_spans(&self, text: &str, most: usize) -> Result<TokenSpans, BoxError> {
        Ok(Self::places(text, most))
    }
}

fn document(embedder: &dyn Embedder, text: &str) -> EmbeddedTokens {
    let mut both = embedder.embed_with_tokens(&[text], Role::Document).unwrap();
    both.swap_remove(0)
}

fn windows(most: usize) -> NonZeroUsize {
    NonZeroUsize::new(most).unwrap()
}

#[test]
fn keeps_the_contract_whatever_the_window() {
    let vectors = [
        WindowVector::First,
        WindowVector::Mean,
        WindowVector::Several,
        WindowVector::SeveralWithFirst,
    ];
    for vector in vectors {
        for (room, most) in [(1, 1), (1, 100), (3, 2), (100, 8)] {
            let windowed = Windowed::new(Words::of(room)).with_vector(vector);
            conformance::embedder(&windowed.with_windows(windows(most))).unwrap();
        }
    }
}

#[test]
fn what_fits_is_read_as_ever() {
    let (alone, windowed) = (
        Words::of(4),
        Windowed::new(Words::of(4)).with_vector(WindowVector::Mean),
    );
    let text = " one two\nthree four ";
    assert_eq!(document(&windowed, text), document(&alone, text));
}

#[test]
fn one_token_over_is_another_window() {
    let windowed = Windowed::new(Words::of(4));
    let text = "one two three four five";
    let read = document(&windowed, text);
    let usage = read.embedded.usage;
    assert_eq!((usage.tokens, usage.used), (7, 7));
    let pieces: Vec<&str> = read
        .tokens
        .spans()
        .iter()
        .map(|span| &text[span.clone()])
        .collect();
    assert_eq!(pieces, ["one", "two", "three", "four", "five"]);
    let first = document(&Words::of(4), "one two three four")
        .embedded
        .embedding;
    assert_eq!(read.embedded.embedding, first);

    let mean = document(&windowed.with_vector(WindowVector::Mean), text)
        .embedded
        .embedding;
    let whole = document(&Words::of(5), text).embedded.embedding;
    assert!(mean.cosine(&whole).unwrap() > mean.cosine(&first).unwrap());
}

#[test]
fn each_window_has_a_vector_of_its_own() {
    let text = "one two three four five six seven eight nine";
    let windowed = |vector| Windowed::new(Words::of(4)).with_vector(vector);
    let alone = |part: &str| document(&Words::of(4), part).embedded.embedding;
    let windows = ["one two three four", "five six seven eight", "nine"].map(alone);
    let several = document(&windowed(WindowVector::Several), text);
    assert!(several.embedded.vectors().eq(&windows));
    let first = document(&windowed(WindowVector::First), text);
    assert_eq!(
        (&first.embedded.embedding, first.embedded.further.len()),
        (&windows[0], 0)
    );
    assert_eq!(several.tokens, first.tokens);

    let drawn = document(&windowed(WindowVector::SeveralWithFirst), text).embedded;
    assert_eq!(drawn.embedding, windows[0]);
    for (drawn, own) in drawn.further.iter().zip(&windows[1..]) {
        let between = windows[0].cosine(own).unwrap();
        assert!(drawn.cosine(&windows[0]).unwrap() > between);
        let both = windows[0].as_slice().iter().zip(own.as_slice());
        let mixed = both.map(|(first, own)| 0.25 * first + 0.75 * own).collect();
        let mixed = Embedding::normalized(mixed).unwrap();
        assert!(drawn.cosine(&mixed).unwrap() > 0.99999);
    }
    assert_eq!(drawn.further.len(), 2);

    // A job has one vector, and a text that fits has no other.
    for vector in [WindowVector::Several, WindowVector::SeveralWithFirst] {
        let query = windowed(vector).embed(&[text], Role::Query).unwrap();
        assert_eq!(
            (&query[0].embedding, query[0].further.len()),
            (&windows[0], 0)
        );
        let short = document(&windowed(vector), "one two three four");
        assert_eq!(
            (&short.embedded.embedding, short.embedded.further.len()),
            (&windows[0], 0)
        );
    }
}

#[test]
fn a_batch_is_one_batch_within() {
    let windowed = Windowed::new(Words::of(3));
    let long = "word ".repeat(20);
    let texts = [long.as_str(), "short", &long];
    let together = windowed.embed_with_tokens(&texts, Role::Document).unwrap();
    assert_eq!(windowed.inner().calls.load(Ordering::Relaxed), 1);
    for (text, read) in texts.iter().zip(&together) {
        assert_eq!(&document(&windowed, text), read);
        let tokens = windowed.embed_tokens(&[text], Role::Document).unwrap();
        let embedded = windowed.embed(&[text], Role::Document).unwrap();
        assert_eq!((&embedded[0], &tokens[0]), (&read.embedded, &read.tokens));
    }
    let failed = windowed.embed(&["short", &format!("{long} refused")], Role::Document);
    assert!(
        matches!(failed, Err(EmbedError::EmptyText { index: 1 })),
        "{failed:?}"
    );
}

#[test]
fn a_huge_text_costs_no_more_than_its_windows() {
    let windowed = Windowed::new(Words::of(10)).with_windows(windows(3));
    let read = document(&windowed, &"word ".repeat(100_000));
    assert_eq!(read.tokens.len(), 30);
    let usage = read.embedded.usage;
    assert_eq!((usage.tokens, usage.used), (100_002, 32));
}

#[test]
fn with_one_window_all_is_as_from_the_encoder_alone() {
    let windowed = Windowed::new(Words::of(4)).with_windows(windows(1));
    let texts = ["one", "one two three\nfour five"];
    for text in texts {
        assert_eq!(document(&windowed, text), document(&Words::of(4), text));
    }
    let usage = windowed.usage(&texts, Role::Document).unwrap();
    assert_eq!(usage, [TokenUsage::new(3, 3), TokenUsage::new(7, 6)]);
    assert_eq!(windowed.model_id(), windowed.inner().model_id());
}

/// The same parts of a made-up resume, with what tells at another place.
fn resume(at: usize) -> String {
    const TELLING: &str = "Anaesthetist. Gave general and spinal anaesthesia in vascular surgery, ran the \
        recovery room, taught airway management.";
    let filler = [
        "Ordered paper and toner, sorted the mail and kept the key cupboard of the house.",
        "Drove the shuttle between both sites and wrote down mileage, fuel and delays.",
        "Counted stock each Friday, labelled shelves and sent the list to the central store.",
    ];
    let mut lines: Vec<&str> = filler.into_iter().cycle().take(15).collect();
    lines.insert(at, TELLING);
    lines.join("\n")
}

/// The repository's model with a limit of 80 tokens, so that a test has several windows and takes no time.
fn model() -> Arc<OnnxEmbedder> {
    static MODEL: LazyLock<Arc<OnnxEmbedder>> = LazyLock::new(|| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/all-MiniLM-L6-v2");
        let builder = OnnxEmbedder::builder(folder).backend(Backend::Native);
        Arc::new(builder.max_tokens(80).build().unwrap())
    });
    Arc::clone(&MODEL)
}

#[test]
fn where_in_a_long_resume_something_stands_hardly_matters() {
    let windowed = Windowed::new(model()).with_vector(WindowVector::Mean);
    let job =
        ["Anaesthetist for vascular surgery: general and spinal anaesthesia, airway management"];
    let mut job = windowed.embed_with_tokens(&job, Role::Query).unwrap();
    let job = job.swap_remove(0);
    let scores = |embedder: &dyn Embedder, at: usize| {
        let read = document(embedder, &resume(at));
        let cosine = job.embedded.embedding.cosine(&read.embedded.embedding);
        let late = job.tokens.max_similarity(&read.tokens);
        [cosine.unwrap(), late.unwrap()]
    };
    let gaps = |embedder: &dyn Embedder| {
        let (first, last) = (scores(embedder, 0), scores(embedder, 15));
        [first[0] - last[0], first[1] - last[1]]
    };
    let (read, cut) = (gaps(&windowed), gaps(windowed.inner()));
    assert!(read[0].abs() < 0.1 && read[1].abs() < 0.05, "{read:?}");
    assert!(cut[0] > 0.2 && cut[1] > 0.2, "{cut:?}");
}

#[test]
fn the_model_keeps_the_contract_and_names_places_in_the_whole_text() {
    let windowed = Windowed::new(model());
    conformance::embedder(&windowed).unwrap();
    let text = resume(15);
    let read = document(&windowed, &text);
    assert!(!read.embedded.usage.is_cut());
    let spans = read.tokens.spans();
    assert!(spans.is_sorted_by(|a, b| a.end <= b.start));
    let read: String = spans.iter().map(|span| &text[span.clone()]).collect();
    assert_eq!(read, text.split_whitespace().collect::<String>());
}

#[test]
fn every_setting_is_part_of_the_id() {
    let windowed = || Windowed::new(Words::of(10));
    let ids = [
        Words::of(10).model_id().to_owned(),
        windowed().model_id().to_owned(),
        windowed()
            .with_vector(WindowVector::Mean)
            .model_id()
            .to_owned(),
        windowed()
            .with_vector(WindowVector::Several)
            .model_id()
            .to_owned(),
        windowed()
            .with_vector(WindowVector::SeveralWithFirst)
            .model_id()
            .to_owned(),
        windowed().with_windows(windows(3)).model_id().to_owned(),
    ];
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "{ids:?}");
}
