//! Tunes an encoder on pairs of texts with LoRA, or makes a cross-encoder of it.
//!
//! ```text
//! cargo run --release --example finetune -- --model models/all-MiniLM-L6-v2 --pairs pairs.jsonl --out tuned
//! ```

mod cross;
mod measure;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use ranker::lora::{
    Encoder, LoraConfig, Loss, Matrix, Miner, Pair, Pooling, Precision, Progress, Task,
    TextTokenizer, Trained, Trainer, TrainerBuilder, read_pairs,
};
use ranker_examples::{Outcome, finish, say};
use serde_json::{Value, json};

/// Tunes an encoder on pairs of texts with LoRA.
///
/// OUT gets `adapter/` (as PEFT reads it), `merged/` (an encoder's folder, as `evaluate --model`
/// takes it; with `--head cross-encoder` a reranker's), `checkpoint/` (an interrupted run goes on from there) and the report: `report.json`,
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
    /// What is trained: embeddings, or a cross-encoder, which reads query and document together and
    /// reranks what embeddings find.
    #[arg(long, value_enum, default_value_t = Head::Embedding)]
    head: Head,
    /// Finds up to so many hard negatives for every pair with the untuned encoder.
    #[arg(long, value_name = "N", default_value_t = 0)]
    mine: usize,
    /// How many of the nearest wrong answers are passed over: some are right, but not noted.
    #[arg(long, value_name = "RANKS", default_value_t = 10)]
    skip: usize,
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
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Head {
    Embedding,
    CrossEncoder,
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
            // MPNet's names are the short ones.
            Self::All => &["query", "key", "value", "q", "k", "v", "o", "dense"],
            Self::Qv => &["query", "value", "q", "v"],
        }
    }
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let Quantize::None = args.quantize;
    let encoder = read(&args.model)?;
    let tokenizer = TextTokenizer::read(&args.model)?;
    let config = LoraConfig::new(args.rank, args.alpha, args.targets.names().iter().copied())?
        // Embeddings do not use it.
        .exclude("pooler.dense")
        .base_model(args.model.display().to_string());
    let mut pairs = read_pairs(&args.pairs)?;
    let start = Untuned {
        encoder: &encoder,
        tokenizer: &tokenizer,
        config,
    };
    if args.mine > 0 {
        pairs = start.mined(args, pairs)?;
    }
    match args.head {
        Head::Embedding => embedding(args, &start, &pairs),
        Head::CrossEncoder => cross::train(args, &start, &pairs),
    }
}

/// What a training starts from.
struct Untuned<'a> {
    encoder: &'a Encoder,
    tokenizer: &'a TextTokenizer,
    config: LoraConfig,
}

impl Untuned<'_> {
    /// A trainer that has learned nothing and never will: it embeds as the encoder does.
    fn embedder(&self, args: &Args) -> Outcome<Trainer<'_>> {
        let pair = self.tokenizer.pairs(&[Pair::new("a", "b")])?;
        let task = Task::new([&pair[..], &pair].concat(), Loss::Symmetric);
        let builder = Trainer::builder(self.encoder, self.config.clone()).task(task);
        Ok(builder.pooling(Pooling::read(&args.model)?).build()?)
    }

    fn mined(&self, args: &Args, pairs: Vec<Pair>) -> Outcome<Vec<Pair>> {
        let embedder = self.embedder(args)?;
        let embed = |text: fn(&Pair) -> &String| -> Outcome<Matrix> {
            let texts: Vec<String> = pairs.iter().map(|pair| text(pair).clone()).collect();
            let rows = measure::embedded(&texts, (&embedder, self.tokenizer))?;
            let width = rows.first().map_or(0, Vec::len);
            Ok(Matrix::new(rows.len(), width, rows.concat())?)
        };
        let (queries, positives) = (embed(|pair| &pair.query)?, embed(|pair| &pair.positive)?);
        let miner = Miner::new(args.mine).ranks(args.skip..args.skip + 100);
        let mined = miner.mine(pairs, &queries, &positives)?;
        let found: usize = mined.iter().map(|pair| pair.negatives.len()).sum();
        say(&format!("{found} negatives for {} pairs", mined.len()));
        Ok(mined)
    }
}

fn configured<'a>(args: &Args, builder: TrainerBuilder<'a>) -> TrainerBuilder<'a> {
    builder
        .epochs(args.epochs)
        .max_steps(args.max_steps.unwrap_or(usize::MAX))
        .learning_rate(args.learning_rate)
        .seed(args.seed)
        .checkpoint(args.out.join("checkpoint"), 50)
}

/// Says every tenth step.
fn shown(progress: &Progress) -> ControlFlow<()> {
    if progress.record.step % 10 == 0 || progress.record.step == progress.steps {
        say(&progress.to_string());
    }
    ControlFlow::Continue(())
}

fn embedding(args: &Args, start: &Untuned<'_>, pairs: &[Pair]) -> Outcome {
    let Untuned {
        encoder, tokenizer, ..
    } = *start;
    let pairs = tokenizer.pairs(pairs)?;
    let count = pairs.len();
    let builder = Trainer::builder(encoder, start.config.clone())
        .task(Task::new(pairs, Loss::Symmetric).batch(args.batch))
        .pooling(Pooling::read(&args.model)?);
    let mut trainer = configured(args, builder).build()?;
    let (values, steps) = (trainer.parameters(), trainer.steps());
    say(&format!(
        "{count} pairs, {steps} steps, {values} trained values"
    ));
    let before = measure::before(args, (&trainer, tokenizer))?;
    if trainer.step() > 0 {
        say(&format!("goes on after step {}", trainer.step()));
    }
    let trained = trainer.run(shown)?;
    let measured = measure::after(args, (&trainer, tokenizer), before)?;
    write(args, encoder.clone(), &trained)?;
    report(args, (count, values), (&trained, measured))
}

/// Writes the report of a training of so many values on so many pairs.
fn report(
    args: &Args,
    (pairs, values): (usize, usize),
    (trained, measured): (&Trained, Value),
) -> Outcome {
    let losses: Vec<f64> = trained.log.steps().iter().map(|step| step.loss).collect();
    let report = json!({
        "pairs": pairs, "steps": losses.len(), "trained_values": values, "rank": args.rank,
        "alpha": args.alpha, "batch": args.batch, "learning_rate": args.learning_rate,
        "seed": args.seed, "mined": args.mine, "first_loss": losses.first(),
        "last_loss": losses.last(), "measured": measured,
    });
    write_text(&args.out.join("loss.csv"), &trained.log.to_csv())?;
    write_text(&args.out.join("loss.svg"), &trained.log.to_svg())?;
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
    Ok(encoder.write_folder(&args.model, &merged, Precision::Float32)?)
}

fn write_text(path: &Path, text: &str) -> Outcome {
    fs::write(path, text)
        .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}
