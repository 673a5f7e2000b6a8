//! Features and models for ranker: pairs of job and profile in, scores out.
//!
//! [`Features`] measures what a job and a profile have in common. A model turns that into scores: at
//! first [`LinearScorer::prior`], later whatever was learned and saved: a [`Model`] is loaded from its
//! file and served without any learner. [`Models`] holds the model that is served and those before it.
//!
//! ```text
//! candidates --Features--> FeatureMatrix --Model--> scores
//! ```
//!
//! # Example
//!
//! ```
//! use ranker_score::{FeatureExtractor, Features, LinearScorer, Model, Models, Scorer};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("model.json");
//! let schema = Features::new().schema().clone();
//! # let mut weights = vec![0.0; schema.len()];
//! # weights[0] = 2.0;
//! # LinearScorer::new(schema.clone(), weights)?.save(&path)?;
//! let models = Models::new(LinearScorer::prior(&schema));
//! models.serve(Model::load(&path, &schema)?)?;
//! assert_eq!(models.history().len(), 2);
//! models.rollback()?;
//! assert_eq!(models.serving().model_id(), LinearScorer::prior(&schema).model_id());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod features;
mod models;
mod registry;
mod served;
mod serving;

pub use features::{
    FactNames, Features, Joined, OccupationError, OccupationTable, Occupations, Passages,
    SparseShare, definitions, named_expansion_terms,
};
pub use models::{
    BlendScorer, LinearScorer, Member, MlpScorer, Model, ModelError, Network, Node, Other, Tree,
    TreeScorer,
};
/// The seams that this crate implements.
pub use ranker_core::{FeatureExtractor, Scorer};
pub use served::ModelsError;
pub use serving::Models;

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}

    #[test]
    fn public_types_cross_threads() {
        is_send_and_sync::<super::Features>();
        is_send_and_sync::<super::Joined>();
        is_send_and_sync::<super::Passages>();
        is_send_and_sync::<super::Occupations>();
        is_send_and_sync::<super::LinearScorer>();
        is_send_and_sync::<super::Model>();
        is_send_and_sync::<super::ModelError>();
        is_send_and_sync::<super::Models>();
    }
}
