//! The numbers by which a collection knows the rows of a block.

use super::bitmap::Bitmap;

/// Rows whose bits are computed at once.
const WORD: usize = 64;

/// A number a row; none at all outside a collection.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    all: Vec<u64>,
    /// Whether 64 rows have numbers that follow each other, as most do that lie as they came.
    runs: Vec<bool>,
}

impl Numbers {
    pub(super) fn of(all: Vec<u64>) -> Self {
        let run = |numbers: &[u64]| {
            let mut pairs = numbers.windows(2);
            numbers.len() == WORD && pairs.all(|pair| pair[0] + 1 == pair[1])
        };
        Self {
            runs: all.chunks(WORD).map(run).collect(),
            all,
        }
    }

    pub(super) fn all(&self) -> &[u64] {
        &self.all
    }

    pub(super) fn get(&self, row: usize) -> Option<u64> {
        self.all.get(row).copied()
    }

    /// The rows whose numbers are among these.
    pub(super) fn among(&self, numbers: &Bitmap) -> Bitmap {
        let words = self.all.chunks(WORD).zip(&self.runs);
        let word = |(own, run): (&[u64], &bool)| match own {
            [first, ..] if *run => numbers.from(*first),
            _ => (0..).zip(own).fold(0, |word, (bit, &number)| {
                word | u64::from(numbers.has(number)) << bit
            }),
        };
        Bitmap::of(words.map(word).collect(), self.all.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_rows_by_number(
            some in prop::collection::vec(0_usize..300, 0..200),
            len in 300_usize..400,
            first in 0_u64..400,
            gap in 0_usize..200,
        ) {
            let mut numbers = Bitmap::none(len);
            some.iter().for_each(|&number| numbers.insert(number));
            // A run with a gap, then numbers that go down.
            let run = (first..first + 200).enumerate().filter(|(at, _)| *at != gap);
            let all: Vec<u64> = run.map(|(_, number)| number).chain((0..70).rev()).collect();
            let among = Numbers::of(all.clone()).among(&numbers);
            for (row, number) in all.into_iter().enumerate() {
                prop_assert_eq!(among.get(row), some.contains(&(number as usize)), "{}", number);
            }
        }
    }
}
