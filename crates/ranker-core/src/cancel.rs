//! How computing learns that its result is no longer wanted.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// Of the work that this thread is doing now.
    static CURRENT: RefCell<Cancel> = RefCell::default();
}

/// Whether the result of a piece of work is still wanted.
///
/// [`compute`](crate::compute) sets it when its future is dropped: a client that left, a deadline that has
/// passed. Long work takes [`Cancel::current`] at its start and looks at it between blocks, as the
/// features, encoders and explainers of this workspace do. A parallel iterator runs on other threads, so its
/// closures take the value along instead of reading it anew.
///
/// ```
/// use ranker_core::{Cancel, compute};
///
/// let work = || {
///     let cancel = Cancel::current();
///     (0..100).take_while(|_| !cancel.is_cancelled()).count()
/// };
/// assert_eq!(pollster::block_on(compute(work)), 100);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Of work whose result is wanted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// That of the work which this thread is doing. Outside of [`compute`](crate::compute), nothing ever
    /// cancels it.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.with_borrow(Self::clone)
    }

    /// Tells the work to stop at its next block.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Does work that this value cancels. A thread of a pool that waits for a part of one piece of work may
    /// take up another in between, so the value before is put back, also after a panic.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let _before = Before(CURRENT.replace(self.clone()));
        work()
    }
}

struct Before(Cancel);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(std::mem::take(&mut self.0));
    }
}

/// Cancels when it is dropped.
pub(crate) struct CancelOnDrop(pub(crate) Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
