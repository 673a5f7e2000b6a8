//! The candidates that one stage of a search hands to the next.

use std::cmp::Ordering;

/// Where a row is: the segment's place in a snapshot, and the row's in the segment.
pub(super) type RowAt = (u32, u32);

/// Keeps the `width` best of the rows pushed, by value, ties by place: which rows these are does not
/// depend on how the work was divided.
#[derive(Debug, Clone)]
pub(super) struct Shortlist {
    width: usize,
    found: Vec<(f32, RowAt)>,
    threshold: f32,
}

impl Shortlist {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            found: Vec::new(),
            threshold: f32::NEG_INFINITY,
        }
    }

    /// As [`Self::new`], of the rows above a threshold.
    pub(super) fn above(threshold: f32, width: usize) -> Self {
        Self {
            threshold,
            ..Self::new(width)
        }
    }

    /// The best of some rows.
    pub(super) fn of(width: usize, found: Vec<(f32, RowAt)>) -> Self {
        let mut all = Self {
            found,
            ..Self::new(width)
        };
        all.cut();
        all
    }

    /// Rows found, at most twice as many as are kept.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// A row whose value is not above it is not kept, if its place is beyond all pushed so far.
    pub(super) fn threshold(&self) -> f32 {
        self.threshold
    }

    /// The value of the `nth` best row so far, or of the last where there are fewer.
    pub(super) fn value(&mut self, nth: usize) -> Option<f32> {
        let at = nth.min(self.found.len()).checked_sub(1)?;
        Some(self.found.select_nth_unstable_by(at, best_first).1.0)
    }

    pub(super) fn push(&mut self, value: f32, row: RowAt) {
        self.found.push((value, row));
        // Cut at twice the width: the price of a cut is shared by as many pushes.
        if self.found.len() >= 2 * self.width.max(16) {
            self.cut();
        }
    }

    pub(super) fn merge(mut self, other: Self) -> Self {
        self.found.extend(other.found);
        self.cut();
        self
    }

    /// The rows kept, in the order of their places.
    pub(super) fn into_rows(mut self) -> Vec<RowAt> {
        self.cut();
        let mut rows: Vec<RowAt> = self.found.into_iter().map(|(_, row)| row).collect();
        // A scan finds them in this order, some threads a few runs in it: no work for a sort that sees it.
        rows.sort();
        rows
    }

    /// The rows kept, best first, with their values.
    pub(super) fn into_best(mut self) -> Vec<(f32, RowAt)> {
        self.cut();
        self.found.sort_unstable_by(best_first);
        self.found
    }

    /// Leaves the best, in the order in which they came.
    fn cut(&mut self) {
        if self.width == 0 {
            self.found.clear();
            self.threshold = f32::INFINITY;
        } else if self.found.len() >= self.width {
            let mut order = self.found.clone();
            let (_, last, _) = order.select_nth_unstable_by(self.width - 1, best_first);
            self.found
                .retain(|one| best_first(one, last) != Ordering::Greater);
            self.threshold = self.threshold.max(last.0);
        }
    }
}

fn best_first(a: &(f32, RowAt), b: &(f32, RowAt)) -> Ordering {
    b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keeps_what_sorting_keeps(
            values in prop::collection::vec(-20_i8..20, 0..300),
            width in 0_usize..60,
            cut in 0_usize..300,
        ) {
            let rows: Vec<(f32, RowAt)> = values.iter().zip(0_u32..)
                .map(|(&value, at)| (value.into(), (at / 64, at % 64)))
                .collect();
            let (left, right) = rows.split_at(cut.min(rows.len()));
            let [left, right] = [left, right].map(|rows| {
                let mut widest = Shortlist::new(width);
                for &(value, row) in rows {
                    if value > widest.threshold() {
                        widest.push(value, row);
                    }
                }
                widest
            });
            let mut sorted = rows.clone();
            sorted.sort_by(best_first);
            sorted.truncate(width);
            let mut expected: Vec<RowAt> = sorted.into_iter().map(|(_, row)| row).collect();
            expected.sort_unstable();
            prop_assert_eq!(left.merge(right).into_rows(), expected);
        }
    }
}
