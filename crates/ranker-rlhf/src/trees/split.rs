//! Where to split a node, and what its sides would be worth.

use ranker_core::Direction;

use super::bins::Column;
use super::histogram::Cell;

/// The least curvature of a side: below it a leaf's value is noise.
const LEAST_CURVATURE: f64 = 1e-3;

/// What a split must bring, as a share of what the node is worth: less is rounding.
const ROUNDING: f64 = 1e-10;

/// The values that a node's leaves may take, so that monotone features stay monotone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Bounds {
    pub(super) const NONE: Self = Self {
        least: f64::NEG_INFINITY,
        most: f64::INFINITY,
    };

    /// The bounds of the sides of a split: all leaves to one side of the middle of a monotone
    /// feature's sides stay there.
    pub(super) fn split(self, direction: Direction, left: f64, right: f64) -> (Self, Self) {
        let middle = f64::midpoint(left, right);
        let below = Self {
            most: middle,
            ..self
        };
        let above = Self {
            least: middle,
            ..self
        };
        match direction {
            Direction::Any => (self, self),
            Direction::Increasing => (below, above),
            Direction::Decreasing => (above, below),
        }
    }
}

/// What a split must keep to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) least_rows: u32,
    pub(super) l2: f64,
}

impl Rules {
    /// The best value within the bounds for rows of this sum.
    pub(super) fn value(&self, sum: Cell, bounds: Bounds) -> f64 {
        let value = -sum.slope.first / (sum.slope.second + self.l2);
        value.max(bounds.least).min(bounds.most)
    }

    /// Twice the loss that rows of this sum are spared with that value.
    fn worth(&self, sum: Cell, value: f64) -> f64 {
        let curvature = sum.slope.second + self.l2;
        -(2.0 * sum.slope.first + curvature * value) * value
    }

    fn allows(&self, side: Cell) -> bool {
        side.rows >= self.least_rows && side.slope.second >= LEAST_CURVATURE
    }
}

/// A way to split a node.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    pub(super) gain: f64,
    /// The place among the columns.
    pub(super) column: usize,
    /// The greatest code that goes left.
    pub(super) code: u8,
    pub(super) left: Cell,
    pub(super) right: Cell,
    /// The sides' values.
    pub(super) values: (f64, f64),
}

/// A node to be split: its sum and its bounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole {
    pub(super) sum: Cell,
    pub(super) bounds: Bounds,
}

/// The best split by this column; of equals the lowest.
pub(super) fn best(
    whole: Whole,
    (at, column): (usize, &Column),
    cells: &[Cell],
    (rules, direction): (&Rules, Direction),
) -> Option<Split> {
    let Whole { sum, bounds } = whole;
    let unsplit = rules.worth(sum, rules.value(sum, bounds));
    let mut best: Option<Split> = None;
    let mut left = Cell::default();
    for (code, &cell) in cells[..column.cuts.len()].iter().enumerate() {
        left.add(cell);
        let right = sum.less(left);
        if cell.rows == 0 || !rules.allows(left) {
            continue;
        }
        if !rules.allows(right) {
            if right.rows < rules.least_rows {
                break;
            }
            continue;
        }
        let values = (rules.value(left, bounds), rules.value(right, bounds));
        let wrong = match direction {
            Direction::Any => false,
            Direction::Increasing => values.0 > values.1,
            Direction::Decreasing => values.0 < values.1,
        };
        let worth = rules.worth(left, values.0) + rules.worth(right, values.1);
        let gain = worth - unsplit;
        let least = best.map_or(ROUNDING * worth.abs(), |best| best.gain);
        if !wrong && gain > least {
            best = Some(Split {
                gain,
                column: at,
                code: code as u8,
                left,
                right,
                values,
            });
        }
    }
    best
}
