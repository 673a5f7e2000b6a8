//! How a collection is searched.

use crate::error::IndexError;
use crate::fused::Fusion;
use crate::keyword::KeywordOptions;
use crate::quantized::QuantizedOptions;

/// Options of a [`super::Collection`]. They may be others whenever it is opened; other fields of the
/// keyword index ([`KeywordOptions::with_title_boost`]) make it build that index anew.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CollectionOptions {
    pub(super) keyword: KeywordOptions,
    pub(super) quantized: QuantizedOptions,
    pub(super) fusion: Fusion,
    pub(super) weights: (f64, f64),
    pub(super) near: Option<f32>,
}

impl CollectionOptions {
    /// As [`crate::ProfileIndex`] fuses, under the default options of both legs.
    #[must_use]
    pub fn new() -> Self {
        Self {
            keyword: KeywordOptions::new(),
            quantized: QuantizedOptions::new(),
            fusion: Fusion::Weighted,
            weights: (1.0, 0.3),
            near: None,
        }
    }

    /// How words are weighed.
    #[must_use]
    pub fn with_keyword(mut self, options: KeywordOptions) -> Self {
        self.keyword = options;
        self
    }

    /// How exact vector search shall be; used where its codes are built.
    #[must_use]
    pub fn with_quantized(mut self, options: QuantizedOptions) -> Self {
        self.quantized = options;
        self
    }

    /// How the two legs are fused, and how much vector search (`dense`) and keyword search (`bm25`)
    /// count.
    ///
    /// # Errors
    ///
    /// [`IndexError::Option`] for a weight that is negative or not finite.
    pub fn with_fusion(
        mut self,
        fusion: Fusion,
        dense: f64,
        bm25: f64,
    ) -> Result<Self, IndexError> {
        for weight in [dense, bm25] {
            IndexError::check_option("weight", weight, 0.0..=f64::MAX)?;
        }
        self.fusion = fusion;
        self.weights = (dense, bm25);
        Ok(self)
    }

    /// Looks for near duplicates of every inserted profile: those whose vector has at least this
    /// cosine with the new one's. Costs a search for each; without it only equal texts are reported.
    ///
    /// # Errors
    ///
    /// [`IndexError::Option`] outside `0..=1`.
    pub fn with_near_duplicates(mut self, cosine: f32) -> Result<Self, IndexError> {
        IndexError::check_option("near_duplicates", cosine.into(), 0.0..=1.0)?;
        self.near = Some(cosine);
        Ok(self)
    }
}

impl Default for CollectionOptions {
    fn default() -> Self {
        Self::new()
    }
}
