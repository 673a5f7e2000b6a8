//! The inner loops, for the processor at hand.
//!
//! The matrix product is where an encoder spends its time. It exists as plain Rust, which is what the
//! others are compared with in the tests, and for AVX2, AVX-512 and NEON; what is done to rows (GELU,
//! softmax, layer normalisation) is plain Rust that is compiled once for each. An output of a product
//! is the same, bit for bit, whichever rows and columns are computed beside it. `bytes` has the product of
//! bytes, for AVX2, for both widths of VNNI, and as plain Rust.

// The one module that may: intrinsics read memory through pointers, and a function compiled for
// AVX-512 may only run where there is AVX-512.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod bytes;
mod micro;
#[cfg(target_arch = "aarch64")]
mod neon;
mod packed;
mod portable;
mod rows;
#[cfg(test)]
mod tests;
mod tile;

use std::sync::LazyLock;

pub(crate) use bytes::{CodedRows, Codes, MOST_DEPTH, PackedBytes};
pub(crate) use packed::{LANES, Line, Packed};
pub(crate) use rows::Norm;
pub(crate) use tile::{Left, Tile};

/// Adds the product of the rows on the left and some panels to an output.
type Multiply = fn(&mut Tile<'_>, Left<'_>, &[Line]);
type Gelu = fn(&mut [f32]);
type Softmax = fn(&mut [f32], f32);
type Normalise = fn(&mut [f32], &Norm);

/// What is done with a product besides adding the bias.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then<'a> {
    Nothing,
    Gelu,
    /// Rows are added, as many and as long as the product's.
    Add(Left<'a>),
}

/// The loops of one instruction set. Every one that can be had runs on this machine.
#[derive(Debug, Clone, Copy)]
pub struct Kernels {
    name: &'static str,
    multiply: Multiply,
    gelu: Gelu,
    softmax: Softmax,
    normalise: Normalise,
    /// The loops for products of bytes, by width: the widest tile first, the last of one panel.
    bytes: &'static [bytes::Width],
    code: bytes::rows::Code,
    restore: bytes::restore::Restore,
}

static BEST: LazyLock<Kernels> = LazyLock::new(|| {
    let all = Kernels::all();
    *all.last().unwrap_or(&portable::KERNELS)
});

impl Kernels {
    /// Every set that this machine can run, the fastest last and plain Rust first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut all = vec![portable::KERNELS];
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            all.extend(avx2.then_some(avx2::KERNELS));
            let vnni = avx2 && is_x86_feature_detected!("avxvnni");
            all.extend(vnni.then_some(avx2::WITH_VNNI));
            let avx512 = avx2 && is_x86_feature_detected!("avx512f");
            all.extend(avx512.then_some(avx512::KERNELS));
            let vnni = avx512 && is_x86_feature_detected!("avx512vnni");
            all.extend(vnni.then_some(avx512::WITH_VNNI));
        }
        #[cfg(target_arch = "aarch64")]
        all.push(neon::KERNELS); // Every aarch64 has NEON.
        all
    }

    /// The fastest set that this machine can run.
    #[must_use]
    pub fn best() -> Self {
        *BEST
    }

    /// The instruction set.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds the product of `left` and the columns of `right` from `first` on, as many as the output
    /// has, to the output. An output adds up its terms one after the other, block by block of the
    /// depth, so it does not depend on the shape of the tile.
    ///
    /// # Panics
    ///
    /// Unless `left` has a row for each row of the output, of the same depth, and `first` is where a panel
    /// begins.
    pub(crate) fn multiply(
        &self,
        out: &mut Tile<'_>,
        left: Left<'_>,
        (right, first): (&Packed, usize),
    ) {
        assert!(first.is_multiple_of(LANES) && left.rows() >= out.rows());
        assert_eq!(left.depth(), right.depth());
        assert!(first + out.columns() <= right.columns());
        let panels = first / LANES..(first + out.columns()).div_ceil(LANES);
        for block in 0..right.blocks() {
            let depths = right.depths(block);
            (self.multiply)(
                out,
                left.columns(depths),
                right.panels(block, panels.clone()),
            );
        }
    }

    /// x/2 · (1 + erf(x / √2)) of each value (Hendrycks and Gimpel 2016).
    pub(crate) fn gelu(&self, values: &mut [f32]) {
        (self.gelu)(values);
    }

    /// Turns scores, times `scale`, into weights that sum to 1.
    pub(crate) fn softmax(&self, scores: &mut [f32], scale: f32) {
        (self.softmax)(scores, scale);
    }

    /// Layer normalisation (Ba et al. 2016) of one row.
    pub(crate) fn normalise(&self, row: &mut [f32], norm: &Norm) {
        (self.normalise)(row, norm);
    }
}
