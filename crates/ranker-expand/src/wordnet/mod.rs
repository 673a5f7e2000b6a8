//! Synonyms from WordNet's nouns, through a narrow gate.

mod error;
mod files;
mod gate;

use std::path::Path;

use ranker_core::{ExpandError, Expander, Expansion, JobDescription, ValueError, async_trait};

pub use error::WordNetError;

use crate::relation::Relation;
use crate::taxonomy::Taxonomy;
use crate::taxonomy_expander::TaxonomyExpander;

/// What the first synonym of a word weighs.
const WEIGHT: f32 = 0.2;

/// Adds synonyms of a job's nouns from WordNet 3.x, where WordNet leaves no doubt about the meaning.
///
/// WordNet is not shipped, and no default uses it: general synonyms help some queries and harm others.
/// Both the word in the job and the synonym must pass the gate:
///
/// - it has one meaning as a noun; or nearly all of its uses counted in WordNet's own corpus (at least
///   5 uses and 80 %) are of its first meaning, and those of other meanings are of the same field;
/// - that meaning is of a field that jobs are about (acts, artifacts, cognition, communication,
///   persons), and no proper name;
/// - it is no verb, adjective or adverb besides, and does not end in "-ing";
/// - it has at least four letters, and is written as in WordNet if that is in capitals.
///
/// Added are only words that WordNet's corpus uses: "attorney" for a lawyer, but no "pleader".
#[derive(Debug, Clone)]
pub struct WordNetExpander(TaxonomyExpander);

impl WordNetExpander {
    /// Reads a folder of WordNet's database files: `/usr/share/wordnet` of Debian's `wordnet-base`, or
    /// `dict` of WordNet's own distribution.
    ///
    /// Read are `index.noun`, `data.noun`, `cntlist.rev`, `index.verb`, `index.adj` and `index.adv`.
    ///
    /// # Errors
    ///
    /// [`WordNetError`], with the file and the line, for what is missing or malformed.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<Self, WordNetError> {
        let nouns = files::Nouns::read(folder.as_ref())?;
        let concepts = gate::concepts(&nouns);
        if concepts.is_empty() {
            return Err(WordNetError::Empty);
        }
        let expander = TaxonomyExpander::new(Taxonomy::new("WordNet", concepts));
        Ok(Self(weighing(expander)))
    }

    /// Sets the most terms of an expansion. 12 by default.
    #[must_use]
    pub fn with_max_terms(self, max_terms: usize) -> Self {
        Self(self.0.with_max_terms(max_terms))
    }

    /// Sets what the first synonym of a word weighs, from 0 to 1. 0.2 by default.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for another weight.
    pub fn with_weight(self, weight: f32) -> Result<Self, ValueError> {
        Ok(Self(self.0.with_weight(Relation::Alias, weight)?))
    }

    /// The terms to add to the job.
    #[must_use]
    pub fn expansion(&self, job: &JobDescription) -> Expansion {
        self.0.expansion(job)
    }
}

fn weighing(expander: TaxonomyExpander) -> TaxonomyExpander {
    expander
        .with_weight(Relation::Alias, WEIGHT)
        .expect("0.2 lies between 0 and 1")
}

#[async_trait]
impl Expander for WordNetExpander {
    async fn expand(&self, job: &JobDescription) -> Result<Expansion, ExpandError> {
        Ok(self.expansion(job))
    }
}
