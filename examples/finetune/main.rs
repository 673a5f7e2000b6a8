//! Tunes an encoder on pairs of texts with LoRA.
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
    Base, Encoder, LoraConfig, Loss, Pooling, Precision, QuantizedEncoder, Task, TextTokenizer,
    Trained, Trainer, read_pairs,
};
use ranker_examples::{Outcome, finish, say};
use serde_json::json;

/// Tunes an encoder on pairs of texts with LoRA.
///
/// OUT gets `adapter/` (as PEFT reads it), `merged/` (an encoder's folder, as `evaluate --model`
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
    #[arg(long, default_value_t = 5e-4)]
    learning_rate: f64,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Ends the run after so many steps.
    #[arg(long)]
    max_steps: Option<usize>,
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
    let config = LoraConfig::new(args.rank, args.alpha, args.targets.names().iter().copied())?
        // Embeddings do not use it.
        .exclude("pooler.dense")
        .base_model(args.model.display().to_string());
    let pairs = tokenizer.pairs(&read_pairs(&args.pairs)?)?;
    let count = pairs.len();
    let mut trainer = Trainer::builder(frozen.base(), config)
        .task(Task::new(pairs, Loss::Symmetric).batch(args.batch))
        .pooling(Pooling::read(&args.model)?)
        .epochs(args.epochs)
        .max_steps(args.max_steps.unwrap_or(usize::MAX))
        .learning_rate(args.learning_rate)
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
    write(args, frozen.original(args)?, &trained)?;
    let losses: Vec<f64> = trained.log.steps().iter().map(|step| step.loss).collect();
    let report = json!({
        "pairs": count, "steps": losses.len(), "trained_values": values, "rank": args.rank,
        "alpha": args.alpha, "batch": args.batch, "learning_rate": args.learning_rate,
        "quantize": format!("{:?}", args.quantize).to_lowercase(),
        "seed": args.seed, "first_loss": losses.first(), "last_loss": losses.last(),
        "measured": measured,
    });
    write_text(&args.out.join("report.json"), &format!("{report:#}\n"))
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

fn write(args: &Args, mut encoder: Encoder, trained: &Trained) -> Outcome {
    trained.adapter.write(args.out.join("adapter"))?;
    trained.adapter.merge(&mut encoder)?;
    let merged = args.out.join("merged");
    encoder.write_folder(&args.model, &merged, Precision::Float32)?;
    write_text(&args.out.join("loss.csv"), &trained.log.to_csv())?;
    write_text(&args.out.join("loss.svg"), &trained.log.to_svg())
}

fn write_text(path: &Path, text: &str) -> Outcome {
    fs::write(path, text)
        .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}
