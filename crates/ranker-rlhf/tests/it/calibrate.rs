//! Scores that mean the same for every job.

use std::sync::Arc;

use ranker_core::{Direction, Scorer, conformance};
use ranker_rlhf::calibrate::{
    Calibrated, CalibrationError, Calibrator, Judged, Method, Uncertainty,
};
use ranker_rlhf::{Comparison, Outcome};
use ranker_score::LinearScorer;

use crate::simulated::World;
use crate::support::{Random, schema};

fn judged(jobs: usize) -> Vec<Judged> {
    let mut random = Random(4);
    (0..jobs * 20)
        .map(|at| {
            let score = random.within(-3.0..3.0);
            let good = random.within(0.0..1.0) < 1.0 / (1.0 + (1.0 - 1.5 * score).exp());
            Judged::new(
                format!("job {}", at % jobs),
                score,
                f64::from(u8::from(good)),
            )
            .unwrap()
        })
        .collect()
}

#[test]
fn stated_chances_come_true_on_jobs_held_out() {
    // A free curve is less sure of any one score than a logistic one, where that is the truth.
    for (method, most) in [(Method::Platt, 0.05), (Method::Isotonic, 0.15)] {
        let fit = Calibrator::new(method).fit(&judged(100)).unwrap();
        assert!(fit.error() < 0.03, "{method:?}: {}", fit.error());
        for score in [-2.0_f64, 0.0, 2.0] {
            let truth = 1.0 / (1.0 + (1.0 - 1.5 * score).exp());
            assert!(
                (fit.probability(score) - truth).abs() < most,
                "{method:?} at {score}"
            );
        }
        assert_eq!(fit.jobs(), 100);
    }
}

#[test]
fn a_calibrated_model_is_a_scorer_and_keeps_the_order() {
    let world = World::new(3);
    let inner = Arc::new(world.scorer(&[1.0, 0.5, 0.0]));
    for method in [Method::Platt, Method::Isotonic] {
        let fit = Calibrator::new(method).fit(&judged(30)).unwrap();
        let model = Calibrated::new(inner.clone(), fit);
        conformance::scorer(&model).unwrap();
        let (raw, sure) = (inner.score(&world.jobs[0]), model.score(&world.jobs[0]));
        let (raw, sure) = (raw.unwrap(), sure.unwrap());
        let pairs: Vec<_> = raw.into_iter().zip(sure).collect();
        for a in &pairs {
            assert!((0.0..=1.0).contains(&a.1.get()));
            assert!(pairs.iter().all(|b| a.0 <= b.0 || a.1 >= b.1));
        }
        assert!(model.model_id().starts_with(inner.model_id()));
    }
}

#[test]
fn what_cannot_be_calibrated_is_refused() {
    let fit = |rows: &[Judged]| Calibrator::default().fit(rows);
    assert!(matches!(
        fit(&[]),
        Err(CalibrationError::TooFewJobs { jobs: 0, least: 2 })
    ));
    assert!(matches!(
        fit(&judged(1)),
        Err(CalibrationError::TooFewJobs { jobs: 1, .. })
    ));
    let good = ["a", "b"].map(|job| Judged::new(job, 1.0, 1.0).unwrap());
    assert!(matches!(
        fit(&good),
        Err(CalibrationError::OneClass { rows: 2 })
    ));
    assert!(Judged::new("a", f64::NAN, 1.0).is_err());
    assert!(Judged::new("a", 0.0, 1.5).is_err());
    // All scores equal: the share of good ones, whatever the method.
    let flat = (0..40).map(|n| Judged::new(format!("{}", n % 4), 1.0, f64::from(n % 2)).unwrap());
    let flat: Vec<Judged> = flat.collect();
    for method in [Method::Platt, Method::Isotonic] {
        let fit = Calibrator::new(method).fit(&flat).unwrap();
        assert!((fit.probability(1.0) - 0.5).abs() < 0.05);
        assert!(fit.probability(f64::NAN).is_finite());
    }
}

fn preferences(jobs: usize, count: usize) -> Vec<Comparison> {
    let mut random = Random(9);
    let one = |at: usize| {
        let mut row = || -> Vec<f32> { (0..3).map(|_| random.within(-2.0..2.0) as f32).collect() };
        let (a, b) = (row(), row());
        let wins = random.within(0.0..1.0) < 1.0 / (1.0 + f64::from(b[0] - a[0]).exp());
        let (better, worse) = if wins { (a, b) } else { (b, a) };
        Comparison::new(
            format!("job {}", at % jobs),
            Outcome::Preferred,
            better,
            worse,
        )
        .unwrap()
    };
    (0..count).map(one).collect()
}

#[test]
fn bands_hold_those_who_cannot_be_told_apart() {
    let prior = LinearScorer::new(schema(&[Direction::Any; 3]), vec![0.1, 0.0, 0.0]).unwrap();
    let world = World::new(3);
    let few = Uncertainty::bootstrap(&preferences(20, 60), &prior, (50, 1)).unwrap();
    let many = Uncertainty::bootstrap(&preferences(20, 2_000), &prior, (50, 1)).unwrap();
    let bands = |sure: &Uncertainty| -> usize {
        let count = |job| {
            let bands = sure.bands(job, 0.95).unwrap().bands;
            let mut rows: Vec<usize> = bands.concat();
            rows.sort_unstable();
            assert_eq!(rows, [0, 1, 2, 3]);
            bands.len()
        };
        world.jobs.iter().map(count).sum()
    };
    assert!(
        bands(&many) > bands(&few),
        "{} {}",
        bands(&many),
        bands(&few)
    );
    let chance = many.chance(&world.jobs[0], (0, 1)).unwrap();
    assert!((chance + many.chance(&world.jobs[0], (1, 0)).unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(many.chance(&world.jobs[0], (2, 2)).unwrap(), 0.5);
    let again = Uncertainty::bootstrap(&preferences(20, 60), &prior, (50, 1)).unwrap();
    assert_eq!(again, few);
}

#[test]
fn uncertainty_needs_jobs_and_a_confidence() {
    let prior = LinearScorer::new(schema(&[Direction::Any; 3]), vec![0.1, 0.0, 0.0]).unwrap();
    let few = Uncertainty::bootstrap(&preferences(3, 60), &prior, (50, 1));
    assert!(matches!(
        few,
        Err(CalibrationError::TooFewJobs { jobs: 3, least: 5 })
    ));
    let once = Uncertainty::bootstrap(&preferences(20, 60), &prior, (1, 1));
    assert!(matches!(once, Err(CalibrationError::Setting { .. })));
    let sure = Uncertainty::bootstrap(&preferences(20, 60), &prior, (20, 1)).unwrap();
    let world = World::new(3);
    for confidence in [0.4, 1.0, f64::NAN] {
        assert!(sure.bands(&world.jobs[0], confidence).is_err());
    }
}
