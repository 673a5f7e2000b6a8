//! Ranks the bundled profiles for the bundled job over an engine.
//!
//! ```sh
//! cargo run --release -p ranker-engines-examples --bin rank_on_engine -- \
//!     postgresql postgresql://postgres@127.0.0.1:5432/postgres
//! ```
//!
//! The engine is one of `chroma`, `elasticsearch`, `opensearch`, `pinecone`, `postgresql`, `qdrant` and `redis`;
//! its key, if it takes one, is in `RANKER_KEY` (for PostgreSQL and Redis in the address). The profiles stay there under the name `ranker_bundled`; another run finds
//! them again.

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use ranker::Ranker;
use ranker::core::{BoxError, Embedder};
use ranker::engines::chroma::{Chroma, ChromaOptions};
use ranker::engines::elastic::{Dialect, Elastic, ElasticOptions};
use ranker::engines::http::Endpoint;
use ranker::engines::pgvector::{Postgres, PostgresOptions};
use ranker::engines::pinecone::{Pinecone, PineconeOptions, with_key};
use ranker::engines::qdrant::{Qdrant, QdrantOptions};
use ranker::engines::redis::{Redis, RedisOptions};
use ranker::engines::{LoadOptions, Secret, Space, Store, load};
use ranker::files::{read_job_text, read_profiles};
use ranker_examples::{Outcome, bundled, embed_profiles, finish, open_encoder, say};

fn main() -> ExitCode {
    finish(run())
}

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn run() -> Outcome {
    let mut args = env::args().skip(1);
    let usage = "usage: rank_on_engine ENGINE ADDRESS";
    let (engine, address) = (args.next().ok_or(usage)?, args.next().ok_or(usage)?);
    let embedder = open_encoder(None)?;
    let store = pollster::block_on(open(&engine, &address, &embedder))?;
    let held = pollster::block_on(store.count())?;
    let profiles = read_profiles(&bundled::data("profiles.jsonl"))?.profiles;
    if held < profiles.len() as u64 {
        let embedded = embed_profiles(&embedder, &profiles)?.into_iter();
        let entries = profiles.into_iter().zip(embedded);
        let entries =
            entries.map(|(profile, embedded)| Ok::<_, BoxError>((profile, embedded.embedding)));
        let options = LoadOptions::new();
        let loaded = pollster::block_on(load(&*store, entries, &options, |_| {}))?;
        say(&format!(
            "{} profiles in {:.1?}",
            loaded.stored, loaded.elapsed
        ));
    }
    let ranker = Ranker::builder(embedder, store).top_k(10).build()?;
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

/// The engine's store of bundled profiles.
async fn open(engine: &str, address: &str, embedder: &dyn Embedder) -> Outcome<Arc<dyn Store>> {
    let space = Space::new("ranker_bundled", embedder.dimension(), embedder.model_id())?;
    let key = env::var("RANKER_KEY").ok().map(Secret::new);
    let endpoint = |header: &str| -> Outcome<Endpoint> {
        let endpoint = Endpoint::new(address)?;
        Ok(match &key {
            Some(key) => endpoint.with_header(header, key)?,
            None => endpoint,
        })
    };
    Ok(match engine {
        "postgresql" => {
            let options = PostgresOptions::new();
            Arc::new(Postgres::open(&Secret::new(address), space, options).await?)
        }
        "redis" => {
            let options = RedisOptions::new();
            Arc::new(Redis::open(&Secret::new(address), space, options).await?)
        }
        "chroma" => {
            let endpoint = endpoint("x-chroma-token")?;
            Arc::new(Chroma::open(endpoint, space, ChromaOptions::new()).await?)
        }
        "qdrant" => {
            let endpoint = endpoint("api-key")?;
            Arc::new(Qdrant::open(endpoint, space, QdrantOptions::new()).await?)
        }
        "pinecone" => {
            let key = key.ok_or("RANKER_KEY must hold the API key")?;
            let endpoint = with_key(Endpoint::new(address)?, &key)?;
            Arc::new(Pinecone::open(endpoint, space, PineconeOptions::new()).await?)
        }
        "elasticsearch" | "opensearch" => {
            let dialect = match engine {
                "opensearch" => Dialect::OpenSearch,
                _ => Dialect::Elasticsearch,
            };
            let endpoint = endpoint("authorization")?;
            Arc::new(Elastic::open(endpoint, dialect, space, ElasticOptions::new()).await?)
        }
        other => return Err(format!("{other} is no engine of this program").into()),
    })
}
