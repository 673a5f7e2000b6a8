//! Sessions nobody would wish for.

use super::*;
use crate::clicks::{ClickError, ClickModelKind, ClickModels, Correction, Decision};

/// Fits everything, and tells what was chosen and how many rows can be learned from.
fn outcome(log: &ClickLog) -> (ClickModelKind, Decision, usize) {
    for kind in ClickModelKind::ALL {
        let model = ClickModel::fit(kind, log).unwrap();
        for correction in [
            Correction::Examined,
            Correction::InversePropensity { clip: 20.0 },
            Correction::DoublyRobust { clip: 20.0 },
            Correction::EmpiricalBayes,
        ] {
            model.judged(log, correction).unwrap();
        }
    }
    let selection = ClickModels::new().select(log).unwrap();
    let lists = selection.model.judged(log, Correction::default()).unwrap();
    let used = lists.iter().flat_map(crate::JudgedList::weights);
    let used = used.filter(|weight| **weight > 0.0).count();
    (selection.model.kind(), selection.decision, used)
}

fn log(looking: Looking, size: (usize, usize)) -> ClickLog {
    let (lists, sessions) = sessions(looking, size, 1);
    with_grades(ClickLog::new(&sessions).unwrap(), &lists, 1)
}

const FEW: (ClickModelKind, Decision) = (ClickModelKind::DownToLastClick, Decision::TooFewSessions);

#[test]
fn nobody_clicks() {
    let log = log(Looking::Nothing, (30, 2));
    assert_eq!(outcome(&log), (FEW.0, FEW.1, 0));
}

#[test]
fn everybody_clicks_everything() {
    let log = log(Looking::Everything, (30, 2));
    assert_eq!(outcome(&log), (FEW.0, FEW.1, 30 * PLACES));
    let model = ClickModels::new().select(&log).unwrap().model;
    let lists = model.judged(&log, Correction::Examined).unwrap();
    assert!(
        lists
            .iter()
            .all(|list| list.gains().iter().all(|gain| *gain == 1.0))
    );
}

#[test]
fn one_session() {
    let log = log(cascade(0.2, 0.0), (1, 1));
    let (kind, decision, _) = outcome(&log);
    assert_eq!((kind, decision), FEW);
}

#[test]
fn no_sessions_and_empty_ones() {
    assert!(matches!(ClickLog::new(&[]), Err(ClickError::NoSessions)));
    let empty = Session::new("job", vec![], vec![]).unwrap();
    let (lists, mut sessions) = sessions(cascade(0.2, 0.0), (30, 2), 1);
    let without = ClickModels::new().select(&ClickLog::new(&sessions).unwrap());
    sessions.push(empty.clone());
    let log = ClickLog::new(&sessions).unwrap();
    assert_eq!(ClickModels::new().select(&log), without);
    let model = without.unwrap().model;
    assert_eq!(model.examination(&empty), Vec::<f64>::new());
    assert_eq!(model.log_likelihood(&empty), 0.0);
    let _ = lists;
}

#[test]
fn one_list_with_opposite_clicks() {
    let shown = || (0..2).map(who).collect::<Vec<_>>();
    let one = |clicked: [bool; 2]| Session::new("job", shown(), clicked.to_vec()).unwrap();
    let sessions: Vec<Session> = (0..40).map(|at| one([at % 2 == 0, at % 2 == 1])).collect();
    let model = ClickModel::fit(ClickModelKind::Naive, &ClickLog::new(&sessions).unwrap());
    let model = model.unwrap();
    for at in 0..2 {
        assert!((model.attractiveness("job", &who(at)) - 0.5).abs() < 1e-9);
    }
}

#[test]
fn strangers_are_average() {
    let (_, sessions) = sessions(positions(), (30, 4), 1);
    let log = ClickLog::new(&sessions).unwrap();
    for kind in [
        ClickModelKind::Pbm,
        ClickModelKind::Dbn,
        ClickModelKind::Dcm,
    ] {
        let model = ClickModel::fit(kind, &log).unwrap();
        let stranger = Session::new("?", (20..40).map(who).collect(), vec![false; 20]).unwrap();
        let examined = model.examination(&stranger);
        assert!(examined.iter().all(|chance| (0.0..=1.0).contains(chance)));
        assert!((0.0..1.0).contains(&model.attractiveness("?", &who(20))));
    }
}

#[test]
fn the_order_of_sessions_does_not_matter() {
    let (lists, mut sessions) = sessions(cascade(0.2, 0.0), (40, 1), 1);
    let log = with_grades(ClickLog::new(&sessions).unwrap(), &lists, 1);
    sessions.reverse();
    let reversed = with_grades(ClickLog::new(&sessions).unwrap(), &lists, 1);
    let models = ClickModels::new();
    let (one, other) = (
        models.select(&log).unwrap(),
        models.select(&reversed).unwrap(),
    );
    assert_eq!(one, other);
    let judged = |log: &ClickLog| one.model.judged(log, Correction::EmpiricalBayes).unwrap();
    assert_eq!(judged(&log), judged(&reversed));
}
