//! Boosted trees: how long scoring and learning take.
//!
//! Measured: 300 trees of at most 8 leaves over 1,000 rows of 50 features on one thread, their exact
//! Shapley values for one row, and learning those trees from 100 lists of 100 rows on all threads.
//! Not measured: computing features. Rows are drawn by seed; that the model orders the lists it
//! learned from is asserted before anything is timed.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker::rlhf::{JudgedList, Mart};
use ranker::score::TreeScorer;
use ranker_benches::{Ratios, passes};
use ranker_core::{FeatureMatrix, FeatureSchema, FeatureSpec, Scorer};

const FEATURES: usize = 50;

fn schema() -> Arc<FeatureSchema> {
    let spec =
        |at: usize| FeatureSpec::new(format!("f{at}"), "a number between 0 and 1", 0.0..=1.0);
    Arc::new(FeatureSchema::new((0..FEATURES).map(spec).collect()).expect("names differ"))
}

fn rows(random: &mut ChaCha8Rng, count: usize) -> FeatureMatrix {
    let values = (0..count * FEATURES).map(|_| random.random::<f32>());
    FeatureMatrix::new(schema(), values.collect()).expect("whole rows of finite values")
}

/// Lists whose gains follow a product and a sum of three features.
fn lists(random: &mut ChaCha8Rng) -> Vec<JudgedList> {
    let list = |job: usize| {
        let features = rows(random, 100);
        let gain = |row: &[f32]| f64::from(4.0 * row[0] * row[1] + 2.0 * row[2]).floor();
        let gains = features.rows().map(gain).collect();
        JudgedList::new(format!("job {job}"), features, gains).expect("a gain a row")
    };
    (0..100).map(list).collect()
}

fn check(model: &TreeScorer, list: &JudgedList) {
    let scores = model.score(list.features()).expect("its own features");
    let pairs = scores.iter().zip(list.gains());
    let best = pairs.max_by_key(|(score, _)| **score).expect("rows");
    let most = list.gains().iter().copied().fold(0.0, f64::max);
    assert!(*best.1 >= most - 1.0, "the best row is among the best");
}

/// The median time of some calls, in seconds.
fn median<T>(calls: usize, work: impl Fn() -> T) -> f64 {
    let calls = passes(calls);
    let time = |_| {
        let started = Instant::now();
        black_box(work());
        started.elapsed().as_secs_f64()
    };
    let mut times: Vec<f64> = (0..calls).map(time).collect();
    times.sort_by(f64::total_cmp);
    times[calls / 2]
}

fn learn(c: &mut Criterion) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let lists = lists(&mut random);
    let mart = Mart::new().with_trees(300, 0.05);
    let model = mart.fit(&lists).expect("lists that differ");
    check(&model, &lists[0]);

    let thousand = rows(&mut random, 1000);
    let mut ratios = Ratios::of("learn");
    let all: Vec<&FeatureMatrix> = lists.iter().map(JudgedList::features).collect();
    let score_all = || all.iter().map(|rows| model.score(rows)).collect::<Vec<_>>();
    let times = [median(3, || mart.fit(&lists)), median(15, score_all)];
    ratios.limit(
        "300 trees from 10,000 rows",
        "scoring these rows by the trees",
        times,
    );
    c.bench_function("score 1,000 rows by 300 trees", |b| {
        b.iter(|| model.score(black_box(&thousand)));
    });
    let one = thousand.select(0);
    let times = [
        median(99, || model.contributions(&one)),
        median(99, || model.score(&one)),
    ];
    ratios.limit("exact Shapley values of a row", "scoring the row", times);
    ratios.close().expect("a file below target can be written");
    c.bench_function("explain 1 row by 300 trees", |b| {
        b.iter(|| model.contributions(black_box(&one)));
    });
    let mut group = c.benchmark_group("learn");
    group.sample_size(10);
    group.bench_function("300 trees from 10,000 rows", |b| {
        b.iter(|| mart.fit(black_box(&lists)));
    });
    group.finish();
}

criterion_group!(benches, learn);
criterion_main!(benches);
