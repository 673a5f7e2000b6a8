//! Tunes an encoder on pairs of texts: with LoRA or all its weights, or makes a cross-encoder of it.
//!
//! ```text
//! cargo run --release --example finetune -- --model models/all-MiniLM-L6-v2 --pairs pairs.jsonl --out tuned
//! ```

mod cross;
mod measure;
mod memory;
mod mine;
mod retriever;

use std::convert::Infallible;
use std::fmt::Debug;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Parser, ValueEnum};
use ranker::lora::{
    Activations, Base, LoraConfig, LoraError, Loss, Pair, Progress, Task, Trainable, Trained,
    Trainer, TrainerBuilder, read_pairs,
};
use ranker_examples::{Outcome, finish, say};
use serde_json::{Value, json};

use retriever::Retriever;

/// Tunes an encoder on pairs of texts: with LoRA or all its weights, or makes a cross-encoder of it. A decoder (Llama, Mistral,
/// Qwen2, Qwen3) is tuned as an encoder, with LoRA.
///
/// OUT gets `adapter/` (as PEFT reads it; not with all weights), `merged/` (an encoder's folder, as
/// `evaluate --model` and `finetune --model` take it; with `--head cross-encoder` a reranker's),
/// `checkpoint/` (an interrupted run goes on from there) and the report: `report.json`, `loss.csv`,
/// `loss.svg`.
#[derive(Debug, Parser)]
struct Args {
    /// The folder of the encoder or decoder: with the original model.safetensors, in one file or several, or one that this
    /// project wrote.
    #[arg(long, value_name = "FOLDER")]
    model: PathBuf,
    /// Lines such as {"query": "..", "positive": "..", "group": "..", "negatives": [".."]}; group
    /// and negatives may be left out.
    #[arg(long, value_name = "FILE.jsonl", required_unless_present = "memory")]
    pairs: Option<PathBuf>,
    /// Judged data in BEIR form: measured before and after, and compared in pairs.
    #[arg(long, value_name = "FOLDER")]
    eval: Option<PathBuf>,
    /// Leaves out so many queries at the beginning when measuring.
    #[arg(long, default_value_t = 0)]
    offset: usize,
    /// Measures so many queries at most.
    #[arg(long)]
    limit: Option<usize>,
    /// Where everything is written.
    #[arg(long, value_name = "FOLDER", required_unless_present = "memory")]
    out: Option<PathBuf>,
    /// Says what training a decoder of this shape would take in memory, of which config.json is enough, and ends.
    #[arg(long)]
    memory: bool,
    /// What is made: an encoder, or a cross-encoder, which reads query and document together and
    /// reranks what embeddings find.
    #[arg(long, value_enum, default_value_t = Head::Embedding)]
    head: Head,
    /// The encoder that finds a cross-encoder's negatives, and the documents that it reranks. Where
    /// it is left out, it is the one that the cross-encoder is made of.
    #[arg(long, value_name = "FOLDER")]
    retriever: Option<PathBuf>,
    /// What is trained.
    #[arg(long, value_enum, default_value_t = Train::Lora)]
    train: Train,
    #[arg(long, default_value_t = 16)]
    rank: usize,
    #[arg(long, default_value_t = 32.0)]
    alpha: f64,
    /// Finds up to so many hard negatives for every pair, with the encoder as it is before.
    #[arg(long, value_name = "N", default_value_t = 0)]
    mine: usize,
    /// How many of the nearest wrong answers are passed over: some are right, but not noted.
    #[arg(long, value_name = "RANKS", default_value_t = 10)]
    skip: usize,
    /// How the frozen weights are kept while training.
    #[arg(long, value_enum, default_value_t = Quantize::None)]
    quantize: Quantize,
    /// Which linear maps are tuned: all of a layer's, qv (queries and values), or names such as q_proj,down_proj.
    #[arg(long, default_value = "all")]
    targets: Targets,
    /// Reads so many tokens of a text at most; where it is left out, as many as the folder says.
    #[arg(long, value_name = "N")]
    max_tokens: Option<usize>,
    /// Writes the adapter, and no merged model: that of a large decoder is whole in memory, and above 2 GiB no ONNX file.
    #[arg(long)]
    adapter_alone: bool,
    /// Keeps every layer's input alone while training, and computes the rest again: less memory, more time.
    #[arg(long)]
    recompute: bool,
    /// Above so many tokens a step is computed in parts, so that memory does not grow with the batch.
    #[arg(long, value_name = "N", default_value_t = 16_384)]
    token_budget: usize,
    #[arg(long, default_value_t = 1)]
    epochs: usize,
    /// Pairs a step.
    #[arg(long, default_value_t = 128)]
    batch: usize,
    /// The greatest learning rate; 1e-3 for adapters and 2e-5 for all weights where it is left out.
    #[arg(long)]
    learning_rate: Option<f64>,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Ends the run after so many steps.
    #[arg(long)]
    max_steps: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Head {
    Embedding,
    CrossEncoder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Train {
    /// A low-rank adapter.
    Lora,
    /// A low-rank adapter with the rows' lengths beside it.
    Dora,
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

#[derive(Clone, Debug, PartialEq, Eq)]
enum Targets {
    /// All of a layer's linear maps.
    All,
    /// Queries and values.
    Qv,
    Named(Vec<String>),
}

impl FromStr for Targets {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "all" => Self::All,
            "qv" => Self::Qv,
            names => Self::Named(names.split(',').map(str::to_owned).collect()),
        })
    }
}

impl Targets {
    /// The names in the models that there are: BERT's, MPNet's, and those of decoders.
    fn known(&self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::All => &[
                "query",
                "key",
                "value",
                "q",
                "k",
                "v",
                "o",
                "dense",
                "q_proj",
                "k_proj",
                "v_proj",
                "o_proj",
                "gate_proj",
                "up_proj",
                "down_proj",
            ],
            Self::Qv => &["query", "value", "q", "v", "q_proj", "v_proj"],
            Self::Named(names) => return names.clone(),
        };
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// The names in a decoder.
    fn of_decoder(&self) -> Vec<String> {
        let mut names = self.known();
        if !matches!(self, Self::Named(_)) {
            names.retain(|name| name.ends_with("_proj"));
        }
        names
    }

    /// The names in this model; names that were given are left to be refused.
    fn of(&self, base: Base<'_>) -> Vec<String> {
        let layers = base.linear_layers();
        let mut names = self.known();
        if !matches!(self, Self::Named(_)) {
            let last = |path: &String, name: &String| path.rsplit('.').next() == Some(name);
            names.retain(|name| layers.keys().any(|path| last(path, name)));
        }
        names
    }
}

impl Args {
    fn adapter(&self, base: Base<'_>) -> Result<LoraConfig, LoraError> {
        let config = LoraConfig::new(self.rank, self.alpha, self.targets.of(base))?;
        Ok(self.configured(config))
    }

    fn configured(&self, config: LoraConfig) -> LoraConfig {
        // Embeddings do not use it.
        let config = config.with_excluded("pooler.dense");
        let config = config.with_base_model(self.model.display().to_string());
        match self.train {
            Train::Dora => config.with_dora(),
            Train::Lora | Train::Full => config,
        }
    }

    fn trainable(&self, base: Base<'_>) -> Result<Trainable, LoraError> {
        match self.train {
            Train::Full => Ok(Trainable::Full),
            Train::Lora | Train::Dora => Ok(self.adapter(base)?.into()),
        }
    }

    /// Where a part of what is made is written.
    fn written(&self, name: &str) -> PathBuf {
        self.out.clone().unwrap_or_default().join(name)
    }
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let Some(pairs) = args.pairs.as_ref().filter(|_| !args.memory) else {
        return memory::table(args);
    };
    let pairs = read_pairs(pairs)?;
    match args.head {
        Head::Embedding => embedding(args, pairs),
        Head::CrossEncoder => cross::train(args, pairs),
    }
}

fn configured<'a>(args: &Args, mut builder: TrainerBuilder<'a>) -> TrainerBuilder<'a> {
    if let Some(rate) = args.learning_rate {
        builder = builder.learning_rate(rate);
    }
    builder
        .epochs(args.epochs)
        .max_steps(args.max_steps.unwrap_or(usize::MAX))
        .seed(args.seed)
        .token_budget(args.token_budget)
        .activations(match args.recompute {
            true => Activations::Checkpoint,
            false => Activations::Keep,
        })
        .checkpoint(args.written("checkpoint"), 50)
}

/// Says every tenth step.
fn shown(progress: &Progress) -> ControlFlow<()> {
    if progress.record.step.is_multiple_of(10) || progress.record.step == progress.steps {
        say(&progress.to_string());
    }
    ControlFlow::Continue(())
}

fn embedding(args: &Args, pairs: Vec<Pair>) -> Outcome {
    let start = Retriever::read(args, &args.model)?;
    let tokenizer = &start.tokenizer;
    let pairs = tokenizer.pairs(&mine::mined(args, &start, pairs)?)?;
    let count = pairs.len();
    let base = start.weights.base();
    let builder = Trainer::builder(base, args.trainable(base)?)
        .task(Task::new(pairs, Loss::Symmetric).with_batch(args.batch))
        .pooling(tokenizer.pooling());
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
    drop(trainer);
    if let Some(adapter) = trained.tuned.adapter() {
        adapter.write(args.written("adapter"))?;
    }
    if !args.adapter_alone {
        let merged = args.written("merged");
        start
            .weights
            .write_tuned(&trained.tuned, &args.model, &merged)?;
    }
    report(args, (count, values), (&trained, measured))
}

/// Writes the report of a training of so many values on so many pairs.
fn report(
    args: &Args,
    (pairs, values): (usize, usize),
    (trained, measured): (&Trained, Value),
) -> Outcome {
    let name = |value: &dyn Debug| format!("{value:?}").to_lowercase();
    let steps = trained.log.steps();
    let losses: Vec<f64> = steps.iter().map(|step| step.loss).collect();
    let rates = steps.iter().map(|step| step.learning_rate);
    let report = json!({
        "pairs": pairs, "steps": losses.len(), "trained_values": values,
        "train": name(&args.train), "quantize": name(&args.quantize), "rank": args.rank,
        "alpha": args.alpha, "batch": args.batch, "learning_rate": rates.fold(0.0, f64::max),
        "seed": args.seed, "mined": args.mine, "first_loss": losses.first(),
        "last_loss": losses.last(), "measured": measured,
    });
    write_text(&args.written("loss.csv"), &trained.log.to_csv())?;
    write_text(&args.written("loss.svg"), &trained.log.to_svg())?;
    write_text(&args.written("report.json"), &format!("{report:#}\n"))
}

fn write_text(path: &Path, text: &str) -> Outcome {
    fs::write(path, text)
        .map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}
