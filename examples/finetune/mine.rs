//! Hard negatives among the pairs' own texts.

use ranker::lora::{Matrix, Miner, Pair, Role};
use ranker_examples::{Outcome, say};

use crate::retriever::Retriever;
use crate::{Args, measure};

/// How many ranks are looked through for wrong answers.
const RANKS: usize = 100;

/// The pairs with hard negatives, as many as were asked for at most.
pub(crate) fn mined(args: &Args, retriever: &Retriever, pairs: Vec<Pair>) -> Outcome<Vec<Pair>> {
    if args.mine == 0 {
        return Ok(pairs);
    }
    let embedder = retriever.embedder(args)?;
    let embed = |role, text: fn(&Pair) -> &String| -> Outcome<Matrix> {
        let texts: Vec<String> = pairs.iter().map(|pair| text(pair).clone()).collect();
        let rows = measure::embedded(&texts, role, (&embedder, &retriever.tokenizer))?;
        let width = rows.first().map_or(0, Vec::len);
        Ok(Matrix::new(rows.len(), width, rows.concat())?)
    };
    let queries = embed(Role::Query, |pair| &pair.query)?;
    let positives = embed(Role::Document, |pair| &pair.positive)?;
    let miner = Miner::new(args.mine).with_ranks(args.skip..args.skip + RANKS);
    let mined = miner.mine(pairs, &queries, &positives)?;
    let found: usize = mined.iter().map(|pair| pair.negatives.len()).sum();
    say(&format!("{found} negatives for {} pairs", mined.len()));
    Ok(mined)
}
