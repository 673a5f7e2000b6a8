//! Whole trainings: repeated, interrupted, and refused.

use std::ops::ControlFlow;

use ranker_lora::{
    Anchor, Encoder, LoraConfig, LoraError, Loss, Precision, Progress, Schedule, Task, TokenPair,
    TrainError, Trained, Trainer, TrainerBuilder, Tuned,
};

use crate::tiny::{self, SMALL};

pub(crate) fn go_on(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Pairs of texts that share their words.
pub(crate) fn pairs(count: u32) -> Vec<TokenPair> {
    let text = |i: u32, turn: u32| {
        (0..4 + i % 5)
            .map(|j| (i * 7 + (j + turn) % 3 * 11) % 50)
            .collect()
    };
    (0..count)
        .map(|i| TokenPair::new(text(i, 0), text(i, 1)))
        .collect()
}

pub(crate) fn config() -> LoraConfig {
    LoraConfig::new(2, 4.0, ["query", "value", "output.dense"]).unwrap()
}

pub(crate) fn builder(encoder: &Encoder) -> TrainerBuilder<'_> {
    let anchor = Anchor::new(pairs(9).into_iter().map(|pair| pair.query).collect());
    Trainer::builder(encoder, config().with_lora_dropout(0.1).unwrap())
        .task(Task::new(pairs(40), Loss::Symmetric).with_batch(8))
        .task(
            Task::new(pairs(7), Loss::MultipleNegatives)
                .with_batch(4)
                .with_weight(0.5),
        )
        .anchor(anchor.with_batch(3).with_weight(0.1))
        .epochs(5)
        .learning_rate(5e-3)
        .schedule(Schedule::Cosine)
        .seed(3)
}

/// Every value that was trained, bit by bit, and the log.
pub(crate) fn bytes(trained: &Trained) -> (Vec<u8>, String) {
    let weights = match trained.tuned.adapter() {
        Some(adapter) => {
            let folder = tempfile::tempdir().unwrap();
            adapter.write(folder.path()).unwrap();
            std::fs::read(folder.path().join("adapter_model.safetensors")).unwrap()
        }
        None => {
            let encoder = trained.tuned.encoder(&tiny::encoder(SMALL, 1)).unwrap();
            encoder.to_onnx(Precision::Float32).unwrap()
        }
    };
    (weights, trained.log.to_csv())
}

#[test]
fn the_loss_falls_and_the_same_seed_gives_the_same_bytes() {
    let encoder = tiny::encoder(SMALL, 1);
    let run = || builder(&encoder).build().unwrap().run(go_on).unwrap();
    let trained = run();
    let steps = trained.log.steps();
    assert_eq!(steps.len(), 25);
    let mean = |part: &[ranker_lora::StepRecord]| part.iter().map(|r| r.loss).sum::<f64>() / 5.0;
    assert!(
        mean(&steps[20..]) < 0.9 * mean(&steps[..5]),
        "{}",
        trained.log.to_csv()
    );
    assert_eq!(bytes(&trained), bytes(&run()));
    let other = builder(&encoder)
        .seed(4)
        .build()
        .unwrap()
        .run(go_on)
        .unwrap();
    assert_ne!(bytes(&trained).0, bytes(&other).0);
}

#[test]
fn an_interrupted_training_ends_with_the_same_bytes() {
    let encoder = tiny::encoder(SMALL, 1);
    let whole = builder(&encoder).build().unwrap().run(go_on).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let resumed = || {
        builder(&encoder)
            .checkpoint(folder.path(), 3)
            .build()
            .unwrap()
    };
    // Stopped after step 7, so that a step is lost and done again.
    let mut first = resumed();
    let stop = |progress: &Progress| match progress.record.step {
        7 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    first.run(stop).unwrap();
    let mut second = resumed();
    assert_eq!(second.step(), 6);
    let second = second.run(go_on).unwrap();
    assert_eq!(bytes(&second), bytes(&whole));
    // What is finished stays finished.
    let mut third = resumed();
    assert_eq!((third.step(), third.steps()), (25, 25));
    assert_eq!(bytes(&third.run(go_on).unwrap()), bytes(&whole));
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let encoder = tiny::encoder(SMALL, 1);
    let folder = tempfile::tempdir().unwrap();
    let with =
        |builder: TrainerBuilder<'_>| builder.checkpoint(folder.path(), 2).build().map(|_| ());
    let mut short = builder(&encoder)
        .checkpoint(folder.path(), 2)
        .build()
        .unwrap();
    short
        .run(|progress| match progress.record.step {
            4 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .unwrap();
    with(builder(&encoder)).unwrap();
    for other in [
        builder(&encoder).seed(9),
        builder(&encoder).learning_rate(1e-4),
        builder(&encoder).task(Task::new(pairs(5), Loss::Symmetric)),
    ] {
        let error = with(other).unwrap_err();
        assert!(matches!(error, TrainError::Checkpoint { .. }), "{error}");
    }
    let other = tiny::encoder(SMALL, 2);
    assert!(matches!(
        with(builder(&other)),
        Err(TrainError::Checkpoint { .. })
    ));
    let file = folder.path().join("checkpoint.safetensors");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let error = with(builder(&encoder)).unwrap_err();
    assert!(
        matches!(error, TrainError::Lora(LoraError::Format { .. })),
        "{error}"
    );
}

#[test]
fn a_checkpoint_of_an_earlier_version_is_refused_with_what_to_do() {
    let encoder = tiny::encoder(SMALL, 1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint.safetensors");
    let build = || builder(&encoder).checkpoint(folder.path(), 2).build();
    build().unwrap().run(go_on).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    // The version stands in the header, in a text of the same length.
    let (new, old) = (b"checkpoint 2", b"checkpoint 1");
    let at = bytes.windows(new.len()).position(|part| part == new);
    let mut earlier = bytes.clone();
    earlier[at.unwrap()..][..old.len()].copy_from_slice(old);
    std::fs::write(&file, &earlier).unwrap();
    let error = build().map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("earlier version") && error.contains("delete"),
        "{error}"
    );
    // The file is left as it is.
    assert_eq!(std::fs::read(&file).unwrap(), earlier);
}

#[test]
fn a_small_token_budget_changes_nothing() {
    let encoder = tiny::encoder(SMALL, 1);
    let run = |tokens| {
        builder(&encoder)
            .token_budget(tokens)
            .build()
            .unwrap()
            .run(go_on)
            .unwrap()
    };
    assert_eq!(bytes(&run(1)), bytes(&run(usize::MAX)));
}

#[test]
fn accumulated_batches_are_averaged() {
    let encoder = tiny::encoder(SMALL, 1);
    let task = || Task::new(pairs(8), Loss::Triplet { margin: 0.5 }).with_batch(4);
    let error = Trainer::builder(&encoder, config())
        .task(task())
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("negative"), "{error}");
    // The mean over two halves of a batch is that over the whole, for a loss of single pairs.
    let with_negatives = || -> Vec<TokenPair> {
        let negative = |(i, pair): (u32, TokenPair)| TokenPair {
            negatives: vec![vec![i, 3, 5]],
            ..pair
        };
        (0..).zip(pairs(8)).map(negative).collect()
    };
    let task = |batch| {
        Task::new(with_negatives(), Loss::Triplet { margin: 0.5 })
            .with_batch(batch)
            .without_shuffling()
    };
    let run = |batch, count| {
        let builder = Trainer::builder(&encoder, config())
            .task(task(batch))
            .accumulate(count);
        builder.epochs(6).build().unwrap().run(go_on).unwrap()
    };
    let (whole, halves) = (run(8, 1), run(4, 2));
    for (a, b) in whole.log.steps().iter().zip(halves.log.steps()) {
        assert!((a.loss - b.loss).abs() < 1e-4, "{a:?} {b:?}");
    }
}

#[test]
fn early_stopping_keeps_the_best() {
    let encoder = tiny::encoder(SMALL, 1);
    let mut trainer = builder(&encoder).early_stopping(2, 3).build().unwrap();
    let mut values = [0.1, 0.5, 0.4, 0.3, 0.2, 0.9].into_iter();
    let mut seen = Vec::new();
    let metric = |tuned: &Tuned| {
        seen.push(tuned.clone());
        values.next().ok_or_else(|| "asked too often".into())
    };
    let trained = trainer.run_measured(metric, go_on).unwrap();
    assert_eq!(
        (trained.step, trained.log.steps().len(), seen.len()),
        (4, 10, 5)
    );
    assert_eq!(trained.tuned, seen[1]);
    let mut trainer = builder(&encoder).early_stopping(2, 3).build().unwrap();
    let error = trainer.run_measured(|_| Ok(f64::NAN), go_on).unwrap_err();
    assert!(
        matches!(error, TrainError::Metric { step: 2, .. }),
        "{error}"
    );
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let encoder = tiny::encoder(SMALL, 1);
    let task = || Task::new(pairs(8), Loss::Symmetric);
    let plain = |config| Trainer::builder(&encoder, config).task(task());
    let rank = |r, target: &str| LoraConfig::new(r, 4.0, [target]).unwrap();
    let scored = |loss| Trainer::builder(&encoder, config()).task(Task::new(pairs(8), loss));
    for (what, builder) in [
        ("no task", Trainer::builder(&encoder, config())),
        ("rank", plain(rank(33, "query"))),
        ("targets", plain(rank(2, "attn"))),
        ("pooler only", plain(rank(2, "pooler.dense"))),
        ("rate", plain(config()).learning_rate(0.0)),
        ("rate", plain(config()).learning_rate(f64::NAN)),
        ("warm-up", plain(config()).warmup(1.5)),
        ("steps", plain(config()).max_steps(0)),
        ("batch", plain(config()).task(task().with_batch(1))),
        ("weight", plain(config()).task(task().with_weight(-1.0))),
        (
            "one pair",
            plain(config()).task(Task::new(pairs(1), Loss::Symmetric)),
        ),
        (
            "token",
            plain(config()).task(Task::new(
                vec![
                    TokenPair::new(vec![1], vec![50]),
                    TokenPair::new(vec![1], vec![2]),
                ],
                Loss::Symmetric,
            )),
        ),
        ("empty", plain(config()).anchor(Anchor::new(vec![vec![]]))),
        ("no anchor", plain(config()).anchor(Anchor::new(vec![]))),
        ("no score", scored(Loss::CoSent)),
        ("no score", scored(Loss::MarginMse)),
    ] {
        let error = builder.build().map(|_| ()).unwrap_err();
        assert!(
            matches!(error, TrainError::Lora(_) | TrainError::Pair { .. }),
            "{what}: {error}"
        );
    }
}

#[test]
fn merged_equals_unmerged_after_training() {
    let encoder = tiny::encoder(SMALL, 1);
    let mut trainer = builder(&encoder).build().unwrap();
    let trained = trainer.run(go_on).unwrap();
    let mut merged = encoder.clone();
    trained.tuned.adapter().unwrap().merge(&mut merged).unwrap();
    let ids = [1, 7, 3, 49, 0, 2];
    let beside = encoder
        .with_adapter(trained.tuned.adapter().unwrap())
        .unwrap()
        .forward(&ids)
        .unwrap();
    let distance = tiny::distance(&beside, &merged.forward(&ids).unwrap());
    assert!(distance < 1e-5, "{distance}");
    assert!(tiny::distance(&beside, &encoder.forward(&ids).unwrap()) > 1e-3);
}
