//! Fits the decision whether to expand a job, and measures it on other queries.
//!
//! ```sh
//! evaluate --data SET --method hybrid --run none.run
//! evaluate --data SET --method hybrid --expand SOURCE --against none.run --expansion-signals SET.tsv
//! expansion_gate --fit SET.tsv --fit OTHER.tsv --on UNSEEN.tsv
//! ```

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use ranker::expand::{
    ExpansionGate, ExpansionSignal, ExpansionSignals, HarmBound, JudgedExpansion,
};
use ranker_examples::{Outcome, finish};

/// Fits the decision whether to expand a job, so that few queries are harmed, and measures it on other queries.
#[derive(Parser)]
struct Args {
    /// Queries to fit on, as `evaluate --expansion-signals` writes them. Several files by repeating it
    #[arg(long, required = true, value_name = "FILE.tsv")]
    fit: Vec<PathBuf>,
    /// Other queries to measure on. Several files by repeating it
    #[arg(long, value_name = "FILE.tsv")]
    on: Vec<PathBuf>,
    /// From which loss of nDCG@10 a query is harmed
    #[arg(long, default_value_t = HarmBound::default().loss)]
    loss: f64,
    /// The greatest share of queries that are harmed
    #[arg(long, default_value_t = HarmBound::default().share)]
    share: f64,
    /// How sure that must be
    #[arg(long, default_value_t = HarmBound::default().confidence)]
    confidence: f64,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let bound = HarmBound {
        loss: args.loss,
        share: args.share,
        confidence: args.confidence,
    };
    let mut judged = Vec::new();
    for path in &args.fit {
        judged.extend(read(path)?);
    }
    let mut out = std::io::stdout();
    let gate = ExpansionGate::fit(&judged, bound)?;
    match gate {
        Some(gate) => writeln!(out, "{} queries; expand where {gate}", judged.len())?,
        None => writeln!(
            out,
            "{} queries; no gain with a threshold that keeps the bound: do not expand",
            judged.len()
        )?,
    }
    let (harm, much) = (bound.loss, 0.1);
    writeln!(
        out,
        "data\tqueries\texpanded\tgain\tharmed\tlosing > .1\talways: gain\tharmed\tlosing > .1"
    )?;
    for path in args.fit.iter().chain(&args.on) {
        let judged = read(path)?;
        let expanded = |query: &&JudgedExpansion| gate.is_some_and(|g| g.opens(&query.signals));
        let gated: Vec<f64> = judged.iter().filter(expanded).map(|q| q.loss).collect();
        let always: Vec<f64> = judged.iter().map(|query| query.loss).collect();
        let n = judged.len().max(1) as f64;
        let gain = |losses: &[f64]| 0.0 - losses.iter().sum::<f64>() / n;
        let above = |losses: &[f64], least: f64| {
            losses.iter().filter(|loss| **loss > least).count() as f64 / n
        };
        let columns = |losses: &[f64]| {
            let (gain, harmed) = (gain(losses), above(losses, harm));
            format!("{gain:+.4}\t{harmed:.4}\t{:.4}", above(losses, much))
        };
        let (name, count, open) = (path.display(), judged.len(), gated.len());
        let (gated, always) = (columns(&gated), columns(&always));
        writeln!(out, "{name}\t{count}\t{open}\t{gated}\t{always}")?;
    }
    Ok(())
}

/// The queries of a file.
fn read(path: &Path) -> Outcome<Vec<JudgedExpansion>> {
    let content = fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    parse(&content).map_err(|error| format!("{}, {error}", path.display()).into())
}

/// The queries of lines: an id, the signals and the loss, by tabs, below one line of names.
fn parse(content: &str) -> Result<Vec<JudgedExpansion>, String> {
    let names = ExpansionSignal::ALL.map(|signal| signal.to_string());
    let head = format!("query\t{}\tloss", names.join("\t"));
    let mut lines = content.lines();
    if lines.next() != Some(&head) {
        return Err("line 1: write the file by evaluate --expansion-signals".to_owned());
    }
    let query = |(line, number): (&str, usize)| {
        let error = || format!("line {number}: an id and {} numbers", names.len() + 1);
        let numbers: Result<Vec<f64>, _> = line.split('\t').skip(1).map(str::parse).collect();
        let mut values = numbers.map_err(|_| error())?;
        let loss = values.pop().ok_or_else(error)?;
        let values = values.try_into().map_err(|_| error())?;
        let signals = ExpansionSignals::from_values(values).map_err(|_| error())?;
        Ok(JudgedExpansion { signals, loss })
    };
    lines.zip(2..).map(query).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_or_named() {
        let names = ExpansionSignal::ALL.map(|signal| signal.to_string());
        let file = |line: &str| format!("query\t{}\tloss\n{line}\n", names.join("\t"));
        let read = parse(&file("q\t1\t2\t3\t4\t5\t6\t7\t-0.5")).unwrap();
        assert_eq!(read[0].loss, -0.5);
        assert_eq!(read[0].signals.get(ExpansionSignal::AddedWeight), 7.0);
        for wrong in [
            "q\t1",
            "q",
            "q\t1\t2\t3\t4\t5\t6\tNaN\t0",
            "q\t1\t2\t3\t4\t5\t6\tx\t0",
        ] {
            assert!(
                parse(&file(wrong)).unwrap_err().starts_with("line 2"),
                "{wrong}"
            );
        }
        assert!(parse("").unwrap_err().contains("line 1"));
    }
}
