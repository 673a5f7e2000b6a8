//! Tunes an encoder on pairs of texts: with LoRA, or all its weights.
//!
//! ```text
//! cargo run --release --example finetune -- --model models/all-MiniLM-L6-v2 --pairs pairs.jsonl --out tuned
//! ```

mod measure;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use ranker::lora::{
    Base, Encoder, LoraConfig, LoraError, Loss, Pooling, Precision, QuantizedEncoder, Task,
    TextTokenizer, Trainable, Trained, Trainer, read_pairs,
};
use ranker_examples::{Outcome, finish, say};
use serde_json::json;

/// Tunes an encoder on pairs of texts: with LoRA, or all its weights.
///
/// OUT gets `adapter/` (as PEFT reads it; only with LoRA), `merged/` (an encoder's folder, as `evaluate --model`
/// takes it), `checkpoint/` (an interrupted run goes on from there) and the report: `report.json`,
/// `loss.csv`, `loss.svg`.
#[derive(Debug, Parser)]
struct Args {
    /// The encoder's folder: with the original model.safetensors, or one that this project wrote.
    #[arg(long, value_name = "FOLDER")]
    model: PathBuf,
    /// Lines such as {"query": "..", "positive": "..", "group": "..", "negatives": [".."]}; group
    /// and negatives may be left out.
    #[arg(long, value_name = "FILE.jsonl")]
    pairs: PathBuf,
    /// Judged data in BEIR form: measured before and after, and compared in pairs.
    #[arg(long, value_name = "FOLDER")]
    eval: Option<PathBuf>,
    /// Measures the first queries only.
    #[arg(long)]
    limit: Option<usize>,
    /// Where everything is written.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// What is trained.
    #[arg(long, value_enum, default_value_t = Train::Lora)]
    train: Train,
    #[arg(long, default_value_t = 16)]
    rank: usize,
    #[arg(long, default_value_t = 32.0)]
    alpha: f64,
    /// How the frozen weights are kept while training.
    #[arg(long, value_enum, default_value_t = Quantize::None)]
    quantize: Quantize,
    /// Which linear maps are tuned.
    #[arg(long, value_enum, default_value_t = Targets::All)]
    targets: Targets,
    #[arg(long, default_value_t = 1)]
    epochs: usize,
    /// Pairs a step.
    #[arg(long, default_value_t = 128)]
    batch: usize,
    /// The greatest learning rate; 5e-4 for LoRA and 2e-5 for all weights where it is left out.
    #[arg(long)]
    learning_rate: Option<f64>,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Ends the run after so many steps.
    #[arg(long)]
    max_steps: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Train {
    /// A low-rank adapter.
    Lora,
    /// Every weight of the encoder.
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Quantize {
    /// As they are.
    None,
    /// In 4 bits with double quantisation (QLoRA).
    Nf4,
}

/// The encoder in training.
enum Frozen {
    Full(Encoder),
    Quantized(QuantizedEncoder),
}

impl Frozen {
    fn read(args: &Args) -> Outcome<Self> {
        match args.quantize {
            Quantize::None => Ok(Self::Full(read(&args.model)?)),
            Quantize::Nf4 => {
                let encoder = QuantizedEncoder::read(&args.model)?;
                let size = encoder.bytes() as f64 / 1e6;
                say(&format!("{size:.1} MB of weights, linear maps in NF4"));
                Ok(Self::Quantized(encoder))
            }
        }
    }

    fn base(&self) -> Base<'_> {
        match self {
            Self::Full(encoder) => encoder.into(),
            Self::Quantized(encoder) => encoder.into(),
        }
    }

    /// What the adapter is merged into: the weights before they were quantised.
    fn original(self, args: &Args) -> Outcome<Encoder> {
        match self {
            Self::Full(encoder) => Ok(encoder),
            Self::Quantized(_) => read(&args.model),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Targets {
    /// All of a layer's linear maps.
    All,
    /// Queries and values.
    Qv,
}

impl Targets {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::All => &["query", "key", "value", "dense"],
            Self::Qv => &["query", "value"],
        }
    }
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let frozen = Frozen::read(args)?;
    let tokenizer = TextTokenizer::read(&args.model)?;
    let pairs = tokenizer.pairs(&read_pairs(&args.pairs)?)?;
    let count = pairs.len();
    let mut builder = Trainer::builder(frozen.base(), trainable(args)?);
    if let Some(rate) = args.learning_rate {
        builder = builder.learning_rate(rate);
    }
    let mut trainer = builder
        .task(Task::new(pairs, Loss::Symmetric).batch(args.batch))
        .pooling(Pooling::read(&args.model)?)
        .epochs(args.epochs)
        .max_steps(args.max_steps.unwrap_or(usize::MAX))
        .seed(args.seed)
        .checkpoint(args.out.join("checkpoint"), 50)
        .build()?;
    let (values, steps) = (trainer.parameters(), trainer.steps());
    say(&format!(
        "{count} pairs, {steps} steps, {values} trained values"
    ));
    let before = measure::before(args, (&trainer, &tokenizer))?;
    if trainer.step() > 0 {
        say(&format!("goes on after step {}", trainer.step()));
    }
    let trained = trainer.run(|progress| {
        if progress.record.step % 10 == 0 || progress.record.step == progress.steps {
            say(&progress.to_string());
        }
        ControlFlow::Continue(())
    })?;
    let measured = measure::after(args, (&trainer, &tokenizer), before)?;
    drop(trainer);
    write(args, &frozen.original(args)?, &trained)?;
    let name = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    let losses: Vec<f64> = trained.log.steps().iter().map(|step| step.loss).collect();
    let report = json!({
        "pairs": count, "steps": losses.len(), "trained_values": values,
        "train": name(&args.train), "quantize": name(&args.quantize), "rank": args.rank,
        "alpha": args.alpha, "batch": args.batch, "learning_rate": learning_rate(&trained),
        "seed": args.seed, "first_loss": losses.first(), "last_loss": losses.last(),
        "measured": measured,
    });
    write_text(&args.out.join("report.json"), &format!("{report:#}\n"))
}

fn trainable(args: &Args) -> Result<Trainable, LoraError> {
    if args.train == Train::Full {
        return Ok(Trainable::Full);
    }
    let targets = args.targets.names().iter().copied();
    let config = LoraConfig::new(args.rank, args.alpha, targets)?
        // Embeddings do not use it.
        .exclude("pooler.dense")
        .base_model(args.model.display().to_string());
    Ok(config.into())
}

/// The greatest one that a step had.
fn learning_rate(trained: &Trained) -> f64 {
    let rates = trained.log.steps().iter().map(|step| step.learning_rate);
    rates.fold(0.0, f64::max)
}

/// The original weights, or else those that an ONNX file of this project stands for.
fn read(folder: &Path) -> Outcome<Encoder> {
    if folder.join("model.safetensors").exists() {
        return Ok(Encoder::read(folder)?);
    }
    let encoder = Encoder::read_onnx(folder)?;
    say(&format!(
        "{} has no model.safetensors: the base is what model.onnx stands for, rounded to 8 bits \
         where that file is",
        folder.display()
    ));
    Ok(encoder)
}

fn write(args: &Args, encoder: &Encoder, trained: &Trained) -> Outcome {
    if let Some(adapter) = trained.tuned.adapter() {
        adapter.write(args.out.join("adapter"))?;
    }
    let merged = args.out.join("merged");
    let tuned = trained.tuned.encoder(encoder)?;
    tuned.write_folder(&args.model, &merged, Precision::Float32)?;
    write_text(&args.out.join("loss.csv"), &trained.log.to_csv())?;
    write_text(&args.out.join("loss.svg"), &trained.log.to_svg())
}

fn write_text(path: &Path, text: &str) -> Outcome {
    fs::write(path, text)
        .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}
