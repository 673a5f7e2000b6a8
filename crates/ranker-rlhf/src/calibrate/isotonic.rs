//! Isotonic regression.

/// A non-decreasing map from score to probability.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Isotonic {
    /// (score, probability), both non-decreasing: the ends of the pooled blocks.
    knots: Vec<(f64, f64)>,
}

struct Block {
    from: f64,
    to: f64,
    sum: f64,
    count: f64,
}

impl Isotonic {
    /// The least-squares fit among non-decreasing maps, by pooling adjacent violators (Ayer et al.
    /// 1955), linear between blocks. Equal scores have one probability.
    pub(super) fn fit(rows: &[(f64, f64)]) -> Self {
        let mut sorted = rows.to_vec();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut blocks: Vec<Block> = Vec::new();
        for equal in sorted.chunk_by(|a, b| a.0 == b.0) {
            blocks.push(Block {
                from: equal[0].0,
                to: equal[0].0,
                sum: equal.iter().map(|row| row.1).sum(),
                count: equal.len() as f64,
            });
            while let [.., before, last] = &mut blocks[..]
                && before.sum * last.count >= last.sum * before.count
            {
                before.to = last.to;
                before.sum += last.sum;
                before.count += last.count;
                blocks.pop();
            }
        }
        let ends = |block: &Block| {
            let mean = block.sum / block.count;
            [(block.from, mean), (block.to, mean)]
        };
        let mut knots: Vec<(f64, f64)> = blocks.iter().flat_map(ends).collect();
        knots.dedup();
        Self { knots }
    }

    pub(super) fn probability(&self, score: f64) -> f64 {
        let after = self.knots.partition_point(|knot| knot.0 < score);
        match (
            after.checked_sub(1).map(|at| self.knots[at]),
            self.knots.get(after),
        ) {
            (None, Some(first)) => first.1,
            (Some(last), None) => last.1,
            (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * ((score - x0) / (x1 - x0)),
            (None, None) => 0.5,
        }
    }

    pub(super) fn numbers(&self) -> Vec<f64> {
        self.knots.iter().flat_map(|&(x, y)| [x, y]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Golden numbers: scikit-learn's IsotonicRegression on the same rows.
    #[test]
    fn pools_adjacent_violators() {
        let rows = [(1.0, 0.0), (2.0, 1.0), (3.0, 0.0), (4.0, 1.0), (5.0, 1.0)];
        let fit = Isotonic::fit(&rows);
        let at = [0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 9.0].map(|x| fit.probability(x));
        assert_eq!(at, [0.0, 0.0, 0.25, 0.5, 0.5, 0.5, 0.75, 1.0, 1.0]);
    }

    #[test]
    fn equal_scores_have_one_probability() {
        let fit = Isotonic::fit(&[(1.0, 0.0), (1.0, 1.0), (1.0, 1.0), (1.0, 0.0)]);
        assert_eq!(fit.probability(1.0), 0.5);
    }
}
