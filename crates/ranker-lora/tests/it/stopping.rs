//! A cross-encoder's training, measured on the way.

use std::ops::ControlFlow;

use ranker_lora::{CrossEncoder, LoraError, PairIds, Tuned};

use crate::cross::{builder, go_on};
use crate::tiny;

/// Queries joined with a right text and with a wrong one that no list has.
fn development() -> Vec<PairIds> {
    let join = |i: u32, j: u32| PairIds::new(vec![0, 3 + i % 7, 2, 3 + j % 7, 2], 3);
    (0..7).flat_map(|i| [join(i, i), join(i, i + 2)]).collect()
}

/// The share of queries whose right text is above the wrong one.
fn share(scores: &[f32]) -> f64 {
    let (rows, _) = scores.as_chunks::<2>();
    let right = rows.iter().filter(|[right, wrong]| right > wrong).count();
    right as f64 / rows.len() as f64
}

#[test]
fn the_metric_is_told_of_adapter_and_head() {
    let cross = CrossEncoder::new(tiny::encoder(tiny::SMALL, 1), 3);
    let pairs = development();
    let mut values = Vec::new();
    let metric = |tuned: &Tuned| {
        let adapter = tuned.cross_adapter().ok_or("no cross-encoder")?;
        let scores = adapter.scores(&cross, &pairs)?;
        let mut merged = cross.clone();
        adapter.merge(&mut merged)?;
        for (pair, score) in pairs.iter().zip(&scores) {
            assert!((merged.score(pair)? - score).abs() < 1e-5);
        }
        values.push(share(&scores));
        Ok(share(&scores))
    };
    let mut trainer = builder(&cross).early_stopping(3, 12).build().unwrap();
    let trained = trainer.run_measured(metric, go_on).unwrap();
    assert_eq!(values.len(), 12);
    let best = values.iter().copied().fold(0.0, f64::max);
    let first = values.iter().position(|value| *value == best).unwrap();
    assert_eq!(trained.step, 3 * (first + 1), "{values:?}");
    let adapter = trained.tuned.cross_adapter().unwrap();
    assert_eq!(share(&adapter.scores(&cross, &pairs).unwrap()), best);
    assert!(values[0] < best && best > 0.8, "{values:?}");
}

#[test]
fn what_had_the_best_metric_is_kept_even_across_an_interruption() {
    let cross = CrossEncoder::new(tiny::encoder(tiny::SMALL, 1), 3);
    let folder = tempfile::tempdir().unwrap();
    let values = [0.1, 0.5, 0.4, 0.3, 0.2, 0.9];
    let mut seen: Vec<Tuned> = Vec::new();
    let mut run = |last: usize| {
        let builder = builder(&cross).early_stopping(2, 3);
        let mut trainer = builder.checkpoint(folder.path(), 1).build().unwrap();
        let metric = |tuned: &Tuned| {
            seen.push(tuned.clone());
            Ok(values[seen.len() - 1])
        };
        let stop = |progress: &ranker_lora::Progress| match progress.record.step == last {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        trainer.run_measured(metric, stop).unwrap()
    };
    assert_eq!(run(7).step, 4);
    let trained = run(usize::MAX);
    assert_eq!((trained.step, trained.log.steps().len()), (4, 10));
    assert_eq!(seen.len(), 5);
    assert_eq!(trained.tuned, seen[1]);
    assert!(trained.tuned.adapter().is_some());
}

#[test]
fn scores_are_refused_where_nothing_fits() {
    let cross = CrossEncoder::new(tiny::encoder(tiny::SMALL, 1), 3);
    let trained = builder(&cross).max_steps(2).build().unwrap().run(go_on);
    let tuned = trained.unwrap().tuned;
    let adapter = tuned.cross_adapter().unwrap();
    let long = PairIds::new(vec![1; 25], 3);
    let error = adapter.scores(&cross, &[long]).unwrap_err();
    assert!(matches!(error, LoraError::Token { .. }), "{error}");
    let other = CrossEncoder::new(tiny::encoder(tiny::REAL, 1), 3);
    let error = adapter.scores(&other, &development()).unwrap_err();
    assert!(matches!(error, LoraError::Shape { .. }), "{error}");
    assert!(adapter.scores(&cross, &[]).unwrap().is_empty());
}
