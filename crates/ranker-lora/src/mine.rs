//! Hard negatives: wrong answers that look right to an encoder.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rayon::prelude::*;

use crate::error::LoraError;
use crate::kernel::product::{Into, View, ViewMut, multiply};
use crate::matrix::Matrix;
use crate::train::Pair;

/// How many queries are compared at once.
const BLOCK: usize = 64;

/// Finds negatives for pairs among the positives of other pairs: for each query the nearest texts
/// that are not of its group and not as near as its own positive. The margin to the positive is
/// that of NV-Retriever's TopK-PercPos (Moreira et al. 2024, <https://arxiv.org/abs/2407.15831>).
///
/// The comparison is exact, and the same pairs and embeddings always give the same negatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Miner {
    count: usize,
    ranks: Range<usize>,
    margin: f32,
}

impl Miner {
    /// Up to `count` negatives a pair, from ranks 0 to 99, each with at most 95 % of the positive's
    /// cosine.
    pub fn new(count: usize) -> Self {
        Self {
            count,
            ranks: 0..100,
            margin: 0.05,
        }
    }

    /// Sets between which ranks negatives are taken, from 0 for the nearest. The first ones are
    /// often right answers that are not labelled.
    #[must_use]
    pub fn with_ranks(mut self, ranks: Range<usize>) -> Self {
        self.ranks = ranks;
        self
    }

    /// Sets by which share of the positive's cosine a negative must lie below it. Default: 0.05.
    #[must_use]
    pub fn with_margin(mut self, share: f32) -> Self {
        self.margin = share;
        self
    }

    /// The pairs with their negatives: those that they had, then those that were found. `queries`
    /// and `positives` hold a row of unit length for each pair.
    ///
    /// # Errors
    /// [`LoraError::Shape`] where there is not a row for each pair, [`LoraError::Setting`] for a
    /// count of 0, no ranks, or a margin that is not from 0 to 1.
    pub fn mine(
        &self,
        mut pairs: Vec<Pair>,
        queries: &Matrix,
        positives: &Matrix,
    ) -> Result<Vec<Pair>, LoraError> {
        self.check()?;
        let expected = (pairs.len(), queries.columns());
        for (name, matrix) in [("queries", queries), ("positives", positives)] {
            if matrix.shape() != expected {
                return Err(LoraError::Shape {
                    name: name.to_owned(),
                    expected,
                    actual: matrix.shape(),
                });
            }
        }
        let texts = Texts::of(&pairs, positives);
        let embeddings = Embeddings { queries, positives };
        let starts: Vec<usize> = (0..pairs.len()).step_by(BLOCK).collect();
        let found: Vec<Vec<usize>> = starts
            .par_iter()
            .flat_map(|&start| self.block(&texts, start, embeddings))
            .collect();
        let found: Vec<Vec<String>> = found
            .iter()
            .map(|rows| {
                rows.iter()
                    .map(|&row| pairs[row].positive.clone())
                    .collect()
            })
            .collect();
        for (pair, found) in pairs.iter_mut().zip(found) {
            let new = found
                .into_iter()
                .filter(|text| !pair.negatives.contains(text));
            let new: Vec<String> = new.collect();
            pair.negatives.extend(new);
        }
        Ok(pairs)
    }

    fn check(&self) -> Result<(), LoraError> {
        if self.count == 0 || self.ranks.is_empty() {
            let rule = "a count and a range of ranks must not be empty";
            let value = format!("{} from {:?}", self.count, self.ranks);
            return Err(LoraError::setting("negatives", value, rule));
        }
        if !(0.0..=1.0).contains(&self.margin) {
            let rule = "it must be from 0 to 1";
            return Err(LoraError::setting("margin", self.margin, rule));
        }
        Ok(())
    }

    /// The pairs whose positives are negatives, for the queries from `start` on.
    fn block(
        &self,
        texts: &Texts,
        start: usize,
        Embeddings { queries, positives }: Embeddings<'_>,
    ) -> Vec<Vec<usize>> {
        let width = queries.columns();
        let end = queries.rows().min(start + BLOCK);
        let own = &queries.values()[start * width..end * width];
        let columns = texts.candidates.len();
        let mut scores = vec![0.0; (end - start) * columns];
        let factors = View::new(own, width).by(View::new(&texts.rows, width).t());
        multiply(ViewMut::new(&mut scores, columns), Into::Replace, factors);
        let rows = scores.chunks_exact(columns.max(1)).zip(start..end);
        let positive = |row: usize| -> f32 {
            let pair = queries.row(row).into_iter().zip(positives.row(row));
            pair.flat_map(|(q, p)| q.iter().zip(p))
                .map(|(q, p)| q * p)
                .sum()
        };
        rows.map(|(scores, row)| self.of_query(texts, row, scores, positive(row)))
            .collect()
    }

    fn of_query(&self, texts: &Texts, row: usize, scores: &[f32], positive: f32) -> Vec<usize> {
        let known = &texts.known[&texts.groups[row]];
        let mut order: Vec<usize> = (0..scores.len()).filter(|c| !known.contains(c)).collect();
        let nearest = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
        if self.ranks.end < order.len() {
            order.select_nth_unstable_by(self.ranks.end, nearest);
            order.truncate(self.ranks.end);
        }
        order.sort_unstable_by(nearest);
        let most = positive - self.margin * positive.abs();
        let ranked = order.into_iter().skip(self.ranks.start);
        let below = ranked.filter(|&candidate| scores[candidate] <= most);
        below
            .take(self.count)
            .map(|candidate| texts.candidates[candidate])
            .collect()
    }
}

/// A row of unit length for the query and the positive of each pair.
#[derive(Clone, Copy)]
struct Embeddings<'m> {
    queries: &'m Matrix,
    positives: &'m Matrix,
}

/// Which texts there are to choose from, and which are right answers.
struct Texts {
    /// The first pair with each positive.
    candidates: Vec<usize>,
    /// Their embeddings.
    rows: Vec<f32>,
    /// The group of each pair; one without is its own.
    groups: Vec<usize>,
    /// The candidates that are a text of the group.
    known: BTreeMap<usize, BTreeSet<usize>>,
}

impl Texts {
    fn of(pairs: &[Pair], positives: &Matrix) -> Self {
        let (mut numbers, mut candidates) = (BTreeMap::new(), Vec::new());
        let mut rows = Vec::new();
        for (index, pair) in pairs.iter().enumerate() {
            numbers.entry(&pair.positive[..]).or_insert_with(|| {
                candidates.push(index);
                rows.extend_from_slice(positives.row(index).unwrap_or_default());
                candidates.len() - 1
            });
        }
        let mut names = BTreeMap::new();
        let mut groups = Vec::with_capacity(pairs.len());
        let mut known: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (index, pair) in pairs.iter().enumerate() {
            let group = match &pair.group {
                Some(name) => *names.entry(&name[..]).or_insert(index),
                None => index,
            };
            groups.push(group);
            let texts = [&pair.query[..], &pair.positive[..]];
            let own = texts.iter().filter_map(|text| numbers.get(text).copied());
            known.entry(group).or_default().extend(own);
        }
        Self {
            candidates,
            rows,
            groups,
            known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts on a quarter of a circle, by their angle in degrees.
    fn rows(angles: &[f32]) -> Matrix {
        let values = angles
            .iter()
            .flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]);
        Matrix::new(angles.len(), 2, values.collect()).unwrap()
    }

    fn pairs(texts: &[(&str, &str, &str)]) -> Vec<Pair> {
        let pair = |&(query, positive, group): &(&str, &str, &str)| {
            Pair::new(query, positive).with_group(group)
        };
        texts.iter().map(pair).collect()
    }

    fn mined(miner: &Miner) -> Vec<Vec<String>> {
        let pairs = pairs(&[
            ("a", "a1", "A"),
            ("a2", "a3", "A"),
            ("b", "b1", "B"),
            ("c", "c1", "C"),
            ("d", "c1", "D"),
        ]);
        let (queries, positives) = (
            rows(&[0.0, 2.0, 30.0, 50.0, 70.0]),
            rows(&[10.0, 4.0, 5.0, 40.0, 40.0]),
        );
        let mined = miner.mine(pairs, &queries, &positives).unwrap();
        mined.into_iter().map(|pair| pair.negatives).collect()
    }

    #[test]
    fn nearest_texts_of_other_groups_below_the_margin() {
        // b1 is nearer to a than a1 is, and nothing says that it is wrong.
        assert_eq!(
            mined(&Miner::new(2)),
            [
                vec!["c1"],
                vec!["c1"],
                vec![],
                // a1 at 10 degrees before b1 and a3, all well below c1.
                vec!["a1", "b1"],
                vec!["a1", "b1"],
            ]
        );
        // Without a margin, whatever is not nearer than the positive.
        assert_eq!(mined(&Miner::new(1).with_margin(0.0))[2], ["a3"]);
        assert_eq!(mined(&Miner::new(2).with_ranks(1..9))[3], ["b1", "a3"]);
        assert_eq!(mined(&Miner::new(2).with_ranks(0..1))[4], ["a1"]);
    }

    #[test]
    fn many_pairs_are_mined_as_one_by_one() {
        let count = 3 * BLOCK + 7;
        let angle = |index: usize| (index * 37 % 91) as f32 + index as f32 * 1e-3;
        let (q, p): (Vec<f32>, Vec<f32>) = (0..count).map(|i| (angle(i), angle(i) + 3.0)).unzip();
        let pair = |i: usize| {
            Pair::new(format!("q{i}"), format!("p{i}")).with_group(format!("{}", i % 11))
        };
        let pairs: Vec<Pair> = (0..count).map(pair).collect();
        let miner = Miner::new(3).with_ranks(2..30).with_margin(0.01);
        let mined = miner.mine(pairs, &rows(&q), &rows(&p)).unwrap();
        for (i, pair) in mined.iter().enumerate() {
            let cosine = |j: usize| f64::from(q[i] - p[j]).to_radians().cos();
            let mut others: Vec<usize> = (0..count).filter(|j| j % 11 != i % 11).collect();
            others.sort_by(|&a, &b| cosine(b).total_cmp(&cosine(a)));
            let below = others[2..30]
                .iter()
                .filter(|&&j| cosine(j) <= 0.99 * cosine(i));
            let expected: Vec<String> = below.take(3).map(|j| format!("p{j}")).collect();
            assert_eq!(pair.negatives, expected, "{i}");
        }
    }

    #[test]
    fn settings_and_sizes_are_checked() {
        let (one, row) = (pairs(&[("a", "b", "A")]), rows(&[1.0]));
        for miner in [
            Miner::new(0),
            Miner::new(1).with_ranks(3..3),
            Miner::new(1).with_margin(f32::NAN),
        ] {
            let error = miner.mine(one.clone(), &row, &row).unwrap_err();
            assert!(matches!(error, LoraError::Setting { .. }), "{error}");
        }
        let error = Miner::new(1)
            .mine(one, &row, &rows(&[1.0, 2.0]))
            .unwrap_err();
        assert!(matches!(error, LoraError::Shape { .. }), "{error}");
    }
}
