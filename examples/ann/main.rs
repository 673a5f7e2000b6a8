//! Measures vector search on anyone's vectors.
//!
//! ```text
//! cargo run --release --example ann -- --base base.fvecs --queries queries.fvecs --index quantized
//! ```
//!
//! Files are TEXMEX's: `.fvecs` vectors, `.ivecs` true neighbours; vectors are scaled to unit length
//! and compared by cosine. Without `--truth` the true neighbours are computed. `--filter 0.01` lets one
//! vector in a hundred pass. `RAYON_NUM_THREADS=1` measures one thread.
//!
//! `--save FILE` keeps the index, `--open FILE` measures one that was kept. `--targets` measures what a
//! million vectors should cost, each beside what bounds it, all in one run.

mod index;
mod machine;
mod measure;
mod targets;
mod truth;
mod vecs;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use ranker::core::{Embedding, Filter};
use ranker_examples::{Outcome, cpu_seconds, finish, memory_mb, say};
use serde_json::{Map, Value, json};

use index::{Built, Kind};
use measure::Asked;

/// Measure vector search on .fvecs files.
#[derive(Parser)]
#[command(name = "ann")]
struct Args {
    /// The vectors to index.
    #[arg(long, value_name = "FILE.fvecs", required_unless_present = "open")]
    base: Option<PathBuf>,
    /// The vectors to ask for.
    #[arg(long, value_name = "FILE.fvecs")]
    queries: PathBuf,
    /// The numbers of each query's nearest vectors, best first.
    #[arg(long, value_name = "FILE.ivecs", conflicts_with = "filter")]
    #[arg(required_unless_present = "base")]
    truth: Option<PathBuf>,
    /// Which index.
    #[arg(long, value_enum, default_value = "quantized")]
    index: Kind,
    /// How many hits a query asks for.
    #[arg(long, default_value_t = 10)]
    k: usize,
    /// The share of vectors that pass a filter.
    #[arg(long, value_name = "SHARE")]
    filter: Option<f64>,
    /// Where to keep the index.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// A quantized index that was kept, to be measured instead of one that is built.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["filter", "save"])]
    open: Option<PathBuf>,
    /// Compare the quantized index with what bounds it.
    #[arg(long, conflicts_with_all = ["filter", "save", "open", "json"])]
    targets: bool,
    /// Where to write what was measured.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome<()> {
    let queries = vecs::read_fvecs(&args.queries)?;
    let queries = queries
        .rows()
        .map(|row| Embedding::normalized(row.to_vec()));
    let queries = queries.collect::<Result<Vec<Embedding>, _>>()?;
    if queries.is_empty() {
        return Err(format!("{} holds no vectors", args.queries.display()).into());
    }
    let base = args.base.as_deref().map(vecs::read_fvecs).transpose()?;
    let base = base.map(vecs::Vectors::scaled);
    let truth = match (&args.truth, &base) {
        (Some(path), _) => vecs::read_ivecs(path)?,
        (None, Some(base)) => truth::compute(base, &queries, (args.k, args.filter))?,
        (None, None) => return Err("--truth is needed where --base is missing".into()),
    };
    if let Some(base) = base.as_ref().filter(|_| args.targets) {
        return targets::run(base, &queries, (&truth, args.k));
    }
    let mut said = Map::new();
    let index = obtain(args, base, &mut said)?;
    let mut tell = |key: &str, value: Value| said.insert(key.to_owned(), value);
    let filter = args.filter.map_or(Filter::All, index::passes);
    let figures = measure::measure(
        &index,
        &Asked {
            queries: &queries,
            truth: &truth,
            k: args.k,
            filter: filter.clone(),
        },
    )?;
    tell(&format!("recall@{}", args.k), json!(figures.recall));
    let batch = json!(figures.batch_recall);
    tell(&format!("recall@{}_batch", args.k), batch);
    tell("query_us_p50", json!(figures.p50 * 1e6));
    tell("query_us_p99", json!(figures.p99 * 1e6));
    tell("queries_per_s_batch", json!(1.0 / figures.batch));
    tell("stream_gb_s", json!(machine::stream_gb_s()));
    let read = index.bytes_read(args.k, &filter)?;
    let scanned = read.map(|bytes| bytes as f64 / figures.p50 / 1e9);
    tell("scan_gb_s", json!(scanned));
    if let Some(plan) = index.plan(args.k, &filter)? {
        tell("plan", json!(plan));
    }
    report(&said, args)
}

/// The index that is asked for, and what it took to have it.
fn obtain(
    args: &Args,
    base: Option<vecs::Vectors>,
    said: &mut Map<String, Value>,
) -> Outcome<Built> {
    let mut tell = |key: &str, value: Value| said.insert(key.to_owned(), value);
    tell("index", json!(args.index.to_string()));
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    let spent = || Some(cpu_seconds()? - cpu?);
    let index = match (&args.open, &base) {
        (Some(path), _) => {
            let index = Built::open(path)?;
            tell("open_s", json!(wall.elapsed().as_secs_f64()));
            index
        }
        (None, Some(base)) => {
            let index = Built::new(args.index, base, args.filter.is_some())?;
            tell("build_cpu_s", json!(spent()));
            tell("build_wall_s", json!(wall.elapsed().as_secs_f64()));
            index
        }
        (None, None) => return Err("--base or --open is needed".into()),
    };
    drop(base);
    let (n, dim) = index.shape();
    tell("n", json!(n));
    tell("dim", json!(dim));
    tell("rss_mb", json!(memory_mb("VmRSS")));
    if let Some(path) = &args.save {
        let start = Instant::now();
        index.save(path)?;
        tell("save_s", json!(start.elapsed().as_secs_f64()));
        let bytes = std::fs::metadata(path)?.len();
        tell("file_mb", json!(bytes as f64 / 1e6));
    }
    Ok(index)
}

fn report(said: &Map<String, Value>, args: &Args) -> Outcome<()> {
    for (key, value) in said {
        say(&format!("{key}: {value}"));
    }
    if let Some(path) = &args.json {
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(said)?))?;
    }
    Ok(())
}
