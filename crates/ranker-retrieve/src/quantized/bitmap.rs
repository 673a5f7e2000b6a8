//! Which rows of a block.

/// A bit for each row of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    pub(crate) fn none(len: usize) -> Self {
        Self {
            words: vec![0; len.div_ceil(64)],
            len,
        }
    }

    pub(super) fn all(len: usize) -> Self {
        Self::none(len).not()
    }

    pub(crate) fn get(&self, row: usize) -> bool {
        self.words[row / 64] >> (row % 64) & 1 == 1
    }

    pub(crate) fn insert(&mut self, row: usize) {
        self.words[row / 64] |= 1 << (row % 64);
    }

    pub(super) fn remove(&mut self, row: usize) {
        self.words[row / 64] &= !(1 << (row % 64));
    }

    pub(super) fn count(&self) -> usize {
        let counts = self.words.iter().map(|word| word.count_ones() as usize);
        counts.sum()
    }

    /// The bits of eight rows from `8 * group` on.
    pub(super) fn group(&self, group: usize) -> u8 {
        (self.words[group / 8] >> (group % 8 * 8)) as u8
    }

    /// The bits of 64 rows from `64 * word` on.
    pub(super) fn word(&self, word: usize) -> u64 {
        self.words[word]
    }

    /// Whether a row is there and among these.
    pub(crate) fn has(&self, row: u64) -> bool {
        let row = usize::try_from(row).ok().filter(|&row| row < self.len);
        row.is_some_and(|row| self.get(row))
    }

    /// The bits of 64 rows from `row` on; beyond the last there are none.
    pub(super) fn from(&self, row: u64) -> u64 {
        let word = |at: u64| {
            let at = usize::try_from(at).ok();
            at.and_then(|at| self.words.get(at).copied())
                .unwrap_or_default()
        };
        match (row / 64, row % 64) {
            (at, 0) => word(at),
            (at, shift) => word(at) >> shift | word(at + 1) << (64 - shift),
        }
    }

    /// The rows of these bits, none of which lies beyond `len`.
    pub(super) fn of(words: Vec<u64>, len: usize) -> Self {
        Self { words, len }
    }

    /// One after the other, each but the last of whole words.
    pub(crate) fn concat(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::none(0);
        for part in parts {
            debug_assert!(all.len.is_multiple_of(64), "bits would have to be moved");
            all.words.extend(part.words);
            all.len += part.len;
        }
        all
    }

    /// As [`Self::word`], of all rows from `64 * word` on.
    pub(super) fn words_from(&self, word: usize) -> &[u64] {
        &self.words[word..]
    }

    /// The rows, in ascending order.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().zip(0_u32..).flat_map(|(&word, at)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let row = (left != 0).then(|| at * 64 + left.trailing_zeros())?;
                left &= left - 1;
                Some(row)
            })
        })
    }

    pub(super) fn and(mut self, other: &Self) -> Self {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
        self
    }

    pub(super) fn or(mut self, other: &Self) -> Self {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
        self
    }

    pub(super) fn not(mut self) -> Self {
        for word in &mut self.words {
            *word = !*word;
        }
        if let Some(last) = self
            .words
            .last_mut()
            .filter(|_| !self.len.is_multiple_of(64))
        {
            *last &= (1 << (self.len % 64)) - 1;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::Bitmap;

    fn of(len: usize, rows: &BTreeSet<usize>) -> Bitmap {
        let mut bitmap = Bitmap::none(len);
        rows.iter().for_each(|&row| bitmap.insert(row));
        bitmap
    }

    proptest! {
        #[test]
        fn is_a_set(
            (len, a, b) in (1_usize..300).prop_flat_map(|len| (
                Just(len),
                prop::collection::btree_set(0..len, 0..40),
                prop::collection::btree_set(0..len, 0..40),
            ))
        ) {
            let (x, y) = (of(len, &a), of(len, &b));
            let rows = |bitmap: &Bitmap| bitmap.rows().map(|row| row as usize).collect::<BTreeSet<_>>();
            prop_assert_eq!(rows(&x), a.clone());
            prop_assert_eq!(rows(&x.clone().and(&y)), &a & &b);
            prop_assert_eq!(rows(&x.clone().or(&y)), &a | &b);
            prop_assert_eq!(x.clone().not().count(), len - a.len());
            prop_assert_eq!(&x.clone().not().not(), &x);
            prop_assert_eq!(Bitmap::all(len).count(), len);
            for row in 0..len {
                prop_assert_eq!(x.get(row), a.contains(&row));
                prop_assert_eq!(x.group(row / 8) >> (row % 8) & 1 == 1, a.contains(&row));
            }
            let mut less = x;
            a.iter().for_each(|&row| less.remove(row));
            prop_assert_eq!(less.count(), 0);
        }
    }
}
