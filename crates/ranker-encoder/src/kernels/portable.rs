//! Plain Rust: what the other instruction sets are compared with, and what runs where there is none.

use super::packed::{LANES, Line};
use super::{Kernels, Left, Tile, bytes, rows};

pub(super) const KERNELS: Kernels = Kernels {
    name: "portable",
    multiply,
    gelu: rows::gelu::<false>,
    softmax: rows::softmax::<false>,
    normalise: rows::normalise,
    bytes: &bytes::portable::WIDTHS,
    code: bytes::rows::code,
    restore: bytes::restore::restore::<false>,
};

fn multiply(out: &mut Tile<'_>, left: Left<'_>, lines: &[Line]) {
    let columns = out.columns();
    let panels = lines.chunks_exact(left.depth().max(1));
    for (panel, start) in panels.zip((0..columns).step_by(LANES)) {
        for row in 0..out.rows() {
            let values = left.row(row);
            let out = &mut out.row(row)[start..columns.min(start + LANES)];
            let mut sums = [0.0; LANES];
            sums[..out.len()].copy_from_slice(out);
            for (&value, line) in values.iter().zip(panel) {
                for (sum, weight) in sums.iter_mut().zip(line.0) {
                    *sum += value * weight;
                }
            }
            out.copy_from_slice(&sums[..out.len()]);
        }
    }
}
