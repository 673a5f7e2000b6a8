//! A server that fails again and again is left alone for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Calls in a row that must fail before a server is left alone.
const FAILURES: u32 = 5;

/// Closed (calls go through), open (they do not), or trying with one call whether it may close.
#[derive(Debug)]
pub(crate) struct Circuit {
    rest: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    until: Option<Instant>,
}

impl Circuit {
    pub(crate) fn new(rest: Duration) -> Self {
        Self {
            rest,
            state: Mutex::default(),
        }
    }

    /// Lets a call through, or says how long none goes.
    pub(crate) fn enter(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state();
        match state.until {
            Some(until) if now < until => Err(until - now),
            Some(_) => {
                // This call tries; others wait for its outcome, or for another rest.
                state.until = Some(now + self.rest);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Notes how a call ended: whether the server answered.
    pub(crate) fn leave(&self, answered: bool, now: Instant) {
        let mut state = self.state();
        if answered {
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.until = Some(now + self.rest);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_failures_and_closes_after_one_success() {
        let circuit = Circuit::new(Duration::from_secs(5));
        let start = Instant::now();
        for _ in 0..FAILURES {
            assert_eq!(circuit.enter(start), Ok(()));
            circuit.leave(false, start);
        }
        assert_eq!(circuit.enter(start), Err(Duration::from_secs(5)));
        let later = start + Duration::from_secs(6);
        assert_eq!(circuit.enter(later), Ok(()), "one call tries");
        assert!(circuit.enter(later).is_err(), "only one");
        circuit.leave(true, later);
        assert_eq!(circuit.enter(later), Ok(()));
    }
}
