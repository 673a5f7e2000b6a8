//! What the benches share: ONNX Runtime, how long to measure, and the table of ratios.
//!
//! Times depend on the machine; ratios much less. So every suite compares with a peer or a limit
//! that it measures in the same run, and [`Ratios`] says in words who wins. `cargo bench` closes
//! with all of them in one table.

// A bench prints its ratios, and stops at whatever goes wrong.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod ratios;
mod runtime;

pub use ratios::{Ratios, Row, close_run};
pub use runtime::need_runtime;

/// Whether `-- --quick` was given: fewer passes, and fewer records in the store.
#[must_use]
pub fn is_quick() -> bool {
    std::env::args().any(|arg| arg == "--quick")
}

/// How many passes to make of those that a suite makes otherwise: an odd number, for its median.
#[must_use]
pub fn passes(otherwise: usize) -> usize {
    if is_quick() {
        (otherwise / 3) | 1
    } else {
        otherwise
    }
}
