//! The numbers, for people and for programs.

use std::io::{self, Write};

use ranker_examples::Outcome;
use serde_json::json;

use crate::measure::{Measured, Point};

/// How many grades, in words.
pub(crate) fn named(events: Option<usize>) -> String {
    events.map_or_else(|| "all".to_owned(), |events| events.to_string())
}

pub(crate) fn print(measured: &Measured, points: &[Point]) -> Outcome {
    let out = &mut io::stdout().lock();
    writeln!(
        out,
        "{} jobs, each measured by a model that never saw it\n",
        measured.jobs
    )?;
    writeln!(out, "{:>10}  {:>6}  {:>10}", "alone", "MRR", "success@10")?;
    for (name, evaluation) in &measured.alone {
        let (mrr, success) = (measured.mrr(evaluation), measured.success_at_10(evaluation));
        writeln!(out, "{name:>10}  {mrr:.4}  {success:>10.4}")?;
    }
    writeln!(
        out,
        "\n{:>10}  {:>6}  {:>16}  {:>10}  {:>7} {:>7} {:>7} {:>7}",
        "grades", "MRR", "95 % interval", "success@10", "p: bm25", "dense", "hybrid", "none"
    )?;
    for point in points {
        let [bm25, dense, hybrid] = point.p_values;
        let none = match points.first() {
            Some(first) => measured.p_value(&first.evaluation, &point.evaluation)?,
            None => 1.0,
        };
        writeln!(
            out,
            "{:>10}  {:.4}  [{:.4}, {:.4}]  {:>10.4}  {bm25:>7.4} {dense:>7.4} {hybrid:>7.4} {none:>7.4}",
            named(point.events),
            point.mrr,
            point.interval.0,
            point.interval.1,
            point.success_at_10,
        )?;
    }
    writeln!(
        out,
        "\np: two-sided paired randomisation test of MRR, against each alone and against no grades; \
         not corrected."
    )?;
    Ok(())
}

pub(crate) fn json(measured: &Measured, points: &[Point]) -> Outcome<String> {
    let events = |point: &Point| point.events.map_or(json!("all"), |events| json!(events));
    let each = |value: &dyn Fn(&Point) -> f64| points.iter().map(value).collect::<Vec<f64>>();
    let [bm25, dense, hybrid] = measured.alone.each_ref().map(|(_, e)| measured.mrr(e));
    let [_, dense_success, _] = measured
        .alone
        .each_ref()
        .map(|(_, e)| measured.success_at_10(e));
    Ok(serde_json::to_string_pretty(&json!({
        "jobs": measured.jobs,
        "events": points.iter().map(events).collect::<Vec<_>>(),
        "mrr": each(&|point| point.mrr),
        "mrr_low": each(&|point| point.interval.0),
        "mrr_high": each(&|point| point.interval.1),
        "success@10": each(&|point| point.success_at_10),
        "p_value_vs_bm25": each(&|point| point.p_values[0]),
        "p_value_vs_dense": each(&|point| point.p_values[1]),
        "p_value_vs_hybrid": each(&|point| point.p_values[2]),
        "bm25_mrr": bm25,
        "dense_mrr": dense,
        "hybrid_mrr": hybrid,
        "dense_success@10": dense_success,
    }))?)
}
