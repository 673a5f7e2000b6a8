//! Where the seconds went.

use std::fmt;
use std::time::{Duration, Instant};

/// Times the stages of a program, one after the other.
#[derive(Debug)]
pub struct Stages {
    started: Instant,
    ended: Duration,
    stages: Vec<(String, Duration)>,
}

impl Stages {
    /// Starts the clock of the first stage.
    #[must_use]
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            ended: Duration::ZERO,
            stages: Vec::new(),
        }
    }

    /// Ends a stage, which began where the one before it ended.
    pub fn done(&mut self, stage: impl Into<String>) {
        let now = self.started.elapsed();
        self.stages.push((stage.into(), now - self.ended));
        self.ended = now;
    }

    /// The stages so far and what each took.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.stages
            .iter()
            .map(|(name, took)| (name.as_str(), *took))
    }

    /// From the start to the end of the last stage.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.ended
    }
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, took) in self.iter() {
            writeln!(f, "{:>8.2} s  {name}", took.as_secs_f64())?;
        }
        write!(f, "{:>8.2} s  in all", self.total().as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_sum_to_the_total() {
        let mut stages = Stages::start();
        stages.done("one");
        std::thread::sleep(Duration::from_millis(2));
        stages.done("two");
        let sum: Duration = stages.iter().map(|(_, took)| took).sum();
        assert_eq!(sum, stages.total());
        assert!(stages.total() >= Duration::from_millis(2));
        assert!(stages.to_string().ends_with(" s  in all"));
    }
}
