//! Measures how the cost of vector search grows with the number of vectors.
//!
//! ```text
//! cargo run --release --example growth -- --dir /tmp/growth --plot growth.svg
//! ```
//!
//! Vectors are made up as they are indexed: 2,000 clusters, by seed; each size is the beginning of the
//! next. They stay in the file of the index, ids and codes in memory: ten million vectors of 384
//! components need 21 GB of disk and 6 GB of memory. What the file of `--json` tells already is not
//! measured again.
//!
//! Each size is built in a process of its own and searched in another, so that memory and time of one are
//! not left to the next. `--stage build` and `--stage search` do one of the two, in this process.

mod feed;
mod plot;
mod record;
mod stages;
mod truth;
mod vectors;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, ValueEnum};
use ranker_examples::{Outcome, finish};

use record::{Data, Record};
use stages::Files;

/// Measure vector search on growing numbers of vectors.
#[derive(Parser)]
#[command(name = "growth")]
struct Args {
    /// How many vectors.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "10000,100000,1000000,10000000"
    )]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    sizes: Vec<u32>,
    /// Components of a vector.
    #[arg(long, default_value_t = 384, value_parser = clap::value_parser!(u16).range(1..))]
    dim: u16,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Searches of each kind; the recall is that of the first 200.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    queries: u32,
    /// Where to build.
    #[arg(long)]
    dir: PathBuf,
    /// Where what was measured is kept; in the directory unless told.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
    /// Where to draw it.
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Leave each index where it was built.
    #[arg(long)]
    keep: bool,
    /// Only build, or only search what was built.
    #[arg(long, value_enum)]
    stage: Option<Stage>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Stage {
    Build,
    Search,
}

impl Args {
    fn data(&self) -> Data {
        Data {
            dim: self.dim.into(),
            seed: self.seed,
            queries: self.queries as usize,
        }
    }

    fn json(&self) -> PathBuf {
        let json = self.json.clone();
        json.unwrap_or_else(|| self.dir.join("growth.json"))
    }
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome<()> {
    std::fs::create_dir_all(&args.dir)?;
    for &n in &args.sizes {
        match args.stage {
            Some(stage) => measure(args, n as usize, stage)?,
            None => {
                apart(args, n, "build")?;
                apart(args, n, "search")?;
            }
        }
    }
    let Some(path) = &args.plot else {
        return Ok(());
    };
    let record = Record::read(&args.json(), args.data())?;
    Ok(std::fs::write(path, plot::svg(&record))?)
}

/// A stage of one size in a process of its own.
fn apart(args: &Args, n: u32, stage: &str) -> Outcome<()> {
    let mut child = Command::new(std::env::current_exe()?);
    child.args(["--stage", stage, "--sizes", &n.to_string()]);
    child.args([
        "--dim",
        &args.dim.to_string(),
        "--seed",
        &args.seed.to_string(),
    ]);
    child.args(["--queries", &args.queries.to_string()]);
    child.arg("--dir").arg(&args.dir);
    child.arg("--json").arg(args.json());
    if args.keep {
        child.arg("--keep");
    }
    match child.status()?.success() {
        true => Ok(()),
        false => Err(format!("to {stage} {n} vectors failed, as told above").into()),
    }
}

/// A stage of one size, unless it was measured already.
fn measure(args: &Args, n: usize, stage: Stage) -> Outcome<()> {
    let (path, files) = (args.json(), Files::of(&args.dir, n));
    let mut record = Record::read(&path, args.data())?;
    let size = record.sizes.entry(n).or_default();
    match stage {
        Stage::Build if size.searched.is_some() => return Ok(()),
        Stage::Build if size.built.is_some() && files.exist() => return Ok(()),
        Stage::Search if size.searched.is_some() => return Ok(()),
        Stage::Search if !files.exist() => return Err(unbuilt(&files.index)),
        Stage::Build => {
            let built = stages::build(n, args.data(), &files)?;
            built.tell(n);
            size.built = Some(built);
        }
        Stage::Search => {
            let searched = stages::search(args.data(), &files)?;
            searched.tell(n);
            size.searched = Some(searched);
        }
    }
    record.write(&path)?;
    match stage {
        Stage::Search if !args.keep => files.remove(),
        Stage::Build | Stage::Search => Ok(()),
    }
}

fn unbuilt(index: &Path) -> Box<dyn std::error::Error> {
    format!("{} is not there: build it first", index.display()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_what_is_not_yet_measured() {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path().to_str().unwrap();
        let go = |more: &[&str]| {
            let args = ["growth", "--dir", dir, "--dim", "32", "--queries", "30"];
            run(&Args::parse_from(args.iter().chain(more)))
        };
        let error = go(&["--sizes", "500", "--stage", "search"]).unwrap_err();
        assert!(error.to_string().contains("build it first"), "{error}");
        let plot = directory.path().join("growth.svg");
        let plot = ["--plot", plot.to_str().unwrap()];
        go(&["--sizes", "500,2000", "--stage", "build"]).unwrap();
        go(&[&["--sizes", "500,2000", "--stage", "search"], &plot[..]].concat()).unwrap();

        let record = std::fs::read(directory.path().join("growth.json")).unwrap();
        let seen: Record = serde_json::from_slice(&record).unwrap();
        for (n, size) in &seen.sizes {
            let (built, searched) = (size.built.unwrap(), size.searched.clone().unwrap());
            assert!(built.file_mb * 1e6 > (n * 32 * 5) as f64, "{built:?}");
            assert!(searched.recall >= 0.99, "{searched:?}");
            assert!(searched.one_thread.p99_us >= searched.one_thread.p50_us);
            assert!(!Files::of(directory.path(), *n).exist());
        }
        let drawn = std::fs::read_to_string(plot[1]).unwrap();
        assert!(drawn.contains("p99, one thread") && drawn.ends_with("</svg>\n"));

        // Nothing is measured again, nor mixed with what is of other vectors.
        go(&["--sizes", "500", "--stage", "build"]).unwrap();
        assert!(!Files::of(directory.path(), 500).exist());
        let error = go(&["--sizes", "500", "--stage", "build", "--seed", "2"]).unwrap_err();
        assert!(
            error.to_string().contains("choose another --json"),
            "{error}"
        );
    }
}
