//! Training of a cross-encoder, and what it is worth as a reranker.

use ranker::eval::Run;
use ranker::lora::{
    CrossEncoder, LoraError, Pair, PairIds, Precision, ScoreLoss, Task, TextTokenizer, Trainer,
};
use ranker_examples::{Outcome, read_weights, say};
use serde_json::Value;

use crate::measure::{self, Dense};
use crate::retriever::Retriever;
use crate::{Args, Quantize, Train, configured, mine, report, shown};

/// How many of the documents that embeddings find are put into a new order.
const DEPTH: usize = 50;

pub(crate) fn train(args: &Args, mut pairs: Vec<Pair>) -> Outcome {
    if args.train == Train::Full || args.quantize == Quantize::Nf4 {
        return Err("a cross-encoder is trained with an adapter beside weights as they are".into());
    }
    let (mut cross, retriever) = start(args)?;
    if let Some(retriever) = &retriever {
        pairs = mine::mined(args, retriever, pairs)?;
    }
    let tokenizer = TextTokenizer::read(&args.model)?;
    let mut lists = tokenizer.lists(&pairs)?;
    lists.retain(|list| !list.negatives.is_empty());
    let count = lists.len();
    let builder = Trainer::cross_encoder(&cross, args.adapter(cross.base())?)
        .task(Task::scores(lists, ScoreLoss::Softmax).with_batch(args.batch));
    let mut trainer = configured(args, builder).build()?;
    let (values, steps) = (trainer.parameters(), trainer.steps());
    say(&format!(
        "{count} lists, {steps} steps, {values} trained values"
    ));
    let trained = trainer.run(shown)?;
    let measured = match (&args.eval, &retriever) {
        (Some(folder), Some(retriever)) => {
            let embedder = retriever.embedder(args)?;
            let dense = measure::dense(args, folder, (&embedder, &retriever.tokenizer))?;
            reranked(&dense, (&trainer, &tokenizer))?
        }
        _ => Value::Null,
    };
    drop(trainer);
    if let Some(adapter) = trained.tuned.cross_adapter() {
        adapter.write(args.written("adapter"), &cross)?;
        adapter.merge(&mut cross)?;
    }
    cross.write_folder(&args.model, args.written("merged"), Precision::Float32)?;
    report(args, (count, values), (&trained, measured))
}

/// The cross-encoder to train, which may have a head already, and what finds documents for it.
fn start(args: &Args) -> Outcome<(CrossEncoder, Option<Retriever>)> {
    let folder = args.retriever.as_ref();
    match CrossEncoder::read(&args.model) {
        Ok(cross) => match folder {
            None if args.mine > 0 || args.eval.is_some() => {
                let folder = args.model.display();
                Err(format!("{folder} is a cross-encoder: name its --retriever").into())
            }
            _ => {
                let retriever = folder.map(|folder| Retriever::read(args, folder));
                Ok((cross, retriever.transpose()?))
            }
        },
        // An encoder, or a folder with model.onnx alone.
        Err(LoraError::MissingTensor { .. } | LoraError::Io { .. }) => {
            let retriever = Retriever::read(args, folder.unwrap_or(&args.model))?;
            let encoder = read_weights(&args.model)?;
            Ok((CrossEncoder::new(encoder, args.seed), Some(retriever)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The retriever's order before, and after its first documents were scored again.
fn reranked(dense: &Dense, (trainer, tokenizer): (&Trainer<'_>, &TextTokenizer)) -> Outcome<Value> {
    let mut run = Run::new("reranked");
    for (index, (id, _)) in dense.queries.iter().enumerate() {
        let hits = reordered(dense, index, (trainer, tokenizer))?;
        run.insert(id, hits.iter().map(|(id, score)| (&id[..], *score)))?;
        if index % 20 == 19 {
            say(&format!("{} queries reranked", index + 1));
        }
    }
    let before = measure::judged(&dense.judged, &dense.run)?;
    measure::compared(Some(&before), &measure::judged(&dense.judged, &run)?)
}

/// The first documents by their new scores, then the others as they were.
fn reordered(
    dense: &Dense,
    query: usize,
    (trainer, tokenizer): (&Trainer<'_>, &TextTokenizer),
) -> Outcome<Vec<(String, f64)>> {
    let hits = &dense.hits[query];
    let (first, rest) = hits.split_at(hits.len().min(DEPTH));
    let join =
        |(id, _): &(String, f64)| tokenizer.pair_ids(&dense.queries[query].1, &dense.documents[id]);
    let pairs: Vec<PairIds> = first.iter().map(join).collect::<Result<_, _>>()?;
    let mut first: Vec<(String, f64)> = first
        .iter()
        .zip(trainer.scores(&pairs))
        .map(|((id, _), score)| (id.clone(), f64::from(score)))
        .collect();
    first.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let all = first.into_iter().chain(rest.iter().cloned());
    // Only the order counts, and the two parts have scores of two kinds.
    Ok(all
        .zip(0..)
        .map(|((id, _), place)| (id, -f64::from(place)))
        .collect())
}
