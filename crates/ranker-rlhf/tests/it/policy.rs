//! Policies learned from lists and preferences.

use std::sync::Arc;

use proptest::prelude::*;
use ranker_core::{Direction, FeatureMatrix, Scorer, conformance};
use ranker_rlhf::{Comparison, Dpo, JudgedList, LearnError, Outcome, PolicyGradient};
use ranker_score::LinearScorer;

use crate::simulated::{SERVING, World};
use crate::support::{Random, schema};

#[test]
fn a_policy_learns_to_earn_more() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let lists = world.judged();
    let fit = PolicyGradient::new()
        .with_beta(0.0)
        .fit(&lists, &serving)
        .unwrap();
    assert!(fit.reward > fit.serving_reward);
    let weights: [f64; 3] = fit.scorer.weights().try_into().unwrap();
    assert!(world.value(&weights) > 1.05 * world.value(&SERVING));
    conformance::scorer(&fit.scorer).unwrap();
    assert_eq!((fit.lists, fit.left_out), (30, 0));
}

#[test]
fn kl_has_its_price() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let lists = world.judged();
    let kl = |beta: f64| {
        let fit = PolicyGradient::new().with_beta(beta).fit(&lists, &serving);
        fit.unwrap().kl
    };
    let kls = [0.0, 0.05, 0.5, 50.0].map(kl);
    assert!(kls.windows(2).all(|pair| pair[0] > pair[1]), "{kls:?}");
    assert!(kls[3] < 1e-2, "{kls:?}");
}

#[test]
fn the_same_seed_gives_the_same_model_on_any_number_of_threads() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let lists = world.judged();
    let ids = [1, 2, 8].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let learner = PolicyGradient::new().with_steps(20);
        let fit = pool.install(|| learner.fit(&lists, &serving)).unwrap();
        fit.scorer.model_id().to_owned()
    });
    assert_eq!(ids[0], ids[1]);
    assert_eq!(ids[0], ids[2]);
    let other = PolicyGradient::new()
        .with_steps(20)
        .with_seed(1)
        .fit(&lists, &serving);
    assert_ne!(other.unwrap().scorer.model_id(), ids[0]);
}

#[test]
fn monotone_features_never_hurt() {
    let directions = [Direction::Increasing, Direction::Decreasing, Direction::Any];
    let schema = schema(&directions);
    let mut random = Random(1);
    let lists = (0..20).map(|job| {
        let values = (0..15).map(|_| random.within(-2.0..2.0) as f32).collect();
        let features = FeatureMatrix::new(Arc::clone(&schema), values).unwrap();
        // The data says the contrary of both directions.
        let gains = features
            .rows()
            .map(|row| f64::from(row[1] - row[0]).exp())
            .collect();
        JudgedList::new(format!("{job}"), features, gains).unwrap()
    });
    let lists: Vec<JudgedList> = lists.collect();
    let serving = LinearScorer::new(schema, vec![0.5, -0.5, 0.0]).unwrap();
    let fit = PolicyGradient::new()
        .with_beta(0.0)
        .fit(&lists, &serving)
        .unwrap();
    assert_eq!(fit.scorer.weights()[..2], [0.0, 0.0]);
}

#[test]
fn bad_lists_are_refused() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let learner = PolicyGradient::new();
    assert_eq!(learner.fit(&[], &serving), Err(LearnError::NoLists));
    let equal = vec![JudgedList::new("a", world.jobs[0].clone(), vec![1.0; 4]).unwrap()];
    assert_eq!(
        learner.fit(&equal, &serving),
        Err(LearnError::NoContrast { lists: 1 })
    );
    let alike = FeatureMatrix::new(world.jobs[0].schema().clone(), vec![1.0; 6]).unwrap();
    let alike = vec![JudgedList::new("a", alike, vec![1.0, 0.0]).unwrap()];
    assert!(matches!(
        learner.fit(&alike, &serving),
        Err(LearnError::NoDifference { .. })
    ));
    let other = LinearScorer::new(schema(&[Direction::Any]), vec![1.0]).unwrap();
    let lists = world.judged();
    assert!(matches!(
        learner.fit(&lists, &other),
        Err(LearnError::ListFeatures { .. })
    ));
    for bad in [
        learner.with_beta(f64::NAN),
        learner.with_samples(0),
        learner.with_temperature(0.0),
    ] {
        assert!(matches!(
            bad.fit(&lists, &serving),
            Err(LearnError::Setting { .. })
        ));
    }
    assert!(learner.with_steps(5).fit(&lists[..1], &serving).is_ok());
}

fn comparisons(seed: u64, ties: u64) -> Vec<Comparison> {
    let mut random = Random(seed);
    let one = |at: u64| {
        let mut row = || -> Vec<f32> { (0..3).map(|_| random.within(-2.0..2.0) as f32).collect() };
        let (a, b) = (row(), row());
        let score = |row: &[f32]| f64::from(row[0]) - 0.5 * f64::from(row[1]);
        let wins = random.within(0.0..1.0) < 1.0 / (1.0 + (score(&b) - score(&a)).exp());
        let outcome = if at % 5 < ties {
            Outcome::Tie
        } else {
            Outcome::Preferred
        };
        let (better, worse) = if wins { (a, b) } else { (b, a) };
        Comparison::new(format!("job {}", at % 20), outcome, better, worse).unwrap()
    };
    (0..400).map(one).collect()
}

#[test]
fn dpo_adds_the_reward_divided_by_beta_to_its_reference() {
    let reference = LinearScorer::new(schema(&[Direction::Any; 3]), vec![0.4, 0.4, 0.4]).unwrap();
    for ties in [0, 1] {
        let comparisons = comparisons(1, ties);
        let [one, four] = [1.0, 4.0].map(|beta| {
            let fit = Dpo::new()
                .with_beta(beta)
                .fit(&comparisons, &reference)
                .unwrap();
            assert_eq!(fit.nu.is_some(), ties > 0);
            assert!(fit.margin > 0.0);
            fit.scorer.weights().to_vec()
        });
        for (one, four) in one.iter().zip(four) {
            let (one, four) = (one - 0.4, four - 0.4);
            assert!((one - 4.0 * four).abs() < 1e-6, "{one} {four}");
        }
        assert!(one[0] > 1.0 && one[1] < 0.2, "{one:?}");
    }
}

#[test]
fn dpo_refuses_what_says_nothing_and_keeps_directions() {
    let reference = LinearScorer::new(schema(&[Direction::Any; 3]), vec![0.4; 3]).unwrap();
    assert_eq!(
        Dpo::new().fit(&[], &reference),
        Err(LearnError::NoComparisons)
    );
    let ties = comparisons(1, 5);
    assert!(matches!(
        Dpo::new().fit(&ties, &reference),
        Err(LearnError::OnlyTies { .. })
    ));
    let some = comparisons(1, 0);
    let bad = Dpo::new().with_beta(0.0).fit(&some, &reference);
    assert!(matches!(bad, Err(LearnError::Setting { .. })));
    let narrow = LinearScorer::new(schema(&[Direction::Any]), vec![1.0]).unwrap();
    assert!(matches!(
        Dpo::new().fit(&some, &narrow),
        Err(LearnError::RowLength { .. })
    ));
    let bound = schema(&[Direction::Decreasing, Direction::Increasing, Direction::Any]);
    let bound = LinearScorer::new(bound, vec![-0.1, 0.1, 0.0]).unwrap();
    let fit = Dpo::new().with_beta(0.5).fit(&some, &bound).unwrap();
    assert_eq!(fit.scorer.weights()[..2], [0.0, 0.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn contradictions_and_cycles_still_converge(seed in any::<u64>()) {
        let mut some = comparisons(seed, 0);
        let turned = some.iter().map(|c| {
            Comparison::new(c.job().to_owned(), Outcome::Preferred, c.worse().to_vec(), c.better().to_vec()).unwrap()
        });
        let turned: Vec<Comparison> = turned.collect();
        some.extend(turned);
        let reference = LinearScorer::new(schema(&[Direction::Any; 3]), vec![0.4; 3]).unwrap();
        let fit = Dpo::new().fit(&some, &reference).unwrap();
        for weight in fit.scorer.weights() {
            prop_assert!((weight - 0.4).abs() < 1e-6);
        }
    }
}
