//! Threads that change a collection.

use std::path::Path;

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::error::CollectionError;

/// How far changes stand behind searches, in steps of the system: a processor that both want goes to
/// searches nine times of ten.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Threads of a collection's own, on which changes are made: where all processors are taken, searches go
/// first. Threads that they start, those of the inverted index, do as they do.
pub(super) fn threads(path: &Path) -> Result<ThreadPool, CollectionError> {
    let pool = ThreadPoolBuilder::new()
        .thread_name(|at| format!("ranker-change-{at}"))
        .start_handler(|_| give_way())
        .build();
    pool.map_err(|error| CollectionError::Io {
        path: path.to_owned(),
        action: "opened",
        source: error.into(),
    })
}

/// Lets other threads of the process go first. Only Linux counts threads apart.
fn give_way() {
    #[cfg(target_os = "linux")]
    // A system that does not allow it runs all alike.
    let _ = rustix::process::nice(NICE);
}
