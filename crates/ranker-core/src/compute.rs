//! The bridge from async code to computing.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use futures_channel::oneshot;

/// Runs `work` on rayon's pool and waits for it without blocking the caller's async runtime.
///
/// Works under any executor. Called from a thread of the pool itself, it runs `work` in place:
/// a pool of one thread would otherwise wait for itself.
///
/// # Panics
///
/// A panic of `work` is carried to the caller; the pool survives it.
pub async fn compute<T, F>(work: F) -> T
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    if rayon::current_thread_index().is_some() {
        return work();
    }
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        // A caller that went away has dropped its receiver; nobody is left to tell.
        let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
    });
    match receiver.await {
        Ok(Ok(value)) => value,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(oneshot::Canceled) => unreachable!("the closure above always sends"),
    }
}

#[cfg(test)]
mod tests {
    use super::compute;

    #[test]
    fn returns_what_was_computed() {
        assert_eq!(pollster::block_on(compute(|| (1..=10).sum::<u32>())), 55);
    }

    #[test]
    fn carries_a_panic_to_the_caller() {
        let caught = std::panic::catch_unwind(|| {
            pollster::block_on(compute(|| -> u32 { panic!("told to") }));
        });
        let message = caught.unwrap_err();
        assert_eq!(message.downcast_ref::<&str>(), Some(&"told to"));
        assert_eq!(pollster::block_on(compute(|| 7)), 7, "the pool survives");
    }

    #[test]
    fn does_not_wait_for_itself_on_the_pool() {
        let (sender, receiver) = std::sync::mpsc::channel();
        rayon::spawn(move || {
            let inner = pollster::block_on(compute(|| 3));
            sender.send(inner).unwrap();
        });
        assert_eq!(receiver.recv().unwrap(), 3);
    }
}
