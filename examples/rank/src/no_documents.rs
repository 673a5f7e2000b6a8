//! Instead of `documents.rs`, where the feature `documents` is off.

use std::path::Path;
use std::process::ExitCode;

use ranker_examples::Outcome;

use crate::inputs::Pile;
use crate::place::Place;

const MISSING: &str = "folders need this program compiled with its feature `documents`";

/// This program is never a worker.
pub(crate) fn worker() -> Option<ExitCode> {
    None
}

pub(crate) fn watch<T>(_folder: &Path, _rank: impl Fn() -> Outcome<T>) -> Outcome<T> {
    Err(MISSING.into())
}

pub(crate) fn read(_folder: &Path, _place: &Place) -> Outcome<Pile> {
    Err(MISSING.into())
}
