//! AVX2 with fused multiply-add: tiles of 6 rows and 16 columns, whose sums take 12 of 16 registers.

use std::arch::x86_64::*;

use super::bytes::restore::{Lanes, LanesThen, Sums};
use super::bytes::rows::Span;
use super::micro::{self, Operands, Width};
use super::packed::LANES;
use super::{Kernels, Norm, bytes, rows};

/// How many lines ahead are fetched, since of a short text memory is read faster than it is computed with.
const AHEAD: usize = 128;

const WIDTHS: [Width; 1] = [Width {
    panels: 1,
    loops: &[
        (6, multiply::<6>),
        (4, multiply::<4>),
        (2, multiply::<2>),
        (1, multiply::<1>),
    ],
}];

pub(super) const KERNELS: Kernels = Kernels {
    name: "avx2",
    multiply: |out, left, lines| micro::by_tiles(out, left, lines, &WIDTHS),
    // SAFETY of all five: these kernels are only handed out where AVX2 and FMA were detected.
    gelu: |values| unsafe { gelu(values) },
    softmax: |scores, scale| unsafe { softmax(scores, scale) },
    normalise: |row, norm| unsafe { normalise(row, norm) },
    bytes: &bytes::avx2::WIDTHS,
    code: |row, codes| unsafe { code(row, codes) },
    restore: |sums, out, then| unsafe { restore(sums, out, then) },
};

/// Where there are instructions for products of bytes as well.
pub(super) const WITH_VNNI: Kernels = Kernels {
    name: "avx2-vnni",
    bytes: &bytes::avx_vnni::WIDTHS,
    ..KERNELS
};

#[target_feature(enable = "avx2,fma")]
fn gelu(values: &mut [f32]) {
    rows::gelu::<true>(values);
}

#[target_feature(enable = "avx2,fma")]
fn softmax(scores: &mut [f32], scale: f32) {
    rows::softmax::<true>(scores, scale);
}

#[target_feature(enable = "avx2,fma")]
fn normalise(row: &mut [f32], norm: &Norm) {
    rows::normalise(row, norm);
}

#[target_feature(enable = "avx2,fma")]
fn code(row: &[f32], codes: &mut [u8]) -> Span {
    bytes::rows::code(row, codes)
}

#[target_feature(enable = "avx2,fma")]
fn restore(sums: &Sums<'_>, out: &mut [Lanes], then: LanesThen<'_>) {
    bytes::restore::restore::<true>(sums, out, then);
}

/// # Safety
///
/// As for [`micro::Multiply`], of `R` rows and one panel.
#[target_feature(enable = "avx2,fma")]
unsafe fn multiply<const R: usize>(operands: Operands<'_>) {
    let ((out, stride), (left, step)) = (operands.out, operands.left);
    // SAFETY: the caller answers for `R` rows of 16 columns and of the depth.
    unsafe {
        let mut sums = [[_mm256_setzero_ps(); 2]; R];
        for (row, sums) in sums.iter_mut().enumerate() {
            let row = out.add(row * stride);
            *sums = [_mm256_loadu_ps(row), _mm256_loadu_ps(row.add(LANES / 2))];
        }
        for (depth, line) in operands.panels.iter().enumerate() {
            let ahead = (&raw const *line).wrapping_add(AHEAD);
            _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
            let low = _mm256_load_ps(line.0.as_ptr());
            let high = _mm256_load_ps(line.0.as_ptr().add(LANES / 2));
            for (row, sums) in sums.iter_mut().enumerate() {
                let value = _mm256_broadcast_ss(&*left.add(row * step + depth));
                sums[0] = _mm256_fmadd_ps(value, low, sums[0]);
                sums[1] = _mm256_fmadd_ps(value, high, sums[1]);
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            let row = out.add(row * stride);
            _mm256_storeu_ps(row, sums[0]);
            _mm256_storeu_ps(row.add(LANES / 2), sums[1]);
        }
    }
}
