//! The contract of a [`Store`] as checks that anyone can run on theirs.
//!
//! ```
//! use std::sync::Arc;
//! use ranker_core::BoxError;
//! use ranker_engines::conformance::{Place, StoreSuite};
//! use ranker_engines::Store;
//!
//! # async fn open(place: Place) -> Result<Arc<dyn Store>, BoxError> { Err("yours".into()) }
//! # let _ = async {
//! // `open` opens the store of that name on your server, and makes it where it is not there yet.
//! let kept = StoreSuite::new().run(open).await?;
//! for check in kept {
//!     println!("{check}");
//! }
//! # Ok::<(), ranker_core::conformance::Violation>(())
//! # };
//! ```

mod case;
mod changes;
mod faults;
mod found;
mod people;
mod refusals;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ranker_core::conformance::{self as core, RetrieverSuite, Violation};
use ranker_core::{BoxError, Embedding, Profile, ProfileStore, Retriever};

use crate::Store;
use case::{Case, failed};
pub use faults::{Disturbance, Faults};
pub use people::{filters, people};

/// Which store a check works with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// Lower-case letters, digits and underscores, at most 40: the same name is the same store.
    pub name: String,
    /// The dimension of its embeddings.
    pub dimension: usize,
    /// The model id of the encoder of its embeddings.
    pub encoder: String,
}

impl Place {
    /// The place of a store's name, the dimension of its embeddings and their encoder.
    #[must_use]
    pub fn new(name: impl Into<String>, dimension: usize, encoder: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            dimension,
            encoder: encoder.into(),
        }
    }
}

/// The checks, and what they allow.
#[derive(Clone)]
pub struct StoreSuite {
    prefix: String,
    people: usize,
    recall: f64,
    limit: Duration,
    faults: Option<Arc<dyn Faults>>,
}

impl Default for StoreSuite {
    fn default() -> Self {
        Self {
            prefix: "conformance".to_owned(),
            people: 1000,
            recall: 0.95,
            limit: Duration::from_secs(5),
            faults: None,
        }
    }
}

impl StoreSuite {
    /// A thousand profiles, recall of .95, five seconds a call, no faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How the names of its stores begin; stores of these names must be empty or not there.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How many profiles are searched; at least 100.
    #[must_use]
    pub fn with_people(mut self, people: usize) -> Self {
        self.people = people.max(100);
        self
    }

    /// The least share of the ten best that a search must find, on average.
    #[must_use]
    pub fn with_recall(mut self, recall: f64) -> Self {
        self.recall = recall;
        self
    }

    /// The longest that a call may take, also one that fails.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Checks too what happens when the way to the store is disturbed.
    #[must_use]
    pub fn with_faults(mut self, faults: Arc<dyn Faults>) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Runs the checks and returns the names of those that were kept, in the order in which they ran.
    ///
    /// `open` opens the store of a place, and makes an empty one where there is none of that name.
    ///
    /// # Errors
    ///
    /// The first [`Violation`] found.
    pub async fn run<O, F>(self, open: O) -> Result<Vec<&'static str>, Violation>
    where
        O: Fn(Place) -> F + Send + Sync,
        F: Future<Output = Result<Arc<dyn Store>, BoxError>> + Send,
    {
        let numbers = AtomicUsize::new(0);
        let place = |dimension: usize| Place {
            name: format!(
                "{}_{}",
                self.prefix,
                numbers.fetch_add(1, Ordering::Relaxed)
            ),
            dimension,
            encoder: core::ENCODER.to_owned(),
        };
        let mut kept = Vec::new();

        let suite = RetrieverSuite::new().with_limit(self.limit);
        let built = |entries: Vec<core::Entry>| {
            let place = place(8);
            let entries = entries
                .into_iter()
                .map(|entry| (entry.profile, entry.embedding));
            let (entries, open): (Vec<_>, _) = (entries.collect(), &open);
            async move { filled(open(place).await?, entries).await }
        };
        suite
            .run(|entries| {
                let built = built(entries);
                async move { Ok(built.await? as Arc<dyn Retriever>) }
            })
            .await?;
        kept.push("the contract of a retriever");
        core::profile_store(|profiles| {
            let vector = Embedding::normalized(vec![1.0; 8]);
            let (place, open) = (place(8), &open);
            async move {
                let vector = vector?;
                let entries = profiles
                    .into_iter()
                    .map(|profile| (profile, vector.clone()));
                Ok(filled(open(place).await?, entries.collect()).await? as Arc<dyn ProfileStore>)
            }
        })
        .await?;
        kept.push("the contract of a profile store");

        let at = place(people::DIMENSION);
        let opened = |error: BoxError| failed("a store can be opened", &*error);
        let store = open(at.clone()).await.map_err(opened)?;
        let mut case = Case::new(store, self.limit);
        changes::empty(&case).await?;
        kept.push("an empty store");
        case.fill(people(self.people)).await?;
        found::recalls(&case, self.recall).await?;
        kept.push("recall against exact scores");
        found::selective(&case, self.recall).await?;
        kept.push("filters that 50, 10, 1 and .1 % pass, never fewer than k");
        found::nested(&case).await?;
        kept.push("ranges, sets, missing facts and negation, nested");
        changes::ids(&case).await?;
        kept.push("ids of every kind");
        changes::visible(&case).await?;
        kept.push("insert, update and delete, then query");
        changes::writers(&case).await?;
        kept.push("two writers");
        refusals::dimension(&case).await?;
        kept.push("a wrong dimension is refused");
        if let Some(faults) = &self.faults {
            faults::disturbed(&case, &**faults, &mut kept).await?;
        }
        drop(case);
        let other = Place {
            encoder: "another encoder".to_owned(),
            ..at
        };
        refusals::encoder(open(other).await)?;
        kept.push("another encoder's vectors are refused");
        Ok(kept)
    }
}

impl std::fmt::Debug for StoreSuite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreSuite")
            .field("prefix", &self.prefix)
            .field("people", &self.people)
            .finish_non_exhaustive()
    }
}

async fn filled(
    store: Arc<dyn Store>,
    entries: Vec<(Profile, Embedding)>,
) -> Result<Arc<dyn Store>, BoxError> {
    store.upsert(&entries).await?;
    store.settle().await?;
    Ok(store)
}
