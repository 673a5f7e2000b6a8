//! A training that is killed ends with the same bytes as one that is not.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use ranker_lora::{Progress, Trained, TrainerBuilder};

use crate::tiny::{self, SMALL};
use crate::train::{builder, bytes, go_on};

/// Tells a child process where to train.
const FOLDER: &str = "RANKER_LORA_KILL_TEST";
/// How many steps are done, appended to by the child.
const DONE: &str = "done";

fn training<'a>(encoder: &'a ranker_lora::Encoder) -> TrainerBuilder<'a> {
    builder(encoder).epochs(40)
}

fn result(trained: &Trained) -> Vec<u8> {
    let (weights, log) = bytes(trained);
    [weights, log.into_bytes()].concat()
}

/// Does nothing unless [`kill_until_done`] runs it.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let encoder = tiny::encoder(SMALL, 1);
    let mut trainer = training(&encoder).checkpoint(folder, 2).build().unwrap();
    let slow = |_: &Progress| {
        // Long enough that a kill hits some step or checkpoint, and not only the start.
        std::thread::sleep(Duration::from_millis(1));
        ControlFlow::Continue(())
    };
    let trained = trainer.run(slow).unwrap();
    std::fs::write(folder.join("part"), result(&trained)).unwrap();
    std::fs::rename(folder.join("part"), folder.join(DONE)).unwrap();
}

/// Kills the training at random moments, `kills` times at the most, and lets it end; returns what
/// it made and how often it was killed.
fn kill_until_done(seed: u64, kills: usize) -> (Vec<u8>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut killed = 0;
    loop {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_millis(random.random_range(20..250));
        while killed < kills && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        if killed < kills && child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
        }
        child.wait().unwrap();
        if let Ok(made) = std::fs::read(folder.path().join(DONE)) {
            return (made, killed);
        }
        assert!(killed > 0, "seed {seed}: the training failed by itself");
    }
}

#[expect(clippy::print_stdout, reason = "the seed repeats a failure")]
fn check(seeds: std::ops::Range<u64>, kills: usize) {
    let encoder = tiny::encoder(SMALL, 1);
    let whole = result(&training(&encoder).build().unwrap().run(go_on).unwrap());
    for seed in seeds {
        let (made, killed) = kill_until_done(seed, kills);
        println!("seed {seed}: killed {killed} times");
        assert!(
            made == whole,
            "seed {seed}: other bytes after {killed} kills"
        );
    }
}

#[test]
fn killed_a_few_times_it_ends_with_the_same_bytes() {
    check(0..2, 4);
}

/// `cargo test --release -p ranker-lora --test it killed_many -- --ignored --nocapture`
#[test]
#[ignore = "takes a minute"]
fn killed_many_times_it_ends_with_the_same_bytes() {
    check(100..120, 100);
}
