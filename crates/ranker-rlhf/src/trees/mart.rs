//! The learner of boosted trees.

use std::ops::ControlFlow;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use ranker_score::{Model, Tree, TreeScorer};
use rayon::prelude::*;

use super::bins::{self, Column};
use super::grow::{Grower, Shape};
use super::lambdas::slopes;
use super::split::Rules;
use crate::learn::{Examples, JudgedList, LearnError, Learner, Table, check_setting, check_whole};

/// Rows scored by one task.
const TOGETHER: usize = 256;

/// What boosted trees minimise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Objective {
    /// LambdaRank: `-log σ(better - worse)` of every pair with different gains, times what swapping
    /// the two would change in NDCG, for pairs of which one stands in the first `truncation`
    /// places.
    LambdaRank {
        /// In places; at least 1.
        truncation: usize,
    },
    /// `-log σ(better - worse)` of every pair with different gains of which one stands in the first
    /// `truncation` places: what is undone below counts as much as at the top.
    Pairwise {
        /// In places; at least 1.
        truncation: usize,
    },
    /// The squared distance of the score from the gain: the rival to beat.
    Regression,
}

/// How far training is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MartProgress {
    /// Trees grown.
    pub trees: usize,
    /// Trees asked for.
    pub of: usize,
}

/// Learns a [`TreeScorer`] from judged lists: gradient boosting of histogram trees (Friedman 2001),
/// with the pairwise objectives of LambdaMART (Burges 2010).
///
/// - **Monotone features.** A score never falls when a feature of [`Direction::Increasing`] grows,
///   nor when one of [`Direction::Decreasing`] shrinks: splits against it are not made, and the
///   leaves to both sides of one along it are kept apart by bounds.
/// - **Weights.** A row of weight 2 counts as two in a regression; a pair counts with the product of
///   its rows' weights, in units of its list's mean. Rows of weight 0 are not seen.
/// - **The same model**, bit by bit, on any number of threads, and however lists and the rows within
///   them are ordered.
/// - **Bad input.** One list is enough. Without two candidates of different gain in some list, or
///   without a feature that varies, there is nothing to learn: [`LearnError`].
///
/// [`Direction::Increasing`]: ranker_core::Direction::Increasing
/// [`Direction::Decreasing`]: ranker_core::Direction::Decreasing
///
/// ```
/// use ranker_core::{FeatureExtractor, FeatureMatrix, Scorer};
/// use ranker_rlhf::{JudgedList, Mart};
/// use ranker_score::Features;
///
/// let schema = Features::new().schema().clone();
/// let skilled = schema.position("skills_found").unwrap();
/// let lists = (0..40).map(|job| {
///     let mut rows = vec![0.5_f32; 2 * schema.len()];
///     (rows[skilled], rows[schema.len() + skilled]) = (0.8, 0.2);
///     let features = FeatureMatrix::new(schema.clone(), rows)?;
///     Ok(JudgedList::new(format!("job {job}"), features, vec![1.0, 0.0])?)
/// });
/// let lists = lists.collect::<Result<Vec<_>, Box<dyn std::error::Error>>>()?;
///
/// let model = Mart::new().fit(&lists)?;
/// let scores = model.score(lists[0].features())?;
/// assert!(scores[0] > scores[1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mart {
    objective: Objective,
    trees: usize,
    rate: f64,
    leaves: usize,
    depth: usize,
    least_rows: usize,
    l2: f64,
    bins: usize,
    column_share: f64,
    row_share: f64,
    seed: u64,
}

impl Default for Mart {
    fn default() -> Self {
        Self {
            objective: Objective::Pairwise { truncation: 30 },
            trees: 500,
            rate: 0.03,
            leaves: 8,
            depth: 6,
            least_rows: 10,
            l2: 1.0,
            bins: 64,
            column_share: 0.3,
            row_share: 0.7,
            seed: 0,
        }
    }
}

impl Mart {
    /// Pairwise with truncation 30; 500 trees of at most 8 leaves and 6 splits deep, at a rate of
    /// 0.03, of 30 % of the features and 70 % of the rows each.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Learners with every objective, each with a tenth and with half of the features a tree, for
    /// [`Best`](crate::Best).
    #[must_use]
    pub fn grid() -> Vec<Arc<dyn Learner>> {
        let truncation = 30;
        let objectives = [
            Objective::Pairwise { truncation },
            Objective::LambdaRank { truncation },
            Objective::Regression,
        ];
        let learner = |objective, share| {
            let mart = Self::new().with_objective(objective);
            Arc::new(mart.with_shares(share, 0.7)) as Arc<dyn Learner>
        };
        let learners =
            objectives.map(|objective| [0.1, 0.5].map(|share| learner(objective, share)));
        learners.into_iter().flatten().collect()
    }

    /// Sets what is minimised.
    #[must_use]
    pub fn with_objective(mut self, objective: Objective) -> Self {
        self.objective = objective;
        self
    }

    /// Sets the number of trees (1 to 100,000; 500) and what share of a tree's answer is added
    /// (above 0, to 1; 0.03). Half the rate wants about twice the trees.
    #[must_use]
    pub fn with_trees(mut self, trees: usize, rate: f64) -> Self {
        (self.trees, self.rate) = (trees, rate);
        self
    }

    /// Sets the most leaves of a tree (2 to 1024; 8) and its most splits from root to leaf (1 to
    /// 32; 6).
    #[must_use]
    pub fn with_size(mut self, leaves: usize, depth: usize) -> Self {
        (self.leaves, self.depth) = (leaves, depth);
        self
    }

    /// Sets the fewest rows of a leaf (at least 1; 10).
    #[must_use]
    pub fn with_least_rows(mut self, rows: usize) -> Self {
        self.least_rows = rows;
        self
    }

    /// Sets the L2 penalty on leaf values (0 to 1e9; 1).
    #[must_use]
    pub fn with_l2(mut self, l2: f64) -> Self {
        self.l2 = l2;
        self
    }

    /// Sets into how many parts a feature is cut at most (2 to 256; 64).
    #[must_use]
    pub fn with_bins(mut self, bins: usize) -> Self {
        self.bins = bins;
        self
    }

    /// Sets what share of the features and of the rows each tree sees, drawn at random (above 0,
    /// to 1; 0.3 of the features, 0.7 of the rows).
    #[must_use]
    pub fn with_shares(mut self, features: f64, rows: f64) -> Self {
        (self.column_share, self.row_share) = (features, rows);
        self
    }

    /// Sets the seed of what is drawn (0).
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Learns from judged lists, all with the same features.
    ///
    /// # Errors
    ///
    /// [`LearnError`]: no lists, no contrast of gains, no feature that varies, lists of other
    /// features, a setting out of its range, or gains beyond all numbers.
    pub fn fit(&self, lists: &[JudgedList]) -> Result<TreeScorer, LearnError> {
        self.fit_watched(lists, |_| ControlFlow::Continue(()))
    }

    /// As [`Mart::fit`], and tells `watch` after every tree how far it is. When `watch` breaks,
    /// training ends with the trees grown so far.
    ///
    /// # Errors
    ///
    /// As [`Mart::fit`].
    pub fn fit_watched(
        &self,
        lists: &[JudgedList],
        mut watch: impl FnMut(MartProgress) -> ControlFlow<()>,
    ) -> Result<TreeScorer, LearnError> {
        self.check()?;
        let table = Table::new(lists)?;
        let columns = bins::columns(&table, self.bins);
        if columns.is_empty() {
            return Err(LearnError::ConstantFeatures { rows: table.len() });
        }
        let mut boosting = Boosting::new(self, &table, &columns);
        for trees in 1..=self.trees {
            boosting.add_tree()?;
            let of = self.trees;
            if watch(MartProgress { trees, of }).is_break() {
                break;
            }
        }
        let Boosting { base, trees, .. } = boosting;
        Ok(TreeScorer::new(table.schema, base, trees)?)
    }

    fn check(&self) -> Result<(), LearnError> {
        let truncation = match self.objective {
            Objective::LambdaRank { truncation } | Objective::Pairwise { truncation } => truncation,
            Objective::Regression => 1,
        };
        check_whole("truncation", truncation, 1..=usize::MAX)?;
        check_whole("number of trees", self.trees, 1..=100_000)?;
        check_whole("number of leaves", self.leaves, 2..=1024)?;
        check_whole("depth", self.depth, 1..=Tree::MAX_DEPTH)?;
        check_whole(
            "fewest rows of a leaf",
            self.least_rows,
            1..=u32::MAX as usize,
        )?;
        check_whole("number of bins", self.bins, 2..=256)?;
        check_setting("L2 penalty", self.l2, 0.0..=1e9)?;
        for (name, share) in [
            ("learning rate", self.rate),
            ("share of features", self.column_share),
            ("share of rows", self.row_share),
        ] {
            check_setting(name, share, 1e-6..=1.0)?;
        }
        Ok(())
    }
}

impl Learner for Mart {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        self.fit(examples.lists()).map(Model::Trees)
    }
}

/// A model while it grows.
struct Boosting<'a> {
    mart: &'a Mart,
    table: &'a Table,
    columns: &'a [Column],
    base: f64,
    trees: Vec<Tree>,
    /// Of each row, by the trees so far.
    scores: Vec<f64>,
    random: ChaCha8Rng,
}

impl<'a> Boosting<'a> {
    fn new(mart: &'a Mart, table: &'a Table, columns: &'a [Column]) -> Self {
        let base = match mart.objective {
            Objective::LambdaRank { .. } | Objective::Pairwise { .. } => 0.0,
            // The weights' mean is 1.
            Objective::Regression => {
                let gains = table.gains.iter().zip(&table.weights);
                gains.map(|(gain, weight)| gain * weight).sum::<f64>() / table.len() as f64
            }
        };
        Self {
            mart,
            table,
            columns,
            base,
            trees: Vec::with_capacity(mart.trees),
            scores: vec![base; table.len()],
            random: ChaCha8Rng::seed_from_u64(mart.seed),
        }
    }

    fn add_tree(&mut self) -> Result<(), LearnError> {
        let slopes = slopes(self.table, self.mart.objective, &self.scores);
        let columns = draw(self.columns.len(), self.mart.column_share, &mut self.random);
        let columns: Vec<&Column> = columns.into_iter().map(|at| &self.columns[at]).collect();
        let rows = draw(self.table.len(), self.mart.row_share, &mut self.random);
        let schema = self.table.schema.columns();
        let grower = Grower {
            shape: self.shape(),
            directions: columns
                .iter()
                .map(|c| schema[c.feature].direction)
                .collect(),
            columns,
            slopes: &slopes,
        };
        let mut nodes = grower.grow(rows.into_iter().map(|row| row as u32).collect());
        for node in &mut nodes {
            node.value *= self.mart.rate;
        }
        let tree = Tree::new(nodes, schema.len())?;
        let rows = self
            .scores
            .par_iter_mut()
            .enumerate()
            .with_min_len(TOGETHER);
        rows.for_each(|(row, score)| *score += tree.value(self.table.row(row)));
        self.trees.push(tree);
        Ok(())
    }

    fn shape(&self) -> Shape {
        Shape {
            leaves: self.mart.leaves,
            depth: self.mart.depth,
            rules: Rules {
                least_rows: self.mart.least_rows as u32,
                l2: self.mart.l2,
            },
        }
    }
}

/// This share of the numbers below `of`, at least one, ascending.
fn draw(of: usize, share: f64, random: &mut ChaCha8Rng) -> Vec<usize> {
    let mut all: Vec<usize> = (0..of).collect();
    let wanted = ((of as f64 * share).ceil() as usize).clamp(1, of);
    if wanted == of {
        return all;
    }
    // The first steps of Fisher and Yates's shuffle.
    for at in 0..wanted {
        let left = (of - at) as u64;
        // Of the many numbers that 64 bits hold, what is left over favours no one measurably.
        let other = at + (random.next_u64() % left) as usize;
        all.swap(at, other);
    }
    all.truncate(wanted);
    all.sort_unstable();
    all
}
