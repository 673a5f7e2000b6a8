//! Exact dense retrieval with the encoder as it is in training: before and after, in pairs.

use std::collections::BTreeMap;
use std::path::Path;

use ranker::eval::{BeirDataset, Comparison, Evaluation, Metric, Options, Qrels, Run, evaluate};
use ranker::lora::{Role, TextTokenizer, Trainer};
use ranker_examples::{Outcome, say};
use serde_json::{Value, json};

use crate::Args;

/// Hits kept for each query.
const DEPTH: usize = 1000;
/// Texts embedded at once.
const BATCH: usize = 256;

pub(crate) type Tuned<'t> = (&'t Trainer<'t>, &'t TextTokenizer);

/// Measures the untrained encoder; nothing for a training that goes on from a checkpoint, which is
/// no longer untrained.
pub(crate) fn before(args: &Args, tuned: Tuned<'_>) -> Outcome<Option<Evaluation>> {
    match &args.eval {
        Some(folder) if tuned.0.step() == 0 => Ok(Some(measured(args, folder, tuned)?)),
        _ => Ok(None),
    }
}

/// Measures again, shows both side by side, and returns the means for the report.
pub(crate) fn after(args: &Args, tuned: Tuned<'_>, before: Option<Evaluation>) -> Outcome<Value> {
    let Some(folder) = &args.eval else {
        return Ok(Value::Null);
    };
    let after = measured(args, folder, tuned)?;
    compared(before.as_ref(), &after)
}

/// Shows two evaluations side by side, and returns the means for the report.
pub(crate) fn compared(before: Option<&Evaluation>, after: &Evaluation) -> Outcome<Value> {
    if let Some(before) = before {
        let table = Comparison::against("before", before).system("after", after);
        say(&table.build()?.to_markdown());
    }
    let means = |evaluation: &Evaluation| -> Value {
        let means = evaluation.metrics();
        means
            .map(|metric| (metric.to_string(), json!(evaluation.mean(metric))))
            .collect()
    };
    Ok(json!({ "before": before.map(means), "after": means(after) }))
}

fn measured(args: &Args, folder: &Path, tuned: Tuned<'_>) -> Outcome<Evaluation> {
    let dense = dense(args, folder, tuned)?;
    judged(&dense.judged, &dense.run)
}

pub(crate) fn judged(judged: &Qrels, run: &Run) -> Outcome<Evaluation> {
    let metrics = ["mrr", "ndcg@10", "map", "recall@100"].map(str::parse::<Metric>);
    let metrics: Vec<Metric> = metrics.into_iter().collect::<Result<_, _>>()?;
    Ok(evaluate(judged, run, &metrics, &Options::new()))
}

/// What exact dense retrieval finds.
pub(crate) struct Dense {
    /// Texts of the queries and of the documents, by id.
    pub(crate) queries: Vec<(String, String)>,
    pub(crate) documents: BTreeMap<String, String>,
    /// Every query's documents, the best first, with their scores.
    pub(crate) hits: Vec<Vec<(String, f64)>>,
    pub(crate) run: Run,
    pub(crate) judged: Qrels,
}

pub(crate) fn dense(args: &Args, folder: &Path, tuned: Tuned<'_>) -> Outcome<Dense> {
    let data = BeirDataset::open(folder)?;
    let (mut ids, mut texts) = (Vec::new(), Vec::new());
    for document in data.documents()? {
        let document = document?;
        texts.push(
            format!("{}\n{}", document.title, document.text)
                .trim()
                .to_owned(),
        );
        ids.push(document.id);
    }
    let documents = embedded(&texts, Role::Document, tuned)?;
    let by_id = ids.iter().cloned().zip(texts).collect();
    let queries = data.queries().iter().skip(args.offset);
    let queries: Vec<_> = queries.take(args.limit.unwrap_or(usize::MAX)).collect();
    let texts: Vec<String> = queries.iter().map(|query| query.text.clone()).collect();
    let mut run = Run::new("dense");
    let (mut judged, mut all) = (Qrels::new(), Vec::new());
    for (query, row) in queries.iter().zip(embedded(&texts, Role::Query, tuned)?) {
        let score = |document: &Vec<f32>| -> f64 {
            document
                .iter()
                .zip(&row)
                .map(|(a, b)| f64::from(a * b))
                .sum()
        };
        let mut hits: Vec<(&str, f64)> = ids
            .iter()
            .map(String::as_str)
            .zip(documents.iter().map(score))
            .collect();
        hits.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        hits.truncate(DEPTH);
        run.insert(&query.id, hits.iter().copied())?;
        all.push(
            hits.into_iter()
                .map(|(id, score)| (id.to_owned(), score))
                .collect(),
        );
        for (document, grade) in data.qrels().judgments(&query.id).into_iter().flatten() {
            judged.insert(&query.id, document, *grade)?;
        }
    }
    let queries = queries
        .iter()
        .map(|query| (query.id.clone(), query.text.clone()));
    Ok(Dense {
        queries: queries.collect(),
        documents: by_id,
        hits: all,
        run,
        judged,
    })
}

/// Embeddings of texts of one role, in the order of `texts`, computed by length so that a batch is even.
pub(crate) fn embedded(
    texts: &[String],
    role: Role,
    (trainer, tokenizer): Tuned<'_>,
) -> Outcome<Vec<Vec<f32>>> {
    let ids: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| tokenizer.ids(text, role))
        .collect::<Result<_, _>>()?;
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|&index| ids[index].len());
    let mut rows = vec![Vec::new(); ids.len()];
    for batch in order.chunks(BATCH) {
        let batch_ids: Vec<&[u32]> = batch.iter().map(|&index| &ids[index][..]).collect();
        let embeddings = trainer.embed(&batch_ids);
        let width = embeddings.len() / batch.len();
        for (&index, row) in batch.iter().zip(embeddings.chunks(width)) {
            rows[index] = row.to_vec();
        }
    }
    Ok(rows)
}
