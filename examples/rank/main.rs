//! The main job: ranks profiles for a job description and says why.
//!
//! ```text
//! cargo run --release --example rank -- --job job.txt --profiles profiles.jsonl --html ranking.html
//! ```
//!
//! Without arguments it ranks the bundled profiles. Embeddings are kept in a cache: the next run
//! encodes only profiles that are new or have changed.

mod inputs;
mod learn;
mod pool;
mod report;
mod table;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use ranker::files::read_profiles;
use ranker::{Explanation, Ranker, Ranking};
use ranker_examples::{Outcome, Stages, bundled, finish, open_encoder, say};

use pool::{Cut, Pool};

/// Rank profiles for a job description, and say why.
#[derive(Parser)]
#[command(name = "rank")]
struct Args {
    /// The job description: a text (.txt, .md; its first line is the title), or a .jsonl file with
    /// --job-id; the bundled job if left out.
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    /// Which job of a .jsonl file.
    #[arg(long, value_name = "ID", requires = "job")]
    job_id: Option<String>,
    /// The profiles: a .jsonl file, or a folder of .txt and .md files; the bundled profiles if left
    /// out.
    #[arg(long, value_name = "FILE|FOLDER")]
    profiles: Option<PathBuf>,
    /// How many candidates to show.
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// Where the ranking goes as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where the ranking goes as a web page that needs no other file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The encoder's folder; the bundled all-MiniLM-L6-v2 if left out.
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// Where embeddings are kept for the next run; target/ranker-cache.redb of the workspace if left
    /// out.
    #[arg(long, value_name = "FILE")]
    cache: Option<PathBuf>,
    /// Preferences to learn from before ranking, a line each:
    /// {"job": "j-1", "preferred": "p-7", "other": "p-3"}.
    #[arg(long, value_name = "FILE")]
    preferences: Option<PathBuf>,
    /// The jobs that the preferences name; the bundled jobs if left out.
    #[arg(long, value_name = "FILE", requires = "preferences")]
    jobs: Option<PathBuf>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let or_bundled =
        |path: &Option<PathBuf>, file| path.clone().unwrap_or_else(|| bundled::data(file));
    let mut stages = Stages::start();
    let job = inputs::read_job(&or_bundled(&args.job, "job.txt"), args.job_id.as_deref())?;
    let profiles_path = or_bundled(&args.profiles, "profiles.jsonl");
    let profiles = read_profiles(&profiles_path)?;
    let preferences = args
        .preferences
        .as_deref()
        .map(inputs::read_preferences)
        .transpose()?;
    stages.done("read the files");
    let encoder = open_encoder(&args.model.clone().unwrap_or_else(bundled::model))?;
    stages.done("load the encoder");
    let pool = Pool::new(encoder, args.cache.as_deref(), profiles, &mut stages)?;

    let ranker = Ranker::builder(pool.embedder.clone(), pool.index.clone())
        .top_k(args.top)
        .build()?;
    if let Some(preferences) = preferences {
        let jobs = or_bundled(&args.jobs, "jobs.jsonl");
        learn::learn(&ranker, &pool, &jobs, &preferences)?;
        stages.done(format!("learn from {} preferences", preferences.len()));
    }
    let ranking = pollster::block_on(ranker.rank(&job))?;
    stages.done("retrieve and rank");
    let explanations = pollster::block_on(ranker.explain_all(&ranking, args.top))?;
    stages.done("explain");

    let found = Found {
        pool: &pool,
        ranking: &ranking,
        explanations: &explanations,
        stages: &stages,
    };
    table::print(&found, &mut io::stdout().lock())?;
    if let Some(path) = &args.json {
        write(path, &report::json(&found)?)?;
    }
    if let Some(path) = &args.html {
        write(path, &report::html(&found))?;
    }
    Ok(())
}

/// A finished ranking and all that is told of it.
struct Found<'a> {
    pool: &'a Pool,
    ranking: &'a Ranking,
    explanations: &'a [Explanation],
    stages: &'a Stages,
}

impl Found<'_> {
    /// What the reader should know: of this ranking, and of what the encoder did not read.
    fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self
            .ranking
            .notes()
            .iter()
            .map(ToString::to_string)
            .collect();
        let Cut {
            profiles,
            tokens,
            used,
        } = self.pool.cut;
        if profiles > 0 {
            let (limit, unread) = (self.pool.encoder.max_tokens(), tokens - used);
            notes.push(format!(
                "{profiles} of {} profiles are longer than the {limit} tokens that the encoder reads: \
                 {unread} of their {tokens} tokens were not read",
                self.pool.profiles
            ));
        }
        notes
    }
}

fn write(path: &Path, content: &str) -> Outcome {
    fs::write(path, content)
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    say(&format!("written: {}", path.display()));
    Ok(())
}
