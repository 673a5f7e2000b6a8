//! Times training steps on texts of one length; `scripts/compare_training.py` does the same in PyTorch.
//!
//! Measured: a whole step, from token ids to the updated adapter, and the most memory that the process ever had
//! resident, reading the weights included. Not measured: the time of reading and tokenising.
//!
//! ```text
//! cargo run --release --example train_speed -- --model all-MiniLM-L6-v2 --texts 64 --tokens 128
//! ```

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use ranker::lora::{
    Activations, Base, LoraConfig, Loss, Pooling, Task, TokenPair, Trainable, Trainer,
};
use ranker_examples::{Outcome, Weights, finish, memory_mb, say};

/// Times training steps: LoRA of rank 16 on every linear map, symmetric ranking loss.
#[derive(Parser)]
struct Args {
    /// The folder of the encoder or decoder, with model.safetensors.
    #[arg(long)]
    model: PathBuf,
    /// Texts a step; half are queries.
    #[arg(long, default_value_t = 64)]
    texts: usize,
    /// Tokens a text.
    #[arg(long, default_value_t = 128)]
    tokens: usize,
    #[arg(long, default_value_t = 6)]
    steps: usize,
    /// Above so many tokens a step, activations are computed twice instead of kept.
    #[arg(long, default_value_t = 1 << 20)]
    token_budget: usize,
    /// How the frozen weights are kept.
    #[arg(long, value_enum, default_value_t = Quantize::None)]
    quantize: Quantize,
    /// Trains all weights instead of an adapter.
    #[arg(long)]
    full: bool,
    /// Keeps every layer's input alone, and computes the rest again.
    #[arg(long)]
    checkpoint: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Quantize {
    None,
    Nf4,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let nf4 = matches!(args.quantize, Quantize::Nf4);
    let weights = Weights::read(&args.model, nf4)?;
    say(&format!("{} bytes of weights", weights.bytes()));
    train(args, &weights)?;
    if let Some(peak) = memory_mb("VmHWM") {
        say(&format!("peak {peak:.0} MiB"));
    }
    Ok(())
}

fn train(args: &Args, weights: &Weights) -> Outcome {
    let base: Base<'_> = weights.base();
    let (pooling, targets): (_, &[&str]) = match weights {
        Weights::Encoder(_) | Weights::QuantizedEncoder(_) => {
            (Pooling::Mean, &["query", "key", "value", "dense"])
        }
        Weights::Decoder(_) | Weights::QuantizedDecoder(_) => (
            Pooling::LastToken,
            &[
                "q_proj",
                "k_proj",
                "v_proj",
                "o_proj",
                "gate_proj",
                "up_proj",
                "down_proj",
            ],
        ),
    };
    let words = u32::try_from(base.vocabulary_size() / 2)?;
    let tokens = u32::try_from(args.tokens)?;
    let text = |i: u32, turn: u32| -> Vec<u32> {
        let id = |j: u32| (i * 7919 + j * 104_729 + turn * 31) % words;
        (0..tokens).map(id).collect()
    };
    let pairs = (0..u32::try_from(args.texts)?).map(|i| TokenPair::new(text(i, 1), text(i, 2)));
    let config = LoraConfig::new(16, 32.0, targets.iter().copied())?;
    let activations = match args.checkpoint {
        true => Activations::Checkpoint,
        false => Activations::Keep,
    };
    let trainable = match args.full {
        true => Trainable::Full,
        false => config.into(),
    };
    let mut trainer = Trainer::builder(base, trainable)
        .task(Task::new(pairs.collect(), Loss::Symmetric).with_batch(args.texts / 2))
        .pooling(pooling)
        .epochs(args.steps)
        .max_steps(args.steps)
        .token_budget(args.token_budget)
        .activations(activations)
        .build()?;
    let mut last = Instant::now();
    let mut least = f64::INFINITY;
    trainer.run(|progress| {
        let seconds = last.elapsed().as_secs_f64();
        let loss = progress.record.loss;
        say(&format!(
            "step {}: {seconds:.3} s, loss {loss:.4}",
            progress.record.step
        ));
        least = least.min(seconds);
        last = Instant::now();
        ControlFlow::Continue(())
    })?;
    let speed = (args.texts * args.tokens) as f64 / least;
    say(&format!("fastest step {least:.3} s, {speed:.0} tokens/s"));
    Ok(())
}
