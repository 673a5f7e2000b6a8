//! Engines beside the embedded store: the same made-up people, one run.
//!
//! ```sh
//! cargo run --release -p ranker-engines-examples --no-default-features --bin measure_engines -- \
//!     100000 postgresql=postgresql://postgres@127.0.0.1:5432/postgres redis=redis://127.0.0.1:6379 \
//!     redis-search=redis://127.0.0.1:6380 chroma=http://127.0.0.1:8000 milvus=http://127.0.0.1:19530,http://127.0.0.1:9091
//! ```
//!
//! Recall is that of vector search alone (weights 1 and 0) against exact cosine similarities; times are those
//! of whole searches for ten, one after the other: both legs in a collection, in PostgreSQL and in Redis with its
//! query engine, the only one in the others. What is not measured: several searches at once, and a server on another machine.

use std::path::Path;
use std::time::{Duration, Instant};

use ranker_core::{BoxError, CandidateId, Embedding, Filter, Query, Request, Retriever};
use ranker_engines::chroma::{Chroma, ChromaOptions};
use ranker_engines::http::Endpoint;
use ranker_engines::milvus::{Milvus, MilvusOptions};
use ranker_engines::pgvector::{Indexing, Postgres, PostgresOptions};
use ranker_engines::redis::{Redis, RedisOptions, RedisSearch, RedisSearchOptions};
use ranker_engines::{LoadOptions, Secret, Space, Store, Weights, load};
use ranker_engines_examples::{DIMENSION, Embedded, Outcome, job, person};
use ranker_retrieve::{CollectionOptions, Fusion};

const K: usize = 10;
const QUERIES: u64 = 100;
const ENCODER: &str = "made up";
const NAMES: &str = "postgresql, redis, redis-search, chroma, milvus";
/// The longest that an engine may take to bring an index up to date.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is looked for, and what is right.
struct Task {
    count: u64,
    queries: Vec<Query>,
    filters: [(&'static str, Filter); 3],
    truth: Vec<Vec<Vec<CandidateId>>>,
}

#[expect(clippy::print_stdout, reason = "a program shows its result")]
fn main() -> Outcome {
    let mut args = std::env::args().skip(1);
    let usage = "usage: measure_engines PROFILES [ENGINE=URL]...";
    let count: u64 = args.next().ok_or(usage)?.parse()?;
    let queries = (0..QUERIES).map(job).collect::<Result<Vec<Query>, _>>()?;
    let filters = [
        ("all", Filter::All),
        ("10 %", Filter::at_most("lot", 0.1)),
        ("1 %", Filter::at_most("lot", 0.01)),
    ];
    let truth = truth(count, &queries, &filters)?;
    let task = Task {
        count,
        queries,
        filters,
        truth,
    };
    println!("| store | filter | recall@10 | p50, ms | p99, ms |\n|---|---|---|---|---|");
    let mut loads = vec![collection(&task)?];
    for arg in args {
        let (engine, url) = arg.split_once('=').ok_or(usage)?;
        let space = Space::new(
            format!("measured_{}", std::process::id()),
            DIMENSION,
            ENCODER,
        )?;
        loads.push(match engine {
            "postgresql" => postgresql(&task, &Secret::new(url), &space)?,
            "redis" => redis(&task, &Secret::new(url), space)?,
            "redis-search" => redis_search(&task, &Secret::new(url), &space)?,
            "chroma" => chroma(&task, url, space)?,
            "milvus" => milvus(&task, url, space)?,
            other => return Err(format!("{other} is none of {NAMES}").into()),
        });
    }
    println!("\n| store | load, profiles/s | then indexed, s |\n|---|---|---|");
    for load in loads {
        println!("{load}");
    }
    Ok(())
}

fn collection(task: &Task) -> Outcome<String> {
    let folder = tempfile::tempdir()?;
    let directory = folder.path().join("people");
    let open = |directory: &Path, own| Embedded::open(directory, DIMENSION, ENCODER, own);
    let store = open(&directory, CollectionOptions::new())?;
    let load = filled(("collection", &store), task, || Ok(()))?;
    let timed = timed(&store, task)?;
    drop(store);
    let own = CollectionOptions::new().with_fusion(Fusion::Weighted, 1.0, 0.0)?;
    found(("collection", &open(&directory, own)?), task, &timed)?;
    Ok(load)
}

fn postgresql(task: &Task, url: &Secret, space: &Space) -> Outcome<String> {
    let options = PostgresOptions::new()
        .with_number_index("lot")
        .with_time_limit(PATIENCE);
    let open = |options| pollster::block_on(Postgres::open(url, space.clone(), options));
    let store = open(options.clone().with_indexing(Indexing::Later))?;
    let load = filled(("postgresql", &store), task, || {
        pollster::block_on(store.index())?;
        Ok(pollster::block_on(store.refresh())?)
    })?;
    let timed = timed(&store, task)?;
    let dense = open(options.with_weights(Weights::new(1.0, 0.0)?))?;
    found(("postgresql", &dense), task, &timed)?;
    Ok(load)
}

fn redis(task: &Task, url: &Secret, space: Space) -> Outcome<String> {
    let options = RedisOptions::new().with_time_limit(PATIENCE);
    let store = pollster::block_on(Redis::open(url, space, options))?;
    let load = filled(("redis", &store), task, || Ok(()))?;
    found(("redis", &store), task, &timed(&store, task)?)?;
    Ok(load)
}

fn redis_search(task: &Task, url: &Secret, space: &Space) -> Outcome<String> {
    let options = RedisSearchOptions::new().with_time_limit(PATIENCE);
    let open = |options| pollster::block_on(RedisSearch::open(url, space.clone(), options));
    let store = open(options.clone())?;
    let load = filled(("redis-search", &store), task, || {
        Ok(pollster::block_on(store.settle())?)
    })?;
    let timed = timed(&store, task)?;
    let dense = open(options.with_weights(Weights::new(1.0, 0.0)?))?;
    found(("redis-search", &dense), task, &timed)?;
    Ok(load)
}

fn chroma(task: &Task, url: &str, space: Space) -> Outcome<String> {
    let endpoint = Endpoint::new(url)?.with_time_limit(PATIENCE);
    let store = pollster::block_on(Chroma::open(endpoint, space, ChromaOptions::new()))?;
    let load = filled(("chroma", &store), task, || Ok(()))?;
    found(("chroma", &store), task, &timed(&store, task)?)?;
    Ok(load)
}

/// The address of a server of version 2.3 with that of its management behind a comma.
fn milvus(task: &Task, url: &str, space: Space) -> Outcome<String> {
    let mut options = MilvusOptions::new().with_patience(PATIENCE);
    let mut address = url;
    if let Some((own, management)) = url.split_once(',') {
        options = options.with_management(Endpoint::new(management)?);
        address = own;
    }
    let endpoint = Endpoint::new(address)?.with_time_limit(PATIENCE);
    let store = pollster::block_on(Milvus::open(endpoint, space, options))?;
    let load = filled(("milvus", &store), task, || {
        Ok(pollster::block_on(store.settle())?)
    })?;
    found(("milvus", &store), task, &timed(&store, task)?)?;
    Ok(load)
}

/// Loads everyone and makes what indexes are made afterwards, up to the first search's answer: some engines
/// bring an index up to date with it.
fn filled(
    (name, store): (&str, &dyn Store),
    task: &Task,
    index: impl FnOnce() -> Outcome,
) -> Outcome<String> {
    let people = (0..task.count).map(|number| person(number).map_err(BoxError::from));
    let options = LoadOptions::new().with_batch(2000);
    let loaded = pollster::block_on(load(store, people, &options, |_| {}))?;
    let begun = Instant::now();
    index()?;
    times(store, &task.queries[..1], &Filter::All)?;
    let rate = task.count as f64 / loaded.elapsed.as_secs_f64();
    let indexed = begun.elapsed().as_secs_f64();
    Ok(format!("| {name} | {rate:.0} | {indexed:.1} |"))
}

/// How long searches take with each filter, in order of length.
fn timed(store: &dyn Store, task: &Task) -> Outcome<Vec<Vec<Duration>>> {
    let each = task.filters.iter().map(|(_, filter)| {
        // The first searches read what later ones find in memory.
        times(store, &task.queries[..10], filter)?;
        times(store, &task.queries, filter)
    });
    each.collect()
}

/// Shows a store's rows: what vector search finds, beside the times.
#[expect(clippy::print_stdout, reason = "a program shows its result")]
fn found((name, store): (&str, &dyn Store), task: &Task, timed: &[Vec<Duration>]) -> Outcome {
    let right = task.filters.iter().zip(&task.truth);
    for (((label, filter), truth), times) in right.zip(timed) {
        let recall = recall(store, &task.queries, filter, truth)?;
        let at =
            |share: f64| times[(share * (times.len() - 1) as f64) as usize].as_secs_f64() * 1e3;
        let (p50, p99) = (at(0.5), at(0.99));
        println!("| {name} | {label} | {recall:.3} | {p50:.1} | {p99:.1} |");
    }
    Ok(())
}

/// The ten nearest of those who pass, for each filter and query.
fn truth(
    count: u64,
    queries: &[Query],
    filters: &[(&str, Filter)],
) -> Outcome<Vec<Vec<Vec<CandidateId>>>> {
    let mut best: Vec<Vec<Vec<(f32, CandidateId)>>> =
        vec![vec![Vec::new(); queries.len()]; filters.len()];
    for number in 0..count {
        let (profile, embedding) = person(number)?;
        for (query, asked) in queries.iter().filter_map(Query::embedding).enumerate() {
            let near = Embedding::cosine(asked, &embedding)?;
            for ((_, filter), best) in filters.iter().zip(&mut best) {
                let best = &mut best[query];
                let worse = best.len() == K && best[K - 1].0 >= near;
                if worse || !filter.matches(profile.facts()) {
                    continue;
                }
                let at = best.partition_point(|(other, _)| *other >= near);
                best.insert(at, (near, profile.id().clone()));
                best.truncate(K);
            }
        }
    }
    let ids = |best: Vec<(f32, CandidateId)>| best.into_iter().map(|(_, id)| id).collect();
    Ok(best
        .into_iter()
        .map(|queries| queries.into_iter().map(ids).collect())
        .collect())
}

/// How long each search took, in order of length.
fn times(store: &dyn Store, queries: &[Query], filter: &Filter) -> Outcome<Vec<Duration>> {
    let mut times = Vec::new();
    for query in queries {
        let begun = Instant::now();
        let request = Request::top(K).with_filter(filter.clone());
        let hits = pollster::block_on(store.retrieve(query, &request))?;
        times.push(begun.elapsed());
        if hits.len() != K {
            return Err(format!("{} hits of {K}", hits.len()).into());
        }
    }
    times.sort();
    Ok(times)
}

/// The share of the nearest that is found.
fn recall(
    store: &dyn Store,
    queries: &[Query],
    filter: &Filter,
    truth: &[Vec<CandidateId>],
) -> Outcome<f64> {
    let (mut found, mut all) = (0, 0);
    for (query, truth) in queries.iter().zip(truth) {
        let request = Request::top(K).with_filter(filter.clone());
        let hits = pollster::block_on(Retriever::retrieve(store, query, &request))?;
        found += truth
            .iter()
            .filter(|id| hits.iter().any(|hit| hit.id() == *id))
            .count();
        all += truth.len();
    }
    Ok(found as f64 / all as f64)
}
