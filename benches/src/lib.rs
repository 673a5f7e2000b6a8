//! What the benches share: ONNX Runtime, how long to measure, and the table of ratios.
//!
//! Times depend on the machine; ratios much less. So every suite compares with a peer or a limit
//! that it measures in the same run, and [`Ratios`] says in words who wins. `cargo bench` closes
//! with all of them in one table.
//!
//! Stages of your own go into a suite of yours by one line each, beside ours: [`Ratios::retriever`],
//! [`Ratios::embedder`], [`Ratios::scorer`], [`Ratios::learner`].

// A bench prints its ratios, and stops at whatever goes wrong.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod ratios;
mod runtime;
mod yours;

use std::time::Instant;

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

/// The times of ours and of the other, in seconds, whose ratio is the median: the two are run in turn,
/// so that what else runs on the machine meets both.
pub fn in_turn(rounds: usize, mut ours: impl FnMut(), mut other: impl FnMut()) -> [f64; 2] {
    let rounds = passes(rounds);
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    let mut times: Vec<[f64; 2]> = (0..rounds)
        .map(|_| [time(&mut ours), time(&mut other)])
        .collect();
    times.sort_by(|a, b| f64::total_cmp(&(a[0] / a[1]), &(b[0] / b[1])));
    times[rounds / 2]
}
