//! Learns a ranking model from judged lists and measures it on lists that it has not seen.

mod data;
mod folds;
mod policy;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, ValueEnum};
use ranker::rlhf::{
    Best, Blend, Learner, Mart, Mlp, Objective, PairwiseLinear, PolicyGradient, Ridge,
};
use ranker_examples::{Outcome, finish};

/// Learns a ranking model from judged lists (SVMlight's format) and measures it on held-out ones.
///
/// The lists of all files are dealt to folds, list n to fold n mod FOLDS; each fold is ranked by
/// a model that was learned from the others. Whatever a model is chosen by (penalties, objectives,
/// weights of a blend) is cross-validated within the lists that it learns from. NDCG has the gain
/// 2^grade - 1; lists without a relevant row count 1, as in LightGBM and XGBoost; rows with equal
/// scores count their expectation.
#[derive(Debug, Parser)]
struct Args {
    /// Judged lists: `grade [qid:query] index:value ...`, with the sizes of the lists in FILE.query
    /// where there is no `qid:`.
    #[arg(long)]
    train: PathBuf,
    /// More of them. With `--folds 1` these are measured, by a model learned from the others.
    #[arg(long)]
    test: Option<PathBuf>,
    /// What is learned.
    #[arg(long, value_enum)]
    model: Kind,
    /// Held-out parts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    folds: u32,
    /// The seed of what `policy` samples.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Writes the numbers as JSON: NDCG with its standard error, the mean seconds to learn one model
    /// with all its choices, and the microseconds to score a row on one thread.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Writes each list's NDCG: metric, list and value, separated by tabs.
    #[arg(long)]
    per_query: Option<PathBuf>,
    /// Compares with what another run or program wrote by `--per-query`, in pairs.
    #[arg(long)]
    against: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A linear model: pairwise logistic or ridge regression, whichever does better.
    Linear,
    /// A linear model by pairwise logistic regression.
    Pairwise,
    /// Boosted trees, pairwise, with fixed settings.
    Mart,
    /// A small neural network.
    Mlp,
    /// A linear model by pairs, then improved by policy gradient with a price on leaving it.
    Policy,
    /// Boosted trees of three objectives and a linear model together.
    Blend,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Pairwise => "pairwise",
            Self::Mart => "mart",
            Self::Mlp => "mlp",
            Self::Policy => "policy",
            Self::Blend => "blend",
        }
    }

    fn learner(self, seed: u64) -> Arc<dyn Learner> {
        match self {
            Self::Linear => {
                let learners = PairwiseLinear::grid().into_iter().chain(Ridge::grid());
                Arc::new(Best::of(learners))
            }
            Self::Pairwise => Arc::new(Best::of(PairwiseLinear::grid())),
            Self::Mart => Arc::new(mart()),
            Self::Mlp => {
                let learner = |penalty| Mlp::new().with_penalty(penalty);
                let learners = [30.0, 100.0, 300.0].map(learner);
                let learners = learners.map(|mlp| Arc::new(mlp) as Arc<dyn Learner>);
                Arc::new(Best::of(learners))
            }
            Self::Policy => Arc::new(policy::Policy(PolicyGradient::new().with_seed(seed))),
            Self::Blend => Arc::new(blend()),
        }
    }
}

/// A tenth of the features a tree: these files have hundreds, most of them noise.
fn mart() -> Mart {
    Mart::new().with_shares(0.1, 0.7)
}

/// Trees vary with what each is shown, so two seeds of an objective are worth more than one.
fn blend() -> Blend {
    let truncation = 30;
    let trees = |objective, seed| -> Arc<dyn Learner> {
        Arc::new(mart().with_objective(objective).with_seed(seed))
    };
    Blend::of([
        trees(Objective::Pairwise { truncation }, 0),
        trees(Objective::Pairwise { truncation }, 1),
        trees(Objective::LambdaRank { truncation }, 0),
        trees(Objective::Regression, 0),
        trees(Objective::Regression, 1),
        Arc::new(Best::of(Ridge::grid())),
    ])
}

fn main() -> ExitCode {
    finish(measure(&Args::parse()))
}

fn measure(args: &Args) -> Outcome {
    let data = data::read(&args.train, args.test.as_deref())?;
    let parts = data.parts(args.folds as usize)?;
    let learned = folds::run(&*args.model.learner(args.seed), &data.lists, &parts)?;
    report::report(args, &data.lists, &learned)
}
