//! What each row pulls its score to: the objectives' first and second derivatives.

use std::ops::Range;

use rayon::prelude::*;

use super::Objective;
use crate::learn::Table;

/// Keeps the normalisation by score difference finite.
const CLOSEST: f64 = 0.01;

/// The first and second derivative of the loss in a row's score.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Slope {
    pub(super) first: f64,
    pub(super) second: f64,
}

impl Slope {
    pub(super) fn add(&mut self, other: Self) {
        self.first += other.first;
        self.second += other.second;
    }
}

/// The slopes at `scores`, one a row.
pub(super) fn slopes(table: &Table, objective: Objective, scores: &[f64]) -> Vec<Slope> {
    let of_list = |list: &Range<usize>| match objective {
        Objective::LambdaRank { truncation } => {
            List::new(table, list, scores).slopes(truncation, true)
        }
        Objective::Pairwise { truncation } => {
            List::new(table, list, scores).slopes(truncation, false)
        }
        Objective::Regression => list
            .clone()
            .map(|row| Slope {
                first: table.weights[row] * (scores[row] - table.gains[row]),
                second: table.weights[row],
            })
            .collect(),
    };
    table.lists.par_iter().flat_map_iter(of_list).collect()
}

/// One list in the order of its scores.
struct List<'a> {
    gains: &'a [f64],
    weights: &'a [f64],
    scores: &'a [f64],
    /// Rows, best score first; equal scores in the table's order.
    order: Vec<usize>,
}

impl<'a> List<'a> {
    fn new(table: &'a Table, list: &Range<usize>, scores: &'a [f64]) -> Self {
        let scores = &scores[list.clone()];
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        Self {
            gains: &table.gains[list.clone()],
            weights: &table.weights[list.clone()],
            scores,
            order,
        }
    }

    /// Of every pair with different gains and one of its rows in the first `truncation` places:
    /// the slope of `-log σ(better - worse)`, times what swapping the two would change in NDCG if
    /// `by_ndcg` (Burges, From RankNet to LambdaRank to LambdaMART, 2010, sections 3 and 4).
    ///
    /// The changes are divided by the score differences and the list's slopes by their sum, less
    /// than proportionally, so that long lists do not outweigh short ones: LightGBM's
    /// `lambdarank_norm`.
    fn slopes(&self, truncation: usize, by_ndcg: bool) -> Vec<Slope> {
        let mut slopes = vec![Slope::default(); self.order.len()];
        let mut total = 0.0;
        let ideal = if by_ndcg { self.ideal(truncation) } else { 1.0 };
        let mean = self.weights.iter().sum::<f64>() / self.weights.len() as f64;
        let spread = match (self.order.first(), self.order.last()) {
            (Some(&best), Some(&worst)) => self.scores[best] != self.scores[worst],
            _ => false,
        };
        for place in 0..self.order.len().min(truncation) {
            for other in place + 1..self.order.len() {
                let (a, b) = (self.order[place], self.order[other]);
                let (better, worse) = if self.gains[a] > self.gains[b] {
                    (a, b)
                } else {
                    (b, a)
                };
                let gap = self.gains[better] - self.gains[worse];
                if gap == 0.0 {
                    continue;
                }
                let difference = self.scores[better] - self.scores[worse];
                let mut stake = self.weights[a] * self.weights[b] / mean;
                if by_ndcg {
                    stake *= gap * (discount(place) - discount(other)) / ideal;
                    if spread {
                        stake /= CLOSEST + difference.abs();
                    }
                }
                let wrong = 1.0 / (1.0 + difference.exp());
                let first = stake * wrong;
                let second = first * (1.0 - wrong);
                slopes[better].add(Slope {
                    first: -first,
                    second,
                });
                slopes[worse].add(Slope { first, second });
                total += 2.0 * first;
            }
        }
        if total > 0.0 {
            let norm = (1.0 + total).log2() / total;
            for slope in &mut slopes {
                slope.first *= norm;
                slope.second *= norm;
            }
        }
        slopes
    }

    /// The DCG of the best order, of gains counted from the worst row's or 0.
    fn ideal(&self, truncation: usize) -> f64 {
        let mut gains = self.gains.to_vec();
        gains.sort_by(|a, b| b.total_cmp(a));
        let least = gains.last().copied().unwrap_or(0.0).min(0.0);
        let best = gains.iter().take(truncation).enumerate();
        best.map(|(place, gain)| (gain - least) * discount(place))
            .sum()
    }
}

/// What a place counts, from 0: `1 / log2(place + 2)`.
fn discount(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}

#[cfg(test)]
mod tests {
    use ranker_core::{FeatureMatrix, FeatureSchema, FeatureSpec};

    use super::*;
    use crate::JudgedList;

    fn table(gains: &[f64], weights: &[f64]) -> Table {
        let column = FeatureSpec::new("a", "a test's", 0.0..=1.0);
        let schema = std::sync::Arc::new(FeatureSchema::new(vec![column]).unwrap());
        let values = (0..gains.len()).map(|n| n as f32).collect();
        let features = FeatureMatrix::new(schema, values).unwrap();
        let list = JudgedList::new("job", features, gains.to_vec()).unwrap();
        Table::new(&[list.with_weights(weights.to_vec()).unwrap()]).unwrap()
    }

    fn close(found: Slope, first: f64, second: f64) {
        let gap = (found.first - first)
            .abs()
            .max((found.second - second).abs());
        assert!(gap < 1e-12, "{found:?}, expected {first} and {second}");
    }

    #[test]
    fn two_rows_pull_apart() {
        let table = table(&[1.0, 0.0], &[1.0, 1.0]);
        let found = slopes(&table, Objective::Pairwise { truncation: 9 }, &[0.0, 0.0]);
        close(found[0], -0.5, 0.25);
        close(found[1], 0.5, 0.25);
        // Swapping the two changes NDCG by 1 - 1 / log2 3; the slopes' sum is that number too.
        let change = 1.0 - 1.0 / 3.0_f64.log2();
        let norm = (1.0 + change).log2() / change;
        let found = slopes(&table, Objective::LambdaRank { truncation: 9 }, &[0.0, 0.0]);
        close(found[0], -0.5 * change * norm, 0.25 * change * norm);
        let found = slopes(&table, Objective::Regression, &[0.25, 0.0]);
        close(found[0], -0.75, 1.0);
    }

    #[test]
    fn pairs_below_the_truncation_do_not_count() {
        let table = table(&[0.0, 1.0, 3.0], &[1.0; 3]);
        let objective = Objective::Pairwise { truncation: 1 };
        let found = slopes(&table, objective, &[2.0, 1.0, 0.0]);
        assert!(found[0].first > 0.0 && found[1].first < 0.0 && found[2].first < 0.0);
        let found = slopes(&table, objective, &[0.0, 1.0, 2.0]);
        let best = found[2].first;
        assert!((found[0].first + found[1].first + best).abs() < 1e-12 && best < 0.0);
    }

    #[test]
    fn a_pair_counts_with_both_weights() {
        let even = table(&[1.0, 0.0, 0.0], &[1.0; 3]);
        let uneven = table(&[1.0, 0.0, 0.0], &[1.0, 1.0, 4.0]);
        let objective = Objective::Pairwise { truncation: 9 };
        let even = slopes(&even, objective, &[0.0; 3]);
        let uneven = slopes(&uneven, objective, &[0.0; 3]);
        assert!((even[1].first - even[2].first).abs() < 1e-12);
        assert!((4.0 * uneven[1].first - uneven[2].first).abs() < 1e-12);
    }
}
