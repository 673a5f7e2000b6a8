//! Boosted trees as a scorer.

use std::sync::Arc;

use ranker_core::{Contributions, FeatureMatrix, FeatureSchema, Score, ScoreError, Scorer};

use super::content::TreesContent;
use super::packed::{ABREAST, Packed};
use super::shap;
use super::tree::{Forest, Tree};
use crate::ModelError;
use crate::models::file::Content;

/// Boosted trees: a score is the sum of what each tree says of the row.
///
/// [`Scorer::contributions`] are exact Shapley values: the path-dependent TreeSHAP of Lundberg et
/// al. 2020, whose base is the mean score over the training rows. Its id is made from its features'
/// names and its trees: identical models have identical ids.
#[derive(Debug, Clone)]
pub struct TreeScorer {
    schema: Arc<FeatureSchema>,
    forest: Forest,
    packed: Packed,
    model_id: String,
}

impl PartialEq for TreeScorer {
    fn eq(&self, other: &Self) -> bool {
        self.schema == other.schema && self.forest == other.forest
    }
}

impl TreeScorer {
    /// A base and the trees that are added to it, in their order.
    ///
    /// # Errors
    ///
    /// [`ModelError::Tree`]: a base that is not finite, or a tree that compares a feature which the
    /// schema does not have.
    pub fn new(
        schema: Arc<FeatureSchema>,
        base: f64,
        trees: Vec<Tree>,
    ) -> Result<Self, ModelError> {
        let wrong = |wrong| Err(ModelError::Tree { wrong });
        if !base.is_finite() {
            return wrong(format!("the base is {base}"));
        }
        let nodes = trees.iter().flat_map(Tree::nodes);
        let mut features = nodes
            .filter(|node| !node.is_leaf())
            .map(|node| node.feature);
        if let Some(feature) = features.find(|&feature| feature as usize >= schema.len()) {
            let columns = schema.len();
            return wrong(format!("a node asks for feature {feature} of {columns}"));
        }
        Ok(Self::of_forest(schema, Forest { base, trees }))
    }

    pub(in crate::models) fn of_forest(schema: Arc<FeatureSchema>, forest: Forest) -> Self {
        let names = schema.names().map(str::to_owned).collect();
        let content = TreesContent::new(names, &forest);
        Self {
            model_id: content.id("trees"),
            packed: Packed::new(&forest.trees),
            schema,
            forest,
        }
    }

    /// How many trees there are.
    #[must_use]
    pub fn trees(&self) -> usize {
        self.forest.trees.len()
    }

    /// How many splits each feature decides, in the order of the schema: what the model looks at.
    #[must_use]
    pub fn splits(&self) -> Vec<usize> {
        let mut splits = vec![0; self.schema.len()];
        let nodes = self.forest.trees.iter().flat_map(Tree::nodes);
        for node in nodes.filter(|node| !node.is_leaf()) {
            splits[node.feature as usize] += 1;
        }
        splits
    }

    pub(in crate::models) fn content(&self) -> TreesContent {
        let names = self.schema.names().map(str::to_owned).collect();
        TreesContent::new(names, &self.forest)
    }

    /// The scores of up to [`ABREAST`] rows.
    fn sums(&self, rows: &[&[f32]], block: &mut [[f32; ABREAST]]) -> [f64; ABREAST] {
        for (lane, row) in rows.iter().enumerate() {
            for (column, &value) in block.iter_mut().zip(*row) {
                column[lane] = value;
            }
        }
        let mut sums = [self.forest.base; ABREAST];
        self.packed.add(block, &mut sums);
        sums
    }

    fn split(&self, row: &[f32], base: f64) -> Contributions {
        let mut parts = vec![0.0; self.schema.len()];
        for tree in &self.forest.trees {
            shap::add(tree, row, &mut parts);
        }
        Contributions::new(base, parts)
    }
}

impl Scorer for TreeScorer {
    fn model_id(&self) -> &str {
        &self.model_id
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        ScoreError::check_schema(&self.schema, features.schema())?;
        let rows: Vec<&[f32]> = features.rows().collect();
        let mut block = vec![[0.0; ABREAST]; self.schema.len()];
        let mut scores = Vec::with_capacity(rows.len());
        for rows in rows.chunks(ABREAST) {
            for sum in &self.sums(rows, &mut block)[..rows.len()] {
                let row = scores.len();
                let score = Score::new(*sum);
                scores.push(score.map_err(|source| ScoreError::Output { row, source })?);
            }
        }
        Ok(scores)
    }

    fn contributions(&self, features: &FeatureMatrix) -> Result<Vec<Contributions>, ScoreError> {
        ScoreError::check_schema(&self.schema, features.schema())?;
        let trees = self.forest.trees.iter().map(Tree::expectation);
        let base = self.forest.base + trees.sum::<f64>();
        Ok(features.rows().map(|row| self.split(row, base)).collect())
    }
}
