//! Query expansion: the other words a job could have used, each with its weight, source and reason.
//!
//! A job asks for "NLP"; a profile says "natural language processing". The expanders here add what a
//! job's acronyms stand for, other names of its skills and occupation, and synonyms, from tables that
//! anyone can read and change. Nothing is guessed: an acronym of several meanings is expanded only
//! where the rest of the job speaks for one, "IT" is no "it", and no stop word is ever expanded.
//!
//! # Primary types
//!
//! - [`TaxonomyExpander`]: expands from [`Taxonomy`] tables, ours or your own. The default knows our
//!   acronyms and skills; [`Taxonomy::onet`] and [`Taxonomy::from_esco_csv`] add occupations.
//! - [`AcronymMiner`]: a [`Taxonomy`] of the acronyms that the profiles themselves define.
//! - [`WordNetExpander`]: synonyms from a WordNet that you bring, where they leave no doubt.
//! - [`VectorExpander`]: words near the job's by [`WordVectors`] that you bring: spaCy's, word2vec, GloVe, fastText.
//! - [`RelevanceFeedback`]: the words that mark the profiles found first; [`feedback`] has its formulas.
//! - `LanguageModelExpander` (feature `llm`): terms, a hypothetical resume or questions from a language model that a server runs.
//! - [`SelectiveExpander`]: expands where an [`ExpansionGate`] opens, fitted to judged queries with a bound on harm.
//! - [`Expanders`]: several expanders, yours among them, as one.
//!
//! # Example
//!
//! ```
//! use ranker_core::JobDescription;
//! use ranker_expand::TaxonomyExpander;
//!
//! let job = JobDescription::new("NLP engineer. You know CI/CD and C++.")?;
//! let expansion = TaxonomyExpander::default().expansion(&job);
//! let nlp = expansion.terms().iter().find(|term| term.text() == "natural language processing");
//! let reason = "'NLP' in the job stands for natural language processing (skill table)";
//! assert_eq!(nlp.map(|term| term.reason()), Some(reason));
//! assert!(expansion.original_mass() >= 0.5);
//! # Ok::<(), ranker_core::ValueError>(())
//! ```
//!
//! # Measuring fairly
//!
//! Sources are separate so that each can be measured by itself. Judgements that were made from O*NET
//! titles must not be used to measure an expansion from [`Taxonomy::onet`], and the same holds for ESCO
//! and its own labels; acronyms and skills, WordNet and your own tables are free of this.
//!
//! # Features
//!
//! | feature | default | without it |
//! |---|---|---|
//! | `llm` | no | no `LanguageModelExpander`; no HTTP client is compiled |
//!
//! A table that is never asked for is left out of a program by the linker.

mod checks;
mod expanders;
pub mod feedback;
mod fold;
mod gate;
#[cfg(feature = "llm")]
mod language_model;
mod matcher;
mod relation;
mod selective_expander;
mod statistics;
mod stop_words;
mod taxonomy;
mod taxonomy_expander;
mod terms;
mod vector_expander;
mod vectors;
mod wordnet;

pub use expanders::Expanders;
pub use feedback::expander::{FeedbackModel, RelevanceFeedback};
pub use gate::{
    ExpansionGate, ExpansionSignal, ExpansionSignals, HarmBound, JudgedExpansion, Side,
};
#[cfg(feature = "llm")]
pub use language_model::{LanguageModelExpander, LanguageModelTask};
pub use ranker_core::{ExpandError, Expander};
#[cfg(feature = "llm")]
/// The client for HTTP: addresses, keys and limits of servers.
pub use ranker_http as http;
pub use relation::Relation;
pub use selective_expander::SelectiveExpander;
pub use statistics::{CollectionStatistics, TermCounts};
pub use taxonomy::mined::AcronymMiner;
pub use taxonomy::{Taxonomy, TaxonomyError};
pub use taxonomy_expander::TaxonomyExpander;
pub use vector_expander::VectorExpander;
pub use vectors::{Neighbour, WordVectors, WordVectorsError};
pub use wordnet::{WordNetError, WordNetExpander};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[cfg(test)]
mod assertions {
    fn is_send_and_sync<T: Send + Sync + Clone>() {}

    #[test]
    fn public_types_cross_threads() {
        is_send_and_sync::<super::Taxonomy>();
        is_send_and_sync::<super::TaxonomyExpander>();
        is_send_and_sync::<super::AcronymMiner>();
        is_send_and_sync::<super::WordNetExpander>();
        is_send_and_sync::<super::Expanders>();
        is_send_and_sync::<super::WordVectors>();
        is_send_and_sync::<super::VectorExpander>();
        is_send_and_sync::<super::RelevanceFeedback>();
        is_send_and_sync::<super::SelectiveExpander>();
    }
}
