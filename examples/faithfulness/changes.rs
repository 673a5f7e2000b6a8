//! What it takes to find the smallest changes that would move somebody up, on the bundled jobs and people.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use pollster::block_on;
use ranker::core::Embedder;
use ranker::embed::TokenCache;
use ranker::files::{read_jobs, read_profiles};
use ranker::xai::changes::{Goal, SmallestChanges};
use ranker::{Ranker, Ranking};
use ranker_examples::{
    AnyEncoder, Outcome, Progress, bundled, cpu_seconds, finder_of_today, index_with_tokens,
    open_encoder,
};

/// From which places to which others.
const MOVES: [(usize, usize); 6] = [(2, 1), (5, 4), (5, 1), (10, 9), (10, 5), (10, 1)];

/// A table with a row for each move, over all bundled jobs.
pub(crate) fn table(model: Option<&Path>) -> Outcome<String> {
    let encoder = Arc::new(TokenCache::new(
        open_encoder(model)?,
        TokenCache::<AnyEncoder>::DEFAULT_BYTES,
    ));
    let embedder: Arc<dyn Embedder> = encoder.clone();
    let profiles = read_profiles(&bundled::data("profiles.jsonl"))?.profiles;
    let index = index_with_tokens(&*embedder, profiles)?;
    let builder = Ranker::builder(embedder, index).top_k(10);
    let ranker = builder.assessor(finder_of_today()?).build()?;
    let jobs = read_jobs(&bundled::data("jobs.jsonl"))?;
    let mut rankings = Vec::with_capacity(jobs.len());
    for job in &jobs {
        rankings.push(block_on(ranker.rank(&job.job))?);
    }
    let mut table = String::from(
        "| from | to | asked | something to change | a way found | profiles scored, median | most | processor ms, median | nine in ten | most | ms, median |\n\
         |---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut progress = Progress::new("moves", MOVES.len());
    for (done, moved) in (1..).zip(MOVES) {
        // Else a row would find what the row before had the encoder read.
        encoder.clear();
        table += &row(&ranker, &rankings, moved)?;
        progress.reach(done);
    }
    progress.finish();
    Ok(table)
}

fn row(ranker: &Ranker, rankings: &[Ranking], (from, to): (usize, usize)) -> Outcome<String> {
    let (mut asked, mut found, mut tried) = (0, 0, Vec::new());
    let (mut millis, mut processor) = (Vec::new(), Vec::new());
    for ranking in rankings {
        let Some(ranked) = ranking.as_slice().get(from - 1) else {
            continue;
        };
        let (begun, used) = (Instant::now(), cpu_seconds());
        let goal = Goal::place(to);
        let changes: SmallestChanges =
            block_on(ranker.smallest_changes(ranking, ranked.id(), &goal))?;
        asked += 1;
        // Who lacks nothing that the job asks is answered at once.
        if changes.levers == 0 {
            continue;
        }
        millis.push(1e3 * begun.elapsed().as_secs_f64());
        // Known on Linux alone, in steps of 10 ms.
        let used = used
            .zip(cpu_seconds())
            .map(|(before, after)| after - before);
        processor.extend(used.map(|seconds| 1e3 * seconds));
        tried.push(changes.tried as f64);
        found += usize::from(!changes.ways.is_empty());
    }
    let changeable = millis.len();
    let (tried, millis) = (Spread::of(tried), Spread::of(millis));
    let processor = Spread::of(processor);
    Ok(format!(
        "| {from} | {to} | {asked} | {changeable} | {found} | {} | {} | {:.0} | {:.0} | {:.0} | {:.0} |\n",
        tried.median,
        tried.most,
        processor.median,
        processor.nine_in_ten,
        processor.most,
        millis.median,
    ))
}

/// Of some numbers.
struct Spread {
    median: f64,
    nine_in_ten: f64,
    most: f64,
}

impl Spread {
    fn of(mut all: Vec<f64>) -> Self {
        all.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let place = (share * all.len() as f64).ceil() as usize;
            all.get(place.saturating_sub(1))
                .copied()
                .unwrap_or_default()
        };
        Self {
            median: at(0.5),
            nine_in_ten: at(0.9),
            most: at(1.0),
        }
    }
}
