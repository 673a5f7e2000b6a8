//! From the bytes of a changed text back to those that it was made of.

use std::ops::Range;

/// Stretches of two texts, kept and changed in turn: the first is kept, though it may be empty.
///
/// Within a kept stretch bytes advance together; a changed one stands for its counterpart as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Map {
    /// Where each stretch begins, in the new text and in the old one.
    starts: Vec<(usize, usize)>,
}

impl Map {
    /// Whether both texts are the same.
    pub(crate) fn is_identity(&self) -> bool {
        self.starts.len() <= 1
    }

    /// Marks where a changed stretch begins, or extends the one that ends here.
    pub(crate) fn change(&mut self, new: usize, old: usize) {
        if self.starts.is_empty() {
            self.starts.push((0, 0));
        }
        if self.starts.len() % 2 == 1 {
            // An empty kept stretch between two changed ones would part them for nothing.
            if self.starts.len() > 1 && self.starts.last() == Some(&(new, old)) {
                self.starts.pop();
            } else {
                self.starts.push((new, old));
            }
        }
    }

    /// Marks where a kept stretch begins.
    pub(crate) fn keep(&mut self, new: usize, old: usize) {
        if self.starts.len().is_multiple_of(2) {
            self.starts.push((new, old));
        }
    }

    /// The bytes of the old text that these bytes of the new one stand for.
    pub(crate) fn back(&self, range: Range<usize>) -> Range<usize> {
        if self.starts.is_empty() {
            return range;
        }
        let start = self.old(range.start);
        if range.end <= range.start {
            return start..start;
        }
        start..self.old_end(range.end).max(start)
    }

    fn stretch(&self, new: usize) -> usize {
        self.starts.partition_point(|start| start.0 <= new).max(1) - 1
    }

    fn old(&self, new: usize) -> usize {
        let at = self.stretch(new);
        let (start, old) = self.starts[at];
        if at.is_multiple_of(2) {
            old + (new - start)
        } else {
            old
        }
    }

    /// Where the byte before `end` ends in the old text.
    fn old_end(&self, end: usize) -> usize {
        let at = self.stretch(end - 1);
        let (start, old) = self.starts[at];
        match self.starts.get(at + 1) {
            Some(&(_, next)) if !at.is_multiple_of(2) => next,
            _ => old + (end - start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_stretches_stand_for_the_whole_of_what_they_replace() {
        // "ab" + "fi" (for 3 bytes) + "c" + "" (for 2 bytes) + "d".
        let mut map = Map::default();
        map.change(2, 2);
        map.keep(4, 5);
        map.change(5, 6);
        map.keep(5, 8);
        assert!(!map.is_identity());
        assert_eq!(map.back(0..2), 0..2);
        assert_eq!(map.back(2..3), 2..5);
        assert_eq!(map.back(3..5), 2..6);
        assert_eq!(map.back(4..6), 5..9);
        assert_eq!(map.back(5..6), 8..9);
        assert_eq!(map.back(1..1), 1..1);
        assert_eq!(Map::default().back(3..7), 3..7);
    }
}
