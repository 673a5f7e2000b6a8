//! A PostgreSQL beside the embedded store: the same made-up people, one run.
//!
//! ```sh
//! cargo run --release -p ranker-engines-examples --no-default-features --bin measure_engines -- \
//!     postgresql://postgres@127.0.0.1:5432/postgres 100000
//! ```
//!
//! Recall is that of vector search alone (weights 1 and 0) against exact cosine similarities; times are those
//! of whole searches for ten, both legs, one after the other. What is not measured: several searches at once,
//! and a server on another machine.

use std::time::{Duration, Instant};

use ranker_core::{BoxError, CandidateId, Embedding, Filter, Query, Request, Retriever};
use ranker_engines::pgvector::{Indexing, Postgres, PostgresOptions};
use ranker_engines::{LoadOptions, Secret, Space, Store, Weights, load};
use ranker_engines_examples::{DIMENSION, Embedded, Outcome, job, person};
use ranker_retrieve::{CollectionOptions, Fusion};

const K: usize = 10;
const QUERIES: u64 = 100;
const ENCODER: &str = "made up";

#[expect(clippy::print_stdout, reason = "a program shows its result")]
fn main() -> Outcome {
    let mut args = std::env::args().skip(1);
    let usage = "usage: measure_engines POSTGRESQL_URL [PROFILES]";
    let url = Secret::new(args.next().ok_or(usage)?);
    let count: u64 = args.next().map_or(Ok(100_000), |count| count.parse())?;
    let queries = (0..QUERIES).map(job).collect::<Result<Vec<Query>, _>>()?;
    let filters = [
        ("all", Filter::All),
        ("10 %", Filter::at_most("lot", 0.1)),
        ("1 %", Filter::at_most("lot", 0.01)),
    ];
    let truth = truth(count, &queries, &filters)?;

    let folder = tempfile::tempdir()?;
    let directory = folder.path().join("people");
    let name = format!("measured_{}", std::process::id());
    let options = PostgresOptions::new().with_number_index("lot");
    let later = options.clone().with_indexing(Indexing::Later);
    let space = Space::new(name, DIMENSION, ENCODER)?;
    println!("| store | load, profiles/s | then indexed, s |\n|---|---|---|");
    let own = CollectionOptions::new();
    let embedded = Embedded::open(&directory, DIMENSION, ENCODER, own)?;
    let loaded = filled(&embedded, count)?;
    println!(
        "| collection | {:.0} | 0 |",
        count as f64 / loaded.as_secs_f64()
    );
    let postgres = pollster::block_on(Postgres::open(&url, space.clone(), later))?;
    let loaded = filled(&postgres, count)?;
    let begun = Instant::now();
    pollster::block_on(postgres.index())?;
    pollster::block_on(postgres.refresh())?;
    let indexed = begun.elapsed().as_secs_f64();
    println!(
        "| postgresql | {:.0} | {indexed:.0} |",
        count as f64 / loaded.as_secs_f64()
    );

    println!("\n| store | filter | recall@10 | p50, ms | p99, ms |\n|---|---|---|---|---|");
    for (name, store) in [
        ("collection", &embedded as &dyn Store),
        ("postgresql", &postgres),
    ] {
        for (label, filter) in &filters {
            // The first searches read what later ones find in memory.
            times(store, &queries[..10], filter)?;
            let times = times(store, &queries, filter)?;
            let at =
                |share: f64| times[(share * (times.len() - 1) as f64) as usize].as_secs_f64() * 1e3;
            println!("| {name} | {label} | | {:.1} | {:.1} |", at(0.5), at(0.99));
        }
    }
    drop(embedded);
    let own = CollectionOptions::new().with_fusion(Fusion::Weighted, 1.0, 0.0)?;
    let embedded = Embedded::open(&directory, DIMENSION, ENCODER, own)?;
    let options = options.with_weights(Weights::new(1.0, 0.0)?);
    let postgres = pollster::block_on(Postgres::open(&url, space, options))?;
    for (name, store) in [
        ("collection", &embedded as &dyn Store),
        ("postgresql", &postgres),
    ] {
        for ((label, filter), truth) in filters.iter().zip(&truth) {
            let recall = recall(store, &queries, filter, truth)?;
            println!("| {name} | {label} | {recall:.3} | | |");
        }
    }
    Ok(())
}

/// Loads everyone; how long it took.
fn filled(store: &dyn Store, count: u64) -> Outcome<Duration> {
    let people = (0..count).map(|number| person(number).map_err(BoxError::from));
    let options = LoadOptions::new().with_batch(2000);
    let loaded = pollster::block_on(load(store, people, &options, |_| {}))?;
    Ok(loaded.elapsed)
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
