//! Slopes summed by feature code.

use rayon::prelude::*;

use super::bins::Column;
use super::lambdas::Slope;

/// Features summed by one task: one alone is too little work to hand over.
const TOGETHER: usize = 8;

/// What the rows of one code sum to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Cell {
    pub(super) slope: Slope,
    pub(super) rows: u32,
}

impl Cell {
    pub(super) fn add(&mut self, other: Self) {
        self.slope.add(other.slope);
        self.rows += other.rows;
    }

    pub(super) fn less(self, other: Self) -> Self {
        Self {
            slope: Slope {
                first: self.slope.first - other.slope.first,
                second: self.slope.second - other.slope.second,
            },
            rows: self.rows - other.rows,
        }
    }
}

/// The cells of each column, in the columns' order.
///
/// A column is summed by one thread in the order of the rows, so that sums do not hang on the
/// number of threads.
pub(super) type Histogram = Vec<Vec<Cell>>;

pub(super) fn of_rows(columns: &[&Column], rows: &[u32], slopes: &[Slope]) -> Histogram {
    let slopes: Vec<Slope> = rows.iter().map(|&row| slopes[row as usize]).collect();
    let of_column = |column: &&Column| {
        let mut cells = vec![Cell::default(); column.cuts.len() + 1];
        for (&row, &slope) in rows.iter().zip(&slopes) {
            cells[usize::from(column.codes[row as usize])].add(Cell { slope, rows: 1 });
        }
        cells
    };
    columns
        .par_iter()
        .with_min_len(TOGETHER)
        .map(of_column)
        .collect()
}

/// What is left of a node's sums without one child's: the other child's.
pub(super) fn less(mut whole: Histogram, part: &Histogram) -> Histogram {
    for (cells, parts) in whole.iter_mut().zip(part) {
        for (cell, &part) in cells.iter_mut().zip(parts) {
            *cell = cell.less(part);
        }
    }
    whole
}
