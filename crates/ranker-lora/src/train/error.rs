use std::path::PathBuf;

use thiserror::Error;

use crate::LoraError;
use crate::error::Source;

/// What can go wrong while an adapter is trained.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file, setting or model is wrong.
    #[error(transparent)]
    Lora(#[from] LoraError),
    /// A line of a file of pairs cannot be used.
    #[error("{}, line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A pair or text cannot be trained on.
    #[error("task {task}, pair {pair}: {problem}")]
    Pair {
        /// The task's number, from 0, in the order in which tasks were given; anchors come last.
        task: usize,
        /// The pair's number in its task, from 0.
        pair: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The loss or its gradient is not a finite number. The adapter is as before this step, and so
    /// is the last checkpoint.
    #[error(
        "the {what} of step {step} is not finite (pairs {pairs:?} of the first task); lower the \
         learning rate or look at these pairs{}", kept(checkpoint.as_ref())
    )]
    Diverged {
        /// `loss` or `gradient`.
        what: &'static str,
        /// The step, from 1.
        step: usize,
        /// The first task's pairs in that step, from 0.
        pairs: Vec<usize>,
        /// The last good checkpoint, where there is one.
        checkpoint: Option<PathBuf>,
    },
    /// The training would end with an adapter that changes nothing, or nothing to speak of.
    #[error("nothing was learned by step {step}: {problem}")]
    LearnsNothing {
        /// The step, from 1.
        step: usize,
        /// How it shows.
        problem: &'static str,
    },
    /// A checkpoint belongs to another training.
    #[error("{} cannot be resumed: {problem}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: &'static str,
    },
    /// The development metric failed, or was not a number.
    #[error("the metric failed after step {step}")]
    Metric {
        /// The step, from 1.
        step: usize,
        /// The error of the metric.
        source: Source,
    },
    /// A tokenizer failed.
    #[error("cannot tokenise {text:?}")]
    Tokens {
        /// The beginning of the text.
        text: String,
        /// The error of the tokenizer.
        source: Source,
    },
}

fn kept(checkpoint: Option<&PathBuf>) -> String {
    match checkpoint {
        Some(path) => format!("; the last good state is in {}", path.display()),
        None => String::new(),
    }
}
