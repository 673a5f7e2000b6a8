//! Both rankers on the jobs that nothing was learned from.

use std::collections::HashMap;

use ranker::eval::{BeirDataset, Comparison, Evaluation, Metric, Options, Qrels, Run, evaluate};
use ranker::rlhf::JobId;
use ranker::{JobDescription, Ranker};
use ranker_examples::Outcome;

/// Prints how both rank, with paired tests.
pub(crate) fn report(
    data: &BeirDataset,
    jobs: &HashMap<JobId, JobDescription>,
    [serving, tuned]: [&Ranker; 2],
) -> Outcome {
    let mut held_out: Vec<_> = jobs.iter().filter(|(id, _)| id.is_held_out()).collect();
    held_out.sort_by_key(|(id, _)| *id);
    let before = measured(data, &held_out, serving)?;
    let after = measured(data, &held_out, tuned)?;
    println!("{} jobs held out\n", held_out.len());
    let table = Comparison::against("before", &before).system("tuned", &after);
    println!("{}", table.build()?.to_markdown());
    Ok(())
}

fn measured(
    data: &BeirDataset,
    jobs: &[(&JobId, &JobDescription)],
    ranker: &Ranker,
) -> Outcome<Evaluation> {
    let (mut run, mut judged) = (Run::new("ranker"), Qrels::new());
    for (id, job) in jobs {
        let ranking = pollster::block_on(ranker.rank(job))?;
        let hits = ranking
            .iter()
            .map(|ranked| (ranked.id().as_str(), ranked.score.get()));
        run.insert(id.as_str(), hits)?;
        for (document, grade) in data.qrels().judgments(id.as_str()).into_iter().flatten() {
            judged.insert(id.as_str(), document, *grade)?;
        }
    }
    let metrics = ["mrr", "ndcg@10", "success@10", "recall@50"].map(str::parse::<Metric>);
    let metrics: Vec<Metric> = metrics.into_iter().collect::<Result<_, _>>()?;
    Ok(evaluate(&judged, &run, &metrics, &Options::new()))
}
