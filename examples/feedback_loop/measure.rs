//! How good the rankings are.

use ranker::eval::{
    BeirDataset, Evaluation, Metric, Options, Qrels, Resampling, Run, bootstrap_interval, evaluate,
    paired_differences, sign_flip_test,
};
use ranker_examples::Outcome;

use crate::shown::{Scored, Shown};

/// What is measured, and what it is measured against.
pub(crate) struct Measured {
    qrels: Qrels,
    metrics: [Metric; 2],
    /// Keywords, embeddings, both; by their names.
    pub(crate) alone: [(&'static str, Evaluation); 3],
    /// The ranking before any feedback, once it is measured.
    pub(crate) jobs: usize,
}

/// One point of the curve.
pub(crate) struct Point {
    /// `None` for all there are.
    pub(crate) events: Option<usize>,
    pub(crate) mrr: f64,
    /// The 95 % interval of a bootstrap over jobs.
    pub(crate) interval: (f64, f64),
    pub(crate) success_at_10: f64,
    /// Of the paired randomisation test of MRR against each of the three alone.
    pub(crate) p_values: [f64; 3],
    pub(crate) evaluation: Evaluation,
}

impl Measured {
    pub(crate) fn baselines(data: &BeirDataset, shown: &Shown) -> Outcome<Self> {
        let metrics = ["mrr".parse()?, "success@10".parse()?];
        let mut qrels = Qrels::new();
        for query in data.judged_queries() {
            for (document, grade) in data.qrels().judgments(&query.id).into_iter().flatten() {
                qrels.insert(&query.id, document, *grade)?;
            }
        }
        let measure = |(name, scored): &(&'static str, Vec<Scored>)| {
            let evaluation = evaluate(&qrels, &run(name, scored)?, &metrics, &Options::new());
            Ok::<_, Box<dyn std::error::Error>>((*name, evaluation))
        };
        let [bm25, dense, hybrid] = &shown.alone;
        let alone = [measure(bm25)?, measure(dense)?, measure(hybrid)?];
        Ok(Self {
            qrels,
            metrics,
            alone,
            jobs: shown.lists.len(),
        })
    }

    /// The mean MRR of a method alone.
    pub(crate) fn mrr(&self, evaluation: &Evaluation) -> f64 {
        evaluation.mean(self.metrics[0]).unwrap_or(0.0)
    }

    /// The mean success@10.
    pub(crate) fn success_at_10(&self, evaluation: &Evaluation) -> f64 {
        evaluation.mean(self.metrics[1]).unwrap_or(0.0)
    }

    /// Measures the lists of all folds together.
    pub(crate) fn point(&self, events: Option<usize>, scored: Vec<Scored>) -> Outcome<Point> {
        let run = run("learned", &scored)?;
        let evaluation = evaluate(&self.qrels, &run, &self.metrics, &Options::new());
        let values = evaluation.values(self.metrics[0]);
        let values = values.map_or(Vec::new(), |v| v.per_query().values().copied().collect());
        let interval = bootstrap_interval(&values, 0.95, &Resampling::new())?;
        let mut p_values = [1.0; 3];
        for (p, (_, alone)) in p_values.iter_mut().zip(&self.alone) {
            *p = self.p_value(alone, &evaluation)?;
        }
        Ok(Point {
            events,
            mrr: self.mrr(&evaluation),
            interval: (interval.lower, interval.upper),
            success_at_10: self.success_at_10(&evaluation),
            p_values,
            evaluation,
        })
    }

    /// Of the two-sided paired randomisation test of two systems' MRR.
    pub(crate) fn p_value(&self, baseline: &Evaluation, system: &Evaluation) -> Outcome<f64> {
        let values = |e: &Evaluation| e.values(self.metrics[0]).cloned();
        let (Some(baseline), Some(system)) = (values(baseline), values(system)) else {
            return Ok(1.0);
        };
        let differences = paired_differences(&baseline, &system);
        let differences = differences.ok_or("the two measured different jobs")?;
        Ok(sign_flip_test(&differences, &Resampling::new())?.p_value)
    }
}

fn run(name: &str, scored: &[Scored]) -> Outcome<Run> {
    let mut run = Run::new(name);
    for (job, candidates) in scored {
        run.insert(job, candidates.iter().cloned())?;
    }
    Ok(run)
}
