//! One expansion from the shipped tables, beside the limit of 1 ms at the 99th percentile.
//!
//! The jobs are drawn by seed from titles, sentences with acronyms and filler: 40 to 400 words. Timed is
//! `TaxonomyExpander::expansion` alone, on one thread, tables loaded: no retrieval, no first use. Every
//! timed expansion is compared with one made before.

// A bench reports; the macro writes functions without docs.
#![allow(clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker_benches::Ratios;
use ranker_core::JobDescription;
use ranker_expand::{Taxonomy, TaxonomyExpander};

const SEED: u64 = 7;
const JOBS: usize = 300;
const ROUNDS: usize = 20;
const GOAL: Duration = Duration::from_millis(1);

const TITLES: [&str; 6] = [
    "Senior Software Engineer",
    "Registered Nurse",
    "Staff Accountant",
    "HVAC Technician",
    "Product Manager",
    "Warehouse Associate",
];
const SENTENCES: [&str; 10] = [
    "You build NLP and ML services with CI/CD on K8s and AWS.",
    "BLS and ACLS are required; you chart in an EHR such as Epic.",
    "CPA preferred, with GAAP, AP and AR in SAP or another ERP.",
    "You follow OSHA rules, LOTO and preventive maintenance plans.",
    "You own the roadmap, its KPIs and the CRM.",
    "C++, C#, .NET, Node.js, PostgreSQL or R&D experience helps.",
    "We offer a friendly team, paid leave and time to learn.",
    "You speak with customers every day and write down what they need.",
    "You lift up to 20 kg and drive a forklift with a CDL.",
    "It is a full-time role in our office, or remote for the right person.",
];

fn jobs() -> Vec<JobDescription> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut pick = |from: &[&'static str]| *from.choose(&mut rng).expect("there are some");
    let mut lengths = ChaCha8Rng::seed_from_u64(SEED + 1);
    (0..JOBS)
        .map(|_| {
            let sentences = lengths.random_range(4..40);
            let text: Vec<&str> = (0..sentences).map(|_| pick(&SENTENCES)).collect();
            let job = JobDescription::new(text.join("\n")).expect("it says something");
            job.with_title(pick(&TITLES))
        })
        .collect()
}

/// The time of every single expansion, shortest first.
fn times(expander: &TaxonomyExpander, jobs: &[JobDescription]) -> Vec<Duration> {
    let expected: Vec<_> = jobs.iter().map(|job| expander.expansion(job)).collect();
    let mut times = Vec::with_capacity(ROUNDS * jobs.len());
    for _ in 0..ROUNDS {
        for (job, expected) in jobs.iter().zip(&expected) {
            let start = Instant::now();
            let expansion = expander.expansion(black_box(job));
            times.push(start.elapsed());
            assert_eq!(&expansion, expected);
        }
    }
    times.sort_unstable();
    times
}

/// Prints the times of the single expansions; the p99 in seconds.
fn p99(name: &str, expander: &TaxonomyExpander, jobs: &[JobDescription]) -> f64 {
    let times = times(expander, jobs);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let (median, p99) = (at(0.5), at(0.99));
    println!("{name}: median {median:?}, p99 {p99:?}");
    p99.as_secs_f64()
}

fn expand(criterion: &mut Criterion) {
    let jobs = jobs();
    let skills = TaxonomyExpander::default();
    let both = skills.clone().with_taxonomy(Taxonomy::onet());
    let mut ratios = Ratios::of("expand");
    for (name, expander) in [("skills", &skills), ("skills and O*NET", &both)] {
        let p99 = p99(name, expander, &jobs);
        let what = format!("{name}, p99 of a job");
        ratios.limit(&what, "a millisecond, its goal", [p99, GOAL.as_secs_f64()]);
        let mut next = jobs.iter().cycle();
        criterion.bench_function(&format!("expand/{name}"), |bencher| {
            bencher.iter(|| expander.expansion(next.next().expect("it is a cycle")));
        });
    }
    ratios.close().expect("a file below target can be written");
}

criterion_group!(benches, expand);
criterion_main!(benches);
