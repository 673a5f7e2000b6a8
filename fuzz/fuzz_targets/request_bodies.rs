//! Bodies of requests to the example `axum_server`: JSON of any bytes. It is refused, or makes a job that is searched
//! for, a profile that is kept, or feedback. The types are the program's own.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use ranker::core::{CandidateId, Fact, Query, Request, Retriever};
use ranker::{Filter, Profile};
use ranker_retrieve::KeywordIndex;

#[path = "../../examples/axum_server/wire.rs"]
#[allow(dead_code)]
mod wire;

/// What the program makes of errors, without its answers.
mod error {
    #[derive(Debug)]
    pub(crate) struct ApiError;

    impl<E: std::error::Error> From<E> for ApiError {
        fn from(_: E) -> Self {
            Self
        }
    }
}

mod fault {
    pub(crate) enum Long {
        Job,
        Title,
        Profile,
    }
}

mod service {
    use crate::error::ApiError;
    use crate::fault::Long;

    pub(crate) fn bounded(_: Long, text: String, most: usize) -> Result<String, ApiError> {
        (text.len() <= most).then_some(text).ok_or(ApiError)
    }
}

static INDEX: LazyLock<KeywordIndex> = LazyLock::new(|| {
    let profile = Profile::new("a", "Rust engineer").unwrap();
    let profile = profile.with_fact("years", Fact::integer(5)).unwrap();
    KeywordIndex::new([Arc::new(profile)]).unwrap()
});

fuzz_target!(|data: &[u8]| {
    if let Ok(asked) = serde_json::from_slice::<wire::RankRequest>(data) {
        if let Ok(job) = asked.job() {
            let filter: Filter = job.filter().clone();
            let request = Request::top(3).with_filter(filter);
            let _ = pollster::block_on(INDEX.retrieve(&Query::new(job), &request));
        }
    }
    if let Ok(given) = serde_json::from_slice::<wire::ProfileRequest>(data) {
        if let Ok(profile) = given.profile() {
            KeywordIndex::new([Arc::new(profile)]).unwrap();
        }
    }
    if let Ok(said) = serde_json::from_slice::<wire::FeedbackRequest>(data) {
        let _ = CandidateId::new(said.ranking);
    }
});
