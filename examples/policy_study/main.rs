//! Measures off-policy intervals, the gate, interleaving, policy learning and calibration on
//! simulated people, whose truth is known.

mod coverage;
mod gate;
mod interleaving;
mod learning;
mod world;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use ranker_examples::{Outcome, finish};
use serde_json::{Map, Value};

/// Measures how often off-policy intervals cover the truth, what the gate lets through, how fast
/// interleaving finds the better ranker, and what policies learn; on simulated people.
#[derive(Debug, Parser)]
struct Args {
    /// Measures these parts only.
    #[arg(long, value_enum)]
    part: Vec<Part>,
    /// Simulated runs of each measurement; those on 20,000 lists take a tenth.
    #[arg(long, default_value_t = 1_000)]
    runs: u64,
    /// Writes the numbers to this file.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Coverage,
    Gate,
    Interleaving,
    Learning,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let runs = args.runs.max(10);
    let mut numbers = Map::new();
    for part in Part::value_variants() {
        if !args.part.is_empty() && !args.part.contains(part) {
            continue;
        }
        let (name, value) = match part {
            Part::Coverage => ("coverage", coverage::run(runs)),
            Part::Gate => ("gate", gate::run(runs, runs / 10, runs / 10)),
            Part::Interleaving => ("interleaving", interleaving::run(runs)),
            Part::Learning => ("learning", learning::run(runs / 50 + 1)),
        };
        numbers.insert(name.to_owned(), value);
    }
    if let Some(path) = &args.json {
        fs::write(path, serde_json::to_vec_pretty(&Value::from(numbers))?)?;
    }
    Ok(())
}

/// Writes a line of the table. A reader that has gone away is no error.
fn line(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Formats a line of the table and writes it.
#[macro_export]
macro_rules! say {
    ($($part:tt)*) => {
        $crate::line(format_args!($($part)*))
    };
}
