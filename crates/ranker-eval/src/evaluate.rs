//! Metrics of a run, query by query.

use std::collections::BTreeMap;

use crate::judged::Judged;
use crate::measures;
use crate::metric::Metric;
use crate::options::{EmptyQuery, Options};
use crate::qrels::Qrels;
use crate::run::Run;

/// The values of one metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricValues {
    per_query: BTreeMap<String, f64>,
    without_relevant: Vec<String>,
}

impl MetricValues {
    /// The value of each query, between 0 and 1, by query id.
    pub fn per_query(&self) -> &BTreeMap<String, f64> {
        &self.per_query
    }

    /// The judged queries without a relevant document, to which [`EmptyQuery`] was applied.
    pub fn without_relevant(&self) -> &[String] {
        &self.without_relevant
    }

    /// The mean over the queries of [`MetricValues::per_query`]; `None` if there are none.
    pub fn mean(&self) -> Option<f64> {
        let sum: f64 = self.per_query.values().sum();
        (!self.per_query.is_empty()).then(|| sum / self.per_query.len() as f64)
    }
}

/// The values of a run in all metrics that were asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    metrics: Vec<(Metric, MetricValues)>,
    unjudged: Vec<String>,
    unanswered: Vec<String>,
}

impl Evaluation {
    /// The metrics, in the order asked for.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> {
        self.metrics.iter().map(|(metric, _)| *metric)
    }

    /// The values of a metric; `None` if it was not asked for.
    pub fn values(&self, metric: Metric) -> Option<&MetricValues> {
        let found = self.metrics.iter().find(|(asked, _)| *asked == metric);
        found.map(|(_, values)| values)
    }

    /// The mean of a metric over its queries; `None` if it was not asked for or no query has a
    /// relevant document.
    pub fn mean(&self, metric: Metric) -> Option<f64> {
        self.values(metric)?.mean()
    }

    /// The queries of the run without judgments, which were not evaluated.
    pub fn unjudged_queries(&self) -> &[String] {
        &self.unjudged
    }

    /// The judged queries without a ranking in the run, which count 0.
    pub fn unanswered_queries(&self) -> &[String] {
        &self.unanswered
    }
}

/// Evaluates a run: one value for each metric and judged query. A metric that is asked for
/// twice is computed once.
pub fn evaluate(qrels: &Qrels, run: &Run, metrics: &[Metric], options: &Options) -> Evaluation {
    let mut evaluation = Evaluation::empty(metrics);
    for (query, judgments) in qrels.iter() {
        let ranking = run.ranking(query);
        if ranking.is_none() {
            evaluation.unanswered.push(query.to_owned());
        }
        let judged = Judged::new(ranking.unwrap_or_default(), judgments, options.ties);
        for (metric, values) in &mut evaluation.metrics {
            let value = measures::value(*metric, &judged, options.relevant_from);
            values.add(query, value, options.empty_query);
        }
    }
    let unjudged = run
        .iter()
        .filter(|(query, _)| qrels.judgments(query).is_none());
    evaluation.unjudged = unjudged.map(|(query, _)| query.to_owned()).collect();
    evaluation
}

impl Evaluation {
    fn empty(metrics: &[Metric]) -> Self {
        let mut distinct: Vec<(Metric, MetricValues)> = Vec::new();
        for metric in metrics {
            if distinct.iter().all(|(known, _)| known != metric) {
                distinct.push((*metric, MetricValues::default()));
            }
        }
        Self {
            metrics: distinct,
            unjudged: Vec::new(),
            unanswered: Vec::new(),
        }
    }
}

impl MetricValues {
    fn add(&mut self, query: &str, value: Option<f64>, empty_query: EmptyQuery) {
        if value.is_none() {
            self.without_relevant.push(query.to_owned());
        }
        let value = value.or(match empty_query {
            EmptyQuery::Skip => None,
            EmptyQuery::Zero => Some(0.0),
            EmptyQuery::One => Some(1.0),
        });
        if let Some(value) = value {
            self.per_query.insert(query.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> (Qrels, Run) {
        let mut qrels = Qrels::new();
        for (query, document, grade) in [
            ("answered", "a", 1),
            ("empty", "a", 0),
            ("partly", "a", 1),
            ("unanswered", "a", 1),
        ] {
            qrels.insert(query, document, grade).unwrap();
        }
        let mut run = Run::new("run");
        run.insert("answered", [("b", 2.0), ("a", 1.0)]).unwrap();
        run.insert("empty", [("a", 1.0)]).unwrap();
        run.insert("partly", [("c", 1.0); 0]).unwrap();
        run.insert("unjudged", [("a", 1.0)]).unwrap();
        (qrels, run)
    }

    fn mean(rule: EmptyQuery, name: &str) -> f64 {
        let (qrels, run) = case();
        let metric = name.parse().unwrap();
        let options = Options::new().with_empty_query(rule);
        evaluate(&qrels, &run, &[metric], &options)
            .mean(metric)
            .unwrap()
    }

    #[test]
    fn empty_query_rules() {
        assert_eq!(mean(EmptyQuery::Skip, "mrr"), 0.5 / 3.0);
        assert_eq!(mean(EmptyQuery::Zero, "mrr"), 0.5 / 4.0);
        assert_eq!(mean(EmptyQuery::One, "mrr"), 1.5 / 4.0);
        assert_eq!(mean(EmptyQuery::One, "precision"), 1.5 / 4.0);
    }

    #[test]
    fn what_could_not_be_evaluated_is_listed() {
        let (qrels, run) = case();
        let mrr = Metric::Mrr(None);
        let evaluation = evaluate(&qrels, &run, &[mrr, mrr], &Options::new());
        assert_eq!(evaluation.metrics().count(), 1);
        assert_eq!(evaluation.unjudged_queries(), ["unjudged"]);
        assert_eq!(evaluation.unanswered_queries(), ["unanswered"]);
        assert_eq!(
            evaluation.values(mrr).unwrap().without_relevant(),
            ["empty"]
        );
        assert_eq!(evaluation.mean(Metric::Map(None)), None);
    }

    #[test]
    fn nothing_in_nothing_out() {
        let mrr = Metric::Mrr(None);
        let evaluation = evaluate(&Qrels::new(), &Run::new("r"), &[mrr], &Options::new());
        assert_eq!(evaluation.mean(mrr), None);
    }

    #[test]
    fn the_least_relevant_grade_does_not_touch_ndcg() {
        let mut qrels = Qrels::new();
        qrels.insert("q", "a", 1).unwrap();
        let mut run = Run::new("run");
        run.insert("q", [("a", 1.0)]).unwrap();
        let metrics = [Metric::Mrr(None), Metric::Ndcg(None)];
        let strict = evaluate(
            &qrels,
            &run,
            &metrics,
            &Options::new().with_relevant_from(2),
        );
        assert_eq!(strict.mean(metrics[0]), None);
        assert_eq!(strict.mean(metrics[1]), Some(1.0));
    }

    #[test]
    fn unjudged_documents_are_not_relevant_at_any_threshold() {
        let mut qrels = Qrels::new();
        qrels.insert("q", "a", 0).unwrap();
        let mut run = Run::new("run");
        run.insert("q", [("z", 2.0), ("a", 1.0)]).unwrap();
        let metrics = [Metric::Mrr(None)];
        let lenient = evaluate(
            &qrels,
            &run,
            &metrics,
            &Options::new().with_relevant_from(0),
        );
        assert_eq!(lenient.mean(metrics[0]), Some(0.5));
    }

    #[test]
    fn huge_grades_do_not_overflow() {
        let mut qrels = Qrels::new();
        qrels.insert("q", "a", i32::MAX).unwrap();
        qrels.insert("q", "b", 1).unwrap();
        qrels.insert("q", "c", i32::MIN).unwrap();
        let mut run = Run::new("run");
        run.insert("q", [("a", 3.0), ("b", 2.0), ("c", 1.0)])
            .unwrap();
        let metrics = [Metric::Ndcg(None), Metric::NdcgExp(None)];
        let evaluation = evaluate(&qrels, &run, &metrics, &Options::new());
        assert_eq!(
            metrics.map(|metric| evaluation.mean(metric)),
            [Some(1.0); 2]
        );
    }
}
