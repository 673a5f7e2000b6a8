//! Calls that must end in time, under any executor.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use futures_channel::oneshot;

use super::{Violation, check};

/// The longest that one call may take by default.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// Waits for a call, but no longer than the limit. The timer is a thread, since the suite does not know
/// the executor; a call that blocks its thread cannot be interrupted and is measured instead.
pub(super) async fn in_time<T>(
    name: &'static str,
    limit: Duration,
    call: impl Future<Output = T> + Send,
) -> Result<T, Violation> {
    let begun = Instant::now();
    let (ring, mut alarm) = oneshot::channel();
    // Dropped with this future, which ends the thread early.
    let (_running, ended) = mpsc::channel::<()>();
    let wait = move || {
        if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            // The call may just have ended.
            let _ = ring.send(());
        }
    };
    // Without a thread to spare, the call is only measured.
    let _ = thread::Builder::new().spawn(wait);
    let mut call = pin!(call);
    let answer = poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => match Pin::new(&mut alarm).poll(context) {
            Poll::Ready(Ok(())) => Poll::Ready(None),
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
        },
    })
    .await;
    let taken = begun.elapsed();
    let late = || format!("{name} took {taken:.1?}, more than {limit:.1?}");
    check("a call ends in time", taken <= limit, late)?;
    answer.ok_or_else(|| Violation {
        contract: "a call ends in time",
        found: late(),
        source: None,
    })
}
