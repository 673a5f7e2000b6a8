//! AVX-512: tiles of 12 rows and 32 columns, whose sums take 24 of 32 registers.

use std::arch::x86_64::*;

use super::bytes::restore::{Lanes, LanesThen, Sums};
use super::bytes::rows::Span;
use super::micro::{self, Operands, Width};
use super::packed::LANES;
use super::{Kernels, Norm, bytes, rows};

const WIDTHS: [Width; 2] = [
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

pub(super) const KERNELS: Kernels = Kernels {
    name: "avx512",
    multiply: |out, left, lines| micro::by_tiles(out, left, lines, &WIDTHS),
    // SAFETY of all five: these kernels are only handed out where AVX-512 was detected.
    gelu: |values| unsafe { gelu(values) },
    softmax: |scores, scale| unsafe { softmax(scores, scale) },
    normalise: |row, norm| unsafe { normalise(row, norm) },
    bytes: &bytes::avx2::WIDTHS,
    code: |row, codes| unsafe { code(row, codes) },
    restore: |sums, out, then| unsafe { restore(sums, out, then) },
};

/// Where there are instructions for products of bytes as well.
pub(super) const WITH_VNNI: Kernels = Kernels {
    name: "avx512-vnni",
    bytes: &bytes::avx512::WIDTHS,
    ..KERNELS
};

#[target_feature(enable = "avx512f")]
fn gelu(values: &mut [f32]) {
    rows::gelu::<true>(values);
}

#[target_feature(enable = "avx512f")]
fn softmax(scores: &mut [f32], scale: f32) {
    rows::softmax::<true>(scores, scale);
}

#[target_feature(enable = "avx512f")]
fn normalise(row: &mut [f32], norm: &Norm) {
    rows::normalise(row, norm);
}

#[target_feature(enable = "avx512f")]
fn code(row: &[f32], codes: &mut [u8]) -> Span {
    bytes::rows::code(row, codes)
}

#[target_feature(enable = "avx512f")]
fn restore(sums: &Sums<'_>, out: &mut [Lanes], then: LanesThen<'_>) {
    bytes::restore::restore::<true>(sums, out, then);
}

/// # Safety
///
/// As for [`micro::Multiply`], of `R` rows and `P` panels.
#[target_feature(enable = "avx512f")]
unsafe fn multiply<const R: usize, const P: usize>(operands: Operands<'_>) {
    let ((out, stride), (left, step)) = (operands.out, operands.left);
    let (lines, count) = (operands.panels.as_ptr(), operands.depth);
    assert!(operands.panels.len() >= P * count);
    // SAFETY: the caller answers for `R` rows of the columns of `P` panels and of the depth; the
    // assertion, for the panels' lines.
    unsafe {
        let mut sums = [[_mm512_setzero_ps(); P]; R];
        for (row, sums) in sums.iter_mut().enumerate() {
            for (panel, sum) in sums.iter_mut().enumerate() {
                *sum = _mm512_loadu_ps(out.add(row * stride + panel * LANES));
            }
        }
        for depth in 0..count {
            let mut weights = [_mm512_setzero_ps(); P];
            for (panel, weights) in weights.iter_mut().enumerate() {
                *weights = _mm512_load_ps((*lines.add(panel * count + depth)).0.as_ptr());
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let value = _mm512_set1_ps(*left.add(row * step + depth));
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    *sum = _mm512_fmadd_ps(value, weights, *sum);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (panel, sum) in sums.iter().enumerate() {
                _mm512_storeu_ps(out.add(row * stride + panel * LANES), *sum);
            }
        }
    }
}
