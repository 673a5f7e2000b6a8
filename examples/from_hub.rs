//! Brings an encoder's folder from a hub, into the cache that Python's libraries share.
//!
//! ```text
//! cargo run --release --example from_hub -- sentence-transformers/all-MiniLM-L6-v2
//! cargo xtask rank --model "$(cargo run --release --example from_hub -- NAME --offline)"
//! ```
//!
//! It prints the folder. As Python's `huggingface_hub` does, it takes the cache from `HF_HUB_CACHE` or `HF_HOME`, else from
//! `~/.cache/huggingface`, the token from `HF_TOKEN` and another hub's address from `HF_ENDPOINT`.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ranker::core::Embedder as _;
use ranker::embed::http::{Endpoint, Secret};
use ranker::embed::{Hub, HubModel, OnnxEmbedder};
use ranker_examples::{Outcome, Progress, finish, say};

/// Bring an encoder from a hub.
#[derive(Parser)]
struct Args {
    /// The model, by the hub's name for it.
    model: String,
    /// A branch, tag or commit.
    #[arg(long, default_value = "main")]
    revision: String,
    /// Take what the cache holds and ask nobody.
    #[arg(long)]
    offline: bool,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let cache = cache()?;
    let hub = match args.offline {
        true => Hub::offline(cache),
        false => Hub::new(endpoint()?, cache),
    };
    let model = HubModel::new(&args.model)?.with_revision(&args.revision)?;
    let mut progress: Option<Progress> = None;
    let folder = hub.fetch(&model, &mut |done, total| {
        let all = usize::try_from(total).unwrap_or(usize::MAX);
        let done = usize::try_from(done).unwrap_or(usize::MAX);
        progress
            .get_or_insert_with(|| Progress::new("bytes", all))
            .reach(done);
    })?;
    progress.into_iter().for_each(Progress::finish);
    let embedder = OnnxEmbedder::from_dir(&folder)?;
    say(&format!(
        "{} components from {}",
        embedder.dimension(),
        embedder.model_id()
    ));
    writeln!(io::stdout(), "{}", folder.display())?;
    Ok(())
}

fn endpoint() -> Outcome<Endpoint> {
    let address = env::var("HF_ENDPOINT").unwrap_or_else(|_| "https://huggingface.co".to_owned());
    let endpoint = Endpoint::new(address)?.with_time_limit(Duration::from_secs(30));
    Ok(match env::var("HF_TOKEN") {
        Ok(token) => endpoint.with_bearer(&Secret::new(token))?,
        Err(_) => endpoint,
    })
}

fn cache() -> Outcome<PathBuf> {
    if let Some(cache) = env::var_os("HF_HUB_CACHE") {
        return Ok(cache.into());
    }
    if let Some(home) = env::var_os("HF_HOME") {
        return Ok(PathBuf::from(home).join("hub"));
    }
    let home = env::home_dir().ok_or("there is no home folder: set HF_HOME")?;
    Ok(home.join(".cache/huggingface/hub"))
}
