//! Makes a static encoder out of another one: a table with a vector a token, hundreds of times as fast.
//!
//! ```text
//! cargo run --release --example distil -- --count profiles.jsonl --out static-encoder
//! cargo run --release --example evaluate -- --data DATA --method dense --model static-encoder
//! ```
//!
//! With `--measure` it times both encoders on the same texts.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use ranker::core::{Embedder, Role};
use ranker::embed::{DistilOptions, Frequencies, Precision, StaticEmbedder};
use ranker_examples::{Outcome, Progress, bundled, cpu_seconds, finish, open_transformer};
use serde_json::Value;

/// Make a static encoder: a table with a vector a token.
#[derive(Debug, Parser)]
struct Args {
    /// The encoder's folder; the bundled one for jobs and profiles if left out.
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// Where the folder goes that model2vec, too, can open.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Components of a vector.
    #[arg(long, default_value_t = 256)]
    dimension: usize,
    /// A token as frequent as this weighs half of a rare one.
    #[arg(long, value_name = "A")]
    sif: Option<f64>,
    /// Counts tokens in these texts, instead of taking the vocabulary to be sorted by frequency: a text a line, or
    /// JSON Lines, of which every string is read but ids.
    #[arg(long, value_name = "FILE")]
    count: Option<PathBuf>,
    /// Lets every token weigh the same.
    #[arg(long, conflicts_with_all = ["count", "sif"])]
    equal: bool,
    /// Times both encoders on these texts, in the form of `--count`.
    #[arg(long, value_name = "FILE")]
    measure: Option<PathBuf>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let folder = match &args.model {
        Some(folder) => folder.clone(),
        None => bundled::encoder()?,
    };
    let encoder = open_transformer(&folder, (Precision::Exact, None))?;
    let counted = args.count.as_deref().map(texts).transpose()?;
    let counted: Option<Vec<&str>> = counted.as_ref().map(|texts| borrowed(texts));
    let mut options = DistilOptions::new().with_dimension(args.dimension);
    if let Some(a) = args.sif {
        options = options.with_sif(a);
    }
    options = options.with_frequencies(match &counted {
        _ if args.equal => Frequencies::Equal,
        Some(texts) => Frequencies::Counted(texts),
        None => Frequencies::Zipf,
    });

    let started = Instant::now();
    let mut progress: Option<Progress> = None;
    let table = StaticEmbedder::distil(&encoder, &options, &mut |done, total| {
        let progress = progress.get_or_insert_with(|| Progress::new("encoding tokens", total));
        progress.reach(done);
    })?;
    if let Some(progress) = progress {
        progress.finish();
    }
    table.save(&args.out)?;
    writeln!(
        io::stdout(),
        "{} dimensions, {:.1} % of the variance, in {:.1} s: {}",
        table.dimension(),
        100.0 * table.explained_variance().unwrap_or(1.0),
        started.elapsed().as_secs_f64(),
        args.out.display(),
    )?;
    if let Some(path) = &args.measure {
        let texts = texts(path)?;
        let texts = borrowed(&texts);
        compare(&encoder, &table, &texts)?;
    }
    Ok(())
}

/// Times two encoders in turn, step by step, so that whatever else the machine does slows both.
fn compare(encoder: &dyn Embedder, table: &dyn Embedder, texts: &[&str]) -> Outcome {
    /// Texts in a step.
    const STEP: usize = 32;
    /// Runs of the table in a step: one alone would be too short for the clock.
    const RUNS: usize = 32;
    let timed = |embedder: &dyn Embedder, step: &[&str], runs: usize| -> Outcome<[f64; 2]> {
        let (started, cpu) = (Instant::now(), cpu_seconds());
        for _ in 0..runs {
            embedder.embed(step, Role::Document)?;
        }
        let cpu = cpu_seconds()
            .zip(cpu)
            .map_or(f64::NAN, |(now, was)| now - was);
        Ok([started.elapsed().as_secs_f64(), cpu].map(|seconds| seconds / runs as f64))
    };
    let (mut slow, mut fast) = ([0.0; 2], [0.0; 2]);
    for step in texts.chunks(STEP) {
        for (sum, (embedder, runs)) in [&mut slow, &mut fast]
            .into_iter()
            .zip([(encoder, 1), (table, RUNS)])
        {
            let took = timed(embedder, step, runs)?;
            sum.iter_mut()
                .zip(took)
                .for_each(|(sum, took)| *sum += took);
        }
    }
    for (at, what) in ["elapsed", "processor"].into_iter().enumerate() {
        let [slow, fast] = [slow, fast].map(|seconds| texts.len() as f64 / seconds[at]);
        let times = fast / slow;
        writeln!(
            io::stdout(),
            "a second {what}: {slow:.1} texts with the encoder, {fast:.0} with the table, {times:.0} times as many"
        )?;
    }
    Ok(())
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// The texts of a file, those that say nothing left out.
fn texts(path: &Path) -> Outcome<Vec<String>> {
    let content = fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let is_json = path.extension().is_some_and(|ending| ending == "jsonl");
    let mut texts = Vec::new();
    for (at, line) in content.lines().enumerate() {
        let text = match is_json {
            true if line.trim().is_empty() => continue,
            true => words_of(
                &serde_json::from_str(line)
                    .map_err(|error| format!("{}, line {}: {error}", path.display(), at + 1))?,
            ),
            false => line.to_owned(),
        };
        if !text.trim().is_empty() {
            texts.push(text);
        }
    }
    match texts.is_empty() {
        true => Err(format!("{} holds no texts", path.display()).into()),
        false => Ok(texts),
    }
}

/// Every string in a record, a line each, but for ids.
fn words_of(record: &Value) -> String {
    let join = |parts: Vec<String>| {
        let said = parts.into_iter().filter(|part| !part.trim().is_empty());
        said.collect::<Vec<_>>().join("\n")
    };
    match record {
        Value::String(text) => text.clone(),
        Value::Array(parts) => join(parts.iter().map(words_of).collect()),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .filter(|(name, _)| !["id", "_id"].contains(&name.as_str()));
            join(fields.map(|(_, value)| words_of(value)).collect())
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_of_a_record_is_read_but_ids() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.jsonl");
        let line = r#"{"_id": "x", "text": "nurse", "skills": ["care", " ", {"id": "y", "name": "shots"}], "age": 4}"#;
        fs::write(&path, format!("{line}\n\n{{\"_id\": \"z\"}}\n")).unwrap();
        // Fields in the order of their names.
        assert_eq!(texts(&path).unwrap(), ["care\nshots\nnurse"]);
        fs::write(&path, "{\n").unwrap();
        assert!(texts(&path).unwrap_err().to_string().contains("line 1"));
        let plain = folder.path().join("p.txt");
        fs::write(&plain, "one\n\ntwo\n").unwrap();
        assert_eq!(texts(&plain).unwrap(), ["one", "two"]);
        fs::write(&plain, "\n").unwrap();
        assert!(texts(&plain).is_err());
    }
}
