//! Brings an encoder's folder from a hub, into the cache that Python's libraries share.
//!
//! ```text
//! cargo run --release --example from_hub -- sentence-transformers/all-MiniLM-L6-v2
//! cargo xtask rank --model "$(cargo run --release --example from_hub -- NAME --offline)"
//! ```
//!
//! It prints the folder. Cache, token and another hub's address come from the environment, as Python's `huggingface_hub`
//! takes them.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use ranker::core::Embedder as _;
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
    let hub = Hub::from_env()?;
    let hub = match args.offline {
        true => Hub::offline(hub.cache()),
        false => hub,
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
