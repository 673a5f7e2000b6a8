//! A server that somebody runs, by its address: ignored unless asked for.
//!
//! ```sh
//! RANKER_SERVED=http://127.0.0.1:8080/v1 RANKER_SERVED_MODEL=NAME \
//!     cargo test -p ranker-embed --features api --test it -- --ignored --nocapture api::live
//! ```
//!
//! `RANKER_SERVED_KEY` is its key, if it takes one.

use std::env;
use std::time::Duration;

use ranker_core::{Embedded, Embedder, Role};
use ranker_embed::http::{Endpoint, Secret};
use ranker_embed::{ApiEmbedder, ApiEmbedderBuilder, ApiLimits, LongTexts, VectorFormat};

use super::cause;
use crate::support::{embedders, mixed_texts};

fn builder() -> ApiEmbedderBuilder {
    let url = env::var("RANKER_SERVED").expect("RANKER_SERVED is the server's address");
    let endpoint = Endpoint::new(url)
        .unwrap()
        .with_time_limit(Duration::from_secs(300));
    let endpoint = match env::var("RANKER_SERVED_KEY") {
        Ok(key) => endpoint.with_bearer(&Secret::new(key)).unwrap(),
        Err(_) => endpoint,
    };
    let model = env::var("RANKER_SERVED_MODEL").unwrap_or_else(|_| "all-MiniLM-L6-v2".to_owned());
    ApiEmbedder::open_ai(endpoint, model)
}

fn least_cosine(a: &[Embedded], b: &[Embedded]) -> f32 {
    assert_eq!(a.len(), b.len());
    let both = a.iter().zip(b);
    let cosines = both.map(|(a, b)| a.embedding.cosine(&b.embedding).unwrap());
    cosines.fold(1.0, f32::min)
}

#[test]
#[ignore = "needs a server: RANKER_SERVED=http://host/v1 RANKER_SERVED_MODEL=NAME"]
fn a_server_gives_the_same_whatever_the_form_and_the_batch() {
    let mut texts = mixed_texts();
    // Longer ones are cut by halves, and take minutes on a server without a GPU.
    texts.retain(|text| text.len() < 500);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let embed = |builder: ApiEmbedderBuilder| {
        let embedder = builder.long_texts(LongTexts::Cut).connect().unwrap();
        let embedded = embedder.embed(&texts, Role::Document).unwrap();
        eprintln!(
            "{} components from {}, {:?}",
            embedder.dimension(),
            embedder.model_id(),
            embedder.usage()
        );
        embedded
    };
    let together = embed(builder());
    for (form, other) in [
        ("in base64", builder().format(VectorFormat::Base64)),
        (
            "alone",
            builder().limits(ApiLimits::new().with_batch_texts(1)),
        ),
        (
            "one after the other",
            builder().limits(ApiLimits::new().with_concurrency(1)),
        ),
    ] {
        let least = least_cosine(&together, &embed(other));
        eprintln!("{form}: least cosine {least}");
        assert!(least > 0.9999, "{form}: {least}");
    }
}

#[test]
#[ignore = "needs a server: RANKER_SERVED=http://host/v1 RANKER_SERVED_MODEL=NAME"]
fn a_server_cuts_no_text_without_our_noticing() {
    let embedder = builder().connect().unwrap();
    let long = "word ".repeat(60_000);
    let error = embedder
        .embed(&["short", &long], Role::Document)
        .unwrap_err();
    let (text, api) = cause(&error);
    eprintln!("{api}");
    assert_eq!(text, Some(1));
    match builder().dimensions(embedder.dimension() / 2).connect() {
        Ok(half) => assert_eq!(half.dimension(), embedder.dimension() / 2),
        Err(error) => eprintln!("{error}"),
    }
}

#[test]
#[ignore = "needs scripts/serve_encoder.py with the bundled model: RANKER_SERVED=http://host/v1"]
fn the_bundled_model_served_is_the_one_that_runs_here() {
    let served = builder().long_texts(LongTexts::Cut).connect().unwrap();
    let texts = mixed_texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let theirs = served.embed(&texts, Role::Document).unwrap();
    for own in embedders() {
        let ours = own.embed(&texts, Role::Document).unwrap();
        let least = least_cosine(&ours, &theirs);
        eprintln!("{}: least cosine {least}", own.backend());
        assert!(least > 0.9999, "{least}");
        let cut = |embedded: &[Embedded]| -> Vec<bool> {
            embedded
                .iter()
                .map(|embedded| embedded.usage.is_cut())
                .collect()
        };
        assert_eq!(cut(&ours), cut(&theirs), "what was cut is told");
    }
}
