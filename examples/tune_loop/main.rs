//! An encoder that gets better by what recruiters say, and is served once the gate lets it pass.
//!
//! ```text
//! cargo run --release --example tune_loop -- --data resume-onet-title --out tuned
//! ```
//!
//! A simulation: recruiters who know the judgments of a dataset in BEIR's layout grade whom a ranker
//! shows them. The log's pairs tune the encoder; the profiles are embedded again while the first
//! ranker goes on serving; the gate judges both by jobs that nothing was learned from.

mod measure;
mod recruiter;
mod tune;

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use ranker::core::Embedder;
use ranker::embed::TokenCache;
use ranker::lora::{Encoder, Precision};
use ranker::retrieve::ProfileIndex;
use ranker::rlhf::gate::Gate;
use ranker::rlhf::{FeedbackLog, JobId};
use ranker::{JobDescription, Ranker};
use ranker_examples::{
    AnyEncoder, Outcome, Progress, beir, bundled, embed_profiles, finish, open_encoder,
    read_weights, say,
};

/// Tunes an encoder by simulated feedback, and lets the gate decide whether it is served.
#[derive(Debug, Parser)]
struct Args {
    /// The BEIR folder: corpus.jsonl, queries.jsonl, qrels.tsv. A name that is no folder here is
    /// looked up in the folder that RANKER_DATA names.
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// The encoder's folder [default: the bundled all-MiniLM-L6-v2].
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// Gets `feedback.db`, the encoders `before/` and `tuned/`, and the training's checkpoint.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// How many candidates a recruiter grades for each job.
    #[arg(long, default_value_t = 20)]
    grades: usize,
    /// Pairs a step.
    #[arg(long, default_value_t = 16)]
    batch: usize,
    /// How many candidates that were wanted less a pair has at most, up to 4.
    #[arg(long, default_value_t = 1)]
    negatives: usize,
    #[arg(long, default_value_t = 60)]
    steps: usize,
    #[arg(long, default_value_t = 2e-4)]
    learning_rate: f64,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    std::fs::create_dir_all(&args.out)?;
    let data = beir::open(&args.data)?;
    let base = args.model.clone().unwrap_or_else(bundled::model);
    let encoder = read_weights(&base)?;
    let before = written(&encoder, &base, args.out.join("before"))?;

    let profiles = beir::profiles(&data)?;
    let embedded = embed_profiles(&*before, &profiles)?;
    let vectors = embedded.into_iter().map(|embedded| embedded.embedding);
    let index = ProfileIndex::new(profiles.into_iter().zip(vectors))?;
    let index = Arc::new(index.embedded_by(before.model_id()));
    let log = || FeedbackLog::open(args.out.join("feedback.db"));
    let serving = ranker(before, index.clone(), log()?)?;

    let jobs = recruiter::jobs(&data)?;
    recruiter::grade(args, &data, (&serving, &jobs))?;
    let pairs = pollster::block_on(serving.tuning_pairs(&jobs, &*index))?.pairs;
    let tuned = tune::tuned(args, (&base, encoder), pairs)?;
    let after = written(&tuned, &base, args.out.join("tuned"))?;

    let new = reembedded(&serving, (&index, &*after), &jobs)?;
    let tuned = ranker(after, Arc::new(new), log()?)?;
    let mut progress = Progress::new("judging", jobs.keys().filter(|id| id.is_held_out()).count());
    let verdict = serving.judge(&tuned, &jobs, |done, _| progress.reach(done));
    let verdict = pollster::block_on(verdict)?;
    progress.finish();
    let table = measure::table(&data, &jobs, [&serving, &tuned])?;
    Ok(writeln!(io::stdout(), "{table}\n{verdict}")?)
}

fn ranker(
    encoder: Arc<dyn Embedder>,
    index: Arc<ProfileIndex>,
    log: FeedbackLog,
) -> Outcome<Ranker> {
    let builder = Ranker::builder(encoder, index).feedback(log);
    Ok(builder.gate(Gate::by_judgments()).build()?)
}

/// Writes an encoder's folder and opens it.
fn written(encoder: &Encoder, base: &Path, folder: PathBuf) -> Outcome<Arc<dyn Embedder>> {
    encoder.write_folder(base, &folder, Precision::Float32)?;
    let tokens = TokenCache::<AnyEncoder>::DEFAULT_BYTES;
    Ok(Arc::new(TokenCache::new(
        open_encoder(Some(&folder))?,
        tokens,
    )))
}

/// Embeds the profiles again on a thread of its own, while the ranker goes on.
fn reembedded(
    serving: &Ranker,
    (index, encoder): (&ProfileIndex, &dyn Embedder),
    jobs: &HashMap<JobId, JobDescription>,
) -> Outcome<ProfileIndex> {
    let done = AtomicBool::new(false);
    let (new, served) = std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let mut progress = Progress::new("embedding again", index.len());
            let new = index.reembed(encoder, &mut |done, _| progress.reach(done));
            progress.finish();
            done.store(true, Ordering::Relaxed);
            new
        });
        let mut served = 0;
        for job in jobs.values().cycle() {
            if done.load(Ordering::Relaxed) || work.is_finished() {
                break;
            }
            served += usize::from(pollster::block_on(serving.rank(job)).is_ok());
        }
        (work.join(), served)
    });
    say(&format!("{served} rankings were served in the meantime"));
    let new = new.map_err(|_| "embedding again panicked")?;
    Ok(new?)
}
