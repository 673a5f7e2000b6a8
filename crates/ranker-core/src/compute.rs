//! The bridge from async code to computing.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_channel::oneshot;

use crate::cancel::{Cancel, CancelOnDrop};

type Work = Box<dyn FnOnce() + Send>;

/// What was handed to the pool and what waits for it, first come, first served.
///
/// A thread of the pool that waits for a part of one ranking takes up whatever else the pool was
/// handed. Were that all that waits, the first ranking would end after rankings that came long after
/// it; so the pool is handed as many at once as it has threads.
struct Queue {
    running: usize,
    waiting: VecDeque<Work>,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    running: 0,
    waiting: VecDeque::new(),
});

/// The queue, which no panic leaves half changed.
fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands work to the pool, or has it wait for its turn.
fn submit(work: Work) {
    let mut queue = queue();
    if queue.running < rayon::current_num_threads() {
        queue.running += 1;
        drop(queue);
        start(work);
    } else {
        queue.waiting.push_back(work);
    }
}

/// Runs work, which does not panic, on the pool, and then what has waited longest.
fn start(work: Work) {
    rayon::spawn(move || {
        work();
        let mut queue = queue();
        match queue.waiting.pop_front() {
            Some(next) => {
                drop(queue);
                start(next);
            }
            None => queue.running -= 1,
        }
    });
}

/// Runs `work` on rayon's pool and waits for it without blocking the caller's async runtime.
///
/// Works under any executor. Called from a thread of the pool itself, it runs `work` in place:
/// a pool of one thread would otherwise wait for itself. As many pieces of work as the pool has
/// threads run at once; the others wait in the order in which they came.
///
/// When the future is dropped, work that has not begun never begins, and work that has can see it in
/// [`Cancel::current`].
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
    let cancel = Cancel::new();
    let _wanted = CancelOnDrop(cancel.clone());
    submit(Box::new(move || {
        if cancel.is_cancelled() {
            return;
        }
        let done = catch_unwind(AssertUnwindSafe(|| cancel.enter(work)));
        // A caller that left has dropped its receiver.
        let _ = sender.send(done);
    }));
    match receiver.await {
        Ok(Ok(value)) => value,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(oneshot::Canceled) => {
            unreachable!("the closure above sends while this future is there")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::mpsc;
    use std::task::{Context, Poll, Waker};

    use super::compute;
    use crate::Cancel;

    /// Polls a future once, which makes `compute` submit its work, and drops it.
    fn leave<T>(future: impl Future<Output = T>, before: impl FnOnce()) {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(future.as_mut().poll(&mut context), Poll::Pending));
        before();
    }

    #[test]
    fn dropped_work_stops_at_its_next_block() {
        let (began, begins) = mpsc::channel();
        let (ended, ends) = mpsc::channel();
        let work = move || {
            let cancel = Cancel::current();
            began.send(()).unwrap();
            while !cancel.is_cancelled() {
                std::thread::yield_now();
            }
            ended.send(()).unwrap();
        };
        leave(compute(work), || begins.recv().unwrap());
        ends.recv_timeout(std::time::Duration::from_secs(30))
            .unwrap();
        assert!(!Cancel::current().is_cancelled());
    }

    #[test]
    fn dropped_work_that_has_not_begun_never_begins() {
        let begun = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let flag = std::sync::Arc::clone(&begun);
        let (release, wait) = mpsc::channel::<()>();
        // All threads of the global pool are held up.
        let threads = rayon::current_num_threads();
        let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
        for _ in 0..threads {
            let wait = std::sync::Arc::clone(&wait);
            rayon::spawn(move || wait.lock().unwrap().recv().unwrap());
        }
        leave(
            compute(move || flag.store(true, std::sync::atomic::Ordering::SeqCst)),
            || (),
        );
        (0..threads).for_each(|_| release.send(()).unwrap());
        assert_eq!(pollster::block_on(compute(|| 7)), 7);
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(!begun.load(std::sync::atomic::Ordering::SeqCst));
    }

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
    fn no_more_runs_at_once_than_there_are_threads() {
        use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        const MANY: usize = 64;
        let (sender, done) = mpsc::channel();
        // Kept until the end: dropped work would not begin.
        let mut waiting: Vec<_> = std::iter::repeat_n(sender, MANY)
            .map(|sender| {
                Box::pin(compute(move || {
                    MOST.fetch_max(RUNNING.fetch_add(1, SeqCst) + 1, SeqCst);
                    // A thread that waits here takes up whatever the pool was handed.
                    rayon::join(std::thread::yield_now, std::thread::yield_now);
                    RUNNING.fetch_sub(1, SeqCst);
                    sender.send(()).unwrap();
                }))
            })
            .collect();
        let mut context = Context::from_waker(Waker::noop());
        for future in &mut waiting {
            let _ = future.as_mut().poll(&mut context);
        }
        for _ in 0..MANY {
            done.recv_timeout(std::time::Duration::from_secs(30))
                .unwrap();
        }
        assert!(MOST.load(SeqCst) <= rayon::current_num_threads());
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
