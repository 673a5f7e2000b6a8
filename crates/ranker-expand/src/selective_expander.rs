//! Expansion of those jobs alone that a gate lets through.

use std::fmt;
use std::sync::Arc;

use ranker_core::{ExpandError, Expander, Expansion, JobDescription, async_trait};

use crate::gate::{ExpansionGate, ExpansionSignals};
use crate::statistics::CollectionStatistics;

/// Expands a job as another expander does, where an [`ExpansionGate`] opens for it; otherwise adds nothing.
///
/// The other expander is asked each time, as what it would add is among the signals.
///
/// ```
/// use std::sync::Arc;
/// use ranker_core::{Expander, JobDescription};
/// use ranker_expand::{CollectionStatistics, ExpansionGate, ExpansionSignal, SelectiveExpander, Side};
/// use ranker_expand::TaxonomyExpander;
///
/// let statistics = Arc::new(CollectionStatistics::of(["natural language processing", "a nurse"]));
/// let gate = ExpansionGate::new(ExpansionSignal::Words, Side::AtMost, 2.0)?;
/// let expander = SelectiveExpander::new(Arc::new(TaxonomyExpander::default()), gate, statistics);
/// let terms = |job: &str| -> Result<usize, Box<dyn std::error::Error>> {
///     let expansion = pollster::block_on(expander.expand(&JobDescription::new(job)?))?;
///     Ok(expansion.terms().len())
/// };
/// assert!(terms("NLP engineer")? > 0);
/// assert_eq!(terms("NLP engineer with years of work")?, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SelectiveExpander {
    expander: Arc<dyn Expander>,
    gate: ExpansionGate,
    statistics: Arc<CollectionStatistics>,
}

impl SelectiveExpander {
    /// Asks this expander where the gate opens; the statistics are those of the profiles.
    #[must_use]
    pub fn new(
        expander: Arc<dyn Expander>,
        gate: ExpansionGate,
        statistics: Arc<CollectionStatistics>,
    ) -> Self {
        Self {
            expander,
            gate,
            statistics,
        }
    }
}

#[async_trait]
impl Expander for SelectiveExpander {
    async fn expand(&self, job: &JobDescription) -> Result<Expansion, ExpandError> {
        let expansion = self.expander.expand(job).await?;
        let signals = ExpansionSignals::of(job, &expansion, &self.statistics);
        Ok(match self.gate.opens(&signals) {
            true => expansion,
            false => Expansion::default(),
        })
    }
}

impl fmt::Debug for SelectiveExpander {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectiveExpander")
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}
