//! One decision tree.

use crate::ModelError;

/// A node of a decision tree. A row whose `feature` is at most `threshold` goes to `left`, any other
/// to `left + 1`; where `left` is 0 the node is a leaf and the row ends with `value`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// The column of the feature that is compared.
    pub feature: u32,
    /// The greatest value that goes to the left.
    pub threshold: f32,
    /// The position of the left child in its tree, which the right child follows; 0 for a leaf.
    pub left: u32,
    /// What a leaf adds to the score.
    pub value: f64,
    /// The number, or weight, of the training rows that reached this node; positive.
    pub cover: f64,
}

impl Node {
    /// A leaf that adds `value` and was reached by `cover` training rows.
    #[must_use]
    pub fn leaf(value: f64, cover: f64) -> Self {
        Self {
            feature: 0,
            threshold: 0.0,
            left: 0,
            value,
            cover,
        }
    }

    /// Whether a row ends here.
    #[must_use]
    pub fn is_leaf(&self) -> bool {
        self.left == 0
    }

    /// The positions of the left and the right child.
    pub(super) fn children(&self) -> (usize, usize) {
        (self.left as usize, self.left as usize + 1)
    }

    /// The position of the child that a row goes to.
    pub(super) fn next(&self, row: &[f32]) -> usize {
        let right = row[self.feature as usize] > self.threshold;
        self.left as usize + usize::from(right)
    }
}

/// A decision tree: its nodes, the root first, children after their parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree(Vec<Node>);

impl Tree {
    /// The greatest depth of a tree: explaining a score takes time in its square.
    pub const MAX_DEPTH: usize = 32;

    /// A tree over rows of `features` values.
    ///
    /// # Errors
    ///
    /// [`ModelError::Tree`]: no nodes, a child that does not follow its parent, a number that is not
    /// finite, covers that do not add up, or more than [`Tree::MAX_DEPTH`].
    pub fn new(nodes: Vec<Node>, features: usize) -> Result<Self, ModelError> {
        Self::checked(nodes, features).map_err(|wrong| ModelError::Tree { wrong })
    }

    /// Checks what a file may have got wrong: then every walk ends, and within bounds.
    pub(super) fn checked(nodes: Vec<Node>, features: usize) -> Result<Self, String> {
        let mut parents = vec![0_usize; nodes.len()];
        let mut depths = vec![0_usize; nodes.len()];
        for (at, node) in nodes.iter().enumerate() {
            check_numbers(at, node)?;
            if node.is_leaf() {
                continue;
            }
            let (left, right) = node.children();
            if left <= at || right >= nodes.len() {
                return Err(format!("node {at} has children {left} and {right}"));
            }
            if node.feature as usize >= features {
                return Err(format!("node {at} asks for feature {}", node.feature));
            }
            if nodes[left].cover + nodes[right].cover != node.cover {
                return Err(format!("node {at} has another cover than its children"));
            }
            for child in [left, right] {
                parents[child] += 1;
                depths[child] = depths[at] + 1;
            }
            if depths[left] > Self::MAX_DEPTH {
                return Err(format!("it is deeper than {}", Self::MAX_DEPTH));
            }
        }
        let orphan = parents.iter().skip(1).position(|&count| count != 1);
        match orphan {
            _ if nodes.is_empty() => Err("a tree has no nodes".to_owned()),
            Some(at) => Err(format!("node {} has {} parents", at + 1, parents[at + 1])),
            None => Ok(Self(nodes)),
        }
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.0
    }

    /// What the tree adds to the score of a row.
    ///
    /// # Panics
    ///
    /// Where the row has fewer values than the tree was made for.
    #[must_use]
    pub fn value(&self, row: &[f32]) -> f64 {
        let mut node = &self.0[0];
        while !node.is_leaf() {
            node = &self.0[node.next(row)];
        }
        node.value
    }

    /// The mean value over the training rows.
    pub(super) fn expectation(&self) -> f64 {
        let leaves = self.0.iter().filter(|node| node.is_leaf());
        let share = |node: &Node| node.value * (node.cover / self.0[0].cover);
        leaves.map(share).sum()
    }

    /// The length of the longest path from the root to a leaf.
    pub(super) fn depth(&self) -> usize {
        let mut depths = vec![0; self.0.len()];
        for (at, node) in self.0.iter().enumerate().filter(|(_, n)| !n.is_leaf()) {
            let (left, right) = node.children();
            depths[left] = depths[at] + 1;
            depths[right] = depths[at] + 1;
        }
        depths.into_iter().max().unwrap_or(0)
    }
}

/// A base and the trees that are added to it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::models) struct Forest {
    pub(super) base: f64,
    pub(super) trees: Vec<Tree>,
}

fn check_numbers(at: usize, node: &Node) -> Result<(), String> {
    if !node.threshold.is_finite() {
        return Err(format!("node {at} has the threshold {}", node.threshold));
    }
    if !node.value.is_finite() {
        return Err(format!("node {at} has the value {}", node.value));
    }
    if !(node.cover > 0.0 && node.cover.is_finite()) {
        return Err(format!("node {at} has the cover {}", node.cover));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(feature: u32, left: u32) -> Node {
        Node {
            feature,
            left,
            threshold: 0.5,
            ..Node::leaf(0.0, 4.0)
        }
    }

    /// A chain of splits, each with a leaf beside it.
    fn chain(depth: usize) -> Vec<Node> {
        let mut nodes = vec![Node::leaf(0.0, depth as f64 + 1.0)];
        for at in 0..depth {
            let last = nodes.len() - 1;
            nodes[last] = Node {
                cover: nodes[last].cover,
                ..split(0, nodes.len() as u32)
            };
            nodes.push(Node::leaf(1.0, 1.0));
            nodes.push(Node::leaf(1.0, (depth - at) as f64));
        }
        nodes
    }

    #[test]
    fn depth_is_bounded() {
        let deepest = Tree::checked(chain(Tree::MAX_DEPTH), 1).unwrap();
        assert_eq!(deepest.depth(), Tree::MAX_DEPTH);
        assert!(Tree::checked(chain(Tree::MAX_DEPTH + 1), 1).is_err());
    }

    #[test]
    fn a_row_at_the_threshold_goes_left() {
        let nodes = vec![split(1, 1), Node::leaf(-1.0, 3.0), Node::leaf(3.0, 1.0)];
        let tree = Tree::checked(nodes, 2).unwrap();
        assert_eq!(
            (tree.value(&[9.0, 0.5]), tree.value(&[0.0, 0.6])),
            (-1.0, 3.0)
        );
        assert_eq!((tree.expectation(), tree.depth()), (0.0, 1));
    }

    #[test]
    fn no_file_can_make_a_walk_go_astray() {
        let leaf = Node::leaf(1.0, 2.0);
        let nan = f64::NAN;
        let bad = [
            vec![],
            vec![split(0, 1)],
            vec![split(0, 1), leaf],
            vec![split(2, 1), leaf, leaf],
            vec![split(0, 1), split(0, 1), leaf],
            vec![split(0, 1), split(0, 2), leaf, leaf],
            vec![split(0, 1), leaf, leaf, leaf],
            vec![split(0, u32::MAX), leaf, leaf],
            vec![Node::leaf(nan, 1.0)],
            vec![Node::leaf(1.0, 0.0)],
            vec![Node {
                threshold: f32::NAN,
                ..leaf
            }],
        ];
        for nodes in bad {
            assert!(Tree::checked(nodes.clone(), 2).is_err(), "{nodes:?}");
        }
    }
}
