//! How far a long stage has come.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::say;

/// Shows progress on standard error: a bar on a terminal, elsewhere a line every few seconds.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    what: &'static str,
    started: Instant,
    said: Instant,
}

impl Progress {
    /// How long a log stays silent.
    const SILENCE: Duration = Duration::from_secs(5);

    /// Starts a stage over `total` things, such as "embedding profiles".
    #[must_use]
    pub fn new(what: &'static str, total: usize) -> Self {
        let template = "{prefix} {bar:30} {pos}/{len}  {per_sec}  {eta} left";
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .with_key(
                "per_sec",
                |state: &indicatif::ProgressState, w: &mut dyn std::fmt::Write| {
                    let _ = write!(w, "{:.0}/s", state.per_sec());
                },
            );
        let bar = ProgressBar::new(total as u64).with_style(style);
        let now = Instant::now();
        Self {
            bar: bar.with_prefix(what),
            what,
            started: now,
            said: now,
        }
    }

    /// Says that `done` of them are done.
    pub fn reach(&mut self, done: usize) {
        self.bar.set_position(done as u64);
        if self.bar.is_hidden() && self.said.elapsed() >= Self::SILENCE {
            self.said = Instant::now();
            say(&self.line());
        }
    }

    /// Ends the stage and clears the bar.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }

    fn line(&self) -> String {
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or_default());
        let rate = done as f64 / self.started.elapsed().as_secs_f64().max(1e-9);
        let left = total.saturating_sub(done) as f64 / rate.max(1e-9);
        let what = self.what;
        format!("{what}: {done}/{total}, {rate:.0}/s, {left:.0} s left")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_far_and_how_long() {
        let mut progress = Progress::new("embedding profiles", 200);
        progress.started -= Duration::from_secs(10);
        progress.reach(100);
        assert_eq!(
            progress.line(),
            "embedding profiles: 100/200, 10/s, 10 s left"
        );
        progress.finish();
    }
}
