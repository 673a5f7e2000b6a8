//! What many like works took.

use std::time::Duration;

/// Milliseconds of many searches.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Half take no longer.
    pub p50: f64,
    /// One in a hundred takes longer.
    pub p99: f64,
    /// How many there were.
    pub count: usize,
}

impl Times {
    /// Of what each took; not numbers where there are none.
    #[must_use]
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let last = times.len().saturating_sub(1) as f64;
        let at = |share: f64| times.get((share * last).round() as usize);
        let ms = |share| at(share).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
        Self {
            p50: ms(0.50),
            p99: ms(0.99),
            count: times.len(),
        }
    }
}
