//! A sum whose order does not depend on the number of threads.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::kernel::sums;

/// A sum, and what came before its turn.
struct Partial {
    sum: Vec<f32>,
    next: usize,
    early: BTreeMap<usize, Vec<f32>>,
}

/// Adds up what `work` gives for 0, 1, 2, .., each of this length, in that order. Threads take the
/// numbers in their order too, so that no more of them wait than there are threads or so: the memory
/// does not grow with `count`.
pub(crate) fn sum_in_order(
    (count, length): (usize, usize),
    work: impl Fn(usize) -> Vec<f32> + Sync,
) -> Vec<f32> {
    let next = AtomicUsize::new(0);
    let partial = Mutex::new(Partial {
        sum: vec![0.0; length],
        next: 0,
        early: BTreeMap::new(),
    });
    let take = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            let own = work(number);
            let mut partial = partial.lock().unwrap_or_else(PoisonError::into_inner);
            partial.add(number, own);
        }
    };
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(count) {
            scope.spawn(|_| take());
        }
    });
    let partial = partial.into_inner();
    partial.unwrap_or_else(PoisonError::into_inner).sum
}

impl Partial {
    fn add(&mut self, number: usize, own: Vec<f32>) {
        self.early.insert(number, own);
        while let Some(own) = self.early.remove(&self.next) {
            sums::add_scaled(&mut self.sum, 1.0, &own);
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_numbers() {
        // Sums that depend on their order: large and small numbers by turns.
        let work = |i: usize| vec![if i.is_multiple_of(2) { 1e8 } else { 0.3 } * (i as f32 - 20.0)];
        let mut expected = 0.0_f32;
        (0..50).for_each(|i| expected += work(i)[0]);
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let sum = pool
                .build()
                .unwrap()
                .install(|| sum_in_order((50, 1), work));
            assert_eq!(sum, [expected]);
        }
        assert_eq!(sum_in_order((0, 2), |_| vec![1.0; 2]), [0.0; 2]);
    }
}
