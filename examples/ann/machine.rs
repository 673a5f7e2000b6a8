//! How fast the machine reads.

use std::hint::black_box;
use std::time::Instant;

/// Words that are read at once.
const STEP: usize = 16;

/// How fast one thread reads memory that no cache holds, in GB/s: the best of five passes, from one place
/// and from four by turns, as some machines fetch ahead better in several.
pub(crate) fn stream_gb_s() -> f64 {
    const WORDS: usize = 1 << 26; // 512 MiB
    let words: Vec<u64> = (0..WORDS as u64).collect();
    let pass = |places: usize| {
        let start = Instant::now();
        black_box(sum(black_box(&words), places));
        (WORDS * 8) as f64 / start.elapsed().as_secs_f64() / 1e9
    };
    (0..5).flat_map(|_| [1, 4]).map(pass).fold(0.0, f64::max)
}

/// The sum of all words, read from so many places by turns.
fn sum(words: &[u64], places: usize) -> [u64; STEP] {
    let mut sums = [0_u64; STEP];
    let mut add = |block: &[u64; STEP]| {
        for (sum, word) in sums.iter_mut().zip(block) {
            *sum = sum.wrapping_add(*word);
        }
    };
    let blocks = words.as_chunks().0;
    let each = blocks.len() / places;
    for at in 0..each {
        (0..places).for_each(|place| add(&blocks[place * each + at]));
    }
    sums
}
