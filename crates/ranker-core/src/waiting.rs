//! The bridge from async code to waiting: for disks, locks and other processes.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use futures_channel::oneshot;

/// The most threads that wait at once; what comes beyond that waits for them.
const MOST: usize = 32;

/// How long a thread without work stays.
const IDLE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// Work that no thread has begun, and the threads.
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    jobs: VecDeque::new(),
    threads: 0,
    idle: 0,
});
static COME: Condvar = Condvar::new();

/// Runs `work`, which waits more than it computes, on a thread kept for waiting, without blocking the
/// caller's async runtime: a change of a durable store, for instance, waits for other changes and for the
/// disk. Use [`crate::compute`] for what keeps a processor busy: its threads are as many as processors, and
/// one that waits there is missing to all computing.
///
/// Works under any executor. When the future is dropped, `work` goes on.
///
/// # Panics
///
/// A panic of `work` is carried to the caller. Where the system gives no thread at all, `work` runs on the
/// caller's.
pub async fn waiting<T, F>(work: F) -> T
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    submit(Box::new(move || {
        // A caller that went away has dropped its receiver.
        let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
    }));
    match receiver.await {
        Ok(Ok(value)) => value,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(oneshot::Canceled) => unreachable!("the closure above always sends"),
    }
}

/// Hands a job to a thread that is free, or to a new one.
fn submit(job: Job) {
    let mut queue = lock();
    queue.jobs.push_back(job);
    if queue.idle >= queue.jobs.len() || queue.threads >= MOST {
        COME.notify_one();
        return;
    }
    queue.threads += 1;
    let named = thread::Builder::new().name("ranker-waiting".to_owned());
    if named.spawn(serve).is_err() {
        queue.threads -= 1;
        // Some thread will come to it; without any, this one has to.
        if queue.threads == 0
            && let Some(job) = queue.jobs.pop_back()
        {
            drop(queue);
            job();
        }
    }
}

/// Does one job after the other until none has come for a while.
fn serve() {
    let mut queue = lock();
    loop {
        while let Some(job) = queue.jobs.pop_front() {
            drop(queue);
            job();
            queue = lock();
        }
        queue.idle += 1;
        let waited = COME.wait_timeout_while(queue, IDLE, |queue| queue.jobs.is_empty());
        queue = waited.map_or_else(|poisoned| poisoned.into_inner().0, |(queue, _)| queue);
        queue.idle -= 1;
        if queue.jobs.is_empty() {
            queue.threads -= 1;
            return;
        }
    }
}

fn lock() -> MutexGuard<'static, Queue> {
    // Nothing panics while it is held.
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::waiting;

    #[test]
    fn returns_what_was_waited_for() {
        assert_eq!(pollster::block_on(waiting(|| 7)), 7);
    }

    #[test]
    fn carries_a_panic_to_the_caller() {
        let caught = std::panic::catch_unwind(|| {
            pollster::block_on(waiting(|| -> u32 { panic!("no such file") }));
        });
        let message = caught.unwrap_err();
        assert_eq!(message.downcast_ref::<&str>(), Some(&"no such file"));
        assert_eq!(pollster::block_on(waiting(|| 8)), 8);
    }

    /// Each of them waits for the next, so all have a thread; the computing pool stays free.
    #[test]
    fn those_that_wait_hold_up_nothing_else() {
        let threads = 3 * rayon::current_num_threads().min(8);
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        for _ in 0..threads {
            let (start, wait) = mpsc::channel::<()>();
            starts.push(start);
            ends.push(std::thread::spawn(move || {
                pollster::block_on(waiting(move || wait.recv().is_ok()))
            }));
        }
        assert_eq!(pollster::block_on(crate::compute(|| 3)), 3);
        for start in starts.iter().rev() {
            start.send(()).unwrap();
        }
        assert!(ends.into_iter().all(|end| end.join().unwrap()));
    }
}
