//! What all kinds of training have in common: reproducible, resumable, and what they make.

use std::ops::ControlFlow;

use ranker_lora::{
    AdapterSet, Bias, Encoder, LoraAdapter, LoraError, Loss, Pooling, Task, TokenPair, TrainError,
    Trainable, Trained, Trainer, TrainerBuilder,
};

use crate::tiny::{self, SMALL};
use crate::train::{bytes, config, go_on, pairs};

/// One of every kind, by name.
fn kinds() -> [(&'static str, Trainable); 4] {
    let dropout = || config().with_lora_dropout(0.1).unwrap();
    [
        ("lora", dropout().into()),
        ("dora", dropout().with_dora().into()),
        ("biases", config().with_bias(Bias::All).into()),
        ("full", Trainable::Full),
    ]
}

fn builder(encoder: &Encoder, trainable: Trainable) -> TrainerBuilder<'_> {
    Trainer::builder(encoder, trainable)
        .task(Task::new(pairs(120), Loss::Symmetric).with_batch(60))
        .epochs(4)
        .learning_rate(2e-3)
        .seed(3)
}

fn run(encoder: &Encoder, trainable: Trainable) -> Trained {
    builder(encoder, trainable)
        .build()
        .unwrap()
        .run(go_on)
        .unwrap()
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let encoder = tiny::encoder(SMALL, 1);
    for (name, trainable) in kinds() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let pool = pool.build().unwrap();
            bytes(&pool.install(|| run(&encoder, trainable.clone())))
        };
        let one = on(1);
        assert!(one == on(2) && one == on(8), "{name}");
    }
}

#[test]
fn every_kind_can_be_interrupted() {
    let encoder = tiny::encoder(SMALL, 1);
    for (name, trainable) in kinds() {
        let whole = bytes(&run(&encoder, trainable.clone()));
        let folder = tempfile::tempdir().unwrap();
        let resumed = || {
            let builder = builder(&encoder, trainable.clone());
            builder.checkpoint(folder.path(), 3).build().unwrap()
        };
        let stop = |progress: &ranker_lora::Progress| match progress.record.step {
            5 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        resumed().run(stop).unwrap();
        let mut second = resumed();
        assert_eq!(second.step(), 3);
        assert!(bytes(&second.run(go_on).unwrap()) == whole, "{name}");
    }
}

#[test]
fn a_checkpoint_of_another_kind_is_refused() {
    let encoder = tiny::encoder(SMALL, 1);
    let folder = tempfile::tempdir().unwrap();
    let with = |trainable| {
        builder(&encoder, trainable)
            .checkpoint(folder.path(), 1)
            .build()
    };
    with(config().into()).unwrap().run(go_on).unwrap();
    for (name, trainable) in kinds() {
        let error = with(trainable).map(|_| ()).unwrap_err();
        assert!(
            matches!(error, TrainError::Checkpoint { .. }),
            "{name}: {error}"
        );
    }
}

#[test]
fn the_loss_falls_and_the_result_embeds_as_the_trainer_does() {
    let encoder = tiny::encoder(SMALL, 1);
    let texts: Vec<Vec<u32>> = pairs(6).into_iter().map(|pair| pair.query).collect();
    let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
    for (name, trainable) in kinds() {
        let mut trainer = builder(&encoder, trainable).epochs(20).build().unwrap();
        let trained = trainer.run(go_on).unwrap();
        let steps = trained.log.steps();
        let (first, last) = (steps[0].loss, steps[steps.len() - 1].loss);
        assert!(last < 0.9 * first, "{name}: {first}, {last}");
        let tuned = trained.tuned.encoder(&encoder).unwrap();
        let rows = trainer.embed(&texts);
        for (ids, row) in texts.iter().zip(rows.chunks(32)) {
            let own = crate::repository_model::pooled(&tuned.forward(ids).unwrap());
            let distance = own.iter().zip(row).map(|(a, b)| (a - f64::from(*b)).abs());
            assert!(distance.fold(0.0, f64::max) < 1e-5, "{name}");
            if let Some(adapter) = trained.tuned.adapter() {
                let beside = encoder.with_adapter(adapter).unwrap().forward(ids).unwrap();
                let merged = tuned.forward(ids).unwrap();
                assert!(tiny::distance(&beside, &merged) < 1e-4, "{name}");
            }
        }
    }
}

#[test]
fn a_full_training_leaves_the_pooler_and_starts_from_no_adapter() {
    let encoder = tiny::encoder(SMALL, 1);
    let count = builder(&encoder, Trainable::Full)
        .build()
        .unwrap()
        .parameters();
    let layer = 4 * (32 * 32 + 32) + 2 * 32 * 64 + 64 + 32 + 4 * 32;
    assert_eq!(count, (50 + 24 + 2) * 32 + 2 * 32 + 2 * layer);
    let adapter = LoraAdapter::untrained(config(), &encoder, 1).unwrap();
    let error = builder(&encoder, Trainable::Full)
        .start_from(adapter)
        .build()
        .unwrap_err();
    assert!(
        error.to_string().contains("merge the adapter first"),
        "{error}"
    );
}

#[test]
fn preferences_are_learned_and_start_where_the_encoder_is() {
    let encoder = tiny::encoder(SMALL, 1);
    let preferred = |(i, pair): (u32, TokenPair)| TokenPair {
        negatives: vec![vec![i % 50, 3, 5]],
        ..pair
    };
    let all: Vec<TokenPair> = (0..).zip(pairs(24)).map(preferred).collect();
    let task = |beta| Task::new(all.clone(), Loss::Preference { beta }).with_batch(12);
    let with = |task| {
        Trainer::builder(&encoder, config())
            .task(task)
            .learning_rate(5e-3)
    };
    let mut trainer = with(task(0.3)).epochs(20).build().unwrap();
    let trained = trainer.run(go_on).unwrap();
    let steps = trained.log.steps();
    // An untrained adapter prefers as the encoder does.
    assert!(
        (steps[0].loss - 2.0_f64.ln()).abs() < 1e-6,
        "{}",
        steps[0].loss
    );
    assert!(
        steps[steps.len() - 1].loss < 0.5,
        "{}",
        trained.log.to_csv()
    );
    for beta in [0.0, -1.0, f32::NAN] {
        assert!(
            with(task(beta))
                .build()
                .unwrap_err()
                .to_string()
                .contains("beta")
        );
    }
    let without = Task::new(pairs(8), Loss::Preference { beta: 0.1 });
    let error = with(without).build().unwrap_err();
    assert!(error.to_string().contains("rejected"), "{error}");
}

#[test]
fn adapters_side_by_side_embed_as_each_alone() {
    let encoder = tiny::encoder(SMALL, 1);
    let mut set = AdapterSet::new(&encoder, Pooling::Mean);
    let ids: [&[u32]; 2] = [&[1, 7, 3], &[49, 0, 2, 5]];
    let adapters = [
        ("plain", tiny::trained(config(), &encoder, 1)),
        ("other", tiny::trained(config(), &encoder, 2)),
        (
            "dora",
            tiny::trained(config().with_dora().with_bias(Bias::LoraOnly), &encoder, 3),
        ),
    ];
    for (name, adapter) in &adapters {
        set.insert(*name, adapter.clone()).unwrap();
    }
    for (name, adapter) in &adapters {
        let adapted = encoder.with_adapter(adapter).unwrap();
        for (ids, row) in ids.iter().zip(set.embed(name, &ids).unwrap()) {
            let own = crate::repository_model::pooled(&adapted.forward(ids).unwrap());
            let distance = own.iter().zip(row).map(|(a, b)| (a - f64::from(b)).abs());
            assert!(distance.fold(0.0, f64::max) < 1e-5, "{name}");
        }
    }
    let error = set.embed("titles", &ids).unwrap_err().to_string();
    assert_eq!(
        error,
        "there is no adapter \"titles\"; there are: dora, other, plain"
    );
    let error = set.embed("plain", &[&[50]]).unwrap_err();
    assert!(matches!(error, LoraError::Token { .. }), "{error}");
    assert!(set.remove("other") && !set.remove("other"));
    assert_eq!(set.names().collect::<Vec<_>>(), ["dora", "plain"]);
    let foreign = tiny::trained(config(), &tiny::encoder(tiny::REAL, 1), 1);
    let error = set.insert("foreign", foreign).unwrap_err().to_string();
    assert!(
        error.contains("encoder.layer.0.") && error.contains("384"),
        "{error}"
    );
}
