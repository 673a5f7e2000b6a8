//! How a graph is built and searched.

use std::time::Duration;

use crate::error::IndexError;

/// Options of an [`super::HnswIndex`].
///
/// ```
/// let options = ranker_retrieve::HnswOptions::new().with_ef_search(256)?.with_seed(7);
/// # Ok::<(), ranker_retrieve::IndexError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HnswOptions {
    pub(crate) ef_search: u32,
    pub(crate) ef_construction: u32,
    pub(crate) seed: u64,
    pub(crate) max_build: Option<Duration>,
}

impl HnswOptions {
    /// The greatest breadth of a search.
    pub const MAX_EF: u32 = 1 << 16;

    /// `ef_search` 128, `ef_construction` 100, seed 0, and as much time as it takes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ef_search: 128,
            ef_construction: 100,
            seed: 0,
            max_build: None,
        }
    }

    /// How many candidates a search keeps in view: more find more, and take longer. A search for
    /// more hits than this is exact. Fixed when the graph is built.
    ///
    /// # Errors
    ///
    /// [`IndexError::Option`] outside `1..=`[`Self::MAX_EF`].
    pub fn with_ef_search(mut self, ef: u32) -> Result<Self, IndexError> {
        Self::check("ef_search", ef)?;
        self.ef_search = ef;
        Ok(self)
    }

    /// How many candidates are kept in view when a point is linked: more make a better graph, and
    /// take longer to build.
    ///
    /// # Errors
    ///
    /// [`IndexError::Option`] outside `1..=`[`Self::MAX_EF`].
    pub fn with_ef_construction(mut self, ef: u32) -> Result<Self, IndexError> {
        Self::check("ef_construction", ef)?;
        self.ef_construction = ef;
        Ok(self)
    }

    /// The seed of the points' order. A graph is the same for the same seed only when it is built
    /// on one thread; on several, the order in which they link points leaves its trace.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The longest that building may take: a graph of a sample is built first, and where all would take
    /// longer by that measure, nothing more is built. Not kept in files, and not applied to a rebuild,
    /// which blocks nothing.
    #[must_use]
    pub fn with_max_build(mut self, limit: Duration) -> Self {
        self.max_build = Some(limit);
        self
    }

    fn check(option: &'static str, ef: u32) -> Result<(), IndexError> {
        IndexError::check_option(option, ef.into(), 1.0..=Self::MAX_EF.into())
    }
}

impl Default for HnswOptions {
    fn default() -> Self {
        Self::new()
    }
}
