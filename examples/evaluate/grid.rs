//! Tries weights for the model that serves before any feedback.
//!
//! This is how the weights of `LinearScorer::prior` were chosen, on development data.

use std::fmt::Write;

use ranker::Ranking;
use ranker::core::{FeatureSchema, Scorer};
use ranker::eval::{Evaluation, Metric, QueryText, Run};
use ranker::score::LinearScorer;
use ranker_examples::Outcome;

use crate::system::System;

const BM25: [f64; 7] = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6];
const MAXSIM: [f64; 4] = [0.0, 0.5, 1.0, 2.0];

/// Ranks every query once, then scores the same features with each pair of weights.
pub(crate) fn search(
    system: &System,
    queries: &[QueryText],
    measure: impl Fn(&Run) -> Evaluation,
) -> Outcome<String> {
    let rankings: Vec<(&QueryText, Ranking)> = queries
        .iter()
        .map(|query| Ok((query, system.rank(query)?)))
        .collect::<Outcome<_>>()?;
    let (mrr, ndcg): (Metric, Metric) = ("mrr".parse()?, "ndcg@10".parse()?);
    let mut table = "dense  bm25  maxsim     mrr  ndcg@10\n".to_owned();
    for maxsim in MAXSIM {
        for bm25 in BM25 {
            let measured = measure(&scored(&rankings, bm25, maxsim)?);
            let [mrr, ndcg] = [mrr, ndcg].map(|m| measured.mean(m).unwrap_or_default());
            writeln!(
                table,
                "{:5.2} {bm25:5.2}   {maxsim:5.2}  {mrr:.4}   {ndcg:.4}",
                1.0
            )?;
        }
    }
    Ok(table)
}

fn scored(rankings: &[(&QueryText, Ranking)], bm25: f64, maxsim: f64) -> Outcome<Run> {
    let mut run = Run::new("grid");
    for (query, ranking) in rankings {
        let Some(first) = ranking.iter().next() else {
            continue;
        };
        let schema = first.features.schema();
        let scorer = LinearScorer::new(schema.clone(), weights(schema, bm25, maxsim))?;
        let scores = ranking.iter().map(|ranked| {
            let score = scorer.score(&ranked.features)?[0].get();
            Ok((ranked.id().to_string(), score))
        });
        run.insert(&query.id, scores.collect::<Outcome<Vec<_>>>()?)?;
    }
    Ok(run)
}

fn weights(schema: &FeatureSchema, bm25: f64, maxsim: f64) -> Vec<f64> {
    let weight = |name: &str| match name {
        "dense" => 1.0,
        "bm25" => bm25,
        "maxsim" => maxsim,
        _ => 0.0,
    };
    schema.names().map(weight).collect()
}
