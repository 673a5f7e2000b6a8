//! Values, seam traits and errors of the `ranker` workspace, and the conformance suite that says
//! what each trait promises.
//!
//! A team that brings its own store depends on this crate and on nothing heavy: it implements
//! [`Retriever`] (and perhaps [`ProfileStore`]), runs [`conformance::retriever`] in its tests, and
//! hands the result to the `ranker` facade.
//!
//! # The way of the data
//!
//! ```text
//! JobDescription --Expander--> Expansion          text + terms --Embedder--> Embedding     together: Query
//! Query --Retriever--> [Hit] --FeatureExtractor--> FeatureMatrix --Scorer--> Ranking --Explainer--> Explanation
//! ```
//!
//! Texts are kept as they were written and read in one form ([`PlainText`]), split into words by one
//! function ([`words`]); another finds the lengths of time that they name ([`durations`]).
//!
//! A value is checked once, in its constructor, and trusted from there on: a [`Score`] is finite and
//! greater is better; an [`Embedding`] is finite and of unit length; ties break by [`CandidateId`].
//!
//! # Primary types
//!
//! - Values: [`JobDescription`], [`Profile`] with its [`Facts`], [`Filter`], [`Query`], [`Hit`],
//!   [`FeatureMatrix`], [`Ranking`], [`Explanation`].
//! - Seams: [`Expander`], [`Embedder`], [`SparseEmbedder`], [`Retriever`], [`ProfileStore`], [`FeatureExtractor`],
//!   [`Scorer`], [`Explainer`], each with one error enum.
//! - [`compute`], [`waiting`]: the bridges that take computing, and waiting for disks and locks, off an
//!   async runtime's threads.
//! - [`conformance`]: each trait's contract as a function to run.
//! - [`legs`]: the names under which retrievers report their scores.
//!
//! # Example
//!
//! ```
//! use ranker_core::{Embedding, Fact, Filter, JobDescription, Profile, Query};
//!
//! let job = JobDescription::new("Rust engineer for our search team")?
//!     .with_filter(Filter::at_least("years", 3.0));
//! let profile = Profile::new("p1", "Six years of Rust, most of it on search engines.")?
//!     .with_fact("years", Fact::integer(6))?;
//! assert!(job.filter().matches(profile.facts()));
//!
//! let query = Query::new(job).with_embedding(Embedding::normalized(vec![3.0, 4.0])?);
//! assert_eq!(query.embedding().map(Embedding::dimension), Some(2));
//! # Ok::<(), ranker_core::ValueError>(())
//! ```
//!
//! # Features
//!
//! | feature | default | without it |
//! |---|---|---|
//! | `gzip` | no | [`decode`] refuses gzip files |

pub mod conformance;
pub mod decode;
pub mod legs;

mod cancel;
mod compute;
mod replace_file;
mod seams;
mod text;
mod values;
mod waiting;

/// Re-exported so that implementors of the async seams need no dependency of their own.
pub use async_trait::async_trait;
pub use cancel::Cancel;
pub use compute::compute;
pub use replace_file::replace_file;
pub use seams::assessor::Assessor;
pub use seams::baseline::CosineBaseline;
pub use seams::embedder::{EmbedError, Embedded, EmbeddedTokens, Embedder, Role, TokenUsage};
pub use seams::expander::{ExpandError, Expander};
pub use seams::explainer::{ExplainError, Explainer};
pub use seams::feature_extractor::{FeatureError, FeatureExtractor};
pub use seams::profile_store::{ProfileStore, StoreError};
pub use seams::retriever::{Pushdown, Request, RetrieveError, Retriever, TokenVectors};
pub use seams::scorer::{Contributions, ScoreError, Scorer};
pub use seams::sparse_embedder::{SparseEmbedded, SparseEmbedder};
pub use seams::token_codec::{CodecError, TokenCodec, TokenCodes};
pub use text::durations::{Duration, TimeOf, durations};
pub use text::job_lines::{JobLine, JobLineKind, JobSection, job_lines};
pub use text::key::key as word_key;
pub use text::language::{Language, language};
pub use text::plain::{PlainText, plain};
pub use text::trades::{Trade, trade_of};
pub use text::wishes::is_wish;
pub use text::words::{Word, WordKind, Words, words};
pub use text::years_asked::{YearsAsked, years_asked};
pub use values::assessment::{Asked, Assessment, Demand, Requirement, Verdict};
pub use values::because::{Because, Remark};
pub use values::candidate::Candidate;
pub use values::embedding::Embedding;
pub use values::error::ValueError;
pub use values::expansion::{Expansion, ExpansionText, Term, TermSource};
pub use values::explanation::{
    Explanation, Part, PartTerm, PassageMatch, Place, RationalePassage, TermOf, TermScore,
};
pub use values::facts::{Fact, Facts};
pub use values::features::{Direction, FeatureMatrix, FeatureSchema, FeatureSpec};
pub use values::filter::Filter;
pub use values::hit::{Hit, LegScore};
pub use values::id::CandidateId;
pub use values::job::{JobDescription, JobRuns};
pub use values::profile::Profile;
pub use values::query::Query;
pub use values::ranking::{Note, Ranked, Ranking, StageTime};
pub use values::reading::{JobReading, Reading};
pub use values::score::Score;
pub use values::sparse::SparseVector;
pub use values::text::Uncounted;
pub use values::tokens::{TokenEmbeddings, TokenMatch};
pub use waiting::waiting;

/// The foreign cause of an error: whatever the backend reported.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
