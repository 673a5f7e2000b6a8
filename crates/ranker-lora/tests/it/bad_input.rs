//! Data and disks that a training cannot work with: it says so, and what was good before stays.

use std::path::Path;
use std::process::Command;

use ranker_lora::{
    Encoder, LoraAdapter, LoraConfig, LoraError, Loss, Precision, Task, TokenPair, TrainError,
    Trainable, Trainer, TrainerBuilder,
};

use crate::tiny::{self, REAL, SMALL};
use crate::train::{builder, config, go_on, pairs};

fn with_pairs(pairs: Vec<TokenPair>) -> Result<(), TrainError> {
    let encoder = tiny::encoder(SMALL, 1);
    let task = Task::new(pairs, Loss::Symmetric);
    Trainer::builder(&encoder, config())
        .task(task)
        .build()
        .map(|_| ())
}

#[test]
fn a_pair_that_cannot_be_learned_from_is_named() {
    let one_sided = |query: Vec<u32>, positive: Vec<u32>| TokenPair::new(query, positive);
    let negative = |negative: Vec<u32>| TokenPair {
        negatives: vec![vec![9], negative],
        ..TokenPair::new(vec![1, 2], vec![3, 4])
    };
    for (bad, problem) in [
        (one_sided(vec![], vec![]), "0 tokens"),
        (one_sided(vec![1], vec![]), "0 tokens"),
        (one_sided(vec![], vec![1]), "0 tokens"),
        (one_sided(vec![1; 25], vec![1]), "25 tokens"),
        (one_sided(vec![1], vec![50]), "token id 50"),
        (negative(vec![3, 4]), "its positive is also a negative"),
        (negative(vec![1, 2]), "its query is also a negative"),
        (negative(vec![]), "0 tokens"),
    ] {
        let mut all = pairs(4);
        all.push(bad);
        let error = with_pairs(all).unwrap_err();
        let named = matches!(
            error,
            TrainError::Pair {
                task: 0,
                pair: 4,
                ..
            }
        );
        assert!(named && error.to_string().contains(problem), "{error}");
    }
}

fn broken(config: LoraConfig) -> Result<(), TrainError> {
    let encoder = tiny::encoder(SMALL, 1);
    let task = Task::new(pairs(8), Loss::Symmetric);
    Trainer::builder(&encoder, config)
        .task(task)
        .build()
        .map(|_| ())
}

#[test]
fn ranks_and_targets_that_fit_no_layer_are_refused() {
    let zero = LoraConfig::new(0, 1.0, ["query"]).unwrap_err();
    assert!(zero.to_string().contains("r is 0"), "{zero}");
    let wide = broken(LoraConfig::new(33, 1.0, ["query"]).unwrap()).unwrap_err();
    let path = "encoder.layer.0.attention.self.query";
    assert!(
        wide.to_string().contains(path) && wide.to_string().contains("rank"),
        "{wide}"
    );
    let none = broken(LoraConfig::new(2, 1.0, ["attn", "c_proj"]).unwrap()).unwrap_err();
    assert!(
        none.to_string().contains("attn") && none.to_string().contains("c_proj"),
        "{none}"
    );
}

#[test]
fn adapters_and_folders_of_another_encoder_are_refused_by_name_and_shape() {
    let (small, real) = (tiny::encoder(SMALL, 1), tiny::encoder(REAL, 1));
    let foreign = tiny::trained(config(), &small, 1);
    let two = [1, 2].map(|id| TokenPair::new(vec![id], vec![id, 3]));
    let training = Trainer::builder(&real, config())
        .start_from(foreign.clone())
        .task(Task::new(two.to_vec(), Loss::Symmetric))
        .build()
        .map(|_| ());
    let mut copy = real.clone();
    let errors = [
        training.unwrap_err().to_string(),
        real.with_adapter(&foreign).unwrap_err().to_string(),
        foreign.merge(&mut copy).unwrap_err().to_string(),
    ];
    for error in errors {
        let all = [
            "encoder.layer.0.attention.output.dense",
            "(32, 32)",
            "(384, 384)",
        ];
        assert!(all.iter().all(|part| error.contains(part)), "{error}");
    }
    assert!(copy == real);
    // A folder whose configuration is of another size than its weights.
    let folder = tempfile::tempdir().unwrap();
    let weights = tiny::safetensors(&tiny::tensors(SMALL, 1), safetensors::Dtype::F32);
    tiny::write(folder.path(), REAL, &weights);
    let error = Encoder::read(folder.path()).unwrap_err();
    let shown = error.to_string();
    assert!(matches!(error, LoraError::TensorShape { .. }), "{shown}");
    assert!(
        shown.contains("word_embeddings") && shown.contains("[50, 32]"),
        "{shown}"
    );
    let error = small.write_folder(folder.path(), folder.path(), Precision::Float32);
    assert!(matches!(error, Err(LoraError::Setting { .. })));
    // What was merged here does not come out of another encoder.
    let mut tuned = small.clone();
    let merged = foreign.merge(&mut tuned).unwrap();
    let error = merged.undo(&mut copy).unwrap_err().to_string();
    assert!(error.contains("(384, 384)") && copy == real, "{error}");
}

fn diverging<'a>(encoder: &'a Encoder, folder: &Path) -> TrainerBuilder<'a> {
    let config = LoraConfig::new(2, 1e30, ["query", "value"]).unwrap();
    Trainer::builder(encoder, config)
        .task(Task::new(pairs(40), Loss::Symmetric).with_batch(8))
        .epochs(10)
        .learning_rate(1e3)
        .checkpoint(folder, 1)
}

#[test]
fn a_training_that_diverges_says_where_and_keeps_the_last_good_checkpoint() {
    let encoder = tiny::encoder(SMALL, 1);
    let folder = tempfile::tempdir().unwrap();
    let mut trainer = diverging(&encoder, folder.path()).build().unwrap();
    let error = trainer.run(go_on).unwrap_err();
    let TrainError::Diverged {
        step,
        pairs,
        checkpoint: Some(checkpoint),
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert!(*step > 1 && pairs.len() == 8);
    let shown = error.to_string();
    assert!(shown.contains(&format!("step {step}")) && shown.contains(&format!("{pairs:?}")));
    assert!(shown.contains(&checkpoint.display().to_string()), "{shown}");
    // The trainer and the file are both as before that step.
    let again = diverging(&encoder, folder.path()).build().unwrap();
    assert_eq!((again.step(), trainer.step()), (step - 1, step - 1));
    assert_eq!(again.tuned().unwrap(), trainer.tuned().unwrap());
}

#[test]
fn a_training_that_learns_nothing_says_so() {
    let encoder = tiny::encoder(SMALL, 1);
    // All pairs are of one group, so there is nothing to tell apart.
    let same: Vec<TokenPair> = pairs(8)
        .into_iter()
        .map(|pair| TokenPair {
            group: Some(1),
            ..pair
        })
        .collect();
    let run = |trainable: Trainable, pairs: Vec<TokenPair>, (epochs, rate): (usize, f64)| {
        let task = Task::new(pairs, Loss::Symmetric)
            .with_batch(8)
            .without_shuffling();
        let trainer = Trainer::builder(&encoder, trainable).task(task);
        let trainer = trainer.epochs(epochs).learning_rate(rate).weight_decay(0.0);
        trainer.build().unwrap().run(go_on).unwrap_err()
    };
    for (trainable, pairs, how, at, problem) in [
        (
            config().into(),
            same.clone(),
            (50, 1e-3),
            10,
            "zero for 10 steps",
        ),
        (
            config().into(),
            same.clone(),
            (4, 1e-3),
            4,
            "zero in every step",
        ),
        (
            config().into(),
            pairs(8),
            (4, 1e-300),
            4,
            "every B of an adapter is still zero",
        ),
        (
            config().into(),
            pairs(8),
            (30, 1e-20),
            30,
            "the loss was the same",
        ),
        (
            Trainable::Full,
            pairs(8),
            (4, 1e-20),
            4,
            "the encoder is as before",
        ),
        (Trainable::Full, same, (4, 1e-3), 4, "zero in every step"),
    ] {
        let error = run(trainable, pairs, how);
        let here = matches!(error, TrainError::LearnsNothing { step, .. } if step == at);
        assert!(here && error.to_string().contains(problem), "{error}");
    }
}

/// Where [`child`] saves.
const FOLDER: &str = "RANKER_LORA_FULL_DISK_TEST";

/// An encoder that need not be written first.
fn base() -> Encoder {
    Encoder::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/peft")).unwrap()
}

/// Does nothing unless a test runs it in a place where writing fails.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let encoder = base();
    let built = builder(&encoder).checkpoint(&folder, 1).build();
    let error = built.unwrap().run(go_on).unwrap_err();
    assert!(
        matches!(
            error,
            TrainError::Lora(LoraError::Io {
                action: "write",
                ..
            })
        ),
        "{error}"
    );
    let adapter = tiny::trained(LoraConfig::new(32, 1.0, ["dense"]).unwrap(), &encoder, 1);
    let error = adapter.write(&folder).unwrap_err();
    assert!(
        matches!(
            error,
            LoraError::Io {
                action: "write",
                ..
            }
        ),
        "{error}"
    );
}

/// What takes all the room in a folder.
const FILLING: &str = "filling";

/// The files of a folder, by name, but for [`FILLING`].
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let named = entries.map(|entry| {
        let name = entry.file_name().into_string().unwrap();
        (name, std::fs::read(entry.path()).unwrap())
    });
    let mut files: Vec<_> = named.filter(|(name, _)| name != FILLING).collect();
    files.sort();
    files
}

/// Saves a checkpoint and an adapter, then has [`child`] go on where `command` lets no more be
/// written: all must be as before.
fn check_full(folder: &Path, command: &str) {
    let encoder = base();
    let mut trainer = builder(&encoder).checkpoint(folder, 1).build().unwrap();
    let stop = |_: &ranker_lora::Progress| std::ops::ControlFlow::Break(());
    trainer.run(stop).unwrap();
    let adapter = LoraAdapter::untrained(config(), &encoder, 1).unwrap();
    adapter.write(folder).unwrap();
    let before = files(folder);
    assert_eq!(before.len(), 3);
    let output = Command::new("sh")
        .args([
            "-c",
            &format!("{command} exec \"$0\" --exact bad_input::child"),
        ])
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    assert!(files(folder) == before);
    // And it goes on from there when there is room again.
    let again = builder(&encoder).checkpoint(folder, 1).build().unwrap();
    assert_eq!(again.step(), 1);
}

#[test]
#[cfg(unix)]
fn files_that_grow_too_large_leave_the_old_ones() {
    let folder = tempfile::tempdir().unwrap();
    // The signal at the limit is ignored, so that writing fails as on a full disk.
    check_full(folder.path(), "trap '' XFSZ; ulimit -f 8;");
}

/// `cargo test -p ranker-lora --test it full_disk -- --ignored`, as root
#[test]
#[cfg(target_os = "linux")]
#[ignore = "mounts a file system"]
fn a_full_disk_leaves_the_old_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let run = |program: &str, args: &[&str]| {
        let status = Command::new(program).args(args).arg(path).status().unwrap();
        assert!(status.success(), "{program}");
    };
    run("mount", &["-t", "tmpfs", "-o", "size=64k", "tmpfs"]);
    let fill = format!("cat /dev/zero > {}/{FILLING} 2> /dev/null;", path.display());
    let result = std::panic::catch_unwind(|| check_full(path, &fill));
    run("umount", &[]);
    result.unwrap();
}

#[test]
fn a_model_of_late_interaction_is_not_trained_as_an_encoder() {
    let late = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../ranker-embed/tests/late/pylate"
    );
    let refused = ranker_lora::TextTokenizer::read(late).unwrap_err();
    assert!(
        refused.to_string().contains("late interaction"),
        "{refused}"
    );
}
