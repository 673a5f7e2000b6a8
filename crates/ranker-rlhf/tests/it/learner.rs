//! The Bradley-Terry learner finds what is there, and says so where nothing is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ranker_core::{Direction, FeatureSchema};
use ranker_rlhf::{BradleyTerry, Comparison, Fit, LearnError, Outcome, Pull, Scorer};
use ranker_score::LinearScorer;

use crate::support::{Random, schema, told};

fn comparison(job: usize, better: &[f32], worse: &[f32]) -> Comparison {
    Comparison::new(format!("job {job}"), Outcome::Preferred, better, worse).unwrap()
}

/// People who choose between random candidates by these weights, with ties of odds `nu`.
fn simulated(seed: u64, count: usize, weights: &[f64], nu: f64) -> Vec<Comparison> {
    let mut random = Random(seed);
    let row = |random: &mut Random| -> Vec<f32> {
        weights
            .iter()
            .map(|_| random.within(-2.0..2.0) as f32)
            .collect()
    };
    (0..count)
        .map(|n| {
            let [a, b] = [row(&mut random), row(&mut random)];
            let score = |row: &[f32]| -> f64 {
                row.iter()
                    .zip(weights)
                    .map(|(&x, w)| f64::from(x) * w)
                    .sum()
            };
            let half = (score(&a) - score(&b)) / 2.0;
            let drawn = random.within(0.0..half.exp() + nu + (-half).exp());
            let (outcome, a, b) = if drawn < half.exp() {
                (Outcome::Preferred, a, b)
            } else if drawn < half.exp() + nu {
                (Outcome::Tie, a, b)
            } else {
                (Outcome::Preferred, b, a)
            };
            Comparison::new(format!("job {}", n % 50), outcome, a, b).unwrap()
        })
        .collect()
}

fn zero(schema: &Arc<FeatureSchema>) -> LinearScorer {
    LinearScorer::new(schema.clone(), vec![0.0; schema.len()]).unwrap()
}

fn fixed(pull: f64) -> BradleyTerry {
    BradleyTerry::new().with_pull(Pull::Fixed(pull))
}

const TRUE: [f64; 8] = [1.0, 0.2, -0.5, 0.0, 2.0, -1.5, 0.7, 0.05];

#[test]
fn finds_the_weights_and_ties_of_simulated_people() {
    let comparisons = simulated(7, 10_000, &TRUE, 0.5);
    let prior = zero(&schema(&[Direction::Any; 8]));
    let start = Instant::now();
    let fit = BradleyTerry::new().fit(&comparisons, &prior).unwrap();
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    for (found, truth) in fit.scorer.weights().iter().zip(TRUE) {
        assert!((found - truth).abs() < 0.08, "{:?}", fit.scorer.weights());
    }
    assert!((fit.nu.unwrap() - 0.5).abs() < 0.05, "{:?}", fit.nu);
    assert!(fit.gradient_norm <= 1e-8 && fit.iterations < 15, "{fit:?}");
    let held_out = fit.held_out.unwrap();
    assert!(
        held_out.accuracy > 0.8 && held_out.prior_accuracy == 0.5,
        "{held_out:?}"
    );
    assert!(fit.loss < held_out.log_loss && held_out.log_loss < fit.loss + 0.01);
    assert_eq!((fit.comparisons, fit.jobs), (10_000, 50));
    assert_eq!(
        fit.ties,
        comparisons
            .iter()
            .filter(|c| c.outcome() == Outcome::Tie)
            .count()
    );
}

#[test]
fn five_thousand_comparisons_recover_the_parameters() {
    let comparisons = simulated(11, 5_000, &TRUE, 0.5);
    let prior = zero(&schema(&[Direction::Any; 8]));
    let fit = BradleyTerry::new().fit(&comparisons, &prior).unwrap();
    let found = fit.scorer.weights().iter().chain(&fit.nu);
    let squares = found
        .zip(TRUE.iter().chain(&[0.5]))
        .map(|(a, b)| (a - b).powi(2));
    let rmse = (squares.sum::<f64>() / 9.0).sqrt();
    assert!(rmse <= 0.1, "{rmse}");
}

#[test]
fn the_same_on_any_number_of_threads() {
    let comparisons = simulated(3, 3000, &TRUE, 0.3);
    let prior = zero(&schema(&[Direction::Any; 8]));
    let fit = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| BradleyTerry::new().fit(&comparisons, &prior).unwrap())
    };
    let (one, four) = (fit(1), fit(4));
    assert_eq!(one, four);
    assert_eq!(one.scorer.model_id(), four.scorer.model_id());
}

/// Numbers from tests/golden/bradley_terry.py, which minimises the same objective with SciPy.
#[test]
fn agrees_with_an_independent_implementation() {
    let comparisons: Vec<Comparison> = include_str!("../golden/comparisons.tsv")
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let row = |from: usize| -> Vec<f32> {
                fields[from..from + 3]
                    .iter()
                    .map(|x| x.parse().unwrap())
                    .collect()
            };
            let outcome = match fields[1] {
                "tie" => Outcome::Tie,
                _ => Outcome::Preferred,
            };
            let comparison = Comparison::new(fields[0], outcome, row(3), row(6)).unwrap();
            comparison.with_weight(fields[2].parse().unwrap()).unwrap()
        })
        .collect();
    let wins = comparisons
        .iter()
        .filter(|c| c.outcome() == Outcome::Preferred);
    let wins: Vec<Comparison> = wins.cloned().collect();
    let golden = include_str!("../golden/weights.tsv");
    assert_eq!(golden.lines().count(), 5);
    for line in golden.lines() {
        let (name, numbers) = line.split_once('\t').unwrap();
        let numbers: Vec<f64> = numbers.split('\t').map(|x| x.parse().unwrap()).collect();
        let direction = match name {
            "ties_monotone" => Direction::Increasing,
            _ => Direction::Any,
        };
        let (data, prior, pull) = match name {
            "wins_free" => (&wins, [0.0; 3], 1e-6),
            "wins_pulled" => (&wins, [1.0, 0.2, 0.0], 10.0),
            "ties_free" => (&comparisons, [0.0; 3], 1e-6),
            "ties_pulled" => (&comparisons, [0.1, 0.0, 0.0], 3.0),
            _ => (&comparisons, [1.0, 0.2, 0.0], 3.0),
        };
        let prior = LinearScorer::new(schema(&[direction; 3]), prior.to_vec()).unwrap();
        let fit = fixed(pull).fit(data, &prior).unwrap();
        let found = fit
            .scorer
            .weights()
            .iter()
            .copied()
            .chain([fit.nu.unwrap_or(0.0)]);
        for (found, golden) in found.zip(&numbers) {
            assert!(
                (found - golden).abs() < 2e-5,
                "{name}: {fit:?}, golden {numbers:?}"
            );
        }
    }
}

#[test]
fn never_contradicts_a_direction() {
    let comparisons = simulated(11, 2000, &[1.0, -0.1, -1.0, 0.1], 0.0);
    let directions = [
        Direction::Increasing,
        Direction::Increasing,
        Direction::Decreasing,
        Direction::Decreasing,
    ];
    let fit = fixed(1.0)
        .fit(&comparisons, &zero(&schema(&directions)))
        .unwrap();
    let weights = fit.scorer.weights();
    assert!(
        (weights[0] - 1.0).abs() < 0.2 && weights[1] == 0.0,
        "{weights:?}"
    );
    assert!(
        (weights[2] + 1.0).abs() < 0.2 && weights[3] == 0.0,
        "{weights:?}"
    );

    let wrong = LinearScorer::new(schema(&directions), vec![-1.0, -1.0, 1.0, 1.0]).unwrap();
    let fit = fixed(1e9).fit(&comparisons, &wrong).unwrap();
    assert_eq!(fit.scorer.weights(), [0.0; 4], "even where the prior does");
}

/// Whether the model orders random pairs as the prior does.
fn same_order(fit: &Fit, prior: &LinearScorer) -> f64 {
    let mut random = Random(5);
    let columns = prior.weights().len();
    let mut same = 0;
    for _ in 0..500 {
        let difference: Vec<f64> = (0..columns).map(|_| random.within(-1.0..1.0)).collect();
        let margin = |model: &LinearScorer| -> f64 {
            model
                .weights()
                .iter()
                .zip(&difference)
                .map(|(w, d)| w * d)
                .sum()
        };
        same += usize::from(margin(&fit.scorer) * margin(prior) > 0.0);
    }
    same as f64 / 500.0
}

#[test]
fn little_data_leaves_the_prior_its_order() {
    // A similarity: differences of a few hundredths say which is better.
    let schema = schema(&[Direction::Any; 4]);
    let prior = LinearScorer::new(schema, vec![0.05, 0.01, 0.0, 0.0]).unwrap();
    let against = simulated(1, 3, &[-1.0, 0.0, 1.0, 0.0], 0.0);
    let fit = BradleyTerry::new().fit(&against, &prior).unwrap();
    assert_eq!(fit.pull, 10.0, "three jobs are too few to choose");
    assert!(
        same_order(&fit, &prior) > 0.85,
        "{:?}",
        fit.scorer.weights()
    );
    let held = fixed(1e9).fit(&against, &prior).unwrap();
    assert!(
        same_order(&held, &prior) > 0.999,
        "{:?}",
        held.scorer.weights()
    );
    let much = simulated(1, 3000, &[-1.0, 0.0, 1.0, 0.0], 0.0);
    let fit = BradleyTerry::new().fit(&much, &prior).unwrap();
    assert!(
        (fit.scorer.weights()[0] + 1.0).abs() < 0.1,
        "{:?}",
        fit.scorer.weights()
    );
    let held_out = fit.held_out.unwrap();
    assert!(
        held_out.accuracy > held_out.prior_accuracy + 0.3,
        "{held_out:?}"
    );
}

#[test]
fn a_weight_of_two_counts_as_two() {
    let prior = zero(&schema(&[Direction::Any; 2]));
    let single = simulated(2, 40, &[1.0, -1.0], 0.4);
    let doubled = [single.clone(), single.clone()].concat();
    let weighted: Vec<Comparison> = single
        .iter()
        .map(|c| c.clone().with_weight(2.0).unwrap())
        .collect();
    let [a, b] = [&doubled, &weighted].map(|data| fixed(3.0).fit(data, &prior).unwrap());
    for (a, b) in a.scorer.weights().iter().zip(b.scorer.weights()) {
        assert!((a - b).abs() < 1e-7);
    }
    let mut reversed = single.clone();
    reversed.reverse();
    let [a, b] = [&single, &reversed].map(|data| BradleyTerry::new().fit(data, &prior).unwrap());
    assert_eq!(a.pull, b.pull);
    for (a, b) in a.scorer.weights().iter().zip(b.scorer.weights()) {
        assert!(
            (a - b).abs() < 1e-7,
            "the order of the data does not matter"
        );
    }
}

#[test]
fn contradictions_pull_together_and_agreement_stays_finite() {
    let prior = zero(&schema(&[Direction::Any; 3]));
    let [a, b, c] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0_f32]];
    let cycle = [
        comparison(0, &a, &b),
        comparison(1, &b, &c),
        comparison(2, &c, &a),
    ];
    let fit = fixed(1.0).fit(&cycle, &prior).unwrap();
    assert!(
        fit.scorer.weights().iter().all(|w| w.abs() < 1e-7),
        "{fit:?}"
    );
    assert!((fit.loss - std::f64::consts::LN_2).abs() < 1e-9);

    let agreed: Vec<Comparison> = (0..1000).map(|job| comparison(job, &a, &b)).collect();
    for pull in [1e-6, 1.0, 1e9] {
        let fit = fixed(pull).fit(&agreed, &prior).unwrap();
        let weights = fit.scorer.weights();
        assert!(
            weights[0] > 0.0 && weights[1] < 0.0 && weights[2] == 0.0,
            "{fit:?}"
        );
    }
    let fit = BradleyTerry::new().fit(&agreed, &prior).unwrap();
    assert_eq!(fit.held_out.unwrap().accuracy, 1.0);
}

#[test]
fn constant_features_keep_their_weight_among_the_others() {
    let schema = schema(&[Direction::Any; 3]);
    let prior = LinearScorer::with_bias(schema, vec![0.1, 0.3, 0.0], 4.0).unwrap();
    let rows = |x: f32, y: f32| ([x, 0.7, y], [y, 0.7, x]);
    let data: Vec<Comparison> = (0..8)
        .map(|job| {
            let (better, worse) = rows(1.0, job as f32 / 10.0);
            comparison(job, &better, &worse)
        })
        .collect();
    let fit = fixed(1e9).fit(&data, &prior).unwrap();
    let weights = fit.scorer.weights();
    assert!((weights[1] / weights[0] - 3.0).abs() < 1e-5, "{weights:?}");
    assert_eq!(fit.scorer.bias(), 4.0);
}

#[test]
fn a_feature_that_hardly_varies_gets_no_great_weight() {
    let data: Vec<Comparison> = (0..200)
        .map(|job| comparison(job, &[0.501, 1.0], &[0.5, 0.9]))
        .collect();
    let fit = fixed(1.0)
        .fit(&data, &zero(&schema(&[Direction::Any; 2])))
        .unwrap();
    let weights = fit.scorer.weights();
    // Standardised by its own spread, a difference of 0.001 would get a weight of thousands.
    assert!(weights[0] > 0.0 && weights[0] < 10.0, "{weights:?}");
}

#[test]
fn what_cannot_be_learned_from_is_said() {
    let prior = zero(&schema(&[Direction::Any; 2]));
    let fit = |data: &[Comparison]| told(&BradleyTerry::new().fit(data, &prior).unwrap_err());
    let tie = Comparison::new("job", Outcome::Tie, [1.0, 0.0], [0.0, 0.0]).unwrap();
    let same = comparison(0, &[1.0, 0.5], &[1.0, 0.5]);
    let long = comparison(0, &[1.0, 0.0, 0.0], &[0.0; 3]);
    let nan = Comparison::new("job", Outcome::Preferred, [1.0, f32::NAN], [0.0; 2]);
    let unequal = Comparison::new("job", Outcome::Preferred, [1.0], [0.0; 2]);
    let weight = same.clone().with_weight(f64::NAN);
    let pull = fixed(-1.0).fit(std::slice::from_ref(&same), &prior);
    let all = [
        fit(&[]),
        fit(&[tie.clone(), tie]),
        fit(&[same.clone(), same.clone()]),
        fit(&[same, long]),
        told(&nan.unwrap_err()),
        told(&unequal.unwrap_err()),
        told(&weight.unwrap_err()),
        told(&pull.unwrap_err()),
    ];
    expect_test::expect![[r#"
        no comparisons: record preferences or grades first
        all 2 comparisons are ties: record which of two candidates is better
        in all 2 comparisons both candidates have the same features
        comparison 1 has rows of 3 features, but the model has 2
        feature 1 of a comparison's row must be finite, but is NaN
        a comparison has rows of 1 and of 2 features
        a weight must be positive (of a list's row: or 0) and at most 1e9, but is NaN
        the pull must lie in 1e-6..=1e9, but is -1
    "#]]
    .assert_eq(&all.concat());
}

#[test]
fn extreme_numbers_end_in_a_model_or_an_error() {
    let schema = schema(&[Direction::Any; 2]);
    let [big, small] = [f32::MAX, f32::MIN_POSITIVE];
    let rows = [[big, small], [-big, -small], [0.0, 0.0], [small, big]];
    for weight in [1e-300, 1.0, 1e9] {
        let mut data = Vec::new();
        for (job, pair) in rows.windows(2).enumerate() {
            let comparison = comparison(job, &pair[0], &pair[1]);
            data.push(comparison.clone().with_weight(weight).unwrap());
            data.push(comparison);
        }
        match BradleyTerry::new().fit(&data, &zero(&schema)) {
            Ok(fit) => assert!(fit.scorer.weights().iter().all(|w| w.is_finite())),
            Err(error) => assert!(matches!(error, LearnError::NotConverged { .. }), "{error}"),
        }
    }
}
