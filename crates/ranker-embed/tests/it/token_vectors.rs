use ranker_core::Embedding;
use ranker_embed::{Embedder, Role};

use crate::support::{Tiny, embedders, gap};

/// The pieces of the text that have a vector.
fn pieces<'t>(embedder: &dyn Embedder, text: &'t str) -> Vec<&'t str> {
    let found = embedder.embed_tokens(&[text], Role::Query).unwrap();
    found[0]
        .spans()
        .iter()
        .map(|span| &text[span.clone()])
        .collect()
}

#[test]
fn spans_are_bytes_of_the_text_as_it_was_given() {
    let embedder = &embedders()[0];
    for (text, expected) in [
        ("Rust engineer", vec!["Rust", "engineer"]),
        (
            "  embeddings,\tnurse ",
            vec!["em", "bed", "ding", "s", ",", "nurse"],
        ),
        (
            "Électricienne à Zürich",
            vec!["Éle", "ct", "ric", "ienne", "à", "Zürich"],
        ),
        ("電気 ⚡x", vec!["電", "気", "⚡x"]),
        ("cafe\u{301} ﬁne", vec!["cafe", "ﬁ", "ne"]),
    ] {
        let found = pieces(embedder, text);
        assert_eq!(found.concat(), expected.concat(), "{text:?}: {found:?}");
        assert!(
            found.iter().all(|piece| piece.trim() == *piece),
            "{found:?}"
        );
    }
}

#[test]
fn vectors_are_the_hidden_states_of_the_texts_own_tokens() {
    let tiny = Tiny::new();
    let embedder = tiny.builder().build().unwrap();
    let texts = ["rust nurse", "nurse", "rust nurse rust rust nurse"];
    let found = embedder.embed_tokens(&texts, Role::Query).unwrap();
    for (found, text) in found.iter().zip(texts) {
        let words: Vec<&str> = text.split(' ').collect();
        assert_eq!(found.len(), words.len());
        for ((vector, span), word) in found.vectors().zip(found.spans()).zip(words) {
            assert_eq!(&text[span.clone()], word);
            let id = if word == "rust" {
                Tiny::RUST
            } else {
                Tiny::NURSE
            };
            let expected = Embedding::normalized(Tiny::row(id).to_vec()).unwrap();
            assert!(gap(vector, expected.as_slice()) < 2e-6);
        }
    }
}

#[test]
fn the_prompt_is_not_part_of_the_text() {
    let tiny = Tiny::new();
    let plain = tiny.builder().build().unwrap();
    let prompted = tiny
        .builder()
        .prompt(Role::Query, "query: ")
        .build()
        .unwrap();
    let text = " nurse rust";
    let expected = plain.embed_tokens(&[text], Role::Query).unwrap();
    assert_eq!(
        prompted.embed_tokens(&[text], Role::Query).unwrap(),
        expected
    );
    assert_eq!(pieces(&prompted, text), ["nurse", "rust"]);
}

#[test]
fn only_what_was_read_has_vectors() {
    let embedder = &embedders()[0];
    let text = "nurse ".repeat(400);
    assert_eq!(pieces(embedder, &text).len(), 254);
    let far = format!("{} nurse on a ward", "x".repeat(70 * 1024));
    assert_eq!(pieces(embedder, &far)[1..], ["nurse", "on", "a", "ward"]);
    assert!(pieces(embedder, "\u{1}\u{2}").is_empty());
}
