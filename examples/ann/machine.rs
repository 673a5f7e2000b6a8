//! How fast the machine reads.

use std::hint::black_box;
use std::time::Instant;

/// How fast one thread reads memory that no cache holds, in GB/s: the best of five passes.
pub(crate) fn stream_gb_s() -> f64 {
    const WORDS: usize = 1 << 26; // 512 MiB
    let words: Vec<u64> = (0..WORDS as u64).collect();
    let pass = |_| {
        let start = Instant::now();
        let mut sums = [0_u64; 16];
        for block in black_box(&words).as_chunks::<16>().0 {
            for (sum, word) in sums.iter_mut().zip(block) {
                *sum = sum.wrapping_add(*word);
            }
        }
        black_box(sums);
        (WORDS * 8) as f64 / start.elapsed().as_secs_f64() / 1e9
    };
    (0..5).map(pass).fold(0.0, f64::max)
}
