//! What encoding costs besides the encoder: indexing, callers at the same time, memory.
//!
//! ```text
//! cargo run --release --example encoding -- index --data resume-onet-title
//! cargo run --release --example encoding -- callers --data resume-onet-title
//! cargo run --release --example encoding -- memory --data resume-onet-title
//! ```
//!
//! Texts are the documents of judged data in BEIR form. `index` and `callers` take both sides by turns, so that
//! they meet the same machine, and print each turn's ratio and the median.

mod callers;
mod index;
mod memory;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use ranker::Profile;
use ranker::embed::{Backend, OnnxEmbedder};
use ranker_examples::{Outcome, beir, bundled, finish, precision, runtime, say};

/// Measures what encoding costs besides the encoder.
#[derive(Parser)]
#[command(name = "encoding")]
struct Args {
    /// What is measured.
    #[arg(value_enum)]
    measure: Measure,
    /// A BEIR folder, whose documents are the texts.
    #[arg(long)]
    data: PathBuf,
    /// The encoder's folder [default: the bundled one for jobs and profiles].
    #[arg(long)]
    model: Option<PathBuf>,
    /// What runs it [default: ONNX Runtime where there is one].
    #[arg(long, value_enum)]
    engine: Option<EngineArg>,
    /// Encodes in 8 bits on our own engine.
    #[arg(long)]
    fast: bool,
    /// Texts of a turn; for `memory`, batches.
    #[arg(long, default_value_t = 512)]
    n: usize,
    /// Turns of each side.
    #[arg(long, default_value_t = 5)]
    turns: usize,
    /// Threads that call the encoder at the same time.
    #[arg(long, default_value_t = 8)]
    callers: usize,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Measure {
    /// Texts a second of the encoder alone, and of the encoder, token codes and a collection.
    Index,
    /// Texts a second of one caller, and of several at the same time.
    Callers,
    /// Resident memory over mixed batches.
    Memory,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EngineArg {
    Onnxruntime,
    Own,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome<()> {
    runtime();
    let folder = match &args.model {
        Some(folder) => folder.clone(),
        None => bundled::encoder()?,
    };
    let backend = match args.engine {
        None => Backend::Auto,
        Some(EngineArg::Onnxruntime) => Backend::OnnxRuntime,
        Some(EngineArg::Own) => Backend::Native,
    };
    let encoder = OnnxEmbedder::builder(folder).backend(backend);
    let encoder = encoder.precision(precision(args.fast)).build()?;
    say(&format!("on {}", encoder.backend()));
    let profiles = beir::profiles(&beir::open(&args.data)?)?;
    if profiles.is_empty() {
        return Err("the data has no documents".into());
    }
    match args.measure {
        Measure::Index => index::measure(&encoder, &profiles, args),
        Measure::Callers => callers::measure(&encoder, &texts(&profiles, args.n), args),
        Measure::Memory => memory::measure(&encoder, &texts(&profiles, profiles.len()), args.n),
    }
}

/// The first texts, and over again where there are fewer.
fn texts(profiles: &[Profile], count: usize) -> Vec<String> {
    let profiles = profiles.iter().cycle().take(count);
    profiles.map(Profile::full_text).collect()
}

/// Says one turn, and keeps what the second side took of the first.
fn turn(ratios: &mut Vec<f64>, seconds: [f64; 2], count: usize) {
    let [first, second] = seconds.map(|seconds| count as f64 / seconds);
    ratios.push(seconds[1] / seconds[0]);
    say(&format!(
        "{first:.1} and {second:.1} texts a second: {:.3} of the time",
        seconds[1] / seconds[0]
    ));
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print(line: &str) -> Outcome<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
