//! Arithmetic on slices that training spends its time in.
//!
//! Every result is the same on any number of threads: nothing here splits its work by itself.

pub(crate) mod activation;
pub(crate) mod norm;
pub(crate) mod product;
pub(crate) mod rms;
pub(crate) mod sums;

/// Runs `work` compiled for the widest vectors that this processor has. What `work` calls must be
/// `#[inline(always)]` to profit.
pub(crate) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}
