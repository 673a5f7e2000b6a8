//! Trees laid out for scoring many rows.

use super::tree::Tree;

/// Rows that walk side by side: their steps do not wait for one another.
pub(super) const ABREAST: usize = 16;

/// Where to go from a node; a leaf leads back to itself.
#[derive(Debug, Clone, Copy)]
struct Step {
    threshold: f32,
    feature: u32,
    left: u32,
}

/// All nodes of all trees, one after another.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    steps: Vec<Step>,
    values: Vec<f64>,
    /// The place of each tree's root, and how many steps its longest walk takes.
    roots: Vec<(u32, usize)>,
}

impl Packed {
    pub(super) fn new(trees: &[Tree]) -> Self {
        let count = trees.iter().map(|tree| tree.nodes().len()).sum();
        let mut packed = Self {
            steps: Vec::with_capacity(count),
            values: Vec::with_capacity(count),
            roots: Vec::with_capacity(trees.len()),
        };
        for tree in trees {
            packed.push(tree);
        }
        packed
    }

    fn push(&mut self, tree: &Tree) {
        let root = self.steps.len() as u32;
        self.roots.push((root, tree.depth()));
        for node in tree.nodes() {
            let here = self.steps.len() as u32;
            // No feature is above infinity, so that a leaf always goes left, to itself.
            let (threshold, left) = if node.is_leaf() {
                (f32::INFINITY, here)
            } else {
                (node.threshold, root + node.left)
            };
            self.steps.push(Step {
                threshold,
                feature: node.feature,
                left,
            });
            self.values.push(node.value);
        }
    }

    /// Adds each tree's value, tree by tree, to the sums of up to [`ABREAST`] rows.
    pub(super) fn add(&self, block: &[[f32; ABREAST]], sums: &mut [f64; ABREAST]) {
        for &(root, depth) in &self.roots {
            let mut at = [root; ABREAST];
            for _ in 0..depth {
                for (lane, at) in at.iter_mut().enumerate() {
                    let step = self.steps[*at as usize];
                    let right = block[step.feature as usize][lane] > step.threshold;
                    *at = step.left + u32::from(right);
                }
            }
            for (sum, at) in sums.iter_mut().zip(at) {
                *sum += self.values[at as usize];
            }
        }
    }
}
