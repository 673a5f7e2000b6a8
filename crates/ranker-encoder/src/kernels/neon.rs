//! NEON: tiles of 6 rows and 16 columns, whose sums take 24 of 32 registers.

use std::arch::aarch64::*;

use super::micro::{self, Operands, Width};
use super::packed::LANES;
use super::{Kernels, bytes, rows};

/// Values of a register.
const WIDTH: usize = 4;

const WIDTHS: [Width; 1] = [Width {
    panels: 1,
    loops: &[
        (6, multiply::<6>),
        (4, multiply::<4>),
        (2, multiply::<2>),
        (1, multiply::<1>),
    ],
}];

// Every aarch64 has NEON and fused multiply-add, so plain Rust is compiled for them too.
pub(super) const KERNELS: Kernels = Kernels {
    name: "neon",
    multiply: |out, left, lines| micro::by_tiles(out, left, lines, &WIDTHS),
    gelu: rows::gelu::<true>,
    softmax: rows::softmax::<true>,
    normalise: rows::normalise,
    bytes: &bytes::portable::WIDTHS,
    code: bytes::rows::code,
    restore: bytes::restore::restore::<true>,
};

/// # Safety
///
/// As for [`micro::Multiply`], of `R` rows and one panel.
unsafe fn multiply<const R: usize>(operands: Operands<'_>) {
    let ((out, stride), (left, step)) = (operands.out, operands.left);
    // SAFETY: the caller answers for `R` rows of 16 columns and of the depth.
    unsafe {
        let mut sums = [[vdupq_n_f32(0.0); LANES / WIDTH]; R];
        for (row, sums) in sums.iter_mut().enumerate() {
            for (part, sum) in sums.iter_mut().enumerate() {
                *sum = vld1q_f32(out.add(row * stride + part * WIDTH));
            }
        }
        for (depth, line) in operands.panels.iter().enumerate() {
            let part = |part: usize| vld1q_f32(line.0.as_ptr().add(part * WIDTH));
            let weights = [part(0), part(1), part(2), part(3)];
            for (row, sums) in sums.iter_mut().enumerate() {
                let value = vdupq_n_f32(*left.add(row * step + depth));
                for (sum, weights) in sums.iter_mut().zip(weights) {
                    *sum = vfmaq_f32(*sum, value, weights);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (part, sum) in sums.iter().enumerate() {
                vst1q_f32(out.add(row * stride + part * WIDTH), *sum);
            }
        }
    }
}
