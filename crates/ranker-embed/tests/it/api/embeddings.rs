//! What is sent and read where the server does as it should.

use std::time::Duration;

use ranker_core::{Embedded, Embedder, Role, TokenUsage, conformance};
use ranker_embed::{ApiBudget, ApiEmbedder, ApiError, ApiLimits, LongTexts, VectorFormat};
use serde_json::json;

use super::fake::{BATCH, DIMENSION, Lie, MODEL, READS, fake, vector};
use super::{cause, endpoint, in_turn, open_ai};
use crate::support::gap;

/// Texts of 1 to 9 words, all different.
fn texts(count: usize) -> Vec<String> {
    let text = |n: usize| {
        (0..=n % 9)
            .map(|word| format!("word{n}x{word}"))
            .collect::<Vec<_>>()
    };
    (0..count).map(|n| text(n).join(" ")).collect()
}

fn embed(embedder: &dyn Embedder, texts: &[String]) -> Vec<Embedded> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    embedder.embed(&texts, Role::Document).unwrap()
}

/// The fake's vectors, scaled to unit length.
fn check(embedded: &[Embedded], texts: &[String], dimension: usize) {
    assert_eq!(embedded.len(), texts.len());
    for (embedded, text) in embedded.iter().zip(texts) {
        let own = vector(text, dimension, Lie::Nothing);
        let norm = own.iter().map(|x| x * x).sum::<f32>().sqrt();
        let own: Vec<f32> = own.iter().map(|x| x / norm).collect();
        assert!(gap(embedded.embedding.as_slice(), &own) < 1e-6, "{text}");
    }
}

#[test]
fn both_interfaces_keep_the_contract_of_an_embedder() {
    let server = fake(Lie::Nothing, 0);
    for format in [VectorFormat::Numbers, VectorFormat::Base64] {
        let embedder = open_ai(&server)
            .format(format)
            .limits(in_turn().with_concurrency(3))
            .connect()
            .unwrap();
        conformance::embedder(&embedder).unwrap();
    }
    let tei = ApiEmbedder::tei(server.endpoint("")).connect().unwrap();
    conformance::embedder(&tei).unwrap();
}

#[test]
fn many_texts_go_in_bounded_calls_and_come_back_in_order() {
    let texts = texts(150);
    for calls in [1, 4] {
        let server = fake(Lie::Nothing, 0);
        let embedder = open_ai(&server)
            .limits(in_turn().with_concurrency(calls))
            .connect()
            .unwrap();
        check(&embed(&embedder, &texts), &texts, DIMENSION);
        assert_eq!(
            server.log().len(),
            1 + 150_usize.div_ceil(32),
            "the probe and 5 calls"
        );

        let embedder = open_ai(&server)
            .limits(in_turn().with_batch_tokens(50).with_concurrency(calls))
            .connect()
            .unwrap();
        server.forget();
        check(&embed(&embedder, &texts), &texts, DIMENSION);
        let longest = server.log().iter().map(|request| request.body.len()).max();
        assert!(longest.unwrap() < 400, "{longest:?} bytes in a call");
    }
}

#[test]
fn prompts_dimensions_and_form_are_sent_only_where_they_are_set() {
    let server = fake(Lie::Nothing, 0);
    let plain = open_ai(&server).connect().unwrap();
    plain.embed(&["a b"], Role::Query).unwrap();
    let sent = server.log().pop().unwrap().json().unwrap();
    assert_eq!(sent, json!({ "model": MODEL, "input": ["a b"] }));

    let set = open_ai(&server).dimensions(4).format(VectorFormat::Base64);
    let set = set.prompt(Role::Query, "query: ").connect().unwrap();
    assert_eq!((set.dimension(), plain.dimension()), (4, DIMENSION));
    let embedded = set.embed(&["a b"], Role::Query).unwrap();
    check(&embedded, &["query: a b".to_owned()], 4);
    let sent = server.log().pop().unwrap().json().unwrap();
    assert_eq!(
        sent,
        json!({ "model": MODEL, "input": ["query: a b"], "dimensions": 4, "encoding_format": "base64" })
    );
    let tei = ApiEmbedder::tei(server.endpoint("")).connect().unwrap();
    tei.embed(&["a b"], Role::Query).unwrap();
    let sent = server.log().pop().unwrap().json().unwrap();
    assert_eq!(sent, json!({ "inputs": ["a b"], "truncate": false }));
}

#[test]
fn the_id_changes_with_what_changes_an_embedding_and_with_nothing_else() {
    let server = fake(Lie::Nothing, 0);
    let id = |builder: ranker_embed::ApiEmbedderBuilder| {
        builder.connect().unwrap().model_id().to_owned()
    };
    let plain = id(open_ai(&server));
    assert!(
        plain.starts_with("words-8@") && plain.len() == 24,
        "{plain}"
    );
    assert_eq!(
        plain,
        id(open_ai(&server)
            .limits(in_turn().with_batch_texts(3))
            .format(VectorFormat::Base64))
    );
    assert_eq!(
        plain,
        id(open_ai(&fake(Lie::Nothing, 0))),
        "another address"
    );
    let others = [
        id(open_ai(&server).dimensions(4)),
        id(open_ai(&server).prompt(Role::Query, "query: ")),
        id(open_ai(&server).prompt(Role::Document, "query: ")),
        id(ApiEmbedder::tei(server.endpoint(""))),
        id(open_ai(&fake(Lie::OtherModel, 0))),
    ];
    let mut all: Vec<&String> = others.iter().chain([&plain]).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), others.len() + 1, "{others:?}");
}

#[test]
fn usage_is_the_servers_count() {
    let server = fake(Lie::Nothing, 0);
    let embedder = open_ai(&server).connect().unwrap();
    let before = embedder.usage();
    let embedded = embedder.embed(&["one two three"], Role::Query).unwrap();
    assert_eq!(embedded[0].usage, TokenUsage::new(5, 5));
    let after = embedder.usage();
    assert_eq!(
        (after.requests, after.tokens),
        (before.requests + 1, before.tokens + 5)
    );
    // TEI tells it in a header.
    let tei = ApiEmbedder::tei(server.endpoint("")).connect().unwrap();
    let embedded = tei.embed(&["one two three"], Role::Query).unwrap();
    assert_eq!(embedded[0].usage, TokenUsage::new(5, 5));
    assert_eq!(
        tei.usage().tokens,
        3 + 5,
        "the probe of one word, and the text"
    );
    // Without a count, the estimate stands.
    let silent = open_ai(&fake(Lie::NoUsage, 0)).connect().unwrap();
    let embedded = silent.embed(&["one two three"], Role::Query).unwrap();
    assert!(!embedded[0].usage.is_cut());
}

#[test]
fn a_spent_budget_is_named_and_nothing_is_sent() {
    let server = fake(Lie::Nothing, 0);
    let embedder = open_ai(&server)
        .budget(ApiBudget::new().with_requests(2))
        .connect()
        .unwrap();
    embedder.embed(&["a"], Role::Query).unwrap();
    let sent = server.log().len();
    let error = embedder.embed(&["a"], Role::Query).unwrap_err();
    let spent = matches!(
        cause(&error),
        (
            None,
            ApiError::BudgetSpent {
                unit: "requests",
                limit: 2,
                spent: 2,
                ..
            }
        )
    );
    assert!(spent, "{error:?}");
    assert_eq!(server.log().len(), sent);

    let embedder = open_ai(&server)
        .budget(ApiBudget::new().with_tokens(20))
        .connect()
        .unwrap();
    embedder.embed(&["one two three"], Role::Query).unwrap();
    let error = embedder
        .embed(&["a b c d e f g h i j k l m"], Role::Query)
        .unwrap_err();
    let spent = matches!(
        cause(&error),
        (None, ApiError::BudgetSpent { unit: "tokens", .. })
    );
    assert!(spent, "{error:?}");
    assert!(embedder.usage().tokens <= 20);
}

#[test]
fn many_calls_end_with_one_deadline() {
    let server = fake(Lie::Slow(60), 1);
    let builder = open_ai(&server).limits(
        in_turn()
            .with_batch_texts(1)
            .with_deadline(Duration::from_millis(400)),
    );
    let embedder = builder.connect().unwrap();
    let begun = std::time::Instant::now();
    let texts = texts(40);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let error = embedder.embed(&texts, Role::Document).unwrap_err();
    assert!(
        matches!(cause(&error), (None, ApiError::Deadline { .. })),
        "{error:?}"
    );
    assert!(
        begun.elapsed() < Duration::from_millis(1200),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn retry_after_is_kept_to_and_paid_once() {
    let server = fake(Lie::Busy, 1);
    let embedder = open_ai(&server).connect().unwrap();
    let begun = std::time::Instant::now();
    embedder.embed(&["a"], Role::Query).unwrap();
    assert!(
        begun.elapsed() >= Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!((server.log().len(), embedder.usage().requests), (3, 2));
}

#[test]
fn smaller_calls_are_tried_where_the_server_fails_on_many_and_then_kept_to() {
    let server = fake(Lie::FailsAbove(5), 1);
    let embedder = open_ai(&server).connect().unwrap();
    let texts = texts(64);
    check(&embed(&embedder, &texts), &texts, DIMENSION);
    server.forget();
    check(&embed(&embedder, &texts), &texts, DIMENSION);
    let sizes: Vec<usize> = server
        .log()
        .iter()
        .map(|request| request.json().unwrap()["input"].as_array().unwrap().len())
        .collect();
    assert!(sizes.iter().all(|&size| size <= 5), "{sizes:?}");
    // A limit of TEI's is known before.
    let server = fake(Lie::Nothing, 0);
    let tei = ApiEmbedder::tei(server.endpoint(""))
        .limits(ApiLimits::new().with_batch_texts(500))
        .connect()
        .unwrap();
    check(&embed(&tei, &texts), &texts, DIMENSION);
    assert_eq!(
        server.log().len(),
        2 + 64 / BATCH,
        "what it is, the probe and the texts"
    );
}

#[test]
fn long_texts_are_cut_where_that_is_allowed_and_usage_says_so() {
    let long = "word ".repeat(300);
    let texts = ["short", long.as_str(), "also short"];
    let server = fake(Lie::Nothing, 0);
    // The server refuses: half is sent, and half again.
    let embedder = open_ai(&server)
        .long_texts(LongTexts::Cut)
        .connect()
        .unwrap();
    let embedded = embedder.embed(&texts, Role::Document).unwrap();
    let cut: Vec<bool> = embedded
        .iter()
        .map(|embedded| embedded.usage.is_cut())
        .collect();
    assert_eq!(cut, [false, true, false]);
    let usage = embedded[1].usage;
    assert!(
        (30..=READS).contains(&usage.used) && (250..=350).contains(&usage.tokens),
        "{usage:?}"
    );
    // The server cuts.
    let tei = ApiEmbedder::tei(server.endpoint(""))
        .long_texts(LongTexts::Cut)
        .connect()
        .unwrap();
    let embedded = tei.embed(&texts, Role::Document).unwrap();
    assert_eq!(embedded[1].usage.tokens, 300);
    assert!(embedded[1].usage.is_cut() && !embedded[0].usage.is_cut());
    // The server cuts and does not say so.
    let silent = open_ai(&fake(Lie::Cuts, 0))
        .long_texts(LongTexts::Cut)
        .connect()
        .unwrap();
    let embedded = silent.embed(&texts, Role::Document).unwrap();
    assert!(embedded[1].usage.is_cut() && !embedded[2].usage.is_cut());
}

#[test]
fn nothing_shows_the_key() {
    let server = fake(Lie::Status(401), 1);
    let embedder = open_ai(&server).connect().unwrap();
    let error = embedder.embed(&["a"], Role::Query).unwrap_err();
    let told = format!("{embedder:?} {error:?} {}", cause(&error).1);
    assert!(
        told.contains("status 401") && !told.contains("s3cret"),
        "{told}"
    );
    let refused = ApiEmbedder::open_ai(endpoint(&server), MODEL)
        .connect()
        .unwrap_err();
    assert!(!format!("{refused:?}").contains("s3cret"));
}

#[test]
fn what_is_cached_costs_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = fake(Lie::Nothing, 0);
    let open = || {
        let embedder = open_ai(&server).connect().unwrap();
        ranker_embed::CachedEmbedder::open(embedder, folder.path().join("cache")).unwrap()
    };
    let texts = texts(40);
    let first = embed(&open(), &texts);
    let again = open();
    server.forget();
    assert_eq!(embed(&again, &texts), first);
    assert!(server.log().is_empty());
    assert_eq!(again.stats().hits, 40);
}
