//! Generates a million profiles, indexes them in a collection and measures it.
//!
//! ```text
//! cargo run --release --example million -- --n 1000000 --dim 384 --dir /tmp/million
//! ```
//!
//! The vectors come from a fast stand-in for an encoder (hashed words with random directions), so the
//! numbers tell of indexing and search, not of encoding; `--model` takes an encoder instead. Searches ask
//! for 10, one after the other.
//!
//! `--rank` measures whole rankings too: expansion, encoder, both legs, late interaction, model, and the
//! explanation of ten places. Profiles are then indexed with token vectors of the stand-in, while jobs are
//! read by a real encoder (`--model`, by default the bundled one).

mod disk;
mod measure;
mod people;
mod plot;
mod rank;
mod stand_in;
mod trades;
mod vectors;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use ranker::core::{Embedding, Filter, Query, Role};
use ranker::embed::Kernels;
use ranker::retrieve::{
    Collection, CollectionOptions, Instructions, KeywordOptions, limit_instructions,
};
use ranker_examples::{Outcome, Progress, Times, finish, memory_mb, precision, say};
use serde_json::{Map, Value, json};

use measure::{Pace, Search};
use people::People;
use stand_in::StandIn;
use vectors::{Source, profiles};

/// Jobs ranked before any is timed.
const WARM: u64 = 10;
/// Rankings a second at a pace that leaves the processors pauses.
const RANKINGS_A_SECOND: u32 = 8;

/// Generate, index and measure a collection.
#[derive(Parser)]
#[command(name = "million")]
struct Args {
    /// How many profiles.
    #[arg(long, default_value_t = 1_000_000)]
    n: u64,
    /// Components of a vector of the stand-in.
    #[arg(long, default_value_t = 384)]
    dim: usize,
    /// An encoder's folder, in the place of the stand-in.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Encodes in 8 bits on our own engine: faster, and other embeddings.
    #[arg(long)]
    fast: bool,
    /// The most instructions that searching and our own engine use, instead of all that the processor has: how
    /// another machine would do.
    #[arg(long, value_enum)]
    instructions: Option<InstructionsArg>,
    /// Where to make the collection; one of as many profiles that is there already is measured as it is.
    #[arg(long)]
    dir: PathBuf,
    /// Profiles of a transaction while indexing.
    #[arg(long, default_value_t = 10_000)]
    batch: u64,
    /// Terms of a job description that keyword search looks for.
    #[arg(long, default_value_t = 16)]
    terms: usize,
    /// Searches of each kind.
    #[arg(long, default_value_t = 500)]
    queries: u64,
    /// Inserts a second asked of the stream.
    #[arg(long, default_value_t = 10_000)]
    rate: u64,
    /// Inserts of one transaction of the stream; a tenth as many profiles are removed with them.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    inserts: u64,
    /// Seconds of the stream.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep token vectors, and measure whole rankings.
    #[arg(long)]
    rank: bool,
    /// Rankings measured one after the other.
    #[arg(long, default_value_t = 200, value_name = "N")]
    rankings: u64,
    /// Where to draw the stages of a ranking.
    #[arg(long, value_name = "FILE.svg", requires = "rank")]
    plot: Option<PathBuf>,
    /// Where to write what was measured.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
}

/// Instruction sets.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum InstructionsArg {
    Portable,
    Avx2,
}

impl InstructionsArg {
    /// Limits searching, and names the loops of the encoder.
    fn limit(self) -> Outcome<Kernels> {
        let (most, name) = match self {
            Self::Portable => (Instructions::Portable, "portable"),
            Self::Avx2 => (Instructions::Avx2, "avx2"),
        };
        limit_instructions(most)?;
        let kernels = Kernels::all()
            .into_iter()
            .find(|kernels| kernels.name() == name);
        Ok(kernels.ok_or_else(|| format!("this machine has no {name}"))?)
    }
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome<()> {
    let people = People::new(args.seed);
    let kernels = args.instructions.map(InstructionsArg::limit).transpose()?;
    let encoder = (args.model.as_deref(), (precision(args.fast), kernels));
    let source = match args.rank {
        true => Source::Both(Arc::new(StandIn::open(encoder, args.seed)?)),
        false => Source::open(encoder, (args.dim, args.seed))?,
    };
    let keyword = KeywordOptions::new().with_max_terms(args.terms)?;
    let options = CollectionOptions::new().with_keyword(keyword);
    let mut said = Map::new();
    note(&mut said, "n", args.n);
    note(&mut said, "dim", args.dim);

    if !args.dir.exists() {
        let mut collection = Collection::create(&args.dir, options)?;
        if args.rank {
            collection = collection.embedded_by(stand_in::MODEL)?;
        }
        index(&collection, (people, &source), args, &mut said)?;
        let (saved, ()) = timed(|| Ok(collection.close()?))?;
        note(&mut said, "save_s", saved);
    }
    let (opened, collection) = timed(|| Ok(Collection::open(&args.dir, options)?))?;
    note(&mut said, "open_s", opened);
    note(&mut said, "rss_mb", memory_mb("VmRSS"));

    let queries = jobs(people, &source, 0..args.queries)?;
    let asked = queries.get(..100).unwrap_or(&queries);
    let recall = measure::recall(&collection, asked)?;
    note(&mut said, "recall@10_by_itself", recall);
    // Jobs lie elsewhere than profiles.
    let others = jobs(people, &source, args.queries..args.queries + 100)?;
    let others: Vec<Embedding> = others
        .iter()
        .filter_map(Query::embedding)
        .cloned()
        .collect();
    let (measured, ()) = timed(|| Ok(collection.measure(&others)?))?;
    note(&mut said, "measure_s", measured);
    let recall = measure::recall(&collection, asked)?;
    note(&mut said, "recall@10", recall);
    searches(&collection, &queries, &mut said)?;

    let length = Duration::from_secs(args.seconds);
    let alone = measure::paced(&collection, &queries, |spent| spent >= length)?;
    tell(&mut said, "paced_hybrid", alone);
    // Numbers that no earlier stream has taken.
    let first = args.n + collection.snapshot().version() * 100_000;
    let from = (people, &source, first);
    let pace = Pace {
        inserts: args.inserts,
        rate: args.rate,
        length,
    };
    let stream = measure::beside_changes(&collection, &queries, from, pace)?;
    tell(&mut said, "stream_hybrid", stream.searches);
    note(&mut said, "stream_inserts_per_s", stream.inserts_per_s);
    note(&mut said, "stream_removals_per_s", stream.removals_per_s);
    note(&mut said, "stream_inserted", stream.count);

    let collection = Arc::new(collection);
    if let Source::Both(encoder) = &source {
        rankings(&collection, encoder, (people, &queries), args, &mut said)?;
    }
    drop(collection); // Not closed: as after a crash.
    let (opened, collection) = timed(|| Ok(Collection::open(&args.dir, options)?))?;
    note(&mut said, "open_unclosed_s", opened);
    say(&format!("{:?}", collection.opened()));
    disk(&args.dir, &mut said)?;
    // Whoever measures it again finds it as it was closed.
    collection.close()?;
    report(&said, args)
}

/// Says a figure, and keeps it for the report.
fn note(said: &mut Map<String, Value>, name: &str, figure: impl Into<Value>) {
    let figure = figure.into();
    say(&format!("{name}: {figure}"));
    said.insert(name.to_owned(), figure);
}

/// Job descriptions with their vectors.
fn jobs(people: People, source: &Source, numbers: Range<u64>) -> Outcome<Vec<Query>> {
    let jobs = numbers.map(|number| people.job(number));
    let jobs = jobs.collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<String> = jobs.iter().map(|job| job.full_text()).collect();
    let vectors = source.embed(&texts, Role::Query)?;
    let queries = jobs.into_iter().zip(vectors);
    Ok(queries
        .map(|(job, vector)| Query::new(job).with_embedding(vector))
        .collect())
}

/// Generates and inserts everyone. The time of generating is told apart.
fn index(
    collection: &Collection,
    (people, source): (People, &Source),
    args: &Args,
    said: &mut Map<String, Value>,
) -> Outcome<()> {
    let mut progress = Progress::new("indexed", args.n as usize);
    let (mut generated, mut indexed) = (0.0, 0.0);
    for start in (0..args.n).step_by(args.batch.max(1) as usize) {
        let end = args.n.min(start + args.batch);
        let (spent, batch) = timed(|| profiles(people, source, start..end))?;
        generated += spent;
        indexed += timed(|| Ok(collection.insert_all(batch)?))?.0;
        progress.reach(end as usize);
    }
    progress.finish();
    note(said, "generate_s", generated);
    note(said, "index_s", indexed);
    note(said, "index_per_s", args.n as f64 / indexed);
    Ok(())
}

fn searches(
    collection: &Collection,
    queries: &[Query],
    said: &mut Map<String, Value>,
) -> Outcome<()> {
    let lot = |share| Filter::at_most("lot", share);
    // The first filter reads everyone's facts.
    if let Some(first) = queries.first() {
        let how = (Search::Vector, &lot(0.1));
        let (spent, _) = timed(|| measure::search(collection, first, how))?;
        note(said, "first_filter_s", spent);
    }
    for (name, search, filter) in [
        ("hybrid", Search::Hybrid, Filter::All),
        ("vector", Search::Vector, Filter::All),
        ("hybrid_10%", Search::Hybrid, lot(0.1)),
        ("vector_10%", Search::Vector, lot(0.1)),
        ("hybrid_1%", Search::Hybrid, lot(0.01)),
        ("vector_1%", Search::Vector, lot(0.01)),
    ] {
        tell(
            said,
            name,
            measure::quiet(collection, queries, (search, &filter))?,
        );
    }
    Ok(())
}

/// Whole rankings: one after the other, at a pace, and beside it the codes' bytes.
fn rankings(
    collection: &Arc<Collection>,
    encoder: &Arc<StandIn>,
    (people, queries): (People, &[Query]),
    args: &Args,
    said: &mut Map<String, Value>,
) -> Outcome<()> {
    let jobs = (0..args.rankings + WARM).map(|number| people.long_job(number));
    let jobs = jobs.collect::<Result<Vec<_>, _>>()?;
    let (warm, jobs) = jobs.split_at(WARM as usize);
    note(said, "job_tokens", encoder.tokens_of(jobs)?);
    if let Some(query) = queries.first() {
        note(
            said,
            "token_bytes_per_profile",
            rank::token_bytes(collection, query)?,
        );
    }
    let ranker = rank::ranker(collection, encoder, people)?;
    rank::quiet(&ranker, warm)?;
    let stages = rank::quiet(&ranker, jobs)?;
    if let Some(path) = &args.plot {
        let title = format!(
            "A ranking over {} profiles: p50 / p99 of each stage",
            args.n
        );
        let whole = ["rank", "rank_and_explain"];
        let parts = stages.iter().filter(|(stage, _)| !whole.contains(stage));
        let parts: Vec<_> = parts.copied().collect();
        std::fs::write(path, plot::svg(&title, &parts))?;
    }
    for (stage, times) in stages {
        let name = match stage {
            "rank" | "explain" | "rank_and_explain" => stage.to_owned(),
            "embed" => "encode_job".to_owned(),
            stage => format!("rank_{stage}"),
        };
        tell(said, &name, times);
    }
    let length = Duration::from_secs(args.seconds);
    let paced = rank::paced(&ranker, jobs, RANKINGS_A_SECOND, |spent| spent >= length)?;
    tell(said, "rank_paced", paced);
    Ok(())
}

fn tell(said: &mut Map<String, Value>, name: &str, times: Times) {
    say(&format!(
        "{name:16} p50 {:8.2} ms   p99 {:8.2} ms   {} searches",
        times.p50, times.p99, times.count
    ));
    said.insert(format!("{name}_ms_p50"), json!(times.p50));
    said.insert(format!("{name}_ms_p99"), json!(times.p99));
}

fn disk(directory: &Path, said: &mut Map<String, Value>) -> Outcome<()> {
    let mut parts = Map::new();
    for (name, megabytes) in disk::disk_mb(directory)? {
        let name = name.split_once("-").map_or(name.as_str(), |(kind, _)| kind);
        parts.insert(name.to_owned(), json!(megabytes));
    }
    note(said, "disk_mb", parts);
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<(f64, T)> {
    let start = Instant::now();
    let made = work()?;
    Ok((start.elapsed().as_secs_f64(), made))
}

fn report(said: &Map<String, Value>, args: &Args) -> Outcome<()> {
    if let Some(path) = &args.json {
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(said)?))?;
    }
    Ok(())
}
