//! Boosted trees beyond what holds for every learner.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use ranker_core::{Direction, FeatureMatrix, FeatureSchema};
use ranker_rlhf::{Comparison, JudgedList, Mart, Mlp, Objective, Outcome, Scorer};
use ranker_score::{MlpScorer, TreeScorer};

use crate::support::{Random, schema};

fn lists(seed: u64, (count, rows): (usize, usize), columns: usize) -> Vec<JudgedList> {
    let mut random = Random(seed);
    let schema: Arc<FeatureSchema> = schema(&vec![Direction::Any; columns]);
    let list = |job: usize| {
        let values: Vec<f32> = (0..rows * columns)
            .map(|_| random.within(0.0..1.0) as f32)
            .collect();
        let gain = |row: &[f32]| f64::from(4.0 * row[0] * row[1] + row[2]).floor();
        let gains = values.chunks(columns).map(gain).collect();
        let features = FeatureMatrix::new(schema.clone(), values.clone()).unwrap();
        JudgedList::new(format!("{job}"), features, gains).unwrap()
    };
    (0..count).map(list).collect()
}

#[test]
fn looks_at_the_features_that_matter() {
    let lists = lists(1, (60, 8), 6);
    let mart = Mart::new().with_trees(40, 0.1).with_shares(1.0, 1.0);
    let model = mart.fit(&lists).unwrap();
    let splits = model.splits();
    let (matter, noise) = splits.split_at(3);
    assert!(matter.iter().min() > noise.iter().max(), "{splits:?}");
    assert_eq!(model.trees(), 40);
}

#[test]
fn regression_finds_a_step() {
    let schema = schema(&[Direction::Any]);
    let features = FeatureMatrix::new(schema, (0..40).map(|n| n as f32).collect()).unwrap();
    let gains = (0..40).map(|n| if n < 10 { 1.0 } else { 5.0 }).collect();
    let list = JudgedList::new("job", features, gains).unwrap();
    let mart = Mart::new()
        .with_objective(Objective::Regression)
        .with_l2(0.0)
        .with_shares(1.0, 1.0);
    let model = mart
        .with_trees(1, 1.0)
        .fit(std::slice::from_ref(&list))
        .unwrap();
    let scores: Vec<f64> = model
        .score(list.features())
        .unwrap()
        .iter()
        .map(|s| s.get())
        .collect();
    for (score, gain) in scores.iter().zip(list.gains()) {
        assert!((score - gain).abs() < 1e-12, "{scores:?}");
    }
}

#[test]
fn a_watcher_sees_every_tree_and_can_stop() {
    let lists = lists(2, (10, 8), 3);
    let mart = Mart::new().with_trees(20, 0.1);
    let mut seen = Vec::new();
    let watched = mart.fit_watched(&lists, |progress| {
        seen.push((progress.trees, progress.of));
        if progress.trees == 7 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    let expected: Vec<(usize, usize)> = (1..=7).map(|trees| (trees, 20)).collect();
    assert_eq!(seen, expected);
    let seven = Mart::new().with_trees(7, 0.1).fit(&lists).unwrap();
    assert_eq!(watched.unwrap(), seven, "and keeps what is grown");
}

#[test]
fn the_seed_decides_what_is_drawn() {
    let lists = lists(3, (20, 8), 6);
    let fit = |seed: u64| -> TreeScorer {
        let mart = Mart::new().with_trees(10, 0.1).with_shares(0.5, 0.5);
        mart.with_seed(seed).fit(&lists).unwrap()
    };
    assert_eq!(fit(1).model_id(), fit(1).model_id());
    assert_ne!(fit(1).model_id(), fit(2).model_id());
}

#[test]
fn weights_count_by_their_ratio() {
    let lists = lists(4, (20, 8), 4);
    let weighted = |factor: f64| {
        let weigh = |list: &JudgedList| {
            let weights = (0..8)
                .map(|row| factor * f64::from(1 << (row % 3)))
                .collect();
            list.clone().with_weights(weights).unwrap()
        };
        let lists: Vec<JudgedList> = lists.iter().map(weigh).collect();
        Mart::new().with_trees(5, 0.1).fit(&lists).unwrap()
    };
    assert_eq!(weighted(1.0), weighted(2.0));
    assert_ne!(
        weighted(1.0),
        Mart::new().with_trees(5, 0.1).fit(&lists).unwrap()
    );
}

/// People who prefer the greater product of features 0 and 1, and find nearly equal ones tied.
fn comparisons(seed: u64, count: usize) -> Vec<Comparison> {
    let mut random = Random(seed);
    let worth = |row: &[f32]| row[0] * row[1];
    (0..count)
        .map(|n| {
            let row = |random: &mut Random| -> Vec<f32> {
                (0..8).map(|_| random.within(-1.0..1.0) as f32).collect()
            };
            let (mut a, mut b) = (row(&mut random), row(&mut random));
            if worth(&a) < worth(&b) {
                std::mem::swap(&mut a, &mut b);
            }
            let tie = worth(&a) - worth(&b) < 0.1;
            let outcome = if tie {
                Outcome::Tie
            } else {
                Outcome::Preferred
            };
            Comparison::new(format!("job {}", n % 50), outcome, a, b).unwrap()
        })
        .collect()
}

#[test]
fn a_small_network_learns_what_no_line_can() {
    let schema = schema(&[Direction::Any; 8]);
    let comparisons = comparisons(5, 3000);
    let model: MlpScorer = Mlp::new()
        .with_penalty(1.0)
        .fit(&comparisons, &schema)
        .unwrap();
    let mut right = 0;
    let test: Vec<Comparison> = comparisons_without_ties(6);
    for comparison in &test {
        let rows = [comparison.better(), comparison.worse()].concat();
        let scores = model
            .score(&FeatureMatrix::new(schema.clone(), rows).unwrap())
            .unwrap();
        right += usize::from(scores[0] > scores[1]);
    }
    let share = right as f64 / test.len() as f64;
    assert!(share > 0.9, "{share}");
}

fn comparisons_without_ties(seed: u64) -> Vec<Comparison> {
    let all = comparisons(seed, 1000).into_iter();
    all.filter(|comparison| comparison.outcome() == Outcome::Preferred)
        .collect()
}

/// `cargo test --release -p ranker-rlhf --test it -- --ignored --nocapture speed`
#[test]
#[ignore = "measures, in a release build"]
#[allow(clippy::print_stdout)]
fn speed_of_scoring_and_learning() {
    let lists = lists(7, (100, 100), 50);
    let start = Instant::now();
    let model = Mart::new().fit(&lists).unwrap();
    println!(
        "300 trees from 10,000 rows of 50 features: {:?}",
        start.elapsed()
    );
    let rows = self::lists(8, (1, 1000), 50);
    let once = || {
        let start = Instant::now();
        assert_eq!(model.score(rows[0].features()).unwrap().len(), 1000);
        start.elapsed()
    };
    let mut times: Vec<_> = (0..50).map(|_| once()).collect();
    times.sort();
    println!(
        "scoring 1,000 rows: median {:?}, least {:?}",
        times[25], times[0]
    );
    let schema = schema(&[Direction::Any; 8]);
    let start = Instant::now();
    let network = Mlp::new().fit(&comparisons(9, 10_000), &schema).unwrap();
    println!(
        "{} units from 10,000 comparisons: {:?}",
        network.units(),
        start.elapsed()
    );
}
