//! The true neighbours, found while the vectors pass by.

use ranker_examples::dot;

/// Rows that all queries are compared with before the next: they stay in the first-level cache.
const TILE: usize = 8;

/// A query's best so far, best first; of equals the earlier row.
type Best = Vec<(f32, u32)>;

/// The best rows of each query among those seen.
pub(crate) struct Truth<'q> {
    queries: &'q [Vec<f32>],
    k: usize,
    best: Vec<Best>,
}

impl<'q> Truth<'q> {
    pub(crate) fn new(queries: &'q [Vec<f32>], k: usize) -> Self {
        let best = vec![Vec::new(); queries.len()];
        Self { queries, k, best }
    }

    /// What of some rows, from number `first` on, may be among the best: compared on this thread.
    pub(crate) fn compare(&self, rows: &[f32], first: u32) -> Vec<Best> {
        let mut found = vec![Vec::new(); self.queries.len()];
        let Some(dimension) = self.queries.first().map(Vec::len) else {
            return found;
        };
        for (tile, first) in rows.chunks(TILE * dimension).zip((first..).step_by(TILE)) {
            for (at, query) in self.queries.iter().enumerate() {
                for (row, number) in tile.chunks_exact(dimension).zip(first..) {
                    let score = dot(query, row);
                    if self.admits(&self.best[at], score) {
                        self.push(&mut found[at], (score, number));
                    }
                }
            }
        }
        found
    }

    /// Takes in what was found.
    pub(crate) fn merge(&mut self, found: Vec<Best>) {
        let mut best = std::mem::take(&mut self.best);
        for (best, found) in best.iter_mut().zip(found) {
            found.into_iter().for_each(|one| self.push(best, one));
        }
        self.best = best;
    }

    /// The numbers of each query's best, best first.
    pub(crate) fn numbers(&self) -> Vec<Vec<u32>> {
        let numbers = |best: &Best| best.iter().map(|(_, number)| *number).collect();
        self.best.iter().map(numbers).collect()
    }

    fn admits(&self, best: &Best, score: f32) -> bool {
        best.len() < self.k || best.last().is_some_and(|last| score > last.0)
    }

    fn push(&self, best: &mut Best, (score, number): (f32, u32)) {
        if self.admits(best, score) {
            let at = best.partition_point(|one| one.0 >= score);
            best.insert(at, (score, number));
            best.truncate(self.k);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::World;

    #[test]
    fn is_what_sorting_everyone_finds() {
        let world = World::new(24, 5);
        let (queries, rows) = (world.queries(4), world.block(0, 300));
        let mut truth = Truth::new(&queries, 10);
        for (at, some) in rows.chunks(50 * 24).enumerate() {
            let found = truth.compare(some, 50 * at as u32);
            truth.merge(found);
        }
        for (query, numbers) in queries.iter().zip(truth.numbers()) {
            let scored = rows.chunks(24).zip(0_u32..);
            let mut scored: Vec<_> = scored.map(|(row, at)| (dot(query, row), at)).collect();
            scored.sort_by(|a, b| b.0.total_cmp(&a.0));
            let expected: Vec<u32> = scored.iter().take(10).map(|one| one.1).collect();
            assert_eq!(numbers, expected);
        }
    }
}
