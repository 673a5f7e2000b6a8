//! Ranks candidate profiles for a job description, learns from what people do with the ranking, and
//! says why.
//!
//! [`Ranker`] joins the stages: expand the job, embed it, retrieve candidates, measure them, score
//! them, explain the result. Each stage is a trait of `ranker-core` that can be replaced; each
//! stage crate is re-exported here under a short name.
//!
//! # Example
//!
//! ```
//! use ranker::embed::OnnxEmbedder;
//! use ranker::retrieve::ProfileIndex;
//! use ranker::{JobDescription, Profile, Ranker};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # pollster::block_on(async {
//! # let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/all-MiniLM-L6-v2");
//! let embedder = OnnxEmbedder::from_dir(model)?;
//! let profiles = vec![
//!     Profile::new("ana", "Builds search engines in Rust; six years on Lucene and tantivy.")?,
//!     Profile::new("ben", "Surgical nurse with ten years on a cardiac ward.")?,
//! ];
//! let index = ProfileIndex::embed(profiles, &embedder)?;
//!
//! let ranker = Ranker::builder(embedder, index).top_k(10).build()?;
//! let ranking = ranker.rank(&JobDescription::new("Senior Rust engineer, search team")?).await?;
//! for ranked in &ranking {
//!     println!("{} {:.3} {}", ranked.id(), ranked.score, ranker.explain(ranked)?);
//! }
//! assert_eq!(ranking.as_slice()[0].id().as_str(), "ana");
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! # Features
//!
//! | feature | default | without it |
//! |---|---|---|
//! | `onnxruntime` | yes | encoders run on our own engine only, which knows BERT and its relatives |
//! | `cache` | yes | no `embed::CachedEmbedder` and no `embed::TokenCache`: embeddings are not kept |
//! | `api` | no | no `embed::ApiEmbedder` and no `embed::ApiCrossEncoder`: models run here |
//! | `hub` | no | no `embed::Hub`: model folders are files that are there |
//! | `keyword` | yes | no `retrieve::ProfileIndex` and no keyword search; tantivy is not compiled |
//! | `collection` | yes | no `retrieve::Collection`: profiles are not kept on disk; redb is not compiled |
//! | `expand` | yes | no expanders: jobs are ranked by their own words |
//! | `llm` | no | no terms from a language model that a server runs |
//! | `feedback` | yes | [`Ranker`] serves saved models, but records and learns nothing; SQLite is not compiled |
//! | `tracing` | no | no spans: what stages take is in [`Ranking::times`] alone |
//! | `tuning` | no | encoders are used as they are; `lora` is not compiled |
//! | `hnsw` | no | no `retrieve::HnswIndex` |
//! | `tables` | yes | files of records are JSON only, not CSV and not gzip |
//! | `record` | yes | no `decision`: rankings are not recorded to be verified and made again |
//! | `facts` | no | no `ingest`: facts are those that profiles are given |
//! | `ingest` | no | no `folder`: profiles come from files of records only |
//! | `engines` | no | no `engines`: profiles are in memory, in a directory or in a store of your own |
//! | `chroma`, `elastic`, `milvus`, `pgvector`, `pinecone`, `qdrant`, `redis` | no | not that engine; each brings `engines` |
//! | `eval` | no | no measures of quality |

/// Compiles and runs the programs of the README and of the guide.
#[cfg(all(doctest, feature = "feedback"))]
mod pages {
    #[cfg(all(feature = "hub", feature = "onnxruntime"))]
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[cfg(all(feature = "hub", feature = "onnxruntime"))]
    #[doc = include_str!("../../../docs/guide/add.md")]
    struct Add;

    #[doc = include_str!("../../../docs/OWN_STORE.md")]
    struct OwnStages;

    #[cfg(feature = "collection")]
    #[doc = include_str!("../../../docs/guide/first-ranking.md")]
    struct FirstRanking;

    #[cfg(feature = "collection")]
    #[doc = include_str!("../../../docs/guide/feedback.md")]
    struct Feedback;

    #[cfg(feature = "ingest")]
    #[doc = include_str!("../../../docs/guide/folder.md")]
    struct Folder;

    #[cfg(feature = "facts")]
    #[doc = include_str!("../../../docs/guide/account.md")]
    struct Account;

    #[cfg(feature = "pgvector")]
    #[doc = include_str!("../../../docs/guide/engines.md")]
    struct Engines;

    #[doc = include_str!("../../../docs/guide/sizing.md")]
    struct Sizing;

    #[doc = include_str!("../../../docs/EXPLAINING.md")]
    struct Explaining;
}

mod builder;
mod changes;
mod contrast;
mod copied;
#[cfg(feature = "record")]
pub mod decision;
mod error;
#[cfg(feature = "facts")]
mod facts;
#[cfg(feature = "feedback")]
mod feedback;
pub mod files;
#[cfg(feature = "ingest")]
pub mod folder;
#[cfg(feature = "feedback")]
mod live;
#[cfg(feature = "feedback")]
mod measure;
mod notes;
mod other_texts;
mod pool;
mod ranker;
#[cfg(feature = "feedback")]
mod served;
mod stages;
mod times;
#[cfg(feature = "tuning")]
mod tuning;
mod why_not;

pub use ranker_core as core;
pub use ranker_embed as embed;
#[cfg(feature = "engines")]
pub use ranker_engines as engines;
#[cfg(feature = "eval")]
pub use ranker_eval as eval;
#[cfg(feature = "expand")]
pub use ranker_expand as expand;
#[cfg(feature = "facts")]
pub use ranker_ingest as ingest;
#[cfg(feature = "tuning")]
pub use ranker_lora as lora;
pub use ranker_retrieve as retrieve;
#[cfg(feature = "feedback")]
pub use ranker_rlhf as rlhf;
pub use ranker_score as score;
pub use ranker_xai as xai;

pub use builder::RankerBuilder;
pub use error::{BuildError, Error};
#[cfg(feature = "facts")]
pub use facts::fact_finder;
#[cfg(feature = "feedback")]
pub use feedback::{Exposed, LearnProgress, Learned};
#[cfg(feature = "feedback")]
pub use live::InterleavedRanking;
pub use ranker::Ranker;
pub use ranker_core::{
    Candidate, CandidateId, Explanation, Fact, Facts, Filter, JobDescription, JobReading, Note,
    Profile, Query, Ranked, Ranking, Reading, Score,
};
#[cfg(feature = "tuning")]
pub use tuning::TuningPairs;
pub use why_not::{Obstacle, WhyNot};
