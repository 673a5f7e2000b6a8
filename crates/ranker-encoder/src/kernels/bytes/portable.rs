//! Plain Rust: what the other instruction sets are compared with.

use super::super::packed::LANES;
use super::{Multiply, Operands, TileSums, Width};

pub(in super::super) const WIDTHS: [Width; 1] = [Width {
    panels: 1,
    loops: &[(1, MULTIPLY)],
}];

const MULTIPLY: Multiply = multiply;

/// # Safety
///
/// As for [`Multiply`], of one row and one panel.
unsafe fn multiply(operands: Operands<'_>, sums: &mut TileSums) {
    // SAFETY: the caller answers for a row of four codes for each of the steps.
    let row = unsafe { std::slice::from_raw_parts(operands.left.0, 4 * operands.steps) };
    let mut all = [0_i32; LANES];
    for (quad, line) in row.as_chunks::<4>().0.iter().zip(operands.panels) {
        for (sum, weights) in all.iter_mut().zip(&line.0) {
            for (&code, &weight) in quad.iter().zip(weights) {
                *sum += i32::from(code) * i32::from(weight);
            }
        }
    }
    sums[0][0] = all;
}
