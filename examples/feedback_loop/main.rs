//! How rankings get better as recruiters say what they think of them.
//!
//! ```text
//! cargo run --release --example feedback_loop -- --data resume-onet-title --svg loop.svg
//! ```
//!
//! A simulation: recruiters who know the judgments of a dataset in BEIR's layout grade what they are
//! shown for some of its jobs, from the top down. After 0, 10, 50 ... grades a model is learned, and
//! measured on the jobs that were held out. Nobody grades a candidate who was not shown.

mod chart;
mod learn;
mod measure;
mod recruiter;
mod report;
mod shown;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use ranker_examples::{Outcome, Progress, beir, finish, say};

use measure::Measured;
use recruiter::Recruiter;
use shown::Shown;

/// Grades after which a model is learned and measured; then all.
const STEPS: [usize; 5] = [0, 10, 50, 200, 1000];

/// Simulates recruiters who grade rankings of some jobs, and measures what that is worth for others.
#[derive(Debug, Parser)]
struct Args {
    /// The BEIR folder: corpus.jsonl, queries.jsonl, qrels.tsv. A name that is no folder here is
    /// looked up in the folder that RANKER_DATA names.
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// Into how many parts the jobs are cut; each is held out once.
    #[arg(long, default_value_t = 5)]
    folds: usize,
    /// The order in which jobs are graded, and which grades are wrong.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// What learns.
    #[arg(long, value_enum, default_value = "blend")]
    learner: Learner,
    /// The share of grades that say the opposite of what is true, from 0 to 0.5.
    #[arg(long, default_value_t = 0.0)]
    noise: f64,
    /// The encoder's folder [default: the bundled one for jobs and profiles].
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// Keeps embeddings in this file and reuses them [default: a file in the target folder].
    #[arg(long, value_name = "FILE")]
    cache: Option<PathBuf>,
    /// Writes every list with its judgments in svmlight's form, for the example `learn`.
    #[arg(long, value_name = "FILE")]
    lists: Option<PathBuf>,
    /// Writes the numbers as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draws MRR against grades, with its 95 % interval.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// What learns from grades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Learner {
    /// A linear model, pulled towards the one before any feedback.
    Linear,
    /// Boosted trees.
    Trees,
    /// A blend of both, weighted by cross-validation.
    Blend,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    if !(2..=100).contains(&args.folds) || !(0.0..=0.5).contains(&args.noise) {
        return Err("--folds must lie in 2..=100 and --noise in 0..=0.5".into());
    }
    let data = beir::open(&args.data)?;
    let shown = Shown::all(args, &data)?;
    if let Some(path) = &args.lists {
        shown.write_svmlight(&data, BufWriter::new(File::create(path)?))?;
    }
    let measured = Measured::baselines(&data, &shown)?;
    let mut points = Vec::new();
    let steps = STEPS.map(Some).into_iter().chain([None]);
    let mut progress = Progress::new("learning", STEPS.len() + 1);
    for (at, events) in steps.enumerate() {
        let mut scored = Vec::new();
        for fold in 0..args.folds {
            let recruiter = Recruiter::of_fold(args, &data, &shown.lists, fold);
            let (lists, grades) = recruiter.graded(events.unwrap_or(usize::MAX));
            let model = learn::learn(args.learner, &shown.prior, &lists)?;
            say(&format!(
                "fold {} of {}: {grades} grades of {} jobs, {}",
                fold + 1,
                args.folds,
                lists.len(),
                model.model_id()
            ));
            scored.extend(shown.rescored(args, fold, &*model)?);
        }
        points.push(measured.point(events, scored)?);
        progress.reach(at + 1);
    }
    progress.finish();
    report::print(&measured, &points)?;
    if let Some(path) = &args.json {
        fs::write(path, report::json(&measured, &points)?)?;
    }
    if let Some(path) = &args.svg {
        fs::write(path, chart::svg(&measured, &points))?;
    }
    Ok(())
}
