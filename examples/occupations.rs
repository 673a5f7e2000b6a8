//! Makes the table of occupations that the feature `occupation` reads, for an encoder.
//!
//! ```sh
//! python3 scripts/occupation_groups.py occupations_en.csv ISCOGroups_en.csv --out groups.jsonl
//! cargo run --release -p ranker-examples --example occupations -- --groups groups.jsonl --out occupations.json
//! ```

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ranker::score::OccupationTable;
use ranker_examples::{Outcome, finish, open_encoder, say};
use serde::Deserialize;

/// Embeds groups of occupations as a table for the feature `occupation`.
#[derive(Parser)]
struct Args {
    /// A JSON object a line: the group's `name`, and the `texts` that describe it
    #[arg(long)]
    groups: PathBuf,
    /// The encoder's folder [default: the bundled one for jobs and profiles]
    #[arg(long)]
    model: Option<PathBuf>,
    /// Where to write the table
    #[arg(long, value_name = "FILE.json")]
    out: PathBuf,
}

/// A group as the file has it.
#[derive(Deserialize)]
struct Group {
    name: String,
    texts: Vec<String>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let content = fs::read_to_string(&args.groups)
        .map_err(|error| format!("cannot read {}: {error}", args.groups.display()))?;
    let encoder = open_encoder(args.model.as_deref())?;
    let mut groups = Vec::new();
    for (line, number) in content.lines().zip(1..) {
        let group: Group = serde_json::from_str(line)
            .map_err(|error| format!("{}, line {number}: {error}", args.groups.display()))?;
        groups.push((group.name, group.texts));
    }
    let table = OccupationTable::embedded(&encoder, &groups)?;
    table.save(&args.out)?;
    say(&format!("{} groups", table.len()));
    Ok(())
}
