//! What the stages of a ranking take, and how long they may.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_timer::Delay;
use futures_util::future::{Either, select};
use ranker_core::StageTime;

/// Times the stages of one ranking; with the feature `tracing`, each is a span.
#[derive(Debug, Default)]
pub(crate) struct Clock(Vec<StageTime>);

impl Clock {
    /// Waits for a stage. `count` is how many texts or candidates go in; no text is ever recorded.
    pub(crate) async fn of<F: Future>(
        &mut self,
        (stage, count): (&'static str, usize),
        work: F,
    ) -> F::Output {
        let start = Instant::now();
        #[cfg(feature = "tracing")]
        let work = {
            use tracing::Instrument;
            work.instrument(tracing::info_span!("ranker", stage, count))
        };
        #[cfg(not(feature = "tracing"))]
        let _ = count;
        let done = work.await;
        let took = start.elapsed();
        #[cfg(feature = "tracing")]
        tracing::debug!(target: "ranker", stage, count, micros = took.as_micros() as u64);
        self.0.push(StageTime::new(stage, took));
        done
    }

    pub(crate) fn times(self) -> Vec<StageTime> {
        self.0
    }
}

/// What a future gives within a time; `None` where it takes longer. It is dropped then, which stops what
/// it computes.
pub(crate) async fn within<F: Future>(limit: Option<Duration>, work: F) -> Option<F::Output> {
    let Some(limit) = limit else {
        return Some(work.await);
    };
    match select(pin!(work), Delay::new(limit)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}
