//! Audits rankings by group: who is among the first, who scores above the median, what places are worth.
//!
//! ```sh
//! cargo run --release -p ranker-examples --example audit -- --groups groups.csv --html audit.html
//! ```
//!
//! It ranks every bundled job over the bundled profiles, records each ranking in a log as a service does,
//! and audits what the log holds. The groups stand in a file of their own, never in the profiles: records
//! with `id` and one field an attribute. Without a file everyone's group is drawn by chance: what is then
//! reported as a difference is what chance alone does, and how large it gets is worth knowing.
//!
//! ```sh
//! cargo run --release -p ranker-examples --example audit -- --swaps 100
//! ```
//!
//! gives that many people names, addresses and pronouns, changes them for everyone, and says what that does to
//! the rankings, read blind and read whole.

mod swaps;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use rand::{RngExt as _, SeedableRng as _};
use ranker::core::Embedder;
use ranker::files::{read_jobs, read_profiles};
use ranker::retrieve::{Collection, CollectionOptions, encode_profiles};
use ranker::rlhf::{Event, EventId, EventKind, FeedbackLog, JobId, RankingId, Timestamp};
use ranker::xai::audit::{Audit, FairTopK, Groups, Served};
use ranker::xai::{Language, html};
use ranker::{JobDescription, Profile, Ranker};
use ranker_examples::{
    Outcome, Progress, Stages, beir, bundled, finish, open_encoder, read_groups, say,
    with_intersections,
};

/// Profiles encoded in one call.
const STEP: usize = 256;

/// The share of a group and the significance of its FA*IR test.
const SIGNIFICANCE: f64 = 0.1;

/// Audits rankings by group.
#[derive(Debug, Parser)]
struct Args {
    /// The groups: records with `id` and a field for each attribute (CSV, JSON lines); drawn by chance if
    /// left out.
    #[arg(long)]
    groups: Option<PathBuf>,
    /// How many of a ranking's first places count as chosen.
    #[arg(long, default_value_t = 10)]
    first: usize,
    /// How many candidates each ranking shows.
    #[arg(long, default_value_t = 100)]
    shown: usize,
    /// Instead, changes names, pronouns, addresses and spaces of so many people, and compares the rankings.
    #[arg(long, value_name = "PEOPLE")]
    swaps: Option<usize>,
    /// For `--swaps`: people and jobs are those of this BEIR folder, not the bundled ones.
    #[arg(long, requires = "swaps")]
    data: Option<PathBuf>,
    /// For `--swaps`: how many jobs are ranked.
    #[arg(long, default_value_t = 24)]
    jobs: usize,
    /// The encoder's folder; the bundled one for jobs and profiles if left out.
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// The seed of groups drawn by chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the audit goes as a web page; with several attributes, one page each.
    #[arg(long)]
    html: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    finish(match args.swaps {
        Some(people) => swapped(&args, people),
        None => audit(&args),
    })
}

/// Compares rankings of the same people under other names.
fn swapped(args: &Args, most: usize) -> Outcome {
    let (mut people, mut jobs) = match &args.data {
        Some(folder) => judged(folder)?,
        None => {
            let jobs = read_jobs(&bundled::data("jobs.jsonl"))?.into_iter();
            let people = read_profiles(&bundled::data("profiles.jsonl"))?.profiles;
            (people, jobs.map(|job| job.job).collect())
        }
    };
    people.truncate(most);
    jobs.truncate(args.jobs);
    let encoder: Arc<dyn Embedder> = Arc::new(open_encoder(args.model.as_deref())?);
    let table = swaps::table(&encoder, &people, &jobs)?;
    Ok(write!(std::io::stdout(), "{table}")?)
}

/// The documents and queries of a BEIR folder as people and jobs.
fn judged(folder: &Path) -> Outcome<(Vec<Profile>, Vec<JobDescription>)> {
    let data = beir::open(folder)?;
    let jobs = data
        .queries()
        .iter()
        .map(|query| Ok(JobDescription::new(&query.text)?));
    Ok((beir::profiles(&data)?, jobs.collect::<Outcome<_>>()?))
}

fn audit(args: &Args) -> Outcome {
    let mut stages = Stages::start();
    let folder = tempfile::tempdir()?;
    let profiles = read_profiles(&bundled::data("profiles.jsonl"))?.profiles;
    let groups = match &args.groups {
        Some(file) => read_groups(file)?,
        None => vec![by_chance(&profiles, args.seed)?],
    };
    let ranker = ranker(args, folder.path(), profiles)?;
    stages.done("encode and store the profiles");
    show_every_job(&ranker)?;
    stages.done("rank every job, and record what was shown");
    let served = pollster::block_on(ranker.served())?;
    stages.done("read what was shown");
    for groups in with_intersections(groups) {
        let audit = Audit::of(&served, &groups, args.first)?;
        write!(
            std::io::stdout(),
            "{audit}\n{}\n",
            fair_top(&served, &groups, args.first)?
        )?;
        if let Some(path) = &args.html {
            let path = page_of(path, groups.attribute());
            fs::write(
                &path,
                html::audit("Audit of the rankings shown", &audit, Language::English),
            )?;
            say(&format!("wrote {}", path.display()));
        }
    }
    stages.done("audit");
    for (stage, took) in stages.iter() {
        say(&format!("{:8.1} ms  {stage}", 1e3 * took.as_secs_f64()));
    }
    Ok(())
}

/// A ranker over a collection, with a log.
fn ranker(args: &Args, folder: &Path, profiles: Vec<Profile>) -> Outcome<Ranker> {
    let encoder = Arc::new(open_encoder(args.model.as_deref())?);
    let collection = Collection::create(folder.join("profiles"), CollectionOptions::new())?;
    let collection = collection.embedded_by(encoder.model_id())?;
    let mut progress = Progress::new("encoding profiles", profiles.len());
    for profiles in profiles.chunks(STEP) {
        let encoded = encode_profiles(&*encoder, profiles)?;
        collection.insert_all(profiles.iter().cloned().zip(encoded))?;
        progress.reach(collection.len());
    }
    progress.finish();
    let log = FeedbackLog::open(folder.join("feedback.sqlite"))?;
    let embedder: Arc<dyn Embedder> = encoder;
    Ok(Ranker::builder(embedder, collection)
        .top_k(args.shown)
        .feedback(log)
        .build()?)
}

/// Ranks every bundled job, and records each ranking as shown.
fn show_every_job(ranker: &Ranker) -> Outcome {
    let jobs = read_jobs(&bundled::data("jobs.jsonl"))?;
    let mut progress = Progress::new("ranking", jobs.len());
    for (done, job) in (1..).zip(jobs) {
        let ranking = pollster::block_on(ranker.rank(&job.job))?;
        let exposed = ranker.expose(&ranking, RankingId::new(&job.id)?, JobId::new(&job.id)?)?;
        let id = EventId::new(format!("shown-{}", job.id))?;
        let event = Event::new(
            id,
            Timestamp::from_millis(done as i64),
            EventKind::Impression(exposed.impression),
        );
        pollster::block_on(ranker.record(vec![event]))?;
        progress.reach(done);
    }
    progress.finish();
    Ok(())
}

/// A group for everyone, drawn by chance: three in ten are `a`.
fn by_chance(profiles: &[Profile], seed: u64) -> Outcome<Groups> {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let members = profiles.iter().map(|profile| {
        let group = if random.random_bool(0.3) { "a" } else { "b" };
        (profile.id().clone(), group)
    });
    say("no --groups: everyone's group is drawn by chance");
    Ok(Groups::new("chance", members)?)
}

/// In how many rankings each group fails FA*IR, were everyone drawn with its share.
fn fair_top(served: &[Served], groups: &Groups, first: usize) -> Outcome<String> {
    let mixture = ranker::xai::audit::Mixture::of(served, groups)?;
    let mut lines =
        format!("FA*IR over the first {first}, at {SIGNIFICANCE} for the whole ranking\n");
    for (group, share) in mixture.iter().filter(|(_, share)| *share < 1.0) {
        let test = FairTopK::adjusted(first, share, SIGNIFICANCE)?;
        let fails = |served: &&Served| {
            let known = served.ids().iter().filter_map(|id| groups.group(id));
            let protected: Vec<bool> = known.map(|other| other == group).collect();
            test.first_violation(&protected).is_some()
        };
        let failed = served.iter().filter(fails).count();
        lines += &format!(
            "{group:<24} fails in {failed} of {} rankings\n",
            served.len()
        );
    }
    Ok(lines)
}

/// One page an attribute.
fn page_of(path: &Path, attribute: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let plain: String = attribute
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    path.with_file_name(format!("{stem}-{plain}.html"))
}
