//! NDCG, times, and the comparison with another run.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use ranker::eval::{
    EmptyQuery, Evaluation, Metric, Options, Qrels, Resampling, Run, Ties, evaluate, sign_flip_test,
};
use ranker::rlhf::JudgedList;
use ranker_examples::Outcome;
use serde_json::json;

use crate::Args;
use crate::folds::Learned;

/// The names that are reported, and the metrics that have them here.
const METRICS: [(&str, &str); 2] = [("ndcg@5", "ndcg_exp@5"), ("ndcg@10", "ndcg_exp@10")];

pub(crate) fn report(args: &Args, lists: &[JudgedList], learned: &Learned) -> Outcome {
    let evaluation = evaluated(lists, learned)?;
    let values = METRICS.iter().map(|(name, metric)| {
        let values = per_query(&evaluation, metric)?;
        Ok((*name, values))
    });
    let values: Vec<(&str, BTreeMap<String, f64>)> = values.collect::<Outcome<_>>()?;
    print_numbers(args, learned, &values)?;
    if let Some(path) = &args.per_query {
        let mut file = BufWriter::new(File::create(path)?);
        for (name, values) in &values {
            for (query, value) in values {
                writeln!(file, "{name}\t{query}\t{value}")?;
            }
        }
        file.flush()?;
    }
    if let Some(path) = &args.against {
        for (name, values) in &values {
            compare(path, name, values)?;
        }
    }
    Ok(())
}

fn evaluated(lists: &[JudgedList], learned: &Learned) -> Outcome<Evaluation> {
    let mut qrels = Qrels::new();
    let mut run = Run::new("learned");
    for (at, scores) in &learned.scores {
        let query = format!("{at:06}");
        for (row, gain) in lists[*at].gains().iter().enumerate() {
            qrels.insert(&query, format!("{row}"), grade(*gain)?)?;
        }
        let scored = scores.iter().enumerate();
        run.insert(
            &query,
            scored.map(|(row, &score)| (format!("{row}"), score)),
        )?;
    }
    let metrics = METRICS.iter().map(|(_, metric)| metric.parse());
    let metrics: Vec<Metric> = metrics.collect::<Result<_, _>>()?;
    let options = Options::new().with_ties(Ties::Expected);
    // As LightGBM and XGBoost count them.
    let options = options.with_empty_query(EmptyQuery::One);
    Ok(evaluate(&qrels, &run, &metrics, &options))
}

/// The grade whose gain, `2^grade - 1`, this is.
fn grade(gain: f64) -> Outcome<i32> {
    let grade = (gain + 1.0).log2().round();
    if (grade.exp2() - 1.0 - gain).abs() > 1e-9 * gain.abs().max(1.0) {
        return Err(format!("a gain of {gain} is that of no whole grade").into());
    }
    Ok(grade as i32)
}

fn per_query(evaluation: &Evaluation, metric: &str) -> Outcome<BTreeMap<String, f64>> {
    let values = evaluation.values(metric.parse()?);
    let values = values.ok_or("the metric was measured")?;
    Ok(values.per_query().clone())
}

fn print_numbers(
    args: &Args,
    learned: &Learned,
    values: &[(&str, BTreeMap<String, f64>)],
) -> Outcome {
    let mut numbers = serde_json::Map::new();
    let mut put = |name: &str, value: serde_json::Value| numbers.insert(name.to_owned(), value);
    put("model", json!(args.model.name()));
    put("queries", json!(values[0].1.len()));
    put("folds", json!(learned.folds));
    for (name, values) in values {
        put(name, json!(mean(values)));
    }
    put("ndcg@10_se", json!(standard_error(&values[1].1)));
    let rows: usize = learned.scores.iter().map(|(_, scores)| scores.len()).sum();
    let training = learned.training.as_secs_f64() / learned.folds as f64;
    let scoring = learned.scoring.as_secs_f64() * 1e6 / rows.max(1) as f64;
    put("train_s", json!(training));
    put("score_us_per_row", json!(scoring));
    for (name, value) in &numbers {
        print(&match value.as_f64() {
            Some(value) if value.fract() != 0.0 => format!("{name:18} {value:.4}"),
            _ => format!("{name:18} {value}"),
        })?;
    }
    if let Some(path) = &args.json {
        serde_json::to_writer_pretty(BufWriter::new(File::create(path)?), &numbers)?;
    }
    Ok(())
}

/// The paired test against what another run wrote, list by list.
fn compare(path: &Path, name: &str, values: &BTreeMap<String, f64>) -> Outcome {
    let mut other = BTreeMap::new();
    for line in fs::read_to_string(path)?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [metric, query, value] = fields[..] else {
            return Err(format!("expected metric, list and value, found {line:?}").into());
        };
        if metric == name {
            other.insert(query.to_owned(), value.parse::<f64>()?);
        }
    }
    if !other.keys().eq(values.keys()) {
        return Err(format!("{} measures other lists", path.display()).into());
    }
    let pairs = values.values().zip(other.values());
    let differences: Vec<f64> = pairs.map(|(ours, theirs)| ours - theirs).collect();
    let test = sign_flip_test(&differences, &Resampling::new())?;
    print(&format!(
        "{name}: {:+.4} against {} ({:.4}), p = {:.3}",
        test.mean_difference,
        path.display(),
        mean(&other),
        test.p_value
    ))
}

fn mean(values: &BTreeMap<String, f64>) -> f64 {
    values.values().sum::<f64>() / values.len().max(1) as f64
}

fn standard_error(values: &BTreeMap<String, f64>) -> f64 {
    let count = values.len() as f64;
    let mean = mean(values);
    let squares: f64 = values.values().map(|value| (value - mean).powi(2)).sum();
    (squares / (count - 1.0) / count).sqrt()
}

fn print(text: &impl std::fmt::Display) -> Outcome {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
