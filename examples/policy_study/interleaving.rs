//! Interleaving against A/B.

use serde_json::{Value, json};

use ranker::score::LinearScorer;

use crate::say;
use crate::world::{CANDIDATES, Random, Reader, World, policy};
use ranker::core::{CandidateId, Scorer};
use ranker::rlhf::interleave::{Tally, TeamDraft};

/// Impressions simulated of each arm; experiments are drawn from them.
const POOL: usize = 60_000;
const EXPERIMENTS: u64 = 400;

pub(crate) fn run(nulls: u64) -> Value {
    let world = World::new(23, 200, Reader::Cascade);
    let a = world.scorer(&[1.0, -0.6, 0.4, 0.0]);
    let b = world.scorer(&[1.0, -0.6, 0.4, 0.62]);
    let names: Vec<CandidateId> = (0..CANDIDATES)
        .map(|row| CandidateId::new(format!("c{row}")).expect("a short id"))
        .collect();
    let gap = ndcg(&world, &a) - ndcg(&world, &b);
    let arms = [arm(&world, &a, 1), arm(&world, &b, 2)];
    let credits = interleaved(&world, [&a, &b], &names);
    let most_sensitive = |metric: usize| {
        needed(|n, random| {
            let mut draw = |arm: &[[f64; 2]]| {
                let mean = (0..n / 2).map(|_| arm[random.bits() as usize % POOL][metric]);
                mean.sum::<f64>()
            };
            draw(&arms[0]) - draw(&arms[1])
        })
    };
    let ab = most_sensitive(0).min(most_sensitive(1));
    let interleaved = needed(|n, random| {
        (0..n)
            .map(|_| credits[random.bits() as usize % POOL].signum_or_0())
            .sum()
    });
    say!(
        "Interleaving, rankers {gap:.3} nDCG apart: {interleaved} impressions to be right 95 % of"
    );
    say!(
        "the time, A/B {ab} (ratio {:.3})",
        interleaved as f64 / ab as f64
    );
    let (below, distance) = null(&world, &names, nulls);
    say!(
        "Equal rankers: p <= .05 in {below} of {nulls}; largest distance from uniform {distance:.3}"
    );
    json!({
        "ndcg_gap": gap, "interleaved": interleaved, "ab": ab, "null_runs": nulls,
        "null_below_05": below, "null_distance": distance,
    })
}

trait Sign {
    fn signum_or_0(self) -> f64;
}

impl Sign for f64 {
    fn signum_or_0(self) -> f64 {
        if self == 0.0 { 0.0 } else { self.signum() }
    }
}

fn order(world: &World, scorer: &LinearScorer, job: usize) -> Vec<usize> {
    let scores = scorer
        .score(&world.jobs[job])
        .expect("the world's features");
    let mut order: Vec<usize> = (0..CANDIDATES).collect();
    order.sort_by(|&a, &b| scores[b].cmp(&scores[a]));
    order
}

/// nDCG@10 with the chance of a click as gain.
fn ndcg(world: &World, scorer: &LinearScorer) -> f64 {
    let dcg = |gains: &[f64]| {
        let terms = gains.iter().enumerate();
        terms
            .map(|(at, gain)| gain / (at as f64 + 2.0).log2())
            .sum::<f64>()
    };
    let jobs = (0..world.jobs.len()).map(|job| {
        let appeal = &world.appeal[job];
        let gains: Vec<f64> = order(world, scorer, job)
            .into_iter()
            .map(|r| appeal[r])
            .collect();
        let mut ideal = gains.clone();
        ideal.sort_by(|a, b| b.total_cmp(a));
        dcg(&gains) / dcg(&ideal)
    });
    jobs.sum::<f64>() / world.jobs.len() as f64
}

/// Clicks, and the reciprocal rank of the first, of each impression.
fn arm(world: &World, scorer: &LinearScorer, seed: u64) -> Vec<[f64; 2]> {
    let mut random = Random(seed);
    let orders: Vec<Vec<usize>> = (0..world.jobs.len())
        .map(|j| order(world, scorer, j))
        .collect();
    let one = |_| {
        let job = random.bits() as usize % world.jobs.len();
        let clicks = world.clicks(job, &orders[job], &mut random);
        let first = clicks.iter().position(|&click| click > 0.0);
        [
            clicks.iter().sum(),
            first.map_or(0.0, |at| 1.0 / (at + 1) as f64),
        ]
    };
    (0..POOL).map(one).collect()
}

fn interleaved(world: &World, rankers: [&LinearScorer; 2], names: &[CandidateId]) -> Vec<f64> {
    let mut random = Random(3);
    let lists: Vec<[Vec<CandidateId>; 2]> = (0..world.jobs.len())
        .map(|job| {
            rankers.map(|r| {
                order(world, r, job)
                    .into_iter()
                    .map(|r| names[r].clone())
                    .collect()
            })
        })
        .collect();
    let one = |at: usize| {
        let job = random.bits() as usize % world.jobs.len();
        session(
            world,
            (job, at),
            [&lists[job][0], &lists[job][1]],
            (names, &mut random),
        )
    };
    (0..POOL).map(one).collect()
}

fn session(
    world: &World,
    (job, at): (usize, usize),
    lists: [&[CandidateId]; 2],
    (names, random): (&[CandidateId], &mut Random),
) -> f64 {
    let list = TeamDraft::new(4).draft(&at.to_string(), lists, CANDIDATES);
    let row = |id: &CandidateId| names.iter().position(|name| name == id).unwrap_or_default();
    let rows: Vec<usize> = list.order.iter().map(row).collect();
    list.credit(&world.clicks(job, &rows, random))
}

/// The fewest impressions after which at least 95 % of experiments name the better ranker.
fn needed(difference: impl Fn(usize, &mut Random) -> f64) -> usize {
    let mut n = 10_usize;
    loop {
        let mut random = Random(n as u64);
        let right: f64 = (0..EXPERIMENTS)
            .map(|_| 0.5 + 0.5 * difference(n, &mut random).signum_or_0())
            .sum();
        if right >= 0.95 * EXPERIMENTS as f64 || n > 4_000_000 {
            return n;
        }
        n += (n / 10).max(2);
    }
}

/// Two rankers that draw from one policy: how uniform the p-values are.
fn null(world: &World, names: &[CandidateId], runs: u64) -> (usize, f64) {
    let scorer = world.scorer(&[0.5, -0.3, 0.2, 0.0]);
    let policies = [1, 2].map(|seed| policy().with_seed(seed));
    let mut random = Random(8);
    let mut p_values: Vec<f64> = (0..runs)
        .map(|run| {
            let mut tally = Tally::default();
            for at in 0..300 {
                let at = run as usize * 300 + at;
                let job = random.bits() as usize % world.jobs.len();
                let scores = scorer
                    .score(&world.jobs[job])
                    .expect("the world's features");
                let lists = policies.map(|policy| {
                    let drawn = policy.draw(&scores, &at.to_string(), CANDIDATES);
                    drawn
                        .order
                        .into_iter()
                        .map(|row| names[row].clone())
                        .collect::<Vec<_>>()
                });
                tally.add(session(
                    world,
                    (job, at),
                    [&lists[0], &lists[1]],
                    (names, &mut random),
                ));
            }
            tally.result().p_value
        })
        .collect();
    p_values.sort_by(f64::total_cmp);
    let n = runs as f64;
    let off = |(at, p): (usize, &f64)| {
        (p - at as f64 / n)
            .abs()
            .max((p - (at + 1) as f64 / n).abs())
    };
    let distance = p_values.iter().enumerate().map(off).fold(0.0, f64::max);
    (p_values.iter().filter(|p| **p <= 0.05).count(), distance)
}
