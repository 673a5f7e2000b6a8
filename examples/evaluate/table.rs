//! All methods on all data, as one table in Markdown.

use std::fmt::Write;

use ranker::eval::{Comparison, Evaluation, Metric};
use ranker_examples::Outcome;

use crate::{Args, Data, METRICS, Method, system::System};

/// The methods, the whole ranking last.
pub(crate) fn methods(args: &Args) -> Vec<Method> {
    let both = [Method::Hybrid, Method::Full];
    args.legs().into_iter().chain(both).collect()
}

/// The metric by which the strongest of the other methods is chosen.
const STRONGEST: &str = "ndcg@10";

/// The lines above the rows.
pub(crate) fn head() -> String {
    let metrics = METRICS.join(" | ");
    let rule = "---|".repeat(METRICS.len() + 3);
    format!("| data | queries | method | {metrics} |\n|{rule}")
}

/// A row for each method, and what the whole ranking gains over the strongest of the others: mean difference, 95 % interval,
/// p of the paired randomisation test after Holm's correction over the metrics.
pub(crate) fn rows(args: &Args, name: &str, data: &Data) -> Outcome<String> {
    let system = System::build(args, &data.documents)?;
    let mut measured: Vec<(Method, Evaluation)> = Vec::new();
    for method in methods(args) {
        let (run, _) = system.answer(method, &data.queries)?;
        measured.push((method, data.measure(&run)));
    }
    let mut rows = String::new();
    for (method, evaluation) in &measured {
        let means = evaluation.metrics().map(|metric| mean(evaluation, metric));
        let means: Vec<String> = means.collect();
        let (method, means) = (method.name(), means.join(" | "));
        let queries = data.queries.len();
        writeln!(rows, "| {name} | {queries} | `{method}` | {means} |")?;
    }
    let strongest: Metric = STRONGEST.parse()?;
    let (full, others) = measured.split_last().ok_or("no method")?;
    let by_strength = |other: &&(Method, Evaluation)| other.1.mean(strongest);
    let best = others.iter().max_by(|a, b| {
        let (a, b) = (by_strength(a), by_strength(b));
        a.unwrap_or_default().total_cmp(&b.unwrap_or_default())
    });
    let (method, best) = best.ok_or("no method")?;
    let name_of_best = method.name();
    let compared = Comparison::against(name_of_best, best).system("full", &full.1);
    let gains = compared.build()?;
    let gains: Vec<String> = gains.rows().iter().map(gain).collect();
    let gains = gains.join(" | ");
    writeln!(rows, "| {name} | | gain over `{name_of_best}` | {gains} |")?;
    Ok(rows)
}

pub(crate) fn mean(evaluation: &Evaluation, metric: Metric) -> String {
    short(evaluation.mean(metric).unwrap_or_default(), "")
}

pub(crate) fn gain(row: &ranker::eval::Row) -> String {
    let Some(cell) = row.cells.first() else {
        return String::new();
    };
    let difference = short(cell.mean - row.baseline, "+");
    let (lower, upper) = (
        short(cell.interval.lower, "+"),
        short(cell.interval.upper, "+"),
    );
    let p = match cell.p_holm {
        p if p < 0.0001 => "< .0001".to_owned(),
        p if p > 0.9949 => "1".to_owned(),
        p => short(p, ""),
    };
    format!("{difference} [{lower}, {upper}] p {p}")
}

/// Four decimals without the zero before the point.
fn short(value: f64, plus: &str) -> String {
    let sign = if value < 0.0 { "-" } else { plus };
    let digits = format!("{:.4}", value.abs());
    format!("{sign}{}", digits.strip_prefix('0').unwrap_or(&digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(0.5, ""), ".5000");
        assert_eq!(short(-0.02, "+"), "-.0200");
        assert_eq!(short(0.02, "+"), "+.0200");
        assert_eq!(short(1.0, ""), "1.0000");
    }
}
