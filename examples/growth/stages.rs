//! Building an index of one size, and searching one that was built.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ranker::core::{Embedding, Filter, Hit, ValueError};
use ranker::retrieve::{QuantizedIndex, QuantizedOptions};
use ranker_examples::{Outcome, Times, cpu_seconds, memory_mb};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::feed::Feed;
use crate::record::{Built, Data, Pace, Searched};
use crate::truth::Truth;
use crate::vectors::World;

/// Hits that a search asks for.
const K: usize = 10;

/// Queries whose true neighbours are found: enough to tell the recall, few enough not to wait for.
const COMPARED: usize = 200;

/// Where an index of one size lies.
pub(crate) struct Files {
    pub(crate) index: PathBuf,
    truth: PathBuf,
}

impl Files {
    pub(crate) fn of(directory: &Path, n: usize) -> Self {
        Self {
            index: directory.join(format!("{n}.index")),
            truth: directory.join(format!("{n}.truth.json")),
        }
    }

    /// Whether there is what a search needs.
    pub(crate) fn exist(&self) -> bool {
        self.index.exists() && self.truth.exists()
    }

    pub(crate) fn remove(&self) -> Outcome<()> {
        std::fs::remove_file(&self.index)?;
        Ok(std::fs::remove_file(&self.truth)?)
    }
}

/// Builds an index of `n` vectors in a file.
pub(crate) fn build(n: usize, data: Data, files: &Files) -> Outcome<Built> {
    let world = World::new(data.dim, data.seed);
    let queries = world.queries(data.queries.min(COMPARED));
    let mut feed = Feed::new(&world, n, Truth::new(&queries, K));
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let index = QuantizedIndex::create(&files.index, &mut feed, QuantizedOptions::new())?;
    let spent = cpu_seconds().zip(cpu).map(|(to, from)| to - from);
    let ended = Instant::now();
    if let Some(wrong) = feed.wrong {
        return Err(wrong.into());
    }
    drop(index);
    std::fs::write(&files.truth, serde_json::to_vec(&feed.truth.numbers())?)?;
    let after = feed.ended.map(|last| ended - last).unwrap_or_default();
    Ok(Built {
        build_wall_s: (ended - wall).as_secs_f64() - feed.aside.wall_s,
        after_last_s: after.as_secs_f64(),
        build_cpu_s: spent.map(|seconds| (seconds - feed.aside.cpu_s).max(0.0)),
        peak_mb: memory_mb("VmHWM"),
        file_mb: std::fs::metadata(&files.index)?.len() as f64 / 1e6,
    })
}

/// Opens an index that was built, and searches it.
pub(crate) fn search(data: Data, files: &Files) -> Outcome<Searched> {
    let start = Instant::now();
    let index = QuantizedIndex::load(&files.index)?;
    let open_s = start.elapsed().as_secs_f64();
    let truth: Vec<Vec<u32>> = serde_json::from_slice(&std::fs::read(&files.truth)?)?;
    let world = World::new(data.dim, data.seed);
    let queries = world.queries(data.queries).into_iter().map(Embedding::unit);
    let queries = queries.collect::<Result<Vec<Embedding>, ValueError>>()?;
    let (one, all) = (threads(1)?, threads(rayon::current_num_threads())?);
    let (first, hits) = in_turn(&index, &queries, &one)?;
    let (again, _) = in_turn(&index, &queries, &one)?;
    let (shared, _) = in_turn(&index, &queries, &all)?;
    let rss_mb = memory_mb("VmRSS"); // A batch needs more for a while.
    Ok(Searched {
        open_s,
        rss_mb,
        recall: recall(&hits, &truth),
        first,
        one_thread: again,
        all_threads: shared,
        threads: all.current_num_threads(),
        batch_us: [
            together(&index, &queries, &one)?,
            together(&index, &queries, &all)?,
        ],
        plan: format!("{:?}", index.plan(K, &Filter::All)?),
    })
}

/// A pool of the library's: it works on the threads that it is called on.
fn threads(count: usize) -> Outcome<ThreadPool> {
    Ok(ThreadPoolBuilder::new().num_threads(count).build()?)
}

/// One query after the other.
fn in_turn(
    index: &QuantizedIndex,
    queries: &[Embedding],
    pool: &ThreadPool,
) -> Outcome<(Pace, Vec<Vec<Hit>>)> {
    let (mut times, mut found) = (Vec::new(), Vec::new());
    for query in queries {
        let (time, hits) = pool.install(|| {
            let start = Instant::now();
            let hits = index.search(query, K, &Filter::All)?;
            Ok::<(Duration, Vec<Hit>), ranker::core::RetrieveError>((start.elapsed(), hits))
        })?;
        times.push(time);
        found.push(hits);
    }
    let times = Times::of(times);
    let pace = Pace {
        p50_us: times.p50 * 1e3,
        p99_us: times.p99 * 1e3,
    };
    Ok((pace, found))
}

/// All queries in one call: microseconds of one.
fn together(index: &QuantizedIndex, queries: &[Embedding], pool: &ThreadPool) -> Outcome<f64> {
    let start = Instant::now();
    pool.install(|| index.search_batch(queries, K, &Filter::All))?;
    Ok(start.elapsed().as_secs_f64() * 1e6 / queries.len() as f64)
}

/// The share of the true best that was found.
fn recall(hits: &[Vec<Hit>], truth: &[Vec<u32>]) -> f64 {
    let found = hits.iter().zip(truth).map(|(hits, truth)| {
        let is_hit = |number: &&u32| {
            let number = number.to_string();
            hits.iter().any(|hit| hit.id().as_str() == number)
        };
        truth.iter().filter(is_hit).count()
    });
    let all: usize = truth.iter().map(Vec::len).sum();
    found.sum::<usize>() as f64 / all.max(1) as f64
}
