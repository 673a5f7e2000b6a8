//! Learning from some lists and scoring others.

use std::time::{Duration, Instant};

use ranker::core::Scorer;
use ranker::rlhf::{Examples, JudgedList, Learner};
use ranker_examples::{Outcome, Progress};

use crate::data::Part;

/// What the models said of lists that they had not seen, and how long it took.
pub(crate) struct Learned {
    /// The lists' places and their rows' scores.
    pub(crate) scores: Vec<(usize, Vec<f64>)>,
    pub(crate) folds: usize,
    pub(crate) training: Duration,
    pub(crate) scoring: Duration,
}

pub(crate) fn run(learner: &dyn Learner, lists: &[JudgedList], parts: &[Part]) -> Outcome<Learned> {
    let mut learned = Learned {
        scores: Vec::new(),
        folds: parts.len(),
        training: Duration::ZERO,
        scoring: Duration::ZERO,
    };
    let mut progress = Progress::new("learning folds", parts.len());
    for (done, part) in parts.iter().enumerate() {
        let train: Vec<JudgedList> = part.train.iter().map(|&at| lists[at].clone()).collect();
        let start = Instant::now();
        let model = learner.learn(&Examples::of(&train))?;
        learned.training += start.elapsed();
        let start = Instant::now();
        for &at in &part.test {
            let scores = model.score(lists[at].features())?;
            let scores = scores.into_iter().map(|score| score.get()).collect();
            learned.scores.push((at, scores));
        }
        learned.scoring += start.elapsed();
        progress.reach(done + 1);
    }
    progress.finish();
    Ok(learned)
}
