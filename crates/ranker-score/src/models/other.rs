//! A model of a kind that this crate does not know.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ranker_core::Scorer;
use serde::{Deserialize, Serialize};

use super::ModelError;
use super::file::{Bits, Content};

/// Any scorer as a model. Two are equal if their ids are.
#[derive(Clone)]
pub struct Other(Arc<dyn Scorer>);

impl Other {
    pub(super) fn new(scorer: Arc<dyn Scorer>) -> Self {
        Self(scorer)
    }

    /// The scorer.
    #[must_use]
    pub fn scorer(&self) -> &dyn Scorer {
        &*self.0
    }

    pub(super) fn content(&self) -> OtherContent {
        OtherContent {
            features: self.0.schema().names().map(str::to_owned).collect(),
            model_id: self.0.model_id().to_owned(),
        }
    }
}

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Other").field(&self.0.model_id()).finish()
    }
}

impl PartialEq for Other {
    fn eq(&self, other: &Self) -> bool {
        self.0.model_id() == other.0.model_id()
    }
}

/// What is known of it: enough to tell blends apart, not to make it again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OtherContent {
    features: Vec<String>,
    model_id: String,
}

impl OtherContent {
    pub(super) fn refused(&self, path: &Path) -> ModelError {
        ModelError::OtherKind {
            path: path.to_owned(),
            model: self.model_id.clone(),
        }
    }

    pub(super) fn not_loaded(&self) -> String {
        format!("{} is of a kind that this crate cannot load", self.model_id)
    }
}

impl Content for OtherContent {
    const FORMAT: &'static str = "ranker-other";

    fn names(&self) -> Vec<&str> {
        self.features.iter().map(String::as_str).collect()
    }

    fn feed(&self, bits: &mut Bits) {
        bits.texts(&self.features);
        bits.text(&self.model_id);
    }
}
