//! An encoder that finds documents: the one in training, or the one whose hits are reranked.

use std::path::Path;

use ranker::lora::{Loss, Pair, Task, TextTokenizer, Trainer};
use ranker_examples::{Outcome, Weights};

use crate::{Args, Quantize};

/// An encoder as it is in its folder, with its tokenizer, which knows prompts and pooling.
pub(crate) struct Retriever {
    pub(crate) weights: Weights,
    pub(crate) tokenizer: TextTokenizer,
}

impl Retriever {
    pub(crate) fn read(args: &Args, folder: &Path) -> Outcome<Self> {
        Ok(Self {
            weights: Weights::read(folder, args.quantize == Quantize::Nf4)?,
            tokenizer: match args.max_tokens {
                Some(most) => TextTokenizer::read(folder)?.with_max_tokens(most)?,
                None => TextTokenizer::read(folder)?,
            },
        })
    }

    /// A trainer that has learned nothing and never will: it embeds as the encoder does.
    pub(crate) fn embedder(&self, args: &Args) -> Outcome<Trainer<'_>> {
        let pair = self.tokenizer.pairs(&[Pair::new("a", "b")])?;
        let task = Task::new([&pair[..], &pair].concat(), Loss::Symmetric);
        let base = self.weights.base();
        let builder = Trainer::builder(base, args.adapter(base)?).task(task);
        Ok(builder.pooling(self.tokenizer.pooling()).build()?)
    }
}
