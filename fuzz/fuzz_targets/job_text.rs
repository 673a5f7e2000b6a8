//! A job description of any text through everything that reads text: expansion, keyword search,
//! features, segmentation.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ranker_core::{
    Candidate, Expander, Fact, FeatureExtractor, JobDescription, Profile, Query, Request, Retriever,
};
use ranker_score::Features;
use ranker_expand::TaxonomyExpander;
use ranker_retrieve::KeywordIndex;

static EXPANDER: LazyLock<TaxonomyExpander> = LazyLock::new(TaxonomyExpander::default);
static INDEX: LazyLock<KeywordIndex> = LazyLock::new(|| {
    let texts = [
        "Rust engineer, 5+ years of search engines",
        "Nurse on a surgical ward",
        "C++ & SQL",
    ];
    let profiles = texts.iter().enumerate().map(|(i, text)| {
        let profile = Profile::new(format!("p{i}"), *text).unwrap();
        Arc::new(
            profile
                .with_fact("skills", Fact::keywords(["rust", "c++"]))
                .unwrap(),
        )
    });
    KeywordIndex::new(profiles).unwrap()
});

fuzz_target!(|text: &str| {
    let segments = ranker_xai::segments(text);
    assert!(
        segments
            .iter()
            .all(|segment| text.get(segment.bytes.clone()).is_some())
    );
    let Ok(job) = JobDescription::new(text) else {
        return;
    };
    let job = job.with_title(text.lines().next().unwrap_or_default());
    let expansion = pollster::block_on(EXPANDER.expand(&job)).unwrap();
    assert!(expansion.original_mass() >= 0.5);
    let query = Query::new(job).with_expansion(expansion);
    let hits = pollster::block_on(INDEX.retrieve(&query, &Request::top(3))).unwrap();
    let profile = Arc::new(Profile::new("fuzz", text).unwrap());
    let candidates: Vec<Candidate> = hits
        .into_iter()
        .map(|hit| Candidate::new(hit, Arc::clone(&profile)))
        .collect();
    Features::new().extract(&query, &candidates).unwrap();
});
