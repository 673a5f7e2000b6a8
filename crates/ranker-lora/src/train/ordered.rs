//! A sum whose order does not depend on the number of threads.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A sum, and the summands that came before their turn.
struct Partial<S, P> {
    sum: S,
    next: usize,
    early: BTreeMap<usize, P>,
}

/// Adds up what `work` gives for 0, 1, 2, .., in that order, with `add`. Threads take the numbers in
/// their order too, so that no more of them wait than there are threads or so: the memory does not
/// grow with `count`.
pub(crate) fn sum_in_order<S: Send, P: Send>(
    count: usize,
    zero: S,
    work: impl Fn(usize) -> P + Sync,
    add: impl Fn(&mut S, usize, P) + Sync,
) -> S {
    let next = AtomicUsize::new(0);
    let partial = Mutex::new(Partial {
        sum: zero,
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
            partial.early.insert(number, own);
            partial.settle(&add);
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

impl<S, P> Partial<S, P> {
    /// Adds whatever has its turn.
    fn settle(&mut self, add: &impl Fn(&mut S, usize, P)) {
        while let Some(own) = self.early.remove(&self.next) {
            add(&mut self.sum, self.next, own);
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
        let work = |i: usize| if i.is_multiple_of(2) { 1e8 } else { 0.3 } * (i as f32 - 20.0);
        let add = |sum: &mut f32, _, own: f32| *sum += own;
        let mut expected = 0.0_f32;
        (0..50).for_each(|i| expected += work(i));
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let sum = pool
                .build()
                .unwrap()
                .install(|| sum_in_order(50, 0.0, work, add));
            assert_eq!(sum, expected);
        }
        assert_eq!(sum_in_order(0, 2.0, work, add), 2.0);
    }
}
