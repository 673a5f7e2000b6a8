//! A collection follows another encoder, however often that is interrupted.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use rand::RngExt;
use ranker_core::{EmbedError, Embedded, Embedder, Embedding, Retriever as _, Role, TokenUsage};
use ranker_retrieve::{Collection, CollectionError, IndexError};

use super::{child, create, name, numbered, open, told};
use crate::common::{id, rng};

/// An encoder of four dimensions: a text's length and a bit of what it says.
#[derive(Debug, Default)]
struct Tuned {
    /// Every text that was embedded.
    texts: Mutex<Vec<String>>,
    pause: Duration,
    fails_after: Option<usize>,
}

fn vector(text: &str) -> Embedding {
    let sum = |step: usize| text.bytes().step_by(step).map(f32::from).sum::<f32>();
    Embedding::normalized(vec![text.len() as f32, sum(1) / 90.0, sum(2) / 50.0, 1.0]).unwrap()
}

impl Embedder for Tuned {
    fn dimension(&self) -> usize {
        4
    }

    fn model_id(&self) -> &str {
        "tuned"
    }

    fn embed(&self, texts: &[&str], _role: Role) -> Result<Vec<Embedded>, EmbedError> {
        std::thread::sleep(self.pause);
        let mut all = self.texts.lock().unwrap();
        if self.fails_after.is_some_and(|most| all.len() >= most) {
            return Err(EmbedError::Backend {
                backend: "tuned".to_owned(),
                source: "out of memory".into(),
            });
        }
        all.extend(texts.iter().map(|&text| text.to_owned()));
        let usage = TokenUsage::new(1, 1);
        Ok(texts
            .iter()
            .map(|text| Embedded::new(vector(text), usage))
            .collect())
    }
}

/// Whether one collection holds what another does, with embeddings of the tuned encoder alone.
fn follows(tuned: &Collection, original: &Collection) {
    let (tuned, original) = (tuned.snapshot(), original.snapshot());
    assert_eq!(tuned.encoder(), Some("tuned"));
    let ids = |snapshot: &ranker_retrieve::CollectionSnapshot| {
        snapshot.ids().cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(ids(&tuned), ids(&original));
    for id in original.ids() {
        let profile = tuned.profile(id).unwrap().unwrap();
        assert_eq!(Some(&profile), original.profile(id).unwrap().as_ref());
        let embedding = tuned.embedding(id).unwrap();
        assert_eq!(embedding, Some(vector(&profile.full_text())));
    }
}

#[test]
fn changes_are_taken_over() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let original = create(&at("original")).embedded_by("bundled").unwrap();
    original
        .insert_all((0..600).map(|n| numbered(n, 0)))
        .unwrap();
    let (encoder, mut steps) = (Tuned::default(), Vec::new());
    let mut progress = |done, total| {
        steps.push((done, total));
        if done == 256 {
            // While it works: one is changed, one goes, one comes.
            let (profile, vector) = numbered(5, 1);
            original.update(profile, vector).unwrap();
            original.remove(&id(&name(400))).unwrap();
            let (profile, vector) = numbered(600, 0);
            original.insert(profile, vector).unwrap();
        }
    };
    let tuned = original
        .reembed(at("tuned"), &encoder, &mut progress)
        .unwrap();
    assert_eq!(steps, [(256, 600), (512, 600), (600, 600)]);
    follows(&tuned, &original);
    assert_eq!(original.encoder(), Some("bundled"));
    assert_eq!(
        encoder.texts.lock().unwrap().len(),
        602,
        "600, and two that changed"
    );

    let (profile, vector) = numbered(7, 1);
    original.update(profile, vector).unwrap();
    let followed = tuned.follow(&original, &encoder).unwrap();
    assert_eq!(
        (followed.inserted, followed.updated, followed.removed),
        (0, 1, 0)
    );
    let followed = tuned.follow(&original, &encoder).unwrap();
    assert_eq!(
        (followed.inserted, followed.updated, followed.removed),
        (0, 0, 0)
    );
    follows(&tuned, &original);
    tuned.close().unwrap();
    follows(&open(&at("tuned")), &original);
}

#[test]
fn versions_are_never_mixed() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let original = create(&at("original")).embedded_by("bundled").unwrap();
    original
        .insert_all((0..10).map(|n| numbered(n, 0)))
        .unwrap();
    let other = create(&at("other")).embedded_by("third").unwrap();
    other.insert_all((0..3).map(|n| numbered(n, 0))).unwrap();
    drop(other);
    let encoder = Tuned::default();
    // Into the place of another encoder's, and into itself.
    let refused = original.reembed(at("other"), &encoder, &mut |_, _| ());
    assert!(
        matches!(refused, Err(CollectionError::Encoder { .. })),
        "{refused:?}"
    );
    let refused = original.follow(&original, &encoder);
    assert!(
        matches!(refused, Err(CollectionError::Encoder { .. })),
        "{refused:?}"
    );
    assert!(encoder.texts.lock().unwrap().is_empty());
}

#[test]
fn an_encoder_that_fails_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let original = create(&at("original"));
    original
        .insert_all((0..300).map(|n| numbered(n, 0)))
        .unwrap();
    let failing = Tuned {
        fails_after: Some(256),
        ..Tuned::default()
    };
    let failed = original.reembed(at("tuned"), &failing, &mut |_, _| ());
    let Err(CollectionError::Refused(IndexError::Embed(_))) = failed else {
        panic!("{failed:?}");
    };
    let encoder = Tuned::default();
    let tuned = original
        .reembed(at("tuned"), &encoder, &mut |_, _| ())
        .unwrap();
    assert_eq!(encoder.texts.lock().unwrap().len(), 44, "the rest alone");
    follows(&tuned, &original);
}

const PROFILES: u32 = 2000;

#[test]
fn goes_on_after_a_kill_at_any_moment() {
    let directory = tempfile::tempdir().unwrap();
    let original = create(&directory.path().join("original"));
    original
        .insert_all((0..PROFILES).map(|n| numbered(n, 0)))
        .unwrap();
    original.close().unwrap();
    let (mut rng, mut embedded, mut kills) = (rng(3), 0, 0);
    loop {
        let (steps, pause) = (rng.random_range(1..4), rng.random_range(0..20));
        let pause = Duration::from_millis(pause);
        let (texts, finished) = run_and_kill(directory.path(), steps, pause);
        embedded += texts;
        if finished {
            break;
        }
        kills += 1;
        assert!(kills < 50, "it makes no headway");
    }
    let original = open(&directory.path().join("original"));
    follows(&open(&directory.path().join("tuned")), &original);
    // Of what a step has stored, nothing is embedded again.
    assert!(
        kills > 2 && embedded <= PROFILES,
        "{embedded} texts, {kills} kills"
    );
}

/// Lets a child embed some steps and a little more, and kills it: how many texts it has reported, and
/// whether it finished before.
fn run_and_kill(path: &Path, steps: usize, pause: Duration) -> (u32, bool) {
    let mut child = child("collection::reembed::embed_until_killed");
    child.env("COLLECTION", path).stdout(Stdio::piped());
    let mut child = child.stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    let (step, stepped) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let (mut texts, mut finished) = (0, false);
        for line in lines.lines().map_while(Result::ok) {
            if let Some(embedded) = told(&line, "embedded ") {
                texts = embedded;
                let _ = step.send(());
            }
            finished |= line.contains("finished");
        }
        (texts, finished)
    });
    // Fewer where it finishes.
    stepped.iter().take(steps).for_each(drop);
    std::thread::sleep(pause);
    let _ = child.kill(); // SIGKILL
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
#[ignore = "run, and killed, by goes_on_after_a_kill_at_any_moment"]
#[allow(clippy::print_stdout)] // Its parent reads it.
fn embed_until_killed() {
    let path = std::path::PathBuf::from(std::env::var("COLLECTION").unwrap());
    let original = open(&path.join("original"));
    let encoder = Tuned {
        pause: Duration::from_millis(10),
        ..Tuned::default()
    };
    let embedded = |encoder: &Tuned| encoder.texts.lock().unwrap().len();
    let mut progress = |_, _| println!("embedded {}", embedded(&encoder));
    original
        .reembed(path.join("tuned"), &encoder, &mut progress)
        .unwrap();
    println!("finished");
}
