//! Explaining the ten best of 400 bundled profiles.
//!
//! Measured: `Ranker::explain_all` from kept token codes, as a `Collection` has them; with the texts' token
//! vectors in a `TokenCache`, as after a ranking; without either; the parts of the scores alone, as the linear model gives
//! them and as exact Shapley values find them from outside.
//! Not measured: loading, embedding, ranking.
//!
//! The limit without a cache is the encoder, which must read the job and ten profiles; so the bench
//! times it alone, in turn with the rest. Before anything is timed, every account must sum to its
//! score, both ways must find the same passages, and Shapley values must be those of the linear
//! model.

// A bench prints its ratios, and stops at whatever goes wrong.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use pollster::block_on;
use ranker::core::{Embedder, Explainer, FeatureMatrix, FeatureSchema, Role, ScoreError, Scorer};
use ranker::embed::TokenCache;
use ranker::files::{read_job_text, read_profiles};
use ranker::retrieve::{ProfileIndex, encode_profiles};
use ranker::xai::{AdditiveExplainer, Baseline, Shapley};
use ranker::{Explanation, Ranked, Ranker, Ranking, Score};
use ranker_benches::{Ratios, need_runtime, passes};
use ranker_examples::{bundled, embed_profiles, open_encoder};

const PLACES: usize = 10;
const TOKEN_BYTES: u64 = 512 << 20;

/// A model that keeps to itself how its scores come about.
struct Opaque(Arc<dyn Scorer>);

impl Scorer for Opaque {
    fn model_id(&self) -> &str {
        self.0.model_id()
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        self.0.schema()
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        self.0.score(features)
    }
}

struct Setup {
    encoder: Arc<dyn Embedder>,
    ranker: Ranker,
    ranking: Ranking,
    /// A ranker whose index keeps token codes, and its ranking.
    kept: (Ranker, Ranking),
    /// The ten best.
    best: Vec<Ranked>,
    scorer: Arc<dyn Scorer>,
    opaque: Opaque,
    uncached: AdditiveExplainer,
    parts: AdditiveExplainer,
}

impl Setup {
    fn new() -> Self {
        need_runtime();
        let encoder: Arc<dyn Embedder> = Arc::new(open_encoder(None).unwrap());
        let profiles = read_profiles(&bundled::data("profiles.jsonl"))
            .unwrap()
            .profiles;
        let encoded = encode_profiles(&*encoder, &profiles).unwrap();
        let kept = ProfileIndex::new(profiles.iter().cloned().zip(encoded)).unwrap();
        let kept = Ranker::builder(encoder.clone(), kept).build().unwrap();
        let embedded = embed_profiles(&*encoder, &profiles).unwrap();
        let embeddings = embedded.into_iter().map(|embedded| embedded.embedding);
        let index = ProfileIndex::new(profiles.into_iter().zip(embeddings)).unwrap();
        let cached = TokenCache::new(encoder.clone(), TOKEN_BYTES);
        let ranker = Ranker::builder(cached, index).build().unwrap();
        let job = read_job_text(&bundled::data("job.txt")).unwrap();
        let ranking = block_on(ranker.rank(&job)).unwrap();
        let from_outside = Shapley::new(Baseline::Absent);
        Self {
            uncached: AdditiveExplainer::new().with_alignment(encoder.clone()),
            parts: AdditiveExplainer::new().with_shapley(from_outside),
            best: ranking.iter().take(PLACES).cloned().collect(),
            scorer: ranker.scorer(),
            opaque: Opaque(ranker.scorer()),
            encoder,
            kept: (kept.clone(), block_on(kept.rank(&job)).unwrap()),
            ranker,
            ranking,
        }
    }

    fn of_codes(&self) -> Vec<Explanation> {
        let (ranker, ranking) = &self.kept;
        block_on(ranker.explain_all(ranking, PLACES)).unwrap()
    }

    fn warm(&self) -> Vec<Explanation> {
        block_on(self.ranker.explain_all(&self.ranking, PLACES)).unwrap()
    }

    fn cold(&self) -> Vec<Explanation> {
        self.uncached.explain(&self.best, &*self.scorer).unwrap()
    }

    fn own_parts(&self) -> Vec<Explanation> {
        self.parts.explain(&self.best, &*self.scorer).unwrap()
    }

    fn shapley_parts(&self) -> Vec<Explanation> {
        self.parts.explain(&self.best, &self.opaque).unwrap()
    }

    /// What no explanation with passages can do without, unless the vectors are kept.
    fn encode(&self) {
        let job = self.ranking.query().job().full_text();
        black_box(self.encoder.embed_tokens(&[&job], Role::Query).unwrap());
        let profile = |ranked: &Ranked| ranked.candidate.profile().full_text();
        let profiles: Vec<String> = self.best.iter().map(profile).collect();
        let profiles: Vec<&str> = profiles.iter().map(String::as_str).collect();
        black_box(
            self.encoder
                .embed_tokens(&profiles, Role::Document)
                .unwrap(),
        );
    }

    fn check(&self) {
        let (warm, cold) = (self.warm(), self.cold());
        assert_eq!(warm.len(), PLACES);
        for kept in self.of_codes() {
            assert!(!kept.rationale().is_empty());
        }
        for (warm, cold) in warm.iter().zip(&cold) {
            let sum: f64 = warm.parts().iter().map(|part| part.contribution).sum();
            assert!((warm.base() + sum - warm.score().get()).abs() < 1e-6);
            assert!(!warm.matches().is_empty());
            let place = |e: &Explanation| {
                let places = e
                    .matches()
                    .iter()
                    .map(|m| (m.requirement.clone(), m.passage.clone()));
                places.collect::<Vec<_>>()
            };
            assert_eq!(
                place(warm),
                place(cold),
                "half precision finds the same passages"
            );
        }
        for (own, shapley) in self.own_parts().iter().zip(&self.shapley_parts()) {
            for part in own.parts() {
                let other = shapley
                    .parts()
                    .iter()
                    .find(|other| other.feature == part.feature);
                assert!((part.contribution - other.unwrap().contribution).abs() < 1e-6);
            }
        }
    }
}

/// Times the mean of some calls: one call of the shortest takes microseconds.
fn timed<T>(times: &mut Vec<Duration>, calls: u32, work: impl Fn() -> T) {
    let started = Instant::now();
    for _ in 0..calls {
        black_box(work());
    }
    times.push(started.elapsed() / calls);
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn print_ratios(setup: &Setup) {
    let mut times: [Vec<Duration>; 6] = Default::default();
    let passes = passes(9);
    for _ in 0..passes {
        timed(&mut times[0], 1, || setup.encode());
        timed(&mut times[1], 1, || setup.cold());
        timed(&mut times[2], 1, || setup.warm());
        timed(&mut times[3], 200, || setup.own_parts());
        timed(&mut times[4], 200, || setup.shapley_parts());
        timed(&mut times[5], 10, || setup.of_codes());
    }
    let [encode, cold, warm, own, shapley, codes] = times.map(median);
    println!("medians of {passes} passes over {PLACES} places, in turn");
    println!("  encoder alone         {encode:>9.3} ms");
    println!("  without cache         {cold:>9.3} ms");
    println!("  from kept codes       {codes:>9.3} ms");
    println!("  with token cache      {warm:>9.3} ms");
    println!("  parts, linear model   {own:>9.4} ms");
    println!("  parts, exact Shapley  {shapley:>9.4} ms");
    let mut ratios = Ratios::of("explain");
    let encoder = "the encoder reads ten profiles";
    ratios.limit("10 places, no cache", encoder, [cold, encode]);
    ratios.limit("10 places, kept codes", encoder, [codes, encode]);
    ratios.limit("10 places, token cache", encoder, [warm, encode]);
    ratios.peer(
        "parts, linear model",
        "exact Shapley values",
        [own, shapley],
    );
    ratios.close().unwrap();
}

fn explain(c: &mut Criterion) {
    let setup = Setup::new();
    setup.check();
    print_ratios(&setup);
    let mut group = c.benchmark_group("explain");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(3));
    group.bench_function("10 places, kept codes", |b| b.iter(|| setup.of_codes()));
    group.bench_function("10 places, passages", |b| b.iter(|| setup.warm()));
    group.bench_function("10 places, parts", |b| b.iter(|| setup.own_parts()));
    group.bench_function("10 places, Shapley", |b| b.iter(|| setup.shapley_parts()));
    group.finish();
}

criterion_group!(benches, explain);
criterion_main!(benches);
