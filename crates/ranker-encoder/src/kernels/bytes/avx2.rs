//! AVX2: tiles of 2 rows and 16 columns. Bytes are widened to 16 bits, since the instruction that
//! multiplies bytes saturates.

use std::arch::x86_64::*;

use super::{Operands, TileSums, Width};

pub(in super::super) const WIDTHS: [Width; 1] = [Width {
    panels: 1,
    loops: &[(2, multiply::<2>), (1, multiply::<1>)],
}];

/// Registers that hold the sums of a row: each of two sums for each of four columns.
const PARTS: usize = 4;

/// # Safety
///
/// As for [`super::Multiply`], of `R` rows and one panel.
#[target_feature(enable = "avx2")]
unsafe fn multiply<const R: usize>(operands: Operands<'_>, out: &mut TileSums) {
    let mut sums = [[_mm256_setzero_si256(); PARTS]; R];
    for (step, line) in operands.panels.iter().enumerate() {
        let line = (&raw const line.0).cast::<__m128i>();
        // SAFETY: a line has four times 16 bytes.
        let part = |part| unsafe { _mm256_cvtepi8_epi16(_mm_load_si128(line.add(part))) };
        let weights = [part(0), part(1), part(2), part(3)];
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: the caller answers for `R` rows of four codes for each of the steps.
            let four = unsafe { operands.four(row, step) };
            let codes = _mm256_cvtepu8_epi16(_mm_set1_epi32(four));
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(codes, weights));
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for half in 0..2 {
            // Of columns 0, 1, 4, 5 and then 2, 3, 6, 7.
            let pairs = _mm256_hadd_epi32(sums[2 * half], sums[2 * half + 1]);
            let eight = _mm256_permute4x64_epi64::<0b11_01_10_00>(pairs);
            let target = &mut out[row][0][8 * half..8 * half + 8];
            // SAFETY: the target has eight values.
            unsafe { _mm256_storeu_si256(target.as_mut_ptr().cast(), eight) };
        }
    }
}
