//! The right model is chosen, or none.

use super::*;
use crate::clicks::{ClickModelKind, ClickModels, Decision};

fn chosen(looking: Looking, size: (usize, usize), seed: u64) -> (ClickModelKind, Decision) {
    let (_, sessions) = sessions(looking, size, seed);
    let log = ClickLog::new(&sessions).unwrap();
    let selection = ClickModels::new().select(&log).unwrap();
    (selection.model.kind(), selection.decision)
}

#[test]
fn the_model_behind_the_clicks_is_chosen() {
    let cases = [
        (positions(), ClickModelKind::Pbm),
        (cascade(0.0, 1.0), ClickModelKind::Cascade),
        (cascade(0.2, 0.0), ClickModelKind::Dbn),
        (cascade(0.15, 0.4), ClickModelKind::Dbn),
    ];
    for (looking, kind) in cases {
        for (size, seed) in [((30, 20), 1), ((30, 20), 2), ((200, 1), 3)] {
            let told = format!("{looking:?}, {size:?}, seed {seed}");
            let found = chosen(looking.clone(), size, seed);
            assert_eq!(found, (kind, Decision::Selected), "{told}");
        }
    }
}

#[test]
fn models_that_both_hold_the_truth_are_as_good() {
    for seed in 1..4 {
        let (kind, decision) = chosen(cascade(0.0, 0.4), (30, 20), seed);
        assert_eq!(decision, Decision::Selected);
        let either = [ClickModelKind::SimplifiedDbn, ClickModelKind::Dcm];
        assert!(either.contains(&kind), "{kind}");
    }
}

#[test]
fn abstains_where_clicks_are_noise() {
    let mut abstained = 0;
    for seed in 0..20 {
        let (_, decision) = chosen(Looking::Noise(0.3), (40, 5), seed);
        abstained += usize::from(decision == Decision::NoneBetter);
    }
    assert!(abstained >= 19, "{abstained} of 20");
}

#[test]
fn abstains_where_everything_is_examined() {
    let found = chosen(cascade(0.0, 0.0), (40, 10), 1);
    assert_eq!(found, (ClickModelKind::Naive, Decision::NoneBetter));
}

#[test]
fn what_is_tried_is_told() {
    let (lists, sessions) = sessions(cascade(0.2, 0.0), (40, 1), 1);
    let log = with_grades(ClickLog::new(&sessions).unwrap(), &lists, 1);
    let selection = ClickModels::new().select(&log).unwrap();
    let kinds: Vec<ClickModelKind> = selection.tried.iter().map(|tried| tried.kind).collect();
    assert_eq!(kinds, ClickModelKind::ALL);
    let naive = selection.tried[0];
    assert_eq!((naive.gain, naive.gain_se), (0.0, 0.0));
    for tried in &selection.tried {
        let perplexity = (-tried.log_likelihood / PLACES as f64).exp();
        assert!((tried.perplexity - perplexity).abs() < 1e-9);
        assert!((tried.log_likelihood - naive.log_likelihood - tried.gain).abs() < 1e-9);
    }
    assert!((1.0..2.0).contains(&selection.model.perplexity(&sessions)));
}
