//! Exact Shapley values of one tree.

use super::tree::{Node, Tree};

/// A feature on the way from the root.
#[derive(Debug, Clone, Copy)]
struct Element {
    /// `None` for the root's own.
    feature: Option<u32>,
    /// The share of rows that come along when the feature is unknown.
    zero: f64,
    /// 1 where the row itself comes along, 0 otherwise.
    one: f64,
    /// The permutations' weight of subsets of this many features.
    weight: f64,
}

/// Adds a tree's Shapley values for a row to `parts`: the path-dependent TreeSHAP of Lundberg et
/// al., From local explanations to global understanding with explainable AI for trees, 2020,
/// Algorithm 2, where an unknown feature sends a row both ways, by the training rows' shares.
pub(super) fn add(tree: &Tree, row: &[f32], parts: &mut [f64]) {
    let mut walk = Walk { tree, row, parts };
    let root = Element {
        feature: None,
        zero: 1.0,
        one: 1.0,
        weight: 0.0,
    };
    walk.visit(0, &[], root);
}

struct Walk<'a> {
    tree: &'a Tree,
    row: &'a [f32],
    parts: &'a mut [f64],
}

impl Walk<'_> {
    fn visit(&mut self, at: usize, path: &[Element], element: Element) {
        let mut path = path.to_vec();
        extend(&mut path, element);
        let node = &self.tree.nodes()[at];
        if node.is_leaf() {
            for place in 1..path.len() {
                let Element {
                    feature, zero, one, ..
                } = path[place];
                if let Some(feature) = feature {
                    let part = unwound_sum(&path, place) * (one - zero) * node.value;
                    self.parts[feature as usize] += part;
                }
            }
            return;
        }
        let (mut zero, mut one) = (1.0, 1.0);
        if let Some(place) = path.iter().position(|e| e.feature == Some(node.feature)) {
            (zero, one) = (path[place].zero, path[place].one);
            unwind(&mut path, place);
        }
        self.visit_children(node, &path, (zero, one));
    }

    fn visit_children(&mut self, node: &Node, path: &[Element], (zero, one): (f64, f64)) {
        let (left, right) = node.children();
        let taken = node.next(self.row);
        for child in [left, right] {
            let share = self.tree.nodes()[child].cover / node.cover;
            let element = Element {
                feature: Some(node.feature),
                zero: zero * share,
                one: if child == taken { one } else { 0.0 },
                weight: 0.0,
            };
            self.visit(child, path, element);
        }
    }
}

/// EXTEND: lets every subset so far grow by the new feature or not.
fn extend(path: &mut Vec<Element>, mut element: Element) {
    let length = path.len();
    element.weight = if length == 0 { 1.0 } else { 0.0 };
    path.push(element);
    let count = (length + 1) as f64;
    for i in (0..length).rev() {
        path[i + 1].weight += element.one * path[i].weight * (i + 1) as f64 / count;
        path[i].weight = element.zero * path[i].weight * (length - i) as f64 / count;
    }
}

/// UNWIND: takes a feature back out.
fn unwind(path: &mut Vec<Element>, place: usize) {
    let weights = unwound(path, place);
    for (i, weight) in weights.into_iter().enumerate() {
        path[i].weight = weight;
    }
    for i in place..path.len() - 1 {
        let Element {
            feature, zero, one, ..
        } = path[i + 1];
        path[i] = Element {
            feature,
            zero,
            one,
            weight: path[i].weight,
        };
    }
    path.pop();
}

/// The weights of all subsets without a feature.
fn unwound(path: &[Element], place: usize) -> Vec<f64> {
    let last = path.len() - 1;
    let count = path.len() as f64;
    let Element { zero, one, .. } = path[place];
    let mut weights = vec![0.0; last];
    let mut next = path[last].weight;
    for i in (0..last).rev() {
        if one == 0.0 {
            weights[i] = path[i].weight * count / (zero * (last - i) as f64);
        } else {
            weights[i] = next * count / ((i + 1) as f64 * one);
            next = path[i].weight - weights[i] * zero * (last - i) as f64 / count;
        }
    }
    weights
}

fn unwound_sum(path: &[Element], place: usize) -> f64 {
    unwound(path, place).iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The mean value where only the features in `known` are known, by the training rows' shares.
    fn expectation(tree: &Tree, at: usize, row: &[f32], known: u32) -> f64 {
        let node = &tree.nodes()[at];
        if node.is_leaf() {
            return node.value;
        }
        if known & (1 << node.feature) != 0 {
            return expectation(tree, node.next(row), row, known);
        }
        let (left, right) = node.children();
        let share = |child: usize| {
            let cover = tree.nodes()[child].cover / node.cover;
            cover * expectation(tree, child, row, known)
        };
        share(left) + share(right)
    }

    /// Shapley's formula, over all subsets of the features.
    fn brute_force(tree: &Tree, row: &[f32]) -> Vec<f64> {
        let count = row.len();
        let factorial = |n: usize| (1..=n).map(|n| n as f64).product::<f64>();
        let part = |feature: usize| -> f64 {
            let others = (0..1_u32 << count).filter(|set| set & (1 << feature) == 0);
            others
                .map(|set| {
                    let size = set.count_ones() as usize;
                    let weight = factorial(size) * factorial(count - size - 1) / factorial(count);
                    let with = expectation(tree, 0, row, set | 1 << feature);
                    weight * (with - expectation(tree, 0, row, set))
                })
                .sum()
        };
        (0..count).map(part).collect()
    }

    const FEATURES: usize = 5;

    /// A random tree: which leaf to split, by which feature, where, and its sides' rows and values.
    fn tree(splits: &[(usize, u32, i32, u32, i32)]) -> Tree {
        let mut nodes = vec![Node::leaf(1.0, 1e6)];
        for &(leaf, feature, threshold, share, value) in splits {
            let leaves: Vec<usize> = (0..nodes.len()).filter(|&at| nodes[at].is_leaf()).collect();
            let at = leaves[leaf % leaves.len()];
            let cover = nodes[at].cover;
            let left_cover = (cover * f64::from(share) / 10.0)
                .ceil()
                .clamp(1.0, cover - 1.0);
            let left = nodes.len() as u32;
            nodes[at] = Node {
                feature,
                threshold: threshold as f32,
                left,
                value: 0.0,
                cover,
            };
            nodes.push(Node::leaf(f64::from(value), left_cover));
            nodes.push(Node::leaf(f64::from(value) / 3.0 - 1.0, cover - left_cover));
        }
        Tree::new(nodes, FEATURES).unwrap()
    }

    proptest! {
        #[test]
        fn agrees_with_brute_force(
            splits in proptest::collection::vec(
                (0_usize..9, 0_u32..5, -3_i32..3, 1_u32..9, -9_i32..9), 0..12),
            row in proptest::collection::vec(-3_i32..4, FEATURES),
        ) {
            let tree = tree(&splits);
            let row: Vec<f32> = row.iter().map(|&x| x as f32 - 0.5).collect();
            let mut parts = vec![0.0; FEATURES];
            add(&tree, &row, &mut parts);
            for (part, expected) in parts.iter().zip(brute_force(&tree, &row)) {
                prop_assert!((part - expected).abs() <= 1e-9, "{parts:?}, {expected}");
            }
            let sum = tree.expectation() + parts.iter().sum::<f64>();
            prop_assert!((sum - tree.value(&row)).abs() <= 1e-9);
        }
    }
}
