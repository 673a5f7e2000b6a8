//! Growing one tree, best leaf first.

use ranker_core::Direction;
use ranker_score::Node;
use rayon::prelude::*;

use super::bins::Column;
use super::histogram::{self, Cell, Histogram};
use super::lambdas::Slope;
use super::split::{self, Bounds, Rules, Split, Whole};

/// What bounds a tree's size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) leaves: usize,
    pub(super) depth: usize,
    pub(super) rules: Rules,
}

/// What a tree is grown from.
#[derive(Debug)]
pub(super) struct Grower<'a> {
    pub(super) shape: Shape,
    /// The columns to look at.
    pub(super) columns: Vec<&'a Column>,
    /// Of each of them.
    pub(super) directions: Vec<Direction>,
    /// One a row.
    pub(super) slopes: &'a [Slope],
}

/// A leaf that may yet be split.
struct Open {
    node: usize,
    depth: usize,
    rows: Vec<u32>,
    sums: Histogram,
    bounds: Bounds,
    split: Option<Split>,
}

impl Grower<'_> {
    /// The nodes of a tree over these rows; a lone leaf where no split brings anything.
    pub(super) fn grow(&self, rows: Vec<u32>) -> Vec<Node> {
        let sums = histogram::of_rows(&self.columns, &rows, self.slopes);
        let mut sum = Cell::default();
        for &row in &rows {
            let slope = self.slopes[row as usize];
            sum.add(Cell { slope, rows: 1 });
        }
        let root = Whole {
            sum,
            bounds: Bounds::NONE,
        };
        let value = self.shape.rules.value(sum, root.bounds);
        let mut nodes = vec![Node::leaf(value, f64::from(sum.rows))];
        let mut open = vec![Open {
            node: 0,
            depth: 0,
            split: self.best(root, &sums),
            rows,
            sums,
            bounds: root.bounds,
        }];
        while open.len() < self.shape.leaves {
            let Some(at) = most_gain(&open) else { break };
            let leaf = open.swap_remove(at);
            open.extend(self.split(leaf, &mut nodes));
        }
        nodes
    }

    /// Splits a leaf by its best split, which it must have.
    fn split(&self, leaf: Open, nodes: &mut Vec<Node>) -> Vec<Open> {
        let Some(split) = leaf.split else {
            return vec![leaf];
        };
        let column = self.columns[split.column];
        let place = nodes.len();
        nodes[leaf.node] = Node {
            feature: column.feature as u32,
            threshold: column.cuts[usize::from(split.code)],
            left: place as u32,
            value: 0.0,
            cover: nodes[leaf.node].cover,
        };
        let goes_left = |&row: &u32| column.codes[row as usize] <= split.code;
        let (left, right): (Vec<u32>, Vec<u32>) = leaf.rows.into_iter().partition(goes_left);
        let small = if left.len() <= right.len() {
            &left
        } else {
            &right
        };
        let small_sums = histogram::of_rows(&self.columns, small, self.slopes);
        let large_sums = histogram::less(leaf.sums, &small_sums);
        let (left_sums, right_sums) = if left.len() <= right.len() {
            (small_sums, large_sums)
        } else {
            (large_sums, small_sums)
        };
        let direction = self.directions[split.column];
        let (left_bounds, right_bounds) =
            leaf.bounds.split(direction, split.values.0, split.values.1);
        let sides = [
            (split.left, split.values.0, left, left_sums, left_bounds),
            (split.right, split.values.1, right, right_sums, right_bounds),
        ];
        let depth = leaf.depth + 1;
        let open = sides.into_iter().map(|(sum, value, rows, sums, bounds)| {
            nodes.push(Node::leaf(value, f64::from(sum.rows)));
            let deeper = depth < self.shape.depth;
            Open {
                node: nodes.len() - 1,
                depth,
                split: deeper
                    .then(|| self.best(Whole { sum, bounds }, &sums))
                    .flatten(),
                rows,
                sums,
                bounds,
            }
        });
        open.collect()
    }

    /// The best split of all columns; of equals the first column's.
    fn best(&self, whole: Whole, sums: &Histogram) -> Option<Split> {
        let columns = self.columns.par_iter().zip(&self.directions).zip(sums);
        let splits = columns
            .enumerate()
            .map(|(at, ((column, &direction), cells))| {
                split::best(whole, (at, column), cells, (&self.shape.rules, direction))
            });
        let splits: Vec<Option<Split>> = splits.with_min_len(16).collect();
        splits.into_iter().flatten().reduce(
            |best, other| {
                if other.gain > best.gain { other } else { best }
            },
        )
    }
}

/// The leaf whose split gains most; of equals the first made.
fn most_gain(open: &[Open]) -> Option<usize> {
    let gains = open.iter().enumerate();
    let gains = gains.filter_map(|(at, leaf)| leaf.split.map(|split| (at, leaf.node, split.gain)));
    let best = gains.reduce(|best, other| {
        let more = other.2 > best.2 || (other.2 == best.2 && other.1 < best.1);
        if more { other } else { best }
    });
    best.map(|(at, _, _)| at)
}
