//! Options of a quantized index.

use crate::error::IndexError;

/// Options of a [`super::QuantizedIndex`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuantizedOptions {
    pub(super) recall: f64,
    pub(super) bits: bool,
}

impl Default for QuantizedOptions {
    fn default() -> Self {
        Self {
            recall: 0.99,
            bits: true,
        }
    }
}

impl QuantizedOptions {
    /// Recall 0.99, by all stages.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The share of the true best `k` that searches shall find, on the sample that the index measures
    /// itself with. 1 finds all of them there, which is still no promise for a query unlike it.
    ///
    /// # Errors
    ///
    /// [`IndexError::Option`] outside `0.5..=1`.
    pub fn with_recall(mut self, share: f64) -> Result<Self, IndexError> {
        IndexError::check_option("recall", share, 0.5..=1.0)?;
        self.recall = share;
        Ok(self)
    }

    /// Leaves out the stage of one bit a component: searches read eight times as much, and depend less
    /// on queries being like the sample.
    #[must_use]
    pub fn without_bits(mut self) -> Self {
        self.bits = false;
        self
    }
}
