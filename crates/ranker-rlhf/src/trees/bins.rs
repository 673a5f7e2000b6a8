//! Feature values as small codes.

use rayon::prelude::*;

use crate::learn::Table;

/// The codes of one feature: the rows whose code is at most `c` have values up to `cuts[c]`.
#[derive(Debug)]
pub(super) struct Column {
    /// Its place in the schema.
    pub(super) feature: usize,
    /// Ascending; one fewer than there are codes.
    pub(super) cuts: Vec<f32>,
    /// One a row.
    pub(super) codes: Vec<u8>,
}

impl Column {
    fn new(table: &Table, feature: usize, most: usize) -> Option<Self> {
        let values = || (0..table.len()).map(|row| table.row(row)[feature]);
        let mut sorted: Vec<f32> = values().collect();
        sorted.sort_by(f32::total_cmp);
        let cuts = cuts(&sorted, most);
        let code = |value: f32| cuts.partition_point(|&cut| cut < value) as u8;
        let codes = values().map(code).collect();
        (!cuts.is_empty()).then_some(Self {
            feature,
            cuts,
            codes,
        })
    }
}

/// The features that vary, each in at most `most` (2 to 256) codes.
pub(super) fn columns(table: &Table, most: usize) -> Vec<Column> {
    let columns = (0..table.columns()).into_par_iter();
    columns
        .filter_map(|feature| Column::new(table, feature, most))
        .collect()
}

/// Cuts between neighbouring values: all of them if they fit, or so that the parts between them
/// hold about equally many rows.
fn cuts(sorted: &[f32], most: usize) -> Vec<f32> {
    let groups: Vec<&[f32]> = sorted.chunk_by(|a, b| a == b).collect();
    let boundaries = groups.windows(2);
    if groups.len() <= most {
        return boundaries
            .map(|pair| between(pair[0][0], pair[1][0]))
            .collect();
    }
    let mut cuts = Vec::with_capacity(most);
    let (mut held, mut left) = (0, sorted.len());
    for pair in boundaries {
        held += pair[0].len();
        let parts = most - cuts.len();
        // With the next group it would hold more above its share than it now lacks.
        if parts > 1 && (2 * held + pair[1].len()) * parts > 2 * left {
            cuts.push(between(pair[0][0], pair[1][0]));
            left -= held;
            held = 0;
        }
    }
    cuts
}

/// A number that the lower value reaches at most and the upper one exceeds.
fn between(lower: f32, upper: f32) -> f32 {
    let middle = f64::midpoint(f64::from(lower), f64::from(upper)) as f32;
    if middle < upper { middle } else { lower }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_values_are_all_told_apart() {
        assert_eq!(cuts(&[0.0, 0.0, 1.0, 3.0], 8), [0.5, 2.0]);
        assert!(cuts(&[2.0, 2.0], 8).is_empty() && cuts(&[], 8).is_empty());
        let next = f32::from_bits(1.0_f32.to_bits() + 1);
        assert_eq!(cuts(&[1.0, next], 8), [1.0]);
        assert_eq!(cuts(&[f32::MIN, f32::MAX], 2), [0.0]);
    }

    #[test]
    fn many_values_are_cut_evenly() {
        let values: Vec<f32> = (0..1000).map(|n| n as f32).collect();
        let cuts = cuts(&values, 10);
        let expected: Vec<f32> = (1..10).map(|n| 100.0 * n as f32 - 0.5).collect();
        assert_eq!(cuts, expected);
    }

    proptest! {
        #[test]
        fn cuts_lie_between_values(
            values in proptest::collection::vec(-20_i32..20, 1..200),
            most in 2_usize..30,
        ) {
            let mut sorted: Vec<f32> = values.iter().map(|&v| v as f32 / 4.0).collect();
            sorted.sort_by(f32::total_cmp);
            let cuts = cuts(&sorted, most);
            prop_assert!(cuts.len() < most && cuts.is_sorted_by(|a, b| a < b));
            for cut in cuts {
                prop_assert!(sorted[0] <= cut && cut < sorted[sorted.len() - 1]);
            }
        }
    }
}
