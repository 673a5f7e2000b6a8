//! An encoder that finds documents: the one in training, or the one whose hits are reranked.

use std::path::Path;

use ranker::lora::{Loss, Pair, Task, TextTokenizer, Trainer};
use ranker_examples::Outcome;

use crate::Args;
use crate::base::Frozen;

/// An encoder as it is in its folder, with its tokenizer, which knows prompts and pooling.
pub(crate) struct Retriever {
    pub(crate) encoder: Frozen,
    pub(crate) tokenizer: TextTokenizer,
}

impl Retriever {
    pub(crate) fn read(args: &Args, folder: &Path) -> Outcome<Self> {
        Ok(Self {
            encoder: Frozen::read(args, folder)?,
            tokenizer: TextTokenizer::read(folder)?,
        })
    }

    /// A trainer that has learned nothing and never will: it embeds as the encoder does.
    pub(crate) fn embedder(&self, args: &Args) -> Outcome<Trainer<'_>> {
        let pair = self.tokenizer.pairs(&[Pair::new("a", "b")])?;
        let task = Task::new([&pair[..], &pair].concat(), Loss::Symmetric);
        let builder = Trainer::builder(self.encoder.base(), args.adapter()?).task(task);
        Ok(builder.pooling(self.tokenizer.pooling()).build()?)
    }
}
