//! When a call is tried again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The first delay; it doubles with each try.
const FIRST: Duration = Duration::from_millis(100);
/// The longest delay of our own choice.
const LONGEST: Duration = Duration::from_secs(5);

/// Whether a status says that the same call may succeed later.
pub(crate) fn passing(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

/// How long to wait before try `next` (from 1): what the server asks for, or a random part of a delay that
/// doubles ("full jitter": callers that failed together do not come back together).
pub(crate) fn delay(next: u32, asked: Option<Duration>) -> Duration {
    if let Some(asked) = asked {
        return asked;
    }
    let cap = FIRST
        .saturating_mul(1 << next.saturating_sub(1).min(16))
        .min(LONGEST);
    let share = (random() >> 11) as f64 / (1_u64 << 53) as f64;
    cap.mul_f64(share)
}

/// `Retry-After` in seconds. Its other form, a date, is taken as no advice.
pub(crate) fn retry_after(header: &str) -> Option<Duration> {
    header.trim().parse().ok().map(Duration::from_secs)
}

/// A number that differs between calls and processes: the seed that the standard library takes from the
/// system for its hash maps.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_stay_within_bounds() {
        for next in 1..40 {
            assert!(
                delay(next, None) <= FIRST.saturating_mul(1 << (next - 1).min(16)).min(LONGEST)
            );
        }
        assert_eq!(delay(1, retry_after(" 7 ")), Duration::from_secs(7));
        assert_eq!(retry_after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_ne!(random(), random());
    }
}
