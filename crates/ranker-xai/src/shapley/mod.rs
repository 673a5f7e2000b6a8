//! Shapley values: the parts of a score whose model offers none.

mod baseline;
mod exact;
mod game;
mod sampled;

use ranker_core::{Contributions, FeatureMatrix, ScoreError, Scorer};

pub use baseline::Baseline;
use game::Game;
pub(crate) use game::missing;
pub(crate) use sampled::below;

/// Splits scores of any model by Shapley values (Shapley, 1953), from outside.
///
/// The worth of a set of features is the score of the row that has those features' values and the
/// [`Baseline`]'s for the others. A feature's part is what it adds to that worth, averaged over
/// all orders in which features could join; a feature that equals the baseline's has part 0. Base
/// and parts sum to the score.
///
/// With few features that differ from the baseline the average is exact. With more, it is taken
/// over random orders, each together with its reverse (antithetic sampling; see Mitchell, Cooper,
/// Frank and Holmes, *Sampling Permutations for Shapley Value Estimation*, JMLR 2022), which is
/// still exact for models whose features interact in pairs at most. Every order's parts sum to the
/// score, so their average does too.
///
/// Results depend on the row, the baseline and the seed alone: not on threads, and not on the place
/// among other rows.
///
/// ```
/// # use std::sync::Arc;
/// # use ranker_core::{FeatureMatrix, FeatureSchema, FeatureSpec, Score, ScoreError, Scorer};
/// use ranker_xai::{Baseline, Shapley};
///
/// # struct Product(Arc<FeatureSchema>);
/// # impl Scorer for Product {
/// #     fn model_id(&self) -> &str { "product" }
/// #     fn schema(&self) -> &Arc<FeatureSchema> { &self.0 }
/// #     fn score(&self, rows: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
/// #         Ok(rows.rows().map(|row| Score::new((row[0] * row[1]).into()).unwrap()).collect())
/// #     }
/// # }
/// # let spec = |name: &'static str| FeatureSpec::new(name, "a number", 0.0..=9.0);
/// # let schema = FeatureSchema::new(vec![spec("a"), spec("b")]).unwrap();
/// # let scorer = Product(Arc::new(schema));
/// // A model that multiplies its two features: neither is worth anything alone.
/// let rows = FeatureMatrix::new(scorer.schema().clone(), vec![2.0, 3.0]).unwrap();
/// let split = Shapley::new(Baseline::Absent).contributions(&scorer, &rows)?;
/// assert_eq!((split[0].base, &split[0].parts[..]), (0.0, &[3.0, 3.0][..]));
/// # Ok::<(), ScoreError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Shapley {
    baseline: Baseline,
    exact_up_to: usize,
    pairs: usize,
    seed: u64,
}

impl Shapley {
    /// The most features for which all their sets may be tried: 65,536 rows a candidate.
    pub const MOST_EXACT: usize = 16;

    /// Compares with `baseline`; exact up to 10 features (1,024 rows a candidate), and 32 pairs of
    /// orders beyond.
    #[must_use]
    pub fn new(baseline: Baseline) -> Self {
        Self {
            baseline,
            exact_up_to: 10,
            pairs: 32,
            seed: 0,
        }
    }

    /// Sets up to how many features that differ from the baseline all their sets are tried; at most
    /// [`Self::MOST_EXACT`]. 10 by default.
    #[must_use]
    pub fn with_exact_up_to(mut self, features: usize) -> Self {
        self.exact_up_to = features.min(Self::MOST_EXACT);
        self
    }

    /// Sets how many random orders are drawn, each with its reverse; at least 1. 32 by default. A
    /// candidate takes `2 * pairs * (features - 1)` rows; the error falls with the root of it.
    #[must_use]
    pub fn with_pairs(mut self, pairs: usize) -> Self {
        self.pairs = pairs.max(1);
        self
    }

    /// Sets the seed of the orders. 0 by default.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Each row's score split into parts. One call of [`Scorer::score`] a row.
    ///
    /// # Errors
    ///
    /// [`ScoreError::Schema`] when the rows or the baseline's are not of the scorer's features, and
    /// whatever the scorer says.
    pub fn contributions(
        &self,
        scorer: &dyn Scorer,
        rows: &FeatureMatrix,
    ) -> Result<Vec<Contributions>, ScoreError> {
        ScoreError::check_schema(scorer.schema(), rows.schema())?;
        let baseline = self.baseline.row(scorer.schema(), rows)?;
        rows.rows()
            .map(|row| {
                let game = Game::new(scorer, row, &baseline);
                if game.players().len() <= self.exact_up_to {
                    exact::split(&game)
                } else {
                    sampled::split(&game, self.pairs, self.seed)
                }
            })
            .collect()
    }
}

impl Default for Shapley {
    fn default() -> Self {
        Self::new(Baseline::default())
    }
}

#[cfg(test)]
mod tests;
