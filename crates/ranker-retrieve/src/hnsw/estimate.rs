//! How long building a graph would take.

use std::time::{Duration, Instant};

use super::graph::Graph;
use super::options::HnswOptions;
use crate::entry::Entry;
use crate::error::IndexError;

/// Entries whose graph is built to estimate how long all would take.
const SAMPLE: usize = 2000;

/// [`IndexError::BuildTime`] where building would take longer than it may.
pub(super) fn check(entries: &[Entry], options: HnswOptions) -> Result<(), IndexError> {
    let Some(limit) = options.max_build.filter(|_| entries.len() > SAMPLE) else {
        return Ok(());
    };
    let sample = entries.iter().step_by(entries.len() / SAMPLE);
    let sample: Vec<Entry> = sample.take(SAMPLE).cloned().collect();
    let start = Instant::now();
    Graph::build(sample, options);
    let estimate = grown(start.elapsed(), entries.len());
    match estimate > limit {
        true => Err(IndexError::BuildTime {
            candidates: entries.len(),
            estimate,
            limit,
        }),
        false => Ok(()),
    }
}

/// What takes so long for the sample takes so long for all: each of `n` is linked by a search, whose
/// steps grow with `log n` (Malkov and Yashunin, 2018, section 4.2). Memory that no cache holds makes it
/// longer still.
fn grown(sample: Duration, all: usize) -> Duration {
    let (few, many) = (SAMPLE as f64, all as f64);
    let seconds = sample.as_secs_f64() * (many / few) * (many.ln() / few.ln());
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_a_little_more_than_the_number() {
        let second = Duration::from_secs(1);
        assert_eq!(grown(second, SAMPLE), second);
        let many = grown(second, 500 * SAMPLE).as_secs_f64();
        assert!((900.0..920.0).contains(&many), "{many}");
        assert_eq!(grown(Duration::MAX, 500 * SAMPLE), Duration::MAX);
    }
}
