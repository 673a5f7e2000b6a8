//! The training between the log and the new encoder.

use std::ops::ControlFlow;
use std::path::Path;

use ranker::lora::{Encoder, LoraConfig, Loss, Pair, Task, TextTokenizer, Trainer};
use ranker_examples::{Outcome, say};

use crate::Args;

/// The encoder with the trained adapter merged into it.
pub(crate) fn tuned(
    args: &Args,
    (base, encoder): (&Path, Encoder),
    mut pairs: Vec<Pair>,
) -> Outcome<Encoder> {
    for pair in &mut pairs {
        pair.negatives.truncate(args.negatives);
    }
    let jobs: std::collections::BTreeSet<_> = pairs.iter().map(|pair| &pair.query).collect();
    say(&format!("{} pairs of {} jobs", pairs.len(), jobs.len()));
    let tokenizer = TextTokenizer::read(base)?;
    let config = LoraConfig::new(16, 32.0, ["query", "key", "value", "dense"])?;
    let pairs = tokenizer.pairs(&pairs)?;
    let mut trainer = Trainer::builder(&encoder, config.with_excluded("pooler.dense"))
        .task(Task::new(pairs, Loss::Symmetric).with_batch(args.batch))
        .pooling(tokenizer.pooling())
        .epochs(args.steps)
        .max_steps(args.steps)
        .learning_rate(args.learning_rate)
        .seed(args.seed)
        .checkpoint(args.out.join("checkpoint"), 20)
        .build()?;
    let trained = trainer.run(|progress| {
        if progress.record.step.is_multiple_of(10) || progress.record.step == progress.steps {
            say(&progress.to_string());
        }
        ControlFlow::Continue(())
    })?;
    Ok(trained.tuned.encoder(&encoder)?)
}
