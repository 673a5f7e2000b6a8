//! Boosted trees in a file.

use serde::{Deserialize, Serialize};

use super::tree::{Forest, Node, Tree};
use crate::models::file::{Bits, Content};

/// Trees in a file: their features' names, and a column a property of their nodes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::models) struct TreesContent {
    base: f64,
    features: Vec<String>,
    trees: Vec<TreeContent>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TreeContent {
    feature: Vec<u32>,
    /// As f64, which JSON gives back exactly.
    threshold: Vec<f64>,
    left: Vec<u32>,
    value: Vec<f64>,
    cover: Vec<f64>,
}

impl TreesContent {
    pub(super) fn new(features: Vec<String>, forest: &Forest) -> Self {
        Self {
            base: forest.base,
            features,
            trees: forest.trees.iter().map(TreeContent::new).collect(),
        }
    }

    /// The trees, checked: whatever the file holds, scoring them ends and stays within bounds.
    pub(in crate::models) fn forest(&self) -> Result<Forest, String> {
        if !self.base.is_finite() {
            return Err(format!("the base is {}", self.base));
        }
        let tree = |(at, tree): (usize, &TreeContent)| {
            let tree = tree.tree(self.features.len());
            tree.map_err(|wrong| format!("tree {at}: {wrong}"))
        };
        let trees = self.trees.iter().enumerate().map(tree);
        Ok(Forest {
            base: self.base,
            trees: trees.collect::<Result<_, _>>()?,
        })
    }
}

impl Content for TreesContent {
    const FORMAT: &'static str = "ranker-trees";

    fn names(&self) -> Vec<&str> {
        self.features.iter().map(String::as_str).collect()
    }

    fn feed(&self, bits: &mut Bits) {
        bits.texts(&self.features);
        bits.numbers(&[self.base]);
        bits.count(self.trees.len());
        for tree in &self.trees {
            bits.counts(&tree.feature);
            bits.numbers(&tree.threshold);
            bits.counts(&tree.left);
            bits.numbers(&tree.value);
            bits.numbers(&tree.cover);
        }
    }
}

impl TreeContent {
    fn new(tree: &Tree) -> Self {
        let nodes = tree.nodes();
        Self {
            feature: nodes.iter().map(|node| node.feature).collect(),
            threshold: nodes.iter().map(|node| node.threshold.into()).collect(),
            left: nodes.iter().map(|node| node.left).collect(),
            value: nodes.iter().map(|node| node.value).collect(),
            cover: nodes.iter().map(|node| node.cover).collect(),
        }
    }

    fn tree(&self, features: usize) -> Result<Tree, String> {
        let count = self.feature.len();
        let lengths = [
            self.threshold.len(),
            self.left.len(),
            self.value.len(),
            self.cover.len(),
        ];
        if lengths.iter().any(|&length| length != count) {
            return Err(format!("its columns have {count} and {lengths:?} nodes"));
        }
        let node = |at: usize| Node {
            feature: self.feature[at],
            threshold: self.threshold[at] as f32,
            left: self.left[at],
            value: self.value[at],
            cover: self.cover[at],
        };
        Tree::checked((0..count).map(node).collect(), features)
    }
}
