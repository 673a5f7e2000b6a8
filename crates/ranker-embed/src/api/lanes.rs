//! Several calls at a time.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ranker_core::{Cancel, EmbedError};

/// What `work` gives for each item, in any order, with at most `lanes` at a time; the first error ends it.
/// One item, or one lane, stays on the caller's thread.
pub(crate) fn run<I: Sync, T: Send>(
    items: &[I],
    lanes: usize,
    work: impl Fn(&I) -> Result<Vec<T>, EmbedError> + Sync,
) -> Result<Vec<T>, EmbedError> {
    let cancel = Cancel::current();
    let wanted = |item: &I| match cancel.is_cancelled() {
        true => Err(EmbedError::Cancelled),
        false => work(item),
    };
    if lanes.min(items.len()) <= 1 {
        let done: Result<Vec<Vec<T>>, EmbedError> = items.iter().map(wanted).collect();
        return Ok(done?.into_iter().flatten().collect());
    }
    let (next, failed) = (Mutex::new(items.iter()), AtomicBool::new(false));
    let take = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
    let lane = || {
        let mut done = Vec::new();
        while !failed.load(Ordering::Relaxed) {
            let Some(item) = take() else { break };
            match wanted(item) {
                Ok(some) => done.extend(some),
                Err(error) => {
                    failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(done)
    };
    thread::scope(|scope| {
        let lanes = lanes.min(items.len());
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        let mut all = Vec::new();
        let mut error = None;
        for lane in lanes {
            match lane.join() {
                Ok(Ok(done)) => all.extend(done),
                Ok(Err(failed)) => error = error.or(Some(failed)),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        error.map_or(Ok(all), Err)
    })
}
