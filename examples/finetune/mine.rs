//! Hard negatives among the pairs' own texts.

use ranker::lora::{Base, Loss, Matrix, Miner, Pair, Pooling, Task, TextTokenizer, Trainer};
use ranker_examples::{Outcome, say};

use crate::{Args, measure};

/// How many ranks are looked through for wrong answers.
const RANKS: usize = 100;

/// A trainer that has learned nothing and never will: it embeds as the encoder does.
pub(crate) fn embedder<'a>(
    args: &Args,
    (base, tokenizer): (Base<'a>, &TextTokenizer),
) -> Outcome<Trainer<'a>> {
    let pair = tokenizer.pairs(&[Pair::new("a", "b")])?;
    let task = Task::new([&pair[..], &pair].concat(), Loss::Symmetric);
    let builder = Trainer::builder(base, args.adapter()?).task(task);
    Ok(builder.pooling(Pooling::read(&args.model)?).build()?)
}

/// The pairs with hard negatives, as many as were asked for at most.
pub(crate) fn mined(
    args: &Args,
    (base, tokenizer): (Base<'_>, &TextTokenizer),
    pairs: Vec<Pair>,
) -> Outcome<Vec<Pair>> {
    let embedder = embedder(args, (base, tokenizer))?;
    let embed = |text: fn(&Pair) -> &String| -> Outcome<Matrix> {
        let texts: Vec<String> = pairs.iter().map(|pair| text(pair).clone()).collect();
        let rows = measure::embedded(&texts, (&embedder, tokenizer))?;
        let width = rows.first().map_or(0, Vec::len);
        Ok(Matrix::new(rows.len(), width, rows.concat())?)
    };
    let (queries, positives) = (embed(|pair| &pair.query)?, embed(|pair| &pair.positive)?);
    let miner = Miner::new(args.mine).ranks(args.skip..args.skip + RANKS);
    let mined = miner.mine(pairs, &queries, &positives)?;
    let found: usize = mined.iter().map(|pair| pair.negatives.len()).sum();
    say(&format!("{found} negatives for {} pairs", mined.len()));
    Ok(mined)
}
