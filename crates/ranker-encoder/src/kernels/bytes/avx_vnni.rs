//! AVX-VNNI: tiles of 6 rows and 16 columns, whose sums take 12 of 16 registers.

use std::arch::x86_64::*;

use super::{Operands, TileSums, Width};

pub(in super::super) const WIDTHS: [Width; 1] = [Width {
    panels: 1,
    loops: &[
        (6, multiply::<6>),
        (4, multiply::<4>),
        (2, multiply::<2>),
        (1, multiply::<1>),
    ],
}];

/// # Safety
///
/// As for [`super::Multiply`], of `R` rows and one panel.
#[target_feature(enable = "avx2,avxvnni")]
unsafe fn multiply<const R: usize>(operands: Operands<'_>, out: &mut TileSums) {
    let mut sums = [[_mm256_setzero_si256(); 2]; R];
    for (step, line) in operands.panels.iter().enumerate() {
        let line = (&raw const line.0).cast::<__m256i>();
        // SAFETY: a line has twice 32 bytes, and is aligned to both.
        let weights = unsafe { [_mm256_load_si256(line), _mm256_load_si256(line.add(1))] };
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: the caller answers for `R` rows of four codes for each of the steps.
            let four = unsafe { operands.four(row, step) };
            let codes = _mm256_set1_epi32(four);
            sums[0] = _mm256_dpbusd_avx_epi32(sums[0], codes, weights[0]);
            sums[1] = _mm256_dpbusd_avx_epi32(sums[1], codes, weights[1]);
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        let target = out[row][0].as_mut_ptr().cast::<__m256i>();
        // SAFETY: a panel's sums are 16 values.
        unsafe {
            _mm256_storeu_si256(target, sums[0]);
            _mm256_storeu_si256(target.add(1), sums[1]);
        }
    }
}
