//! AVX-512 VNNI: tiles of 12 rows and 32 columns, whose sums take 24 of 32 registers.

use std::arch::x86_64::*;

use super::{Operands, TileSums, Width};

pub(in super::super) const WIDTHS: [Width; 2] = [
    Width {
        panels: 2,
        loops: &[
            (12, multiply::<12, 2>),
            (8, multiply::<8, 2>),
            (4, multiply::<4, 2>),
            (2, multiply::<2, 2>),
            (1, multiply::<1, 2>),
        ],
    },
    Width {
        panels: 1,
        loops: &[
            (12, multiply::<12, 1>),
            (8, multiply::<8, 1>),
            (4, multiply::<4, 1>),
            (2, multiply::<2, 1>),
            (1, multiply::<1, 1>),
        ],
    },
];

/// # Safety
///
/// As for [`super::Multiply`], of `R` rows and `P` panels.
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn multiply<const R: usize, const P: usize>(operands: Operands<'_>, out: &mut TileSums) {
    let (lines, steps) = (operands.panels.as_ptr(), operands.steps);
    assert!(operands.panels.len() >= P * steps);
    let mut sums = [[_mm512_setzero_si512(); P]; R];
    for step in 0..steps {
        let mut weights = [_mm512_setzero_si512(); P];
        for (panel, weights) in weights.iter_mut().enumerate() {
            // SAFETY: the assertion; a line has 64 bytes and is aligned to them.
            *weights = unsafe { _mm512_load_si512(lines.add(panel * steps + step).cast()) };
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: the caller answers for `R` rows of four codes for each of the steps.
            let four = unsafe { operands.four(row, step) };
            let codes = _mm512_set1_epi32(four);
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = _mm512_dpbusd_epi32(*sum, codes, weights);
            }
        }
    }
    for (sums, out) in sums.iter().zip(out) {
        for (sum, out) in sums.iter().zip(out) {
            // SAFETY: a panel's sums are 16 values.
            unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), *sum) };
        }
    }
}
