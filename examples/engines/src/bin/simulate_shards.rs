//! What a search over many shards takes, simulated from what one shard takes, with and without a hedged request.
//!
//! ```sh
//! cargo run --release -p ranker-engines-examples --no-default-features --bin simulate_shards -- 22.5 30.1
//! ```
//!
//! takes the median and the 99th percentile of one shard's searches in milliseconds, as `million` prints them (a
//! log-normal distribution is drawn through both), or the name of a file with one measured time a line. Now and then a
//! shard stalls: one search in a thousand takes 200 ms more. A hedged search asks a replica too once a shard has taken
//! longer than 95 of 100 do (`ScatterGather::with_hedge`), and the first answer counts (Dean and Barroso, The Tail at
//! Scale, 2013). Shards are taken to be independent; the network and the merging are left out.

use std::fs;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use ranker_engines_examples::Outcome;

const SEARCHES: usize = 20_000;
const SHARDS: [usize; 5] = [1, 8, 16, 64, 256];
/// The chance of a stall, and how long it lasts, in milliseconds.
const STALL: (f64, f64) = (0.001, 200.0);
/// The share of a shard's searches that is done when a replica is asked.
const HEDGED_AFTER: f64 = 0.95;
/// The 99th percentile of a standard normal distribution.
const Z99: f64 = 2.326_347_874;

/// The times of one shard, in milliseconds.
enum Times {
    LogNormal { median: f64, sigma: f64 },
    Measured(Vec<f64>),
}

impl Times {
    fn from_args(args: &[String]) -> Outcome<Self> {
        match args {
            [file] => {
                let lines = fs::read_to_string(file)?;
                let times: Result<Vec<f64>, _> = lines.lines().map(str::parse).collect();
                match times? {
                    times if times.is_empty() => Err("the file holds no times".into()),
                    times => Ok(Self::Measured(times)),
                }
            }
            [p50, p99] => {
                let (median, p99): (f64, f64) = (p50.parse()?, p99.parse()?);
                if !(median > 0.0 && p99 >= median && p99.is_finite()) {
                    return Err(
                        "the 99th percentile is not below the median, and both are above 0".into(),
                    );
                }
                let sigma = (p99 / median).ln() / Z99;
                Ok(Self::LogNormal { median, sigma })
            }
            _ => Err("usage: simulate_shards P50_MS P99_MS | simulate_shards FILE".into()),
        }
    }

    fn draw(&self, random: &mut ChaCha8Rng) -> f64 {
        let usual = match self {
            Self::LogNormal { median, sigma } => median * (sigma * normal(random)).exp(),
            Self::Measured(times) => times[random.random_range(0..times.len())],
        };
        let stalls = random.random_bool(STALL.0);
        usual + if stalls { STALL.1 } else { 0.0 }
    }
}

/// A standard normal number (Box and Muller 1958).
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = (share * sorted.len() as f64).ceil() as usize;
    sorted[at.clamp(1, sorted.len()) - 1]
}

/// What all shards' answers take: the slowest counts. Also how many replicas were asked.
fn search(
    times: &Times,
    shards: usize,
    hedge: Option<f64>,
    random: &mut ChaCha8Rng,
) -> (f64, usize) {
    let (mut slowest, mut asked) = (0.0_f64, 0);
    for _ in 0..shards {
        let first = times.draw(random);
        let answered = match hedge {
            Some(after) if first > after => {
                asked += 1;
                first.min(after + times.draw(random))
            }
            _ => first,
        };
        slowest = slowest.max(answered);
    }
    (slowest, asked)
}

#[expect(clippy::print_stdout, reason = "a program shows its result")]
fn main() -> Outcome {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let times = Times::from_args(&args)?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut one: Vec<f64> = (0..SEARCHES).map(|_| times.draw(&mut random)).collect();
    one.sort_by(f64::total_cmp);
    let after = percentile(&one, HEDGED_AFTER);
    println!("a replica is asked after {after:.1} ms; p50 / p99 / p99.9, ms\n");
    println!("| shards | without | hedged | replicas asked |\n|---|---|---|---|");
    for shards in SHARDS {
        let mut row = format!("| {shards} |");
        for hedge in [None, Some(after)] {
            let searches = (0..SEARCHES).map(|_| search(&times, shards, hedge, &mut random));
            let (mut took, asked): (Vec<f64>, Vec<usize>) = searches.unzip();
            took.sort_by(f64::total_cmp);
            let at = |share| percentile(&took, share);
            row += &format!(" {:.0} / {:.0} / {:.0} |", at(0.5), at(0.99), at(0.999));
            if hedge.is_some() {
                let share = asked.iter().sum::<usize>() as f64 / (SEARCHES * shards) as f64;
                row += &format!(" {:.1} % |", 100.0 * share);
            }
        }
        println!("{row}");
    }
    Ok(())
}
