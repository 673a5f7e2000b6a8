//! The same documents in memory and in engines of others, as one table in Markdown.

use ranker::eval::{Comparison, Evaluation};
use ranker_examples::Outcome;

use crate::legs::Legs;
use crate::system::{Documents, System};
use crate::table::{gain, mean, methods};
use crate::{Args, Data, METRICS, Method, percentile_ms, print};

/// The lines above the rows.
pub(crate) fn head() -> String {
    let metrics = METRICS.join(" | ");
    let rule = "---|".repeat(METRICS.len() + 4);
    format!("| data | store | method | {metrics} | p50, ms |\n|{rule}")
}

/// Prints a row for each store and method as it is measured, and how an engine differs from the index in memory: mean difference, 95 % interval, p of
/// the paired randomisation test after Holm's correction over the metrics.
pub(crate) fn print_rows(args: &Args, name: &str, data: &Data) -> Outcome {
    let documents = Documents::read(args, &data.documents)?;
    let methods = match &args.method {
        Some(method) => vec![*method],
        None => methods(args),
    };
    let measure = |store: &str, legs: Legs| -> Outcome<Vec<(Method, Evaluation)>> {
        let system = System::over(args, &documents, legs)?;
        let mut measured = Vec::new();
        for method in &methods {
            let (run, times) = system.answer(*method, &data.queries)?;
            let evaluation = data.measure(&run);
            let means = evaluation.metrics().map(|metric| mean(&evaluation, metric));
            let (means, median) = (
                means.collect::<Vec<_>>().join(" | "),
                percentile_ms(&times, 0.5),
            );
            let method_name = method.name();
            print(&format!(
                "| {name} | {store} | `{method_name}` | {means} | {median:.1} |"
            ))?;
            measured.push((*method, evaluation));
        }
        Ok(measured)
    };
    let memory = measure("in memory", Legs::in_memory(&documents)?)?;
    let mut others = Vec::new();
    for engine in &args.engine {
        let store = engine.split('=').next().unwrap_or(engine);
        let measured = measure(store, Legs::in_engine(engine, args, &documents)?)?;
        others.push((store, measured));
    }
    for (store, measured) in &others {
        for ((method, own), (_, evaluation)) in memory.iter().zip(measured) {
            let compared = Comparison::against("in memory", own).system(*store, evaluation);
            let gains: Vec<String> = compared.build()?.rows().iter().map(gain).collect();
            let (method, gains) = (method.name(), gains.join(" | "));
            print(&format!(
                "| {name} | {store} - in memory | `{method}` | {gains} | |"
            ))?;
        }
    }
    Ok(())
}
