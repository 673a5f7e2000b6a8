//! The best few of many.

use std::collections::BinaryHeap;

/// Keeps the `k` least items of those pushed: order items best first.
#[derive(Debug)]
pub(crate) struct TopK<T> {
    k: usize,
    /// The worst item kept is on top.
    heap: BinaryHeap<T>,
}

impl<T: Ord> TopK<T> {
    pub(crate) fn new(k: usize) -> Self {
        Self {
            k,
            // Grows as items come: `k` may be far beyond the pool.
            heap: BinaryHeap::new(),
        }
    }

    /// The item that gives way to a better one, once `k` are kept.
    pub(crate) fn worst(&self) -> Option<&T> {
        self.heap.peek().filter(|_| self.heap.len() >= self.k)
    }

    /// Whether an item would be kept.
    pub(crate) fn wants(&self, item: &T) -> bool {
        self.heap.len() < self.k || self.worst().is_some_and(|worst| item < worst)
    }

    pub(crate) fn push(&mut self, item: T) {
        if self.heap.len() < self.k {
            self.heap.push(item);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && item < *worst
        {
            *worst = item;
        }
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        for item in other.into_items() {
            self.push(item);
        }
        self
    }

    /// What is kept, in no order.
    pub(crate) fn items(&self) -> impl Iterator<Item = &T> {
        self.heap.iter()
    }

    /// As [`Self::items`], to take.
    pub(crate) fn into_items(self) -> impl Iterator<Item = T> {
        self.heap.into_iter()
    }

    pub(crate) fn into_sorted(self) -> Vec<T> {
        self.heap.into_sorted_vec()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::TopK;

    proptest! {
        #[test]
        fn keeps_what_sorting_keeps(
            items in prop::collection::vec(0_u8..50, 0..60),
            k in 0_usize..70,
            cut in 0_usize..60,
        ) {
            let (left, right) = items.split_at(cut.min(items.len()));
            let [left, right] = [left, right].map(|items| {
                let mut top = TopK::new(k);
                for &item in items {
                    let wanted = top.wants(&item);
                    let before = top.heap.len();
                    top.push(item);
                    prop_assert!(wanted || top.heap.len() == before);
                }
                Ok(top)
            });
            let mut sorted = items;
            sorted.sort_unstable();
            sorted.truncate(k);
            prop_assert_eq!(left?.merge(right?).into_sorted(), sorted);
        }
    }
}
