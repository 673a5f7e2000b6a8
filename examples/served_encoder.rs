//! Ranks over a [`Collection`] with an encoder that a server runs, and a served reranker and language model if there are such.
//!
//! ```text
//! cargo run --release --example served_encoder -- http://127.0.0.1:8080/v1 --model NAME
//! cargo run --release --example served_encoder -- http://127.0.0.1:8080 --tei --reranker http://127.0.0.1:8081 --reranker-api tei
//! cargo run --release --example served_encoder -- http://127.0.0.1:8080/v1 --model NAME --expander http://127.0.0.1:8082/v1 --expander-model NAME
//! ```
//!
//! A server's key, if it takes one, is in `RANKER_KEY`, a reranker's in `RANKER_RERANKER_KEY`, a language model's in
//! `RANKER_EXPANDER_KEY`. Profiles are embedded
//! once and kept; another run with the same model asks the server for the job alone.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use ranker::core::{Embedder as _, FeatureExtractor};
use ranker::embed::http::{Endpoint, Secret};
use ranker::embed::{ApiCrossEncoder, ApiEmbedder, LongTexts, RerankApi, Scores, VectorFormat};
use ranker::expand::{LanguageModelExpander, LanguageModelTask};
use ranker::files::{read_job_text, read_profiles};
use ranker::retrieve::{Collection, CollectionOptions};
use ranker::score::{Features, LinearScorer};
use ranker::{Profile, Ranker};
use ranker_examples::{Outcome, Progress, bundled, finish, say};

/// Rank with an encoder that a server runs.
#[derive(Parser)]
struct Args {
    /// The base of the server's address: for OpenAI's interface usually ends in /v1.
    url: String,
    /// The model, by the server's name for it.
    #[arg(long, required_unless_present = "tei")]
    model: Option<String>,
    /// Speak Text Embeddings Inference's own interface.
    #[arg(long, conflicts_with = "model")]
    tei: bool,
    /// Ask for vectors of so many components.
    #[arg(long)]
    dimensions: Option<usize>,
    /// Ask for vectors in base64.
    #[arg(long)]
    base64: bool,
    /// Embed the beginning of texts that are too long, instead of refusing them.
    #[arg(long)]
    cut: bool,
    /// The base of a reranker's address.
    #[arg(long, value_name = "URL")]
    reranker: Option<String>,
    /// The reranker's interface.
    #[arg(long, value_enum, default_value = "jina")]
    reranker_api: Api,
    /// The reranker's model.
    #[arg(long, value_name = "NAME", default_value = "reranker")]
    reranker_model: String,
    /// The reranker gives logits.
    #[arg(long)]
    logits: bool,
    /// The base of the address of a language model that adds terms to the job.
    #[arg(long, value_name = "URL", requires = "expander_model")]
    expander: Option<String>,
    /// The language model, by the server's name for it.
    #[arg(long, value_name = "NAME", requires = "expander")]
    expander_model: Option<String>,
    /// What it is asked for: terms that resumes may hold, the resume of somebody who suits the job, or questions.
    #[arg(long, value_enum, default_value = "terms", requires = "expander")]
    expander_task: Task,
    /// The profiles; the bundled ones if left out.
    #[arg(long, value_name = "FILE")]
    profiles: Option<PathBuf>,
    /// The job; the bundled one if left out.
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    /// Where embeddings are kept; a folder of target/ for each model if left out.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Api {
    Tei,
    Cohere,
    Jina,
}

#[derive(Clone, Copy, ValueEnum)]
enum Task {
    Terms,
    Resume,
    Questions,
}

impl From<Task> for LanguageModelTask {
    fn from(task: Task) -> Self {
        match task {
            Task::Terms => Self::Terms,
            Task::Resume => Self::Resume,
            Task::Questions => Self::Questions,
        }
    }
}

impl From<Api> for RerankApi {
    fn from(api: Api) -> Self {
        match api {
            Api::Tei => Self::Tei,
            Api::Cohere => Self::Cohere,
            Api::Jina => Self::Jina,
        }
    }
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let embedder = Arc::new(encoder(args)?);
    say(&format!(
        "{} components from {}",
        embedder.dimension(),
        embedder.model_id()
    ));
    let file = args.profiles.clone();
    let profiles = read_profiles(&file.unwrap_or_else(|| bundled::data("profiles.jsonl")))?;
    let collection = filled(args, &embedder, &profiles.profiles)?;
    say(&format!("embedded for {:?}", embedder.usage()));

    let mut builder = Ranker::builder(Arc::clone(&embedder), collection).top_k(10);
    let cross = reranker(args)?.map(Arc::new);
    if let Some(cross) = &cross {
        let features = Features::new().and(Arc::clone(cross))?;
        builder = builder
            .scorer(mostly_the_reranker(&features)?)
            .features(features);
    }
    if let (Some(url), Some(model)) = (&args.expander, &args.expander_model) {
        let server = endpoint(url, "RANKER_EXPANDER_KEY")?;
        let expander = LanguageModelExpander::new(server, model);
        builder = builder.expander(expander.asking(args.expander_task.into()));
    }
    let ranker = builder.build()?;
    let job = args.job.clone().unwrap_or_else(|| bundled::data("job.txt"));
    let ranking = pollster::block_on(ranker.rank(&read_job_text(&job)?))?;
    for ranked in &ranking {
        let why = ranker.explain(ranked)?;
        writeln!(io::stdout(), "{}. {}: {why}", ranked.rank, ranked.id())?;
    }
    for term in ranking.query().expansion().terms() {
        say(term.reason());
    }
    for text in ranking.query().expansion().texts() {
        say(&format!("{}: {}", text.reason(), text.text()));
    }
    for note in ranking.notes() {
        say(&format!("note: {note}"));
    }
    say(&format!("all in all {:?}", embedder.usage()));
    if let Some(cross) = cross {
        say(&format!("the reranker {:?}", cross.usage()));
    }
    Ok(())
}

fn encoder(args: &Args) -> Outcome<ApiEmbedder> {
    let endpoint = endpoint(&args.url, "RANKER_KEY")?;
    let mut builder = match &args.model {
        Some(model) => ApiEmbedder::open_ai(endpoint, model),
        None => ApiEmbedder::tei(endpoint),
    };
    if let Some(dimensions) = args.dimensions {
        builder = builder.dimensions(dimensions);
    }
    if args.base64 {
        builder = builder.format(VectorFormat::Base64);
    }
    if args.cut {
        builder = builder.long_texts(LongTexts::Cut);
    }
    Ok(builder.connect()?)
}

fn reranker(args: &Args) -> Outcome<Option<ApiCrossEncoder>> {
    let Some(url) = &args.reranker else {
        return Ok(None);
    };
    let endpoint = endpoint(url, "RANKER_RERANKER_KEY")?;
    let mut builder =
        ApiCrossEncoder::builder(endpoint, args.reranker_api.into(), &args.reranker_model);
    if args.logits {
        builder = builder.scores(Scores::Logits);
    }
    if args.cut {
        builder = builder.long_texts(LongTexts::Cut);
    }
    Ok(Some(builder.build()?))
}

/// The server, with the key that the environment has.
fn endpoint(url: &str, variable: &str) -> Outcome<Endpoint> {
    let endpoint = Endpoint::new(url)?.with_time_limit(Duration::from_secs(120));
    Ok(match env::var(variable) {
        Ok(key) => endpoint.with_bearer(&Secret::new(key))?,
        Err(_) => endpoint,
    })
}

/// The collection with all profiles, of which those that are new are sent to the server.
fn filled(args: &Args, embedder: &ApiEmbedder, profiles: &[Profile]) -> Outcome<Collection> {
    let id = embedder.model_id();
    let name: String = id
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    let folder = args.data.clone();
    let folder = folder.unwrap_or_else(|| bundled::target(&format!("served/{name}")));
    let collection = Collection::open(&folder, CollectionOptions::new())?.embedded_by(id)?;
    let mut progress: Option<Progress> = None;
    let imported = collection.import(profiles, embedder, &mut |done, all| {
        progress
            .get_or_insert_with(|| Progress::new("embedding profiles", all))
            .reach(done);
    });
    progress.into_iter().for_each(Progress::finish);
    imported?;
    Ok(collection)
}

/// Before anything is learned: the prior, and the reranker with ten times the weight of its greatest part.
fn mostly_the_reranker(features: &dyn FeatureExtractor) -> Outcome<LinearScorer> {
    let schema = features.schema();
    let prior = LinearScorer::prior(schema);
    let most = prior.weights().iter().copied().fold(0.0, f64::max);
    let weights = schema.names().zip(prior.weights());
    let weights = weights.map(|(name, &own)| {
        if name == "cross_encoder" {
            10.0 * most
        } else {
            own
        }
    });
    Ok(LinearScorer::new(Arc::clone(schema), weights.collect())?)
}
