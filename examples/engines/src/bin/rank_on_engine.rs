//! Ranks the bundled profiles for the bundled job over an engine.
//!
//! ```sh
//! cargo run --release -p ranker-engines-examples --bin rank_on_engine -- \
//!     postgresql=postgresql://postgres@127.0.0.1:5432/postgres
//! ```
//!
//! The engine is one of `chroma`, `elasticsearch`, `milvus` (of version 2.3 with the address of its management behind a comma),
//! `opensearch`, `pinecone`, `postgresql`, `qdrant`, `redis` and `redis-search` (its query engine);
//! its key, if it takes one, is in `RANKER_KEY` (for PostgreSQL and Redis in the address). One that knows no words is
//! fused with an index of words in memory. The profiles stay there under the name `ranker_bundled`; another run finds
//! them again.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use ranker::Ranker;
use ranker::core::{Embedder, Retriever};
use ranker::engines::{Space, Weights};
use ranker::files::{read_job_text, read_profiles};
use ranker::retrieve::{Fused, KeywordIndex};
use ranker_examples::engines::Engine;
use ranker_examples::{Outcome, bundled, embed_profiles, finish, open_encoder, say};

fn main() -> ExitCode {
    finish(run())
}

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn run() -> Outcome {
    let mut args = env::args().skip(1);
    let usage = "usage: rank_on_engine NAME=URL";
    let engine: Engine = args.next().ok_or(usage)?.parse()?;
    let embedder = open_encoder(None)?;
    let space = Space::new("ranker_bundled", embedder.dimension(), embedder.model_id())?;
    let profiles = read_profiles(&bundled::data("profiles.jsonl"))?.profiles;
    let store = pollster::block_on(engine.open(space.clone(), Weights::default()))?;
    if pollster::block_on(store.count())? < profiles.len() as u64 {
        let embedded = embed_profiles(&embedder, &profiles)?.into_iter();
        let vectors = embedded.map(|embedded| embedded.embedding);
        let entries = profiles.iter().cloned().zip(vectors).collect();
        if let Some(loaded) = pollster::block_on(engine.fill(&space, entries))? {
            let (stored, elapsed) = (loaded.stored, loaded.elapsed);
            say(&format!("{stored} profiles in {elapsed:.1?}"));
        }
    }
    let retriever: Arc<dyn Retriever> = match engine.has_words() {
        true => store,
        false => Arc::new(Fused::hybrid(store, KeywordIndex::new(profiles)?)?),
    };
    let ranker = Ranker::builder(embedder, retriever).top_k(10).build()?;
    let job = read_job_text(&bundled::data("job.txt"))?;
    let ranking = pollster::block_on(ranker.rank(&job))?;
    for ranked in &ranking {
        println!(
            "{}. {}: {}",
            ranked.rank,
            ranked.id(),
            ranker.explain(ranked)?
        );
    }
    for note in ranking.notes() {
        println!("note: {note}");
    }
    Ok(())
}
