//! What the servers of encoders, rerankers, language models and hubs answer: any lines in place of it. Each gives an
//! error, or as many finite numbers as were asked for.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use ranker_core::{Embedder, Expander, JobDescription, Role};
use ranker_embed::{
    ApiCrossEncoder, ApiEmbedder, ApiEmbedderBuilder, ApiLimits, Hub, HubModel, LongTexts,
    RerankApi, Scores,
};
use ranker_expand::{LanguageModelExpander, LanguageModelTask};
use ranker_fuzz::{Answer, Server};
use ranker_http::Endpoint;

static SERVER: LazyLock<Server> = LazyLock::new(Server::http);

fn endpoint() -> Endpoint {
    let endpoint = Endpoint::new(format!("http://{}", SERVER.address())).unwrap();
    endpoint
        .with_tries(1)
        .with_rest(Duration::ZERO)
        .with_time_limit(Duration::from_secs(20))
}

fn limits() -> ApiLimits {
    ApiLimits::new().with_concurrency(1)
}

fn embeds(builder: ApiEmbedderBuilder, long_texts: LongTexts) {
    let Ok(embedder) = builder.limits(limits()).long_texts(long_texts).connect() else {
        return;
    };
    if let Ok(embedded) = embedder.embed(&["Rust engineer", "nurse"], Role::Document) {
        assert_eq!(embedded.len(), 2);
        assert!(
            embedded
                .iter()
                .all(|one| one.embedding.dimension() == embedder.dimension())
        );
    }
    let long = "engineer ".repeat(300);
    let _ = embedder.embed(&[&long], Role::Query);
}

fn reranks(api: RerankApi, scores: Scores) {
    let cross = ApiCrossEncoder::builder(endpoint(), api, "m")
        .limits(limits())
        .scores(scores);
    if let Ok(scores) = cross
        .build()
        .unwrap()
        .score("Rust engineer", &["Builds search", "Nurse"])
    {
        assert_eq!(scores.len(), 2);
        assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)));
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((which, answers)) = data.split_first() else {
        return;
    };
    SERVER.say(Answer::lines(answers));
    let long_texts = match which & 64 {
        0 => LongTexts::Refuse,
        _ => LongTexts::Cut,
    };
    match which % 7 {
        0 => embeds(ApiEmbedder::open_ai(endpoint(), "m"), long_texts),
        1 => embeds(ApiEmbedder::tei(endpoint()), long_texts),
        2 => reranks(RerankApi::Tei, Scores::Logits),
        3 => reranks(RerankApi::Cohere, Scores::Relevance),
        4 => reranks(RerankApi::Jina, Scores::Relevance),
        5 => {
            let tasks = [
                LanguageModelTask::Terms,
                LanguageModelTask::Resume,
                LanguageModelTask::Questions,
            ];
            let task = tasks[usize::from(which / 7) % tasks.len()];
            let expander = LanguageModelExpander::new(endpoint(), "m").asking(task);
            let job = JobDescription::new("Rust engineer").unwrap();
            if let Ok(expansion) = pollster::block_on(expander.expand(&job)) {
                assert!(expansion.original_mass() >= 0.5);
                let texts: f32 = expansion.texts().iter().map(|text| text.weight()).sum();
                assert!(texts <= 0.5 + 1e-6);
            }
        }
        _ => {
            let cache = tempfile::tempdir().unwrap();
            let inside = cache.path().join("cache");
            let model = HubModel::new("o/m").unwrap();
            let _ = Hub::new(endpoint(), &inside).fetch(&model, &mut |_, _| {});
            // Whatever names a hub gives, nothing is written beside its cache.
            let beside = std::fs::read_dir(cache.path()).unwrap();
            assert!(
                beside
                    .map(|entry| entry.unwrap().file_name())
                    .all(|name| name == "cache")
            );
        }
    }
});
