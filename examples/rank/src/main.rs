//! The main job: ranks profiles for a job description and says why.
//!
//! ```text
//! cargo xtask rank --job job.txt --profiles profiles.jsonl --html ranking.html
//! ```
//!
//! Without arguments it ranks the bundled profiles. They are kept in a `Collection`, with embeddings, token
//! vectors and words: the next run encodes only profiles that are new or have changed, and erases those that
//! are gone.

mod conditions;
#[cfg_attr(not(feature = "documents"), path = "no_documents.rs")]
mod documents;
#[cfg(feature = "facts")]
mod facts;
mod found;
mod inputs;
mod kept;
#[cfg(feature = "feedback")]
mod learn;
mod people;
mod place;
mod pool;
#[cfg(feature = "feedback")]
mod preferences;
mod record;
mod report;
mod table;
mod why;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ranker::decision::DecisionRecord;
use ranker::embed::{OnnxCrossEncoder, WindowVector, Windowed};
use ranker::xai::Language;
use ranker::{JobReading, Profile, Ranker, RankerBuilder};
use ranker_examples::{
    Outcome, Stages, TokenModel, bundled, finish, index_sparse, occupations, open_encoder_in,
    open_sparse, precision, window_vector,
};

use conditions::shortfall;
use found::Found;
use inputs::Inputs;
use people::People;
use place::Place;
use pool::Pool;
use why::Answers;

/// Rank profiles for a job description, and say why.
#[derive(Parser)]
#[command(name = "rank")]
struct Args {
    /// The job description: a text (its first line is the title), or a file of records (.jsonl, .json)
    /// with --job-id; the bundled job if left out.
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    /// Which job of a .jsonl file.
    #[arg(long, value_name = "ID", requires = "job")]
    job_id: Option<String>,
    /// The profiles: a file of records (JSON lines, a JSON array, CSV; also .gz), or a folder of
    /// documents (PDF, DOCX, ODT, RTF, HTML, text), read deep and by content; the bundled profiles if
    /// left out. What of a folder was not read is named, and the exit code is then 3.
    #[arg(long, value_name = "FILE|FOLDER")]
    profiles: Option<PathBuf>,
    /// How many candidates to show.
    #[arg(long, value_name = "N", default_value = "10")]
    top: NonZeroUsize,
    /// Where the ranking goes as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where the ranking goes as a web page that needs no other file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The encoder's folder; the bundled one for jobs and profiles if left out.
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// Encodes in 8 bits on our own engine: faster, and other embeddings, so that profiles which were
    /// encoded otherwise are encoded anew.
    #[arg(long)]
    fast: bool,
    /// The folder of a model of late interaction (a ColBERT, as PyLate writes it), whose token vectors are compared
    /// in the place of the encoder's own.
    #[arg(long, value_name = "FOLDER")]
    token_model: Option<PathBuf>,
    /// How many tokens of a job it reads [default: as its folder says, mostly 32].
    #[arg(long, value_name = "N", requires = "token_model")]
    query_tokens: Option<usize>,
    /// The folder of a model that weighs a vocabulary (SPLADE, as sentence-transformers writes it), by which profiles are searched
    /// as well. It runs on ONNX Runtime alone; its vectors are kept in --data.
    #[arg(long, value_name = "FOLDER")]
    sparse_model: Option<PathBuf>,
    /// Adds what a cross-encoder says, which reads job and profile together, to what people are ranked by: the folder of a
    /// sequence classifier, such as `finetune --head cross-encoder` writes.
    #[arg(long, value_name = "FOLDER")]
    cross_encoder: Option<PathBuf>,
    /// In how many windows a profile is read that is longer than the encoder's limit; with 1 its
    /// beginning alone.
    #[arg(long, value_name = "N", default_value = "1")]
    windows: NonZeroUsize,
    /// What becomes a profile's vector, of several windows: that of the first, the mean, or several: each window's,
    /// or several-with-first: each later one's drawn towards the first. Of several vectors the best counts.
    #[arg(long, value_name = "FORM", default_value = "first", value_parser = window_vector)]
    window_vector: WindowVector,
    /// The folder in which all is kept for the next run, a folder in it for each file or folder of
    /// profiles: read documents, embeddings, token vectors, words and preferences; target/rank of the
    /// workspace if left out.
    #[arg(long, value_name = "FOLDER", alias = "cache")]
    data: Option<PathBuf>,
    /// Preferences to learn from before ranking, a line each:
    /// {"job": "j-1", "preferred": "p-7", "other": "p-3"}. They are recorded in the feedback log for good,
    /// as your own word; what is learned ranks only if the gate lets it pass.
    #[arg(long, value_name = "FILE")]
    preferences: Option<PathBuf>,
    /// The jobs that the preferences name; the bundled jobs if left out.
    #[arg(long, value_name = "FILE", requires = "preferences")]
    jobs: Option<PathBuf>,
    /// Says why one of two candidates stands above the other: their ids. Both must be among those shown (--top).
    #[arg(long, num_args = 2, value_names = ["ID", "ID"])]
    compare: Vec<String>,
    /// Says why a candidate is not among those shown: the filter, retrieval or its score.
    #[arg(long, value_name = "ID")]
    why_not: Option<String>,
    /// Says which changes of what the job asks for (years, skills, languages, degree, level) would move a
    /// candidate up a place, each tried by ranking anew. It is no advice to state what is not so.
    #[arg(long, value_name = "ID")]
    what_if: Option<String>,
    /// Reads all of the job description, also who the employer is, what it offers and how to apply.
    #[arg(long)]
    whole_job: bool,
    /// Says each account in sentences, in this language.
    #[arg(long, value_name = "LANGUAGE")]
    words: Option<Words>,
    /// Where the decision is recorded: job, model, encoder and settings, of each candidate shown the place, score,
    /// features, facts and the text's hash, all under one hash (docs/AUDIT.md).
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,
    /// Who is shown the ranking, for --record.
    #[arg(long, value_name = "NAME", requires = "record")]
    viewer: Option<String>,
    /// Verifies a record, ranks again for its job, and says whether the ranking is the same, or what differs; the exit
    /// code is then 4. Give the same --profiles, --model, --token-model, --sparse-model, --cross-encoder, --windows,
    /// --window-vector, --fast and --data as then.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["job", "job_id", "top", "whole_job", "watch"])]
    replay: Option<PathBuf>,
    /// Follows the folder of --profiles: ranks again whenever a file in it changes.
    #[arg(long, requires = "profiles")]
    watch: bool,
}

/// A language of sentences.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Words {
    En,
    De,
}

impl Args {
    /// The model of late interaction.
    fn token_model(&self) -> TokenModel {
        TokenModel {
            folder: self.token_model.clone(),
            query_tokens: self.query_tokens,
        }
    }

    /// How much of the job is read.
    fn job_reading(&self) -> JobReading {
        match self.whole_job {
            true => JobReading::Whole,
            false => JobReading::Asked,
        }
    }
}

impl Words {
    fn language(self) -> Language {
        match self {
            Self::En => Language::English,
            Self::De => Language::German,
        }
    }
}

/// The exit code of a ranking without some of the files.
const SOME_LEFT_OUT: u8 = 3;

/// The exit code of a ranking that differs from the record.
const DIFFERS: u8 = 4;

/// What a run came to.
enum Ended {
    /// Ranked, without so many files.
    Ranked(usize),
    /// Ranked again, not as it was recorded.
    Differs,
}

fn main() -> ExitCode {
    documents::worker().unwrap_or_else(|| {
        let args = Args::parse();
        let ranked = match (&args.profiles, args.watch) {
            (Some(folder), true) => documents::watch(folder, || run(&args)),
            _ => run(&args),
        };
        match ranked {
            Ok(Ended::Ranked(left_out)) if left_out > 0 => ExitCode::from(SOME_LEFT_OUT),
            Ok(Ended::Differs) => ExitCode::from(DIFFERS),
            ranked => finish(ranked.map(drop)),
        }
    })
}

/// Occupations, where the encoder has a table of them, and what a cross-encoder says.
fn with_features(args: &Args, mut builder: RankerBuilder) -> Outcome<RankerBuilder> {
    if let Some(table) = occupations(args.model.as_deref().or(args.token_model.as_deref()))? {
        builder = builder.occupations(table);
    }
    if let Some(folder) = &args.cross_encoder {
        builder = builder.add_features(OnnxCrossEncoder::from_dir(folder)?);
    }
    Ok(builder)
}

/// Search by sparse vectors, where a model for them is named. Whom that alone finds has token vectors in the collection.
fn with_sparse(
    args: &Args,
    builder: RankerBuilder,
    (pool, profiles): (&Pool, &[Profile]),
) -> Outcome<RankerBuilder> {
    let file = pool.folder.join("sparse");
    let Some(folder) = &args.sparse_model else {
        // Weights tell the words of a text: those of who has changed or is gone do not stay behind.
        if pool.has_changed && file.exists() {
            std::fs::remove_file(&file)?;
        }
        return Ok(builder);
    };
    let index = index_sparse(open_sparse(folder)?, profiles, Some(&file))?;
    Ok(builder
        .sparse(index)
        .profile_store(Arc::clone(&pool.collection)))
}

fn run(args: &Args) -> Outcome<Ended> {
    let mut stages = Stages::start();
    let replayed = args.replay.as_deref().map(DecisionRecord::read);
    let replayed = replayed.transpose()?;
    let profiles = args.profiles.clone();
    let profiles = profiles.unwrap_or_else(|| bundled::data("profiles.jsonl"));
    let place = Place::of(args.data.as_deref(), &profiles)?;
    let mut inputs = Inputs::read(args, &profiles, &place)?;
    let (mut top, mut reading) = (args.top.get(), args.job_reading());
    if let Some(record) = &replayed {
        inputs.job = record.job()?;
        top = record.top_k().unwrap_or(top);
        reading = record.job_reading().unwrap_or(reading);
    }
    #[cfg(feature = "feedback")]
    let preferences = preferences::read(args)?;
    #[cfg(not(feature = "feedback"))]
    if args.preferences.is_some() {
        return Err("--preferences needs this program compiled with its feature `feedback`".into());
    }
    let mut notes = shortfall(inputs.job.filter(), &inputs.pile.profiles);
    let people = People::of(&inputs.pile.profiles);
    stages.done("read the files");
    let encoder = open_encoder_in(args.model.as_deref(), (precision(args.fast), None))?;
    let encoder = Windowed::new(encoder)
        .with_windows(args.windows)
        .with_vector(args.window_vector);
    let encoder = Arc::new(encoder);
    let computing = (args.windows, precision(args.fast));
    let embedder = args.token_model().join(Arc::clone(&encoder), computing)?;
    stages.done("load the encoder");
    let pool = Pool::new(
        (encoder, embedder),
        &place,
        &inputs.pile.profiles,
        &mut stages,
    )?;

    let builder = Ranker::builder(Arc::clone(&pool.embedder), Arc::clone(&pool.collection));
    let builder = builder.top_k(top).job_reading(reading);
    let builder = with_features(args, builder)?;
    let builder = with_sparse(args, builder, (&pool, &inputs.pile.profiles))?;
    if args.sparse_model.is_some() {
        stages.done("weigh the profiles");
    }
    #[cfg(feature = "facts")]
    let builder = builder.assessor(ranker_examples::finder_of_today()?);
    #[cfg(feature = "feedback")]
    let (ranker, learned) = learn::ranker(builder, &pool.folder, (args, preferences))?;
    #[cfg(not(feature = "feedback"))]
    let (ranker, learned) = (builder.build()?, None);
    if let Some(learned) = learned {
        notes.push(learned);
        stages.done("learn from preferences");
    }
    if let Some(record) = &replayed {
        return record::replay(&ranker, &pool, record);
    }
    let ranking = pollster::block_on(ranker.rank(&inputs.job))?;
    stages.done("retrieve and rank");
    let explanations = pollster::block_on(ranker.explain_all(&ranking, top))?;
    stages.done("explain");
    let answers = Answers::of(args, &ranker, &ranking)?;
    if !answers.texts.is_empty() {
        stages.done("answer what else is asked");
    }
    let found = Found {
        pool: &pool,
        people: &people,
        left_out: &inputs.pile.left_out,
        read_notes: &[notes, inputs.pile.notes].concat(),
        ranking: &ranking,
        explanations: &explanations,
        answers: &answers,
        words: args.words.map(Words::language),
        stages: &stages,
    };
    found.tell(args)?;
    if let Some(path) = &args.record {
        record::write(path, args.viewer.as_deref(), (&ranker, &ranking, &pool))?;
    }
    Ok(Ended::Ranked(inputs.pile.left_out.len()))
}
