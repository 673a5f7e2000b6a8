//! Adapters trained on a base in NF4.

use std::ops::ControlFlow;

use ranker_lora::{
    Activations, Base, LoraConfig, Loss, Task, TokenPair, Trained, Trainer, TrainerBuilder,
};

use crate::tiny::{self, SMALL, Size};

/// With layers that neither panels nor blocks divide.
const ODD: Size = Size {
    hidden: 36,
    layers: 2,
    heads: 3,
    intermediate: 50,
    vocabulary: 50,
};

fn pairs(count: u32) -> Vec<TokenPair> {
    let text = |i: u32, turn: u32| {
        (0..4 + i % 15)
            .map(|j| (i * 7 + (j + turn) % 3 * 11) % 50)
            .collect()
    };
    (0..count)
        .map(|i| TokenPair::new(text(i, 0), text(i, 1)))
        .collect()
}

fn builder<'a>(base: impl Into<Base<'a>>) -> TrainerBuilder<'a> {
    let config = LoraConfig::new(2, 4.0, ["query", "value", "dense"]).unwrap();
    Trainer::builder(base, config.with_excluded("pooler.dense"))
        .task(Task::new(pairs(60), Loss::Symmetric).with_batch(30))
        .epochs(6)
        .learning_rate(2e-3)
        .seed(3)
}

fn run(builder: TrainerBuilder<'_>) -> Trained {
    let mut trainer = builder.build().unwrap();
    trainer.run(|_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn qlora_is_lora_on_what_the_codes_stand_for() {
    for size in [SMALL, ODD] {
        let small = tiny::encoder(size, 1).quantize().unwrap();
        let dense = small.dequantize();
        let (quantized, plain) = (run(builder(&small)), run(builder(&dense)));
        let steps = quantized.log.steps().iter().zip(plain.log.steps());
        for (a, b) in steps {
            assert!((a.loss - b.loss).abs() < 1e-5, "{a:?} {b:?}");
        }
        for (path, layer) in quantized.tuned.adapter().unwrap().layers() {
            let other = &plain.tuned.adapter().unwrap().layers()[path];
            assert!(tiny::distance(layer.a(), other.a()) < 1e-5, "{path}");
            assert!(tiny::distance(layer.b(), other.b()) < 1e-5, "{path}");
        }
        assert!(quantized.log.steps()[11].loss < quantized.log.steps()[0].loss);
    }
}

#[test]
fn merged_into_the_restored_base_it_computes_what_was_trained() {
    let original = tiny::encoder(SMALL, 2);
    let small = original.quantize().unwrap();
    let mut trainer = builder(&small).build().unwrap();
    let adapter = trainer.run(|_| ControlFlow::Continue(())).unwrap();
    let adapter = adapter.tuned.adapter().unwrap().clone();
    let ids = [3, 1, 4, 1, 5, 9, 2, 6];
    let applied = small.with_adapter(&adapter).unwrap().forward(&ids).unwrap();
    let mut restored = small.dequantize();
    adapter.merge(&mut restored).unwrap();
    let merged = restored.forward(&ids).unwrap();
    assert!(tiny::distance(&applied, &merged) < 1e-5);
    let beside = original.with_adapter(&adapter).unwrap();
    let mut encoder = original.clone();
    adapter.merge(&mut encoder).unwrap();
    let merged = encoder.forward(&ids).unwrap();
    assert!(tiny::distance(&beside.forward(&ids).unwrap(), &merged) < 1e-5);
    // The rounding of the base is what the two ways differ by.
    let rounding = tiny::distance(
        &original.forward(&ids).unwrap(),
        &small.forward(&ids).unwrap(),
    );
    assert!(tiny::distance(&applied, &merged) < 2.0 * rounding);
    let layer = "encoder.layer.1.output.dense";
    let x = ranker_lora::Matrix::new(1, 64, vec![0.5; 64]).unwrap();
    let adapted = small.with_adapter(&adapter).unwrap();
    let alone = adapted.linear(layer, &x).unwrap();
    let dense = small.dequantize();
    let expected = dense.with_adapter(&adapter).unwrap().linear(layer, &x);
    assert!(tiny::distance(&alone, &expected.unwrap()) < 1e-5);
}

#[test]
fn threads_budgets_and_checkpoints_change_no_bit() {
    let small = tiny::encoder(SMALL, 3).quantize().unwrap();
    let trained = |threads: usize, tokens: usize, activations| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let builder = builder(&small)
            .token_budget(tokens)
            .activations(activations);
        pool.build().unwrap().install(|| run(builder))
    };
    let first = trained(1, 1 << 20, Activations::Keep);
    for (threads, tokens, activations) in [
        (3, 1 << 20, Activations::Keep),
        (2, 1 << 20, Activations::Checkpoint),
        (1, 10, Activations::Keep),
        (3, 10, Activations::Checkpoint),
    ] {
        assert_eq!(first, trained(threads, tokens, activations));
    }
}
