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

#[cfg(test)]
mod tests {
    use super::super::tree::Node;
    use super::*;

    #[test]
    fn walks_as_one_row_alone_would() {
        let split = |feature: u32, threshold: f32, left: u32, cover: f64| Node {
            feature,
            threshold,
            left,
            value: 0.0,
            cover,
        };
        let leaf = Node::leaf;
        let trees = [
            vec![leaf(0.5, 9.0)],
            vec![
                split(1, 0.5, 1, 9.0),
                leaf(1.0, 5.0),
                split(0, -1.0, 3, 4.0),
                leaf(2.0, 3.0),
                leaf(4.0, 1.0),
            ],
        ];
        let trees = trees.map(|nodes| Tree::new(nodes, 2).unwrap());
        let packed = Packed::new(&trees);
        let lane = |n: usize| [n as f32 / 2.0 - 3.0, n as f32 / 8.0];
        let column = |at: usize| std::array::from_fn(|n| lane(n)[at]);
        let block: [[f32; ABREAST]; 2] = [column(0), column(1)];
        let mut sums = [0.25; ABREAST];
        packed.add(&block, &mut sums);
        for (n, sum) in sums.iter().enumerate() {
            let alone: f64 = trees.iter().map(|tree| tree.value(&lane(n))).sum();
            assert_eq!(*sum, 0.25 + alone, "{n}");
        }
    }
}
