//! Whole trainings that PyTorch and PEFT did as well (`scripts/golden_train.py`).

use ranker_lora::{
    Encoder, LoraAdapter, Loss, Task, TokenPair, Trainable, Trained, Trainer, TrainerBuilder,
};
use safetensors::SafeTensors;
use serde::Deserialize;

use crate::tiny;
use crate::train::go_on;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

#[derive(Deserialize)]
struct Expected {
    batch: usize,
    /// For every step the queries, then the positives.
    texts: Vec<Vec<u32>>,
    losses: Vec<f64>,
    gradient_norms: Vec<f64>,
}

impl Expected {
    fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(format!("{GOLDEN}/{name}/expected.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn task(&self) -> Task {
        let steps = self.texts.chunks(2 * self.batch);
        let pairs = steps.flat_map(|step| {
            let (queries, positives) = step.split_at(self.batch);
            let pairs = queries.iter().zip(positives);
            pairs.map(|(query, positive)| TokenPair::new(query.clone(), positive.clone()))
        });
        Task::new(pairs.collect(), Loss::Symmetric)
            .with_batch(self.batch)
            .without_shuffling()
    }

    /// Trains for fifty steps, whose losses and gradients must be these.
    fn run(&self, builder: TrainerBuilder<'_>, rate: f64) -> Trained {
        let builder = builder.task(self.task()).learning_rate(rate).warmup(0.1);
        let trained = builder.build().unwrap().run(go_on).unwrap();
        let steps = trained.log.steps();
        assert_eq!(steps.len(), 50);
        let theirs = self.losses.iter().zip(&self.gradient_norms);
        for (record, (loss, norm)) in steps.iter().zip(theirs) {
            assert!((record.loss - loss).abs() < 1e-3, "{record:?}, {loss}");
            let ratio = record.gradient_norm / norm;
            assert!((ratio - 1.0).abs() < 1e-2, "{record:?}, {norm}");
        }
        trained
    }
}

fn base() -> Encoder {
    Encoder::read(format!("{GOLDEN}/peft")).unwrap()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max)
}

fn check_adapter(name: &str) {
    let encoder = base();
    let adapter = |when| LoraAdapter::read(format!("{GOLDEN}/{name}/{when}")).unwrap();
    let before = adapter("before");
    let builder = Trainer::builder(&encoder, before.config().clone()).start_from(before);
    let trained = Expected::read(name).run(builder, 5e-3);
    let (ours, theirs) = (trained.tuned.adapter().unwrap(), adapter("after"));
    for (path, layer) in theirs.layers() {
        let ours = &ours.layers()[path];
        let factors = tiny::distance(ours.a(), layer.a()).max(tiny::distance(ours.b(), layer.b()));
        let magnitudes = [ours, layer].map(|layer| layer.magnitude().unwrap_or_default());
        let distance = factors.max(distance(magnitudes[0], magnitudes[1]));
        assert!(distance < 2e-3, "{path}: {distance}");
    }
    for (path, bias) in theirs.biases() {
        // All scores of a token move alike with a shift of the keys: its gradient is noise.
        let distance = distance(&ours.biases()[path], bias);
        assert!(
            path.ends_with("self.key") || distance < 2e-3,
            "{path}: {distance}"
        );
    }
    assert_eq!(ours.biases().len(), theirs.biases().len());
}

#[test]
fn fifty_steps_of_lora_are_those_of_pytorch_and_peft() {
    check_adapter("train");
}

#[test]
fn fifty_steps_of_dora_and_biases_are_those_of_pytorch_and_peft() {
    check_adapter("dora");
}

#[test]
fn fifty_steps_of_all_weights_are_those_of_pytorch() {
    let encoder = base();
    let builder = Trainer::builder(&encoder, Trainable::Full);
    let trained = Expected::read("full").run(builder, 5e-4);
    let ours = trained.tuned.encoder(&encoder).unwrap();
    let bytes = std::fs::read(format!("{GOLDEN}/full/after.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    // The whole encoder with their weights: a folder as any other.
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        format!("{GOLDEN}/peft/config.json"),
        folder.path().join("config.json"),
    )
    .unwrap();
    std::fs::write(folder.path().join("model.safetensors"), &bytes).unwrap();
    let theirs = Encoder::read(folder.path()).unwrap();
    assert_eq!(file.len(), 37);
    for ids in &Expected::read("full").texts[..8] {
        let (ours, theirs) = (ours.forward(ids).unwrap(), theirs.forward(ids).unwrap());
        let before = encoder.forward(ids).unwrap();
        let distance = tiny::distance(&ours, &theirs);
        assert!(distance < 2e-2, "{distance}");
        assert!(tiny::distance(&before, &theirs) > 10.0 * distance);
    }
}
