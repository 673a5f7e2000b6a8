//! What another policy would have earned.

use ranker_core::Scorer;
use ranker_rlhf::explore::ListPolicy;
use ranker_rlhf::off_policy::{
    Estimate, Estimator, LoggedList, OffPolicy, OffPolicyError, ShownRow, Target,
};
use ranker_score::LinearScorer;

use crate::simulated::{SERVING, World};

const CANDIDATE: [f64; 3] = [0.8, 0.2, 0.0];

fn evaluate(
    estimator: Estimator,
    lists: &[LoggedList],
    scorer: &LinearScorer,
) -> Result<Estimate, OffPolicyError> {
    let policy = World::policy();
    let target = Target::new(scorer as &dyn Scorer, &policy);
    OffPolicy::new()
        .with_estimator(estimator)
        .value(lists, &target)
}

#[test]
fn on_its_own_lists_a_policy_earns_their_mean() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let lists = world.log(&serving, 400, 1);
    let mean = lists.iter().map(LoggedList::reward).sum::<f64>() / 400.0;
    for estimator in [
        Estimator::Ips,
        Estimator::Snips,
        Estimator::Iips,
        Estimator::Rips,
    ] {
        let estimate = evaluate(estimator, &lists, &serving).unwrap();
        assert!((estimate.value - mean).abs() < 1e-9, "{estimator:?}");
        assert!((estimate.effective - 400.0).abs() < 1e-6);
    }
    let estimate = evaluate(Estimator::CascadeDr, &lists, &serving).unwrap();
    assert!((estimate.value - mean).abs() < 0.05 && estimate.low < mean && mean < estimate.high);
}

/// All estimators are right in the mean where their assumptions hold: |t| < 3 over 300 logs.
#[test]
fn estimators_are_unbiased_and_their_intervals_cover() {
    let world = World::new(3);
    let (serving, candidate) = (world.scorer(&SERVING), world.scorer(&CANDIDATE));
    let truth = world.value(&CANDIDATE);
    for estimator in [
        Estimator::Ips,
        Estimator::Rips,
        Estimator::CascadeDr,
        Estimator::Iips,
    ] {
        let estimates: Vec<Estimate> = (0..300)
            .map(|run| evaluate(estimator, &world.log(&serving, 300, run), &candidate).unwrap())
            .collect();
        let n = estimates.len() as f64;
        let mean = estimates.iter().map(|e| e.value).sum::<f64>() / n;
        let squares: f64 = estimates.iter().map(|e| (e.value - mean).powi(2)).sum();
        let t = (mean - truth) / (squares / (n - 1.0) / n).sqrt();
        assert!(t.abs() < 3.0, "{estimator:?}: t = {t}");
        let covered = estimates
            .iter()
            .filter(|e| e.low <= truth && truth <= e.high)
            .count();
        // 95 % of 300, and four standard deviations.
        assert!((270..=300).contains(&covered), "{estimator:?}: {covered}");
    }
}

#[test]
fn too_little_support_is_told_in_numbers() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let lists = world.log(&serving, 300, 1);
    let far = world.scorer(&[-8.0, 8.0, 8.0]);
    let refused = evaluate(Estimator::CascadeDr, &lists, &far);
    let Err(OffPolicyError::TooLittleSupport {
        lists: 300,
        effective,
        ..
    }) = refused
    else {
        panic!("{refused:?}");
    };
    assert!(effective < 100.0);
    let few = evaluate(Estimator::Ips, &lists[..5], &serving);
    assert!(matches!(few, Err(OffPolicyError::TooFew { units: 5, .. })));
    assert!(matches!(
        evaluate(Estimator::Ips, &[], &serving),
        Err(OffPolicyError::TooFew { .. })
    ));
}

#[test]
fn wrong_propensities_are_found() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let halved = world.log(&serving, 400, 1).into_iter().map(|list| {
        let halve = |s: &ShownRow| ShownRow::new(s.row, 0.8 * s.propensity, s.reward);
        let shown = list.shown().iter().map(halve).collect();
        LoggedList::new("job", list.features().clone(), shown).unwrap()
    });
    let halved: Vec<LoggedList> = halved.collect();
    let refused = evaluate(Estimator::Rips, &halved, &serving);
    assert!(
        matches!(refused, Err(OffPolicyError::Overlap { mean_weight, .. }) if mean_weight > 1.1)
    );
}

#[test]
fn a_flood_from_one_source_is_bounded() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let lists = world
        .log(&serving, 500, 1)
        .into_iter()
        .enumerate()
        .map(|(at, list)| {
            let flood = at % 2 == 0;
            let reward = if flood { 1.0 } else { 0.0 };
            let set = |s: &ShownRow| ShownRow::new(s.row, s.propensity, reward);
            let shown = list.shown().iter().map(set).collect();
            let list = LoggedList::new("job", list.features().clone(), shown).unwrap();
            list.with_source(if flood {
                "flood".to_owned()
            } else {
                format!("person {at}")
            })
        });
    let lists: Vec<LoggedList> = lists.collect();
    let estimate = evaluate(Estimator::Ips, &lists, &serving).unwrap();
    // Half of the lists earn 4; the flood counts for 50 of them beside 250 others.
    assert!(
        (estimate.value - 4.0 * 50.0 / 300.0).abs() < 1e-9,
        "{estimate}"
    );
}

#[test]
fn equal_and_no_rewards_have_a_value() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let candidate = world.scorer(&CANDIDATE);
    let lists: Vec<LoggedList> = world
        .log(&serving, 300, 1)
        .into_iter()
        .map(|list| {
            let none = |s: &ShownRow| ShownRow::new(s.row, s.propensity, 0.0);
            let shown = list.shown().iter().map(none).collect();
            LoggedList::new(list.job().to_owned(), list.features().clone(), shown).unwrap()
        })
        .collect();
    for estimator in [
        Estimator::Ips,
        Estimator::Snips,
        Estimator::Rips,
        Estimator::CascadeDr,
    ] {
        let estimate = evaluate(estimator, &lists, &candidate).unwrap();
        assert_eq!(
            (estimate.value, estimate.low, estimate.high),
            (0.0, 0.0, 0.0)
        );
    }
}

#[test]
fn bad_lists_and_settings_are_refused() {
    let world = World::new(3);
    let features = || world.jobs[0].clone();
    let list = |row, propensity, reward| {
        LoggedList::new(
            "job",
            features(),
            vec![ShownRow::new(row, propensity, reward)],
        )
    };
    for propensity in [0.0, -0.5, 1.5, f64::NAN] {
        assert!(matches!(
            list(0, propensity, 1.0),
            Err(OffPolicyError::Propensity { position: 1, .. })
        ));
    }
    assert!(matches!(
        list(0, 0.5, f64::NAN),
        Err(OffPolicyError::Reward { .. })
    ));
    assert!(matches!(
        list(9, 0.5, 1.0),
        Err(OffPolicyError::Row { row: 9, rows: 4 })
    ));
    let twice = vec![ShownRow::new(1, 0.5, 0.0), ShownRow::new(1, 0.5, 0.0)];
    assert!(matches!(
        LoggedList::new("job", features(), twice),
        Err(OffPolicyError::Twice { row: 1 })
    ));
    let marginals = list(0, 0.5, 1.0).unwrap().with_marginals(vec![]);
    assert!(matches!(
        marginals,
        Err(OffPolicyError::MarginalCount { .. })
    ));

    let serving = world.scorer(&SERVING);
    let lists: Vec<LoggedList> = (0..200)
        .map(|_| LoggedList::new("job", features(), vec![]).unwrap())
        .collect();
    assert_eq!(
        evaluate(Estimator::CascadeDr, &lists, &serving)
            .unwrap()
            .value,
        0.0
    );
    let lists: Vec<LoggedList> = (0..200).map(|_| list(0, 1.0, 1.0).unwrap()).collect();
    let no_marginals = evaluate(Estimator::Iips, &lists, &serving);
    assert!(matches!(
        no_marginals,
        Err(OffPolicyError::NoMarginals { .. })
    ));
    let other = crate::support::schema(&[ranker_core::Direction::Any]);
    let other = LinearScorer::new(other, vec![1.0]).unwrap();
    assert!(matches!(
        evaluate(Estimator::Ips, &lists, &other),
        Err(OffPolicyError::Score(_))
    ));
    let greedy = ListPolicy::greedy();
    let target = Target::new(&serving as &dyn Scorer, &greedy);
    let unsure = OffPolicy::new().with_confidence(1.0).value(&lists, &target);
    assert!(matches!(unsure, Err(OffPolicyError::Setting { .. })));
}
