//! Do the intervals cover the truth?

use serde_json::{Value, json};

use crate::say;
use crate::world::{Chances, Reader, World, policy};
use ranker::core::Scorer;
use ranker::rlhf::off_policy::{Estimator, OffPolicy, Target};

const LISTS: usize = 1_000;
const SERVING: [f64; 4] = [0.35, 0.0, 0.3, 0.15];
const CANDIDATE: [f64; 4] = [0.75, -0.35, 0.35, 0.05];

pub(crate) fn run(runs: u64) -> Value {
    say!("Off-policy intervals: {runs} runs of {LISTS} lists of 10, 95 %");
    say!("estimator    covered  refused    bias/se     rmse    width   effective");
    let cascade = World::new(11, 40, Reader::Cascade);
    let position = World::new(11, 40, Reader::Position);
    let rows = [
        ("ips", Estimator::Ips, &cascade),
        ("snips", Estimator::Snips, &cascade),
        ("iips", Estimator::Iips, &position),
        ("rips", Estimator::Rips, &cascade),
        ("cascade-dr", Estimator::CascadeDr, &cascade),
    ];
    rows.into_iter()
        .map(|(name, estimator, world)| one((name, estimator), world, runs))
        .collect()
}

fn one((name, estimator): (&str, Estimator), world: &World, runs: u64) -> Value {
    let truth = world.value(&CANDIDATE);
    let serving = world.scorer(&SERVING);
    let candidate = world.scorer(&CANDIDATE);
    let policy = policy();
    let target = Target::new(&candidate as &dyn Scorer, &policy);
    let (mut covered, mut answered, mut refused) = (0_u32, 0_u32, 0_u32);
    let (mut off, mut squares, mut width, mut effective) = (0.0, 0.0, 0.0, 0.0);
    for run in 0..runs {
        let chances = match estimator {
            Estimator::Iips => Chances::OfPositions,
            _ => Chances::OfLists,
        };
        let lists = world.log_as(&serving, (LISTS, 1_000 + run), chances);
        let evaluation = OffPolicy::new()
            .with_estimator(estimator)
            .value(&lists, &target);
        let Ok(estimate) = evaluation else {
            refused += 1;
            continue;
        };
        answered += 1;
        covered += u32::from(estimate.low <= truth && truth <= estimate.high);
        off += estimate.value - truth;
        squares += (estimate.value - truth).powi(2);
        width += estimate.high - estimate.low;
        effective += estimate.effective;
    }
    let n = f64::from(answered.max(1));
    let rmse = (squares / n).sqrt();
    let bias = off / n;
    let t = bias / ((squares / n - bias * bias) / n).sqrt();
    let share = f64::from(covered) / n;
    let (width, effective) = (width / n, effective / n);
    say!(
        "{name:<11} {:>7.1} % {refused:>7} {t:>10.2} {rmse:>9.4} {width:>8.4} {effective:>8.0}",
        100.0 * share
    );
    json!({
        "estimator": name, "covered": share, "refused": refused, "runs": runs, "truth": truth,
        "t_bias": t, "rmse": rmse, "width": width, "effective": effective,
    })
}
