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
