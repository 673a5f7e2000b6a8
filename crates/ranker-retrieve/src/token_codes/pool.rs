//! One vector for several tokens that are alike.
//!
//! Tokens are joined by Ward's method wherever they stand, as Clavié, Chaffin and Adams do ("Reducing the
//! footprint of multi-vector retrieval with minimal performance impact via token pooling", 2024). The tree
//! of joins is found by chains of nearest neighbours (Murtagh, "A survey of recent advances in hierarchical
//! clustering algorithms", 1983), in time that grows with the square of the tokens.

use ranker_core::TokenEmbeddings;

use crate::kernels::{ByteQuery, LINE, Line, kernels};

/// Tokens that are joined among themselves alone: a longer text is taken in parts, so that its time grows
/// with its length.
const PART: usize = 512;

/// The groups that a text's tokens are joined to, in the order of their first tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Groups {
    /// Each token's group.
    pub(super) of: Vec<usize>,
    /// Each group's sum of vectors.
    pub(super) sums: Vec<Vec<f32>>,
}

/// The groups of a text, `factor` tokens each on average; cheapest joins first.
pub(super) fn groups(tokens: &TokenEmbeddings, factor: usize) -> Groups {
    let vectors: Vec<&[f32]> = tokens.vectors().collect();
    let mut groups = Groups::default();
    for part in vectors.chunks(PART) {
        let first = groups.sums.len();
        for (home, vector) in joined(part, part.len().div_ceil(factor.max(1)))
            .into_iter()
            .zip(part)
        {
            let group = first + home;
            match groups.sums.get_mut(group) {
                Some(sum) => sum.iter_mut().zip(*vector).for_each(|(sum, x)| *sum += x),
                None => groups.sums.push(vector.to_vec()),
            }
            groups.of.push(group);
        }
    }
    groups
}

/// Each vector's group where `left` groups are left, numbered by their first vectors.
fn joined(vectors: &[&[f32]], left: usize) -> Vec<usize> {
    let mut joins = Costs::of(vectors).joins();
    joins.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    // Joins are the edges of a tree, so each of them takes one group away in whatever order they come.
    let mut head: Vec<usize> = (0..vectors.len()).collect();
    for join in joins.iter().take(vectors.len().saturating_sub(left)) {
        let (a, b) = (root(&mut head, join.one), root(&mut head, join.other));
        head[a.max(b)] = a.min(b);
    }
    // The root of a group is its first vector.
    let mut numbers = vec![0; vectors.len()];
    let mut count = 0;
    let mut number = |at: usize| {
        let root = root(&mut head, at);
        if root == at {
            numbers[at] = count;
            count += 1;
        }
        numbers[root]
    };
    (0..vectors.len()).map(&mut number).collect()
}

fn root(head: &mut [usize], mut at: usize) -> usize {
    while head[at] != at {
        head[at] = head[head[at]];
        at = head[at];
    }
    at
}

/// Two groups that become one, by a vector of each.
#[derive(Debug, Clone, Copy)]
struct Join {
    cost: f32,
    one: usize,
    other: usize,
}

/// What joining two groups adds to the squared distances of vectors from the means of their groups; a
/// group is known by one of its vectors.
struct Costs {
    /// Symmetric, a row a vector; infinite on the diagonal, and of no meaning where a vector is not what its group is known by.
    costs: Vec<f32>,
    /// From a row to the next.
    stride: usize,
    /// Vectors of each group; 0 for a vector that is not what its group is known by.
    sizes: Vec<f32>,
    /// Infinite for such a vector, else 0.
    gone: Vec<f32>,
}

impl Costs {
    /// Half of the squared distance of each two vectors. Products of int8 codes tell it well enough, take
    /// a tenth of the time, and are the same on every machine.
    fn of(vectors: &[&[f32]]) -> Self {
        let count = vectors.len();
        let width = vectors.first().map_or(0, |one| one.len().div_ceil(LINE));
        let mut rows = Vec::with_capacity(count * width);
        let steps: Vec<f32> = vectors.iter().map(|one| code(one, &mut rows)).collect();
        let mut products = vec![0; count];
        // Columns are written, too: at a power of two their lines would share a few places of the cache.
        let stride = count.next_multiple_of(16) + 16;
        let mut costs = vec![f32::INFINITY; count * stride];
        let mut squares = vec![0.0; count];
        for (one, row) in rows.chunks_exact(width.max(1)).enumerate() {
            let products = &mut products[..=one];
            let query = ByteQuery::new(row.to_vec());
            kernels().products(&query, &rows[..(one + 1) * width], products);
            let alike = |other: usize| products[other] as f32 * (steps[one] * steps[other]);
            squares[one] = alike(one);
            for other in 0..one {
                let apart = squares[one] + squares[other] - 2.0 * alike(other);
                let cost = apart.max(0.0) / 2.0;
                costs[one * stride + other] = cost;
                costs[other * stride + one] = cost;
            }
        }
        Self {
            costs,
            stride,
            sizes: vec![1.0; count],
            gone: vec![0.0; count],
        }
    }

    /// All joins until one group is left. Two groups that are each other's nearest are joined at once: what
    /// others do later changes nothing about them.
    fn joins(mut self) -> Vec<Join> {
        let count = self.sizes.len();
        let mut joins = Vec::with_capacity(count.saturating_sub(1));
        let mut chain: Vec<usize> = Vec::new();
        while joins.len() + 1 < count {
            let Some(&last) = chain.last() else {
                chain.extend(self.sizes.iter().position(|&size| size > 0.0));
                continue;
            };
            let before = chain.len().checked_sub(2).map(|at| chain[at]);
            let (nearest, cost) = self.nearest(last, before);
            if Some(nearest) != before {
                chain.push(nearest);
                continue;
            }
            chain.truncate(chain.len() - 2);
            joins.push(Join {
                cost,
                one: nearest,
                other: last,
            });
            self.join(nearest.min(last), nearest.max(last));
        }
        joins
    }

    /// The nearest of all other groups, of equals the one that came before, which ends every chain.
    fn nearest(&self, group: usize, before: Option<usize>) -> (usize, f32) {
        let row = &self.costs[group * self.stride..][..self.sizes.len()];
        let least = least(row, &self.gone);
        let is_nearest = |(cost, gone): (&f32, &f32)| cost + gone <= least;
        let nearest = before
            .filter(|&before| row[before] <= least)
            .or_else(|| row.iter().zip(&self.gone).position(is_nearest));
        (nearest.unwrap_or(group), least)
    }

    /// Joins the second group to the first (the recurrence of Lance and Williams, 1967).
    fn join(&mut self, one: usize, other: usize) {
        let count = self.sizes.len();
        let (n, m) = (self.sizes[one], self.sizes[other]);
        let (before, after) = self.costs.split_at_mut(other * self.stride);
        let kept = &mut before[one * self.stride..][..count];
        let between = kept[other];
        for ((kept, gone), k) in kept.iter_mut().zip(after).zip(&self.sizes) {
            *kept = ((n + k) * *kept + (m + k) * *gone - k * between) / (n + m + k);
        }
        kept[one] = f32::INFINITY;
        (self.sizes[one], self.sizes[other]) = (n + m, 0.0);
        self.gone[other] = f32::INFINITY;
        let (start, stride) = (one * self.stride, self.stride);
        for at in 0..count {
            self.costs[at * stride + one] = self.costs[start + at];
        }
    }
}

/// The least of some costs where `gone` is 0: of several at once, where `Iterator::min` waits for each comparison.
fn least(costs: &[f32], gone: &[f32]) -> f32 {
    let (lines, rest) = costs.as_chunks::<16>();
    let (gone_lines, gone_rest) = gone.as_chunks::<16>();
    let mut least = [f32::INFINITY; 16];
    for (line, gone) in lines.iter().zip(gone_lines) {
        for ((least, cost), gone) in least.iter_mut().zip(line).zip(gone) {
            let cost = cost + gone;
            *least = if cost < *least { cost } else { *least };
        }
    }
    let rest = rest.iter().zip(gone_rest).map(|(cost, gone)| cost + gone);
    least.into_iter().chain(rest).fold(f32::INFINITY, f32::min)
}

/// Adds a vector's codes, and gives the step between two of them.
fn code(vector: &[f32], rows: &mut Vec<Line>) -> f32 {
    let most = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let step = (most / 127.0).max(f32::MIN_POSITIVE);
    for part in vector.chunks(LINE) {
        let mut line = Line::ZERO;
        for (code, x) in line.0.iter_mut().zip(part) {
            // Beside this number the last bit of an `f32` counts ones: the sum's last byte is the nearest whole
            // number, without the call of a function that `f32::round` is.
            *code = (x / step + 12_582_912.0).to_bits() as i8;
        }
        rows.push(line);
    }
    step
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Joins the cheapest pair of all again and again, with costs made anew from the vectors each time.
    fn plainly(vectors: &[Vec<f32>], left: usize) -> Vec<usize> {
        let mut of: Vec<usize> = (0..vectors.len()).collect();
        let mean = |of: &[usize], group: usize| {
            let members: Vec<_> = (0..of.len()).filter(|&at| of[at] == group).collect();
            let sum = |i: usize| members.iter().map(|&at| vectors[at][i]).sum::<f32>();
            let n = members.len() as f32;
            let mean: Vec<f32> = (0..vectors[0].len()).map(|i| sum(i) / n).collect();
            (mean, n)
        };
        let mut groups: Vec<usize> = of.clone();
        while groups.len() > left {
            let mut best = (f32::INFINITY, 0, 0);
            for (at, &a) in groups.iter().enumerate() {
                for &b in &groups[at + 1..] {
                    let ((x, n), (y, m)) = (mean(&of, a), mean(&of, b));
                    let apart: f32 = x.iter().zip(&y).map(|(x, y)| (x - y) * (x - y)).sum();
                    let cost = apart * n * m / (n + m);
                    if cost < best.0 {
                        best = (cost, a, b);
                    }
                }
            }
            let (_, a, b) = best;
            of.iter_mut()
                .for_each(|of| *of = if *of == b { a } else { *of });
            groups.retain(|&group| group != b);
        }
        groups.sort_unstable();
        of.iter()
            .map(|group| groups.partition_point(|other| other < group))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Components of whole numbers up to 127, one of them that, are coded without loss.
        #[test]
        fn chains_find_the_joins_that_are_cheapest_first(
            codes in prop::collection::vec(prop::collection::vec(-127_i8..=127, 6), 1..24),
            left in 1_usize..12,
        ) {
            let row = |codes: &Vec<i8>| {
                let mut row: Vec<f32> = codes.iter().copied().map(f32::from).collect();
                row.push(127.0);
                row
            };
            let vectors: Vec<Vec<f32>> = codes.iter().map(row).collect();
            let slices: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
            let left = left.min(vectors.len());
            prop_assert_eq!(joined(&slices, left), plainly(&vectors, left));
        }
    }
}
