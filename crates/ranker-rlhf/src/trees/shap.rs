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
