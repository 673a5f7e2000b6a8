//! One ranking of the 400 bundled profiles by a warm ranker, and where its time goes.
//!
//! Measured: `Ranker::rank` for a job that was not seen before, with the profiles' embeddings in a
//! `ProfileIndex` and their token vectors in a `TokenCache`; then the same work stage by stage.
//! Not measured: loading the encoder, embedding the profiles, explaining.
//!
//! The limit is the encoder: it must read the job twice, once for its embedding and once for its
//! token vectors, and no ranking can take less. Stages and whole rankings are timed in turn. Before
//! anything is timed, the stages one by one must give the ranking that the ranker gives.

// A bench prints its ratios, and stops at whatever goes wrong.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use pollster::block_on;
use ranker::core::{Candidate, Embedder, Request, Retriever, Role, compute};
use ranker::embed::TokenCache;
use ranker::files::{read_job_text, read_profiles};
use ranker::retrieve::ProfileIndex;
use ranker::{CandidateId, JobDescription, Query, Ranker, RankerBuilder, Score};
use ranker_benches::{Ratios, need_runtime, passes};
use ranker_examples::{bundled, embed_profiles, open_encoder};

const TOKEN_BYTES: u64 = 512 << 20;

struct Setup {
    stages: Arc<Stages>,
    ranker: Ranker,
    job: JobDescription,
    /// How many jobs were made: each is asked for once, as the cache keeps jobs too.
    jobs: usize,
}

/// The pieces of the ranker, to be called one by one.
struct Stages {
    embedder: Arc<dyn Embedder>,
    index: Arc<ProfileIndex>,
    ranker: Ranker,
}

impl Setup {
    fn new() -> Self {
        need_runtime();
        let encoder = open_encoder(None).unwrap();
        let profiles = read_profiles(&bundled::data("profiles.jsonl"))
            .unwrap()
            .profiles;
        let embedded = embed_profiles(&encoder, &profiles).unwrap();
        let embedder: Arc<dyn Embedder> = Arc::new(TokenCache::new(encoder, TOKEN_BYTES));
        let texts: Vec<String> = profiles.iter().map(|profile| profile.full_text()).collect();
        for batch in texts.chunks(32) {
            let batch: Vec<&str> = batch.iter().map(String::as_str).collect();
            embedder.embed_tokens(&batch, Role::Document).unwrap();
        }
        let embeddings = embedded.into_iter().map(|embedded| embedded.embedding);
        let index = Arc::new(ProfileIndex::new(profiles.into_iter().zip(embeddings)).unwrap());
        let ranker = Ranker::builder(embedder.clone(), index.clone());
        let ranker = ranker.build().unwrap();
        let stages = Stages {
            embedder,
            index,
            ranker: ranker.clone(),
        };
        Self {
            stages: Arc::new(stages),
            ranker,
            job: read_job_text(&bundled::data("job.txt")).unwrap(),
            jobs: 0,
        }
    }

    /// The bundled job under a new number.
    fn job(&mut self) -> JobDescription {
        self.jobs += 1;
        let text = format!("Reference {}\n{}", self.jobs, self.job.text());
        JobDescription::new(text)
            .unwrap()
            .with_title(self.job.title())
    }

    /// A ranking made stage by stage, on the threads on which the ranker computes.
    fn by_stages(&self, job: JobDescription) -> ByStages {
        let stages = Arc::clone(&self.stages);
        block_on(compute(move || stages.rank(job)))
    }

    fn check(&mut self) {
        let job = self.job();
        let ranking = block_on(self.ranker.rank(&job)).unwrap();
        let (slow, _) = self.by_stages(job);
        assert_eq!(ranking.len(), RankerBuilder::DEFAULT_TOP_K);
        for (ranked, (score, id)) in ranking.iter().zip(&slow) {
            assert_eq!((ranked.id(), ranked.score), (id, *score));
        }
    }
}

/// A ranking, and what each stage took.
type ByStages = (Vec<(Score, CandidateId)>, [Duration; 5]);

impl Stages {
    fn rank(&self, job: JobDescription) -> ByStages {
        let mut clock = Clock(Instant::now());
        let text = job.full_text();
        let embedded = self
            .embedder
            .embed(&[&text], Role::Query)
            .unwrap()
            .remove(0);
        let encode = clock.lap();
        self.embedder.embed_tokens(&[&text], Role::Query).unwrap();
        let encode_tokens = clock.lap();
        let query = Query::new(job).with_embedding(embedded.embedding);
        let request = Request::top(RankerBuilder::DEFAULT_CANDIDATES);
        let hits = block_on(self.index.retrieve(&query, &request)).unwrap();
        let retrieve = clock.lap();
        let candidate = |hit: ranker::core::Hit| {
            let profile = hit.profile().cloned().unwrap();
            Candidate::new(hit, profile)
        };
        let candidates: Vec<Candidate> = hits.into_iter().map(candidate).collect();
        let matrix = self.ranker.features().extract(&query, &candidates).unwrap();
        let features = clock.lap();
        let scores = self.ranker.scorer().score(&matrix).unwrap();
        let ids = candidates.iter().map(|candidate| candidate.id().clone());
        let mut ranking: Vec<(Score, CandidateId)> = scores.into_iter().zip(ids).collect();
        ranking.sort_by(|a, b| Score::best_first((a.0, &a.1), (b.0, &b.1)));
        (
            ranking,
            [encode, encode_tokens, retrieve, features, clock.lap()],
        )
    }
}

struct Clock(Instant);

impl Clock {
    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        let took = now - self.0;
        self.0 = now;
        took
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn print_ratios(setup: &mut Setup) {
    let mut whole = Vec::new();
    let mut stages: [Vec<Duration>; 5] = Default::default();
    let passes = passes(15);
    for _ in 0..passes {
        let job = setup.job();
        let started = Instant::now();
        black_box(block_on(setup.ranker.rank(&job)).unwrap());
        whole.push(started.elapsed());
        let job = setup.job();
        let (_, took) = setup.by_stages(job);
        stages
            .iter_mut()
            .zip(took)
            .for_each(|(times, took)| times.push(took));
    }
    let whole = median(whole);
    let names = [
        "encode the job",
        "encode its tokens",
        "retrieve 100",
        "measure 100",
        "score",
    ];
    let stages = stages.map(median);
    println!("medians of {passes} passes over 400 profiles, in turn");
    for (name, took) in names.iter().zip(stages) {
        println!(
            "  {name:<18} {took:>8.2} ms  {:>3.0} % of a ranking",
            100.0 * took / whole
        );
    }
    println!("  {:<18} {whole:>8.2} ms", "Ranker::rank");
    let limit = stages[0] + stages[1];
    let mut ratios = Ratios::of("rank");
    let what = "a ranking of 400 profiles";
    ratios.limit(what, "the encoder reads the job", [whole, limit]);
    let stages = stages.iter().sum::<f64>();
    ratios.limit(what, "its stages one by one", [whole, stages]);
    ratios.close().unwrap();
}

fn rank(c: &mut Criterion) {
    let mut setup = Setup::new();
    setup.check();
    print_ratios(&mut setup);
    let ranker = setup.ranker.clone();
    let mut group = c.benchmark_group("rank");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    group.bench_function("400 bundled profiles", |bencher| {
        bencher.iter_batched(
            || setup.job(),
            |job| block_on(ranker.rank(&job)).unwrap(),
            criterion::BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, rank);
criterion_main!(benches);
