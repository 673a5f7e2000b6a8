//! Seeded draws. They are spelled out here, on raw `u32`s, so that a new release of a random
//! library does not change the committed data.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

/// One stream of draws. Every person and every job has a stream of their own, so that changing one
/// entry of the catalog leaves the others as they were.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A number in `0..n`; 0 when `n` is 0. The bias of multiply-and-shift is below `n / 2^32`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.0.next_u32()) * n as u64) >> 32) as usize
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below((high + 1).saturating_sub(low))
    }

    pub(crate) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of `items`, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Up to `n` different items, in drawn order.
    pub(crate) fn sample<'a, T>(&mut self, items: &'a [T], n: usize) -> Vec<&'a T> {
        let mut all: Vec<&T> = items.iter().collect();
        self.shuffle(&mut all);
        all.truncate(n);
        all
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(seed: u64, stream: u64) -> Vec<usize> {
        let mut items: Vec<usize> = (0..20).collect();
        Draw::new(seed, stream).shuffle(&mut items);
        items
    }

    #[test]
    fn repeats_by_seed_and_stream() {
        assert_eq!(order(1, 2), order(1, 2));
        assert_ne!(order(1, 2), order(1, 3));
        assert_ne!(order(1, 2), order(2, 2));
    }

    #[test]
    fn stays_in_range() {
        let mut draw = Draw::new(3, 0);
        let seen: Vec<usize> = (0..200).map(|_| draw.between(2, 5)).collect();
        assert!((2..=5).all(|value| seen.contains(&value)));
        assert!(seen.iter().all(|value| (2..=5).contains(value)));
        assert_eq!(draw.sample(&[1, 2, 3], 9).len(), 3);
    }
}
