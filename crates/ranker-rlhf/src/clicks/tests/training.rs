//! From clicks to gains and weights.

use super::*;
use crate::JudgedList;
use crate::clicks::{ClickError, ClickModelKind, Correction};

/// Every list in the same order, by falling noise, so that position and candidate go together.
fn log(times: usize) -> (Vec<GradedList>, ClickLog) {
    let mut simulator = Simulator::new(11);
    let lists = lists(60, &mut simulator);
    let recruiter = Recruiter::new(cascade(0.25, 0.0)).with_appeal(APPEAL.to_vec());
    let order: Vec<usize> = (0..PLACES).collect();
    let mut sessions = Vec::new();
    for list in &lists {
        for _ in 0..times {
            sessions.push(simulator.visit(&recruiter, list, &order).session);
        }
    }
    let log = with_grades(ClickLog::new(&sessions).unwrap(), &lists, 1);
    (lists, log)
}

/// The root mean square distance of gains from the truth.
fn off(lists: &[GradedList], judged: &[JudgedList]) -> f64 {
    let mut squares = Vec::new();
    for (list, judged) in lists.iter().zip(judged) {
        assert_eq!(list.job(), judged.job());
        for (&grade, gain) in list.grades().iter().zip(judged.gains()) {
            squares.push((gain - APPEAL[grade as usize]).powi(2));
        }
    }
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

#[test]
fn corrected_gains_are_nearer_to_the_truth_than_clicks() {
    let (lists, log) = log(40);
    let off = |kind, correction| {
        let model = ClickModel::fit(kind, &log).unwrap();
        off(&lists, &model.judged(&log, correction).unwrap())
    };
    let naive = off(ClickModelKind::Naive, Correction::Examined);
    let clip = 20.0;
    for (correction, most) in [
        (Correction::Examined, 0.16),
        (Correction::InversePropensity { clip }, 0.2),
        (Correction::DoublyRobust { clip }, 0.2),
        (Correction::EmpiricalBayes, 0.08),
    ] {
        let corrected = off(ClickModelKind::Dbn, correction);
        assert!(
            corrected < most && corrected < naive,
            "{correction:?}: {corrected}, {naive}"
        );
    }
}

#[test]
fn few_clicks_leave_the_features_to_speak() {
    let (lists, log) = log(1);
    let model = ClickModel::fit(ClickModelKind::Dbn, &log).unwrap();
    let off = |correction| off(&lists, &model.judged(&log, correction).unwrap());
    let (plain, bayes) = (off(Correction::Examined), off(Correction::EmpiricalBayes));
    assert!(bayes < plain / 2.0, "{bayes}, {plain}");
}

#[test]
fn who_was_not_examined_weighs_nothing() {
    let shown: Vec<CandidateId> = (0..4).map(who).collect();
    let session = Session::new("job", shown.clone(), vec![false, true, false, false]).unwrap();
    let sessions = [session];
    let matrix = FeatureMatrix::new(schema(1), vec![0.0, 1.0, 2.0, 3.0]).unwrap();
    let log = ClickLog::new(&sessions).unwrap();
    let unknown = ClickModel::fit(ClickModelKind::DownToLastClick, &log).unwrap();
    let lacking = unknown.judged(&log, Correction::Examined);
    assert!(matches!(lacking, Err(ClickError::NoFeatures { .. })));
    let log = log.with_features("job", &shown, &matrix).unwrap();
    let lists = unknown.judged(&log, Correction::Examined).unwrap();
    assert_eq!(lists[0].gains()[..2], [0.0, 1.0]);
    assert_eq!(lists[0].weights(), [1.0, 1.0, 0.0, 0.0]);
    let bayes = unknown.judged(&log, Correction::EmpiricalBayes).unwrap();
    assert_eq!(bayes[0].weights(), [1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn measured_propensities_are_used_and_clipped() {
    let shown: Vec<CandidateId> = (0..2).map(who).collect();
    let session = |clicked: [bool; 2]| {
        let session = Session::new("job", shown.clone(), clicked.to_vec()).unwrap();
        session.with_propensities(vec![0.5, 0.01]).unwrap()
    };
    let sessions: Vec<Session> = [[true, false], [false, true]].map(session).into();
    let matrix = FeatureMatrix::new(schema(1), vec![0.0, 1.0]).unwrap();
    let log = ClickLog::new(&sessions).unwrap();
    let log = log.with_features("job", &shown, &matrix).unwrap();
    let model = ClickModel::fit(ClickModelKind::Naive, &log).unwrap();
    let gains = |clip| {
        let lists = model.judged(&log, Correction::InversePropensity { clip });
        lists.unwrap()[0].gains().to_vec()
    };
    assert_eq!(gains(1e6), [1.0, 50.0]);
    assert_eq!(gains(10.0), [1.0, 5.0]);
    for clip in [0.5, f64::NAN] {
        let refused = model.judged(&log, Correction::InversePropensity { clip });
        assert!(matches!(refused, Err(ClickError::Clip { .. })));
    }
}

#[test]
fn a_flood_moves_gains_little() {
    let (lists, clean) = log(10);
    let mut simulator = Simulator::new(11);
    let again = self::lists(60, &mut simulator);
    assert_eq!(again, lists);
    let recruiter = Recruiter::new(cascade(0.25, 0.0)).with_appeal(APPEAL.to_vec());
    let order: Vec<usize> = (0..PLACES).collect();
    let mut sessions = Vec::new();
    for list in &lists {
        for _ in 0..10 {
            sessions.push(simulator.visit(&recruiter, list, &order).session);
        }
    }
    // One source clicks the worst of each list, all day.
    for list in &lists {
        let worst = list.grades().iter().min().unwrap();
        let clicked: Vec<bool> = list.grades().iter().map(|grade| grade == worst).collect();
        let bad = Session::new(list.job(), list.candidates().to_vec(), clicked).unwrap();
        sessions.extend(vec![bad.from_source("bot"); 200]);
    }
    let flooded = with_grades(ClickLog::new(&sessions).unwrap(), &lists, 1);
    assert!((flooded.weight() - clean.weight() / 0.9).abs() < 1e-6);
    let gains = |log: &ClickLog| {
        let model = ClickModel::fit(ClickModelKind::Dbn, log).unwrap();
        off(
            &lists,
            &model.judged(log, Correction::EmpiricalBayes).unwrap(),
        )
    };
    let (before, after) = (gains(&clean), gains(&flooded));
    assert!(after < before + 0.1, "{before} to {after}");
}
