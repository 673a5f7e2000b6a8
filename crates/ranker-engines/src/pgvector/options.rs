//! How a table is made and searched.

use std::time::Duration;

use ranker_core::ValueError;

use crate::Weights;

/// What the index of vectors keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// `halfvec`: two bytes a component, up to 4,000 components.
    #[default]
    Half,
    /// `vector`: four bytes a component, up to 2,000 components.
    Single,
}

/// When indexes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Indexing {
    /// With the table.
    #[default]
    AtOnce,
    /// When [`super::Postgres::index`] is called: before a bulk load, this is faster.
    Later,
}

/// How a table is made and searched.
#[derive(Debug, Clone, PartialEq)]
pub struct PostgresOptions {
    pub(super) weights: Weights,
    pub(super) precision: Precision,
    pub(super) indexing: Indexing,
    pub(super) effort: u32,
    pub(super) max_words: u32,
    pub(super) title_boost: f32,
    pub(super) language: String,
    pub(super) numbers: Vec<String>,
    pub(super) connections: usize,
    pub(super) limit: Duration,
    #[cfg(feature = "pgvector-tls")]
    pub(super) roots: Option<Vec<u8>>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            weights: Weights::default(),
            precision: Precision::Half,
            indexing: Indexing::AtOnce,
            effort: 100,
            max_words: 16,
            title_boost: 1.0,
            language: "english".to_owned(),
            numbers: Vec::new(),
            connections: 8,
            limit: Duration::from_secs(10),
            #[cfg(feature = "pgvector-tls")]
            roots: None,
        }
    }
}

impl PostgresOptions {
    /// The weights of a `Collection`, an index of half precision made at once, an effort of 100, the 16
    /// rarest words of a job, titles that count once, English, 8 connections, 10 seconds a call.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How much each leg counts.
    #[must_use]
    pub fn with_weights(mut self, weights: Weights) -> Self {
        self.weights = weights;
        self
    }

    /// What the index of vectors keeps.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// When indexes are made.
    #[must_use]
    pub fn with_indexing(mut self, indexing: Indexing) -> Self {
        self.indexing = indexing;
        self
    }

    /// `hnsw.ef_search`: how many candidates a scan of the index holds. More find more, and take longer.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] outside `1..=1000`.
    pub fn with_effort(mut self, candidates: u32) -> Result<Self, ValueError> {
        within("the index's effort", candidates.into(), 1.0, 1000.0)?;
        self.effort = candidates;
        Ok(self)
    }

    /// How many words of a job are searched: the rarest. Each word brings the rows that have it, all of
    /// which are ranked, so that common words are what takes time.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] outside `1..=1000`.
    pub fn with_max_words(mut self, words: u32) -> Result<Self, ValueError> {
        within("the words of a search", words.into(), 1.0, 1000.0)?;
        self.max_words = words;
        Ok(self)
    }

    /// How much a word in the title counts where one in the text counts 1.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] outside `1..=100`.
    pub fn with_title_boost(mut self, boost: f32) -> Result<Self, ValueError> {
        within("the title's boost", boost.into(), 1.0, 100.0)?;
        self.title_boost = boost;
        Ok(self)
    }

    /// The text search configuration of the server, such as `german`.
    #[must_use]
    pub fn with_language(mut self, configuration: impl Into<String>) -> Self {
        self.language = configuration.into();
        self
    }

    /// Indexes the numbers of a fact, so that ranges on it are found instead of filtered.
    #[must_use]
    pub fn with_number_index(mut self, fact: impl Into<String>) -> Self {
        self.numbers.push(fact.into());
        self
    }

    /// The most connections; at least 1.
    #[must_use]
    pub fn with_connections(mut self, most: usize) -> Self {
        self.connections = most.max(1);
        self
    }

    /// Trusts these certificates (in PEM) and no others, for TLS: whether that is spoken is the URL's
    /// `sslmode`.
    #[cfg(feature = "pgvector-tls")]
    #[must_use]
    pub fn with_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// The longest that a call may take, waiting for a connection included.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

fn within(what: &'static str, value: f64, min: f64, max: f64) -> Result<(), ValueError> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(ValueError::OutOfRange {
            what,
            value,
            min,
            max,
        })
    }
}
