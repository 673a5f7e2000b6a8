//! What policy learning, calibration and bands are worth.

use serde_json::{Value, json};

use crate::say;
use crate::world::{CANDIDATES, Random, Reader, World};
use ranker::core::{Score, Scorer};
use ranker::rlhf::calibrate::{Calibrator, Judged, Method, Uncertainty};
use ranker::rlhf::{Comparison, Dpo, JudgedList, Outcome, PolicyGradient};

const SERVING: [f64; 4] = [0.35, 0.0, 0.3, 0.15];

pub(crate) fn run(seeds: u64) -> Value {
    let world = World::new(31, 60, Reader::Cascade);
    json!({
        "policy": policy_gradient(&world), "dpo": dpo(&world),
        "calibration": calibration(&world), "bands": bands(seeds),
    })
}

/// Policy gradient on clicks' chances as gains: value and KL by the price of KL.
fn policy_gradient(world: &World) -> Value {
    let lists: Vec<JudgedList> = world
        .jobs
        .iter()
        .zip(&world.appeal)
        .enumerate()
        .map(|(at, (job, appeal))| {
            JudgedList::new(format!("{at}"), job.clone(), appeal.clone()).expect("finite gains")
        })
        .collect();
    let unseen = World::new(32, 60, Reader::Cascade);
    let before = unseen.value(&SERVING);
    say!("Policy gradient, 60 lists; value on unseen jobs, serving {before:.4}");
    let rows = [0.0, 0.01, 0.03, 0.1, 0.3, 1.0].map(|beta| {
        let learner = PolicyGradient::new().with_beta(beta);
        let fit = learner
            .fit(&lists, &world.scorer(&SERVING))
            .expect("lists that differ");
        let value = unseen.value(fit.scorer.weights());
        say!(
            "  beta {beta:<5} value {value:.4} ({:+.1} %), KL {:.2} nats",
            100.0 * (value / before - 1.0),
            fit.kl
        );
        json!({"beta": beta, "value": value, "serving": before, "kl": fit.kl, "reward": fit.reward})
    });
    Value::from(rows.to_vec())
}

fn preferences(world: &World, count: usize, seed: u64) -> Vec<Comparison> {
    let mut random = Random(seed);
    let comparison = |_| {
        let job = random.bits() as usize % world.jobs.len();
        let a = random.bits() as usize % CANDIDATES;
        let b = (a + 1 + random.bits() as usize % (CANDIDATES - 1)) % CANDIDATES;
        let score = |row: usize| {
            let row = world.jobs[job].row(row).unwrap_or_default();
            row.iter()
                .zip(&world.truth)
                .map(|(&x, w)| f64::from(x) * w)
                .sum::<f64>()
        };
        let first = random.unit() < 1.0 / (1.0 + (score(b) - score(a)).exp());
        let (better, worse) = if first { (a, b) } else { (b, a) };
        let row = |at: usize| world.jobs[job].row(at).unwrap_or_default().to_vec();
        Comparison::new(
            format!("job {job}"),
            Outcome::Preferred,
            row(better),
            row(worse),
        )
        .expect("finite rows")
    };
    (0..count).map(comparison).collect()
}

fn dpo(world: &World) -> Value {
    let comparisons = preferences(world, 500, 4);
    let unseen = World::new(32, 60, Reader::Cascade);
    let before = unseen.value(&SERVING);
    say!("DPO, 500 preferences; value on unseen jobs, serving {before:.4}");
    let rows = [0.5, 1.0, 2.0, 5.0].map(|beta| {
        let fit = Dpo::new()
            .with_beta(beta)
            .fit(&comparisons, &world.scorer(&SERVING));
        let fit = fit.expect("preferences that differ");
        let value = unseen.value(fit.scorer.weights());
        say!(
            "  beta {beta:<5} value {value:.4} ({:+.1} %)",
            100.0 * (value / before - 1.0)
        );
        json!({"beta": beta, "value": value, "serving": before, "margin": fit.margin})
    });
    Value::from(rows.to_vec())
}

fn calibration(world: &World) -> Value {
    let scorer = world.scorer(&[1.0, -0.6, 0.4, 0.1]);
    let mut random = Random(6);
    let big = World::new(33, 300, Reader::Cascade);
    let rows: Vec<Judged> = (0..big.jobs.len())
        .flat_map(|job| {
            let scores = scorer.score(&big.jobs[job]).expect("the world's features");
            let one = |(row, score): (usize, Score)| {
                let good = random.unit() < big.appeal[job][row];
                Judged::new(format!("job {job}"), score.get(), f64::from(u8::from(good)))
                    .expect("a score and a label")
            };
            scores.into_iter().enumerate().map(one).collect::<Vec<_>>()
        })
        .collect();
    let rows = [("platt", Method::Platt), ("isotonic", Method::Isotonic)].map(|(name, method)| {
        let fit = Calibrator::new(method).fit(&rows).expect("two classes");
        say!(
            "Calibration by {name}: ECE {:.4}, Brier {:.4} on jobs held out",
            fit.error(),
            fit.brier()
        );
        json!({"method": name, "ece": fit.error(), "brier": fit.brier(), "jobs": fit.jobs()})
    });
    Value::from(rows.to_vec())
}

/// Of pairs that are told apart at 95 %, how many are in the right order.
fn bands(seeds: u64) -> Value {
    let (mut told, mut right, mut pairs) = (0_u32, 0_u32, 0_u32);
    for seed in 0..seeds {
        let world = World::new(100 + seed, 60, Reader::Cascade);
        let comparisons = preferences(&world, 200, seed);
        let prior = world.scorer(&[0.1, 0.0, 0.1, 0.0]);
        let sure = Uncertainty::bootstrap(&comparisons, &prior, (100, seed)).expect("enough jobs");
        let unseen = World::new(9_000 + seed, 10, Reader::Cascade);
        for job in 0..unseen.jobs.len() {
            for a in 0..CANDIDATES {
                for b in 0..a {
                    let chance = sure
                        .chance(&unseen.jobs[job], (a, b))
                        .expect("its features");
                    pairs += 1;
                    if !(0.05..=0.95).contains(&chance) {
                        told += 1;
                        let better = unseen.appeal[job][a] > unseen.appeal[job][b];
                        right += u32::from(better == (chance > 0.5));
                    }
                }
            }
        }
    }
    let (share, correct) = (
        f64::from(told) / f64::from(pairs),
        f64::from(right) / f64::from(told),
    );
    say!(
        "Told apart at 95 %: {:.1} % of pairs, {:.2} % of them in the right order",
        100.0 * share,
        100.0 * correct
    );
    json!({"seeds": seeds, "told_apart": share, "right": correct})
}
