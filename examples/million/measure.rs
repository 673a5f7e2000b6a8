//! Searches, timed one by one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ranker::core::{BoxError, CandidateId, Embedding, Filter, Query, Request, Retriever};
use ranker::retrieve::{Change, Collection};
use ranker_examples::{Outcome, Progress, Times};
use rayon::prelude::*;

use crate::people::People;
use crate::vectors::{Source, profiles};

/// Hits that a search asks for.
const K: usize = 10;
/// Searches a second beside the stream.
const SEARCHES: u32 = 20;

/// Both legs at once, or the vector leg alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    Hybrid,
    Vector,
}

/// One search, timed.
pub(crate) fn search(
    collection: &Collection,
    query: &Query,
    how: (Search, &Filter),
) -> Outcome<Duration> {
    let start = Instant::now();
    let (search, filter) = how;
    let hits = match (search, query.embedding()) {
        (Search::Vector, Some(embedding)) => collection.search(embedding, K, filter)?,
        _ => {
            let request = Request::top(K).with_filter(filter.clone());
            pollster::block_on(collection.retrieve(query, &request))?
        }
    };
    let spent = start.elapsed();
    match hits.len() {
        K => Ok(spent),
        found => Err(format!("{found} hits instead of {K}").into()),
    }
}

/// What each query takes, one after the other, once some have warmed what gets warm.
pub(crate) fn quiet(
    collection: &Collection,
    queries: &[Query],
    how: (Search, &Filter),
) -> Outcome<Times> {
    for query in queries.iter().take(20) {
        search(collection, query, how)?;
    }
    let times = queries.iter().map(|query| search(collection, query, how));
    Ok(Times::of(times.collect::<Outcome<_>>()?))
}

/// How many of the ten that vector search finds are as near as the true tenth, of all.
pub(crate) fn recall(collection: &Collection, queries: &[Query]) -> Outcome<f64> {
    let now = collection.snapshot();
    let ids: Vec<&CandidateId> = now.ids().collect();
    let asked: Vec<&Embedding> = queries.iter().filter_map(Query::embedding).collect();
    let near = |ids: &[&CandidateId]| {
        let mut best = vec![Vec::new(); asked.len()];
        for id in ids {
            let vector = now.embedding(id)?.ok_or("a candidate has no vector")?;
            for (best, asked) in best.iter_mut().zip(&asked) {
                best.push(asked.cosine(&vector)?);
            }
        }
        best.iter_mut().for_each(keep_best);
        Ok(best)
    };
    let parts = ids
        .par_chunks(1024)
        .map(near)
        .collect::<Result<Vec<_>, _>>();
    let parts = parts.map_err(|error: BoxError| error.to_string())?;
    let (mut found, mut wanted) = (0, 0);
    for (at, asked) in asked.iter().enumerate() {
        let mut best: Vec<f32> = parts
            .iter()
            .flat_map(|part| part[at].iter().copied())
            .collect();
        keep_best(&mut best);
        // Vectors that are equal may differ in the last bit of their scores.
        let least = best.last().copied().unwrap_or_default() - 1e-6;
        let hits = collection.search(asked, K, &Filter::All)?;
        found += hits
            .iter()
            .filter(|hit| hit.score().get() as f32 >= least)
            .count();
        wanted += best.len();
    }
    Ok(found as f64 / wanted.max(1) as f64)
}

fn keep_best(scores: &mut Vec<f32>) {
    scores.sort_unstable_by(|a, b| b.total_cmp(a));
    scores.truncate(K);
}

/// What hybrid searches at a pace take, until it is over.
pub(crate) fn paced(
    collection: &Collection,
    queries: &[Query],
    over: impl Fn(Duration) -> bool,
) -> Outcome<Times> {
    let (mut times, start) = (Vec::new(), Instant::now());
    for (query, due) in queries.iter().cycle().zip(0_u32..) {
        if over(start.elapsed()) {
            break;
        }
        let due = Duration::from_secs(1) * due / SEARCHES;
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        times.push(search(collection, query, (Search::Hybrid, &Filter::All))?);
    }
    Ok(Times::of(times))
}

/// What the stream came to.
pub(crate) struct Stream {
    pub(crate) searches: Times,
    pub(crate) inserts_per_s: f64,
    pub(crate) removals_per_s: f64,
    pub(crate) count: u64,
}

/// What is asked of the stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Inserts of one transaction.
    pub(crate) inserts: u64,
    /// Inserts a second.
    pub(crate) rate: u64,
    pub(crate) length: Duration,
}

/// Hybrid searches at a pace while profiles from `first` on are inserted, as many a second as are asked
/// for if it can be, and the oldest removed.
pub(crate) fn beside_changes(
    collection: &Collection,
    queries: &[Query],
    (people, source, first): (People, &Source, u64),
    Pace {
        inserts,
        rate,
        length,
    }: Pace,
) -> Outcome<Stream> {
    let done = AtomicBool::new(false);
    let pace = Duration::from_secs_f64(inserts as f64 / rate as f64);
    // Made before, so that making them is not measured.
    let batches = (length.as_secs_f64() / pace.as_secs_f64()).ceil() as u64;
    let now = collection.snapshot();
    let mut oldest = now.ids().cloned();
    let mut batch = |at: u64| {
        let removed = oldest.by_ref().take(inserts as usize / 10);
        let removed: Vec<Change> = removed.map(Change::Remove).collect();
        let from = first + at * inserts;
        let made = profiles(people, source, from..from + inserts)?.into_iter();
        let inserted = made.map(|(profile, vector)| Change::Insert(profile, vector));
        let mut changes: Vec<Change> = inserted.collect();
        changes.extend(removed);
        Ok(changes)
    };
    let mut progress = Progress::new("made for the stream", batches as usize);
    let batches = (0..batches).map(|at| {
        let made = batch(at);
        progress.reach(at as usize + 1);
        made
    });
    let batches = batches.collect::<Outcome<Vec<_>>>()?;
    progress.finish();
    drop(oldest);
    drop(now);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let written = write(collection, batches, pace);
            done.store(true, Ordering::Relaxed);
            written
        });
        let searches = paced(collection, queries, |_| done.load(Ordering::Relaxed));
        let (count, spent) = writer.join().map_err(|_| "the writer panicked")??;
        Ok(Stream {
            searches: searches?,
            inserts_per_s: (count * inserts) as f64 / spent.as_secs_f64(),
            removals_per_s: (count * (inserts / 10)) as f64 / spent.as_secs_f64(),
            count: count * inserts,
        })
    })
}

/// Writes a batch at a time at a pace; returns how many, and in what time.
fn write(
    collection: &Collection,
    batches: Vec<Vec<Change>>,
    pace: Duration,
) -> Result<(u64, Duration), ranker::retrieve::CollectionError> {
    let (start, mut count) = (Instant::now(), 0);
    for batch in batches {
        let due = pace * count as u32;
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        collection.apply(batch)?;
        count += 1;
    }
    Ok((count, start.elapsed().max(pace * count as u32)))
}
