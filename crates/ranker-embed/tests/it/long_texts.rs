use std::time::{Duration, Instant};

use ranker_embed::{Embedder, OnnxEmbedder, Role};

use crate::support::{MODEL, Tiny, embedders, runtime};

#[test]
fn reads_as_far_as_the_model_was_made_for() {
    let embedder = &embedders()[0];
    assert_eq!(
        embedder.max_tokens(),
        256,
        "not the 128 of its tokenizer.json"
    );
    // One token a word, and two special tokens.
    for (words, used) in [
        (1, 3),
        (100, 102),
        (253, 255),
        (254, 256),
        (255, 256),
        (3000, 256),
    ] {
        let text = "nurse ".repeat(words);
        let usage = embedder.embed(&[&text], Role::Document).unwrap()[0].usage;
        assert_eq!((usage.tokens, usage.used), (words + 2, used));
        assert_eq!(usage.is_cut(), words > 254);
    }
}

#[test]
fn what_is_beyond_the_limit_has_no_influence() {
    let embedder = &embedders()[0];
    let head = "nurse on a surgical ward ".repeat(80);
    let (a, b) = (
        format!("{head} plans discharges"),
        format!("{head} drives a lorry, too"),
    );
    let both = embedder.embed(&[&a, &b], Role::Document).unwrap();
    assert_eq!(both[0].embedding, both[1].embedding);
    assert_ne!(both[0].usage.tokens, both[1].usage.tokens);
}

#[test]
fn a_limit_can_be_set() {
    let tiny = Tiny::new();
    let embedder = tiny.builder().max_tokens(4).build().unwrap();
    let usage = embedder.embed(&["rust nurse search"], Role::Query).unwrap()[0].usage;
    assert_eq!((usage.tokens, usage.used), (5, 4));
    assert_ne!(
        embedder.model_id(),
        tiny.builder().build().unwrap().model_id()
    );
    runtime();
    let longer = OnnxEmbedder::builder(MODEL)
        .max_tokens(512)
        .build()
        .unwrap();
    let text = "nurse ".repeat(600);
    let usage = longer.embed(&[&text], Role::Document).unwrap()[0].usage;
    assert_eq!((usage.tokens, usage.used), (602, 512));
}

#[test]
fn a_million_words_are_counted_exactly_in_a_few_seconds() {
    let embedder = &embedders()[0];
    let sentence = "Nurse who plans discharges, re-checks 24/7 rotas\tand trains\n\nnew staff. ";
    let tokens = |text: &str| {
        embedder.embed(&[text], Role::Document).unwrap()[0]
            .usage
            .tokens
    };
    let each = tokens(sentence) - 2;
    let repeats = 1_000_000 / sentence.split_whitespace().count();
    let text = sentence.repeat(repeats);
    let start = Instant::now();
    assert_eq!(tokens(&text), repeats * each + 2);
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn one_endless_word_is_no_trouble() {
    let embedder = &embedders()[0];
    let usage = |text: &str| embedder.embed(&[text], Role::Document).unwrap()[0].usage;
    assert_eq!(usage(&"x".repeat(1_000_000)).tokens, 3, "one unknown word");
    let characters = usage(&"語".repeat(200_000));
    assert_eq!((characters.tokens, characters.used), (200_002, 256));
}

#[test]
fn slices_give_the_tokens_of_the_whole() {
    let embedder = &embedders()[0];
    // 70 KiB of one unknown word: the first slice holds one token, and reading goes on behind it.
    let text = format!("{} nurse on a ward", "x".repeat(70 * 1024));
    let found = embedder.embed(&[&text], Role::Document).unwrap();
    assert_eq!(found[0].usage.tokens, 7);
    let short = format!("{} nurse on a ward", "x".repeat(200));
    let expected = embedder.embed(&[&short], Role::Document).unwrap();
    assert_eq!(found[0].embedding, expected[0].embedding);
}
