//! Measures vector search on anyone's vectors.
//!
//! ```text
//! cargo run --release --example ann -- --base base.fvecs --queries queries.fvecs --index quantized
//! ```
//!
//! Files are TEXMEX's: `.fvecs` vectors, `.ivecs` true neighbours; vectors are scaled to unit length
//! and compared by cosine. Without `--truth` the true neighbours are computed. `--filter 0.01` lets one
//! vector in a hundred pass. `RAYON_NUM_THREADS=1` measures one thread.

mod index;
mod machine;
mod truth;
mod vecs;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use ranker::core::{Embedding, Filter};
use ranker_examples::{Outcome, finish, say};
use serde_json::{Map, Value, json};

use index::{Built, Kind};

/// Measure vector search on .fvecs files.
#[derive(Parser)]
#[command(name = "ann")]
struct Args {
    /// The vectors to index.
    #[arg(long, value_name = "FILE.fvecs")]
    base: PathBuf,
    /// The vectors to ask for.
    #[arg(long, value_name = "FILE.fvecs")]
    queries: PathBuf,
    /// The numbers of each query's nearest vectors, best first.
    #[arg(long, value_name = "FILE.ivecs", conflicts_with = "filter")]
    truth: Option<PathBuf>,
    /// Which index.
    #[arg(long, value_enum)]
    index: Kind,
    /// How many hits a query asks for.
    #[arg(long, default_value_t = 10)]
    k: usize,
    /// The share of vectors that pass a filter.
    #[arg(long, value_name = "SHARE")]
    filter: Option<f64>,
    /// Where to write what was measured.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome<()> {
    let base = vecs::read_fvecs(&args.base)?.scaled();
    let queries = vecs::read_fvecs(&args.queries)?;
    let queries = queries
        .rows()
        .map(|row| Embedding::normalized(row.to_vec()));
    let queries = queries.collect::<Result<Vec<Embedding>, _>>()?;
    if queries.is_empty() {
        return Err(format!("{} holds no vectors", args.queries.display()).into());
    }
    let truth = match &args.truth {
        Some(path) => vecs::read_ivecs(path)?,
        None => truth::compute(&base, &queries, (args.k, args.filter))?,
    };
    let (n, dim) = (base.len(), base.dimension());
    let (cpu, wall) = (machine::cpu_seconds(), Instant::now());
    let index = Built::new(args.index, base, args.filter)?;
    let mut said = Map::new();
    let mut tell = |key: &str, value: Value| said.insert(key.to_owned(), value);
    tell("index", json!(args.index.to_string()));
    tell("n", json!(n));
    tell("dim", json!(dim));
    let spent = machine::cpu_seconds()
        .zip(cpu)
        .map(|(now, then)| now - then);
    tell("build_cpu_s", json!(spent));
    tell("build_wall_s", json!(wall.elapsed().as_secs_f64()));
    tell("rss_mb", json!(machine::resident_mb()));

    let filter = args.filter.map_or(Filter::All, index::passes);
    let recall = recall(&index, &queries, (&truth, args.k, &filter))?;
    tell(&format!("recall@{}", args.k), json!(recall));
    let times = times(&index, &queries, (args.k, &filter))?;
    let at = |share: f64| times[(share * (times.len() - 1) as f64).round() as usize];
    tell("query_us_p50", json!(at(0.50).as_secs_f64() * 1e6));
    tell("query_us_p99", json!(at(0.99).as_secs_f64() * 1e6));
    let start = Instant::now();
    index.search_batch(&queries, args.k, &filter)?;
    let batch = queries.len() as f64 / start.elapsed().as_secs_f64();
    tell("queries_per_s_batch", json!(batch));
    tell("stream_gb_s", json!(machine::stream_gb_s()));
    let read = index.bytes_read(args.k, &filter)?;
    let scanned = read.map(|bytes| bytes as f64 / at(0.50).as_secs_f64() / 1e9);
    tell("scan_gb_s", json!(scanned));
    if let Some(plan) = index.plan(args.k, &filter)? {
        tell("plan", json!(plan));
    }
    report(&said, args)
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

/// The share of the true neighbours found.
fn recall(
    index: &Built,
    queries: &[Embedding],
    (truth, k, filter): (&[Vec<u32>], usize, &Filter),
) -> Outcome<f64> {
    let (mut found, mut all) = (0, 0);
    for (query, truth) in queries.iter().zip(truth) {
        let truth = &truth[..truth.len().min(k)];
        let hits = index.search(query, k, filter)?;
        found += truth.iter().filter(|one| hits.contains(one)).count();
        all += truth.len();
    }
    Ok(f64::from(found as u32) / f64::from(all.max(1) as u32))
}

/// What each query took alone, ascending. The first pass of all, which found the recall, has warmed
/// everything that gets warm.
fn times(
    index: &Built,
    queries: &[Embedding],
    (k, filter): (usize, &Filter),
) -> Outcome<Vec<Duration>> {
    let time = |query| {
        let start = Instant::now();
        index.search(query, k, filter)?;
        Ok(start.elapsed())
    };
    let mut times = queries.iter().map(time).collect::<Outcome<Vec<_>>>()?;
    times.sort_unstable();
    Ok(times)
}
