//! Simulated recruiters: they know the dataset's judgments, and grade whom they are shown.

use std::collections::HashMap;

use ranker::eval::BeirDataset;
use ranker::rlhf::{Event, EventId, EventKind, JobId, RankingId, Timestamp};
use ranker::{JobDescription, Ranker};
use ranker_examples::{Outcome, Progress};

use crate::Args;

/// The judged queries as jobs.
pub(crate) fn jobs(data: &BeirDataset) -> Outcome<HashMap<JobId, JobDescription>> {
    let jobs = data.judged_queries();
    let jobs = jobs.map(|job| Ok((JobId::new(&job.id)?, JobDescription::new(&job.text)?)));
    jobs.collect()
}

/// Shows the first of every job's ranking, and logs what was shown and how it was graded. What is
/// logged already stays as it is.
pub(crate) fn grade(
    args: &Args,
    data: &BeirDataset,
    (ranker, jobs): (&Ranker, &HashMap<JobId, JobDescription>),
) -> Outcome {
    let mut progress = Progress::new("grading", jobs.len());
    for (done, (id, job)) in jobs.iter().enumerate() {
        let ranking = pollster::block_on(ranker.rank(job))?.truncated(args.grades);
        let shown = ranker.expose(&ranking, RankingId::new(id.as_str())?, id.clone())?;
        let mut events = vec![event(id.as_str(), EventKind::Impression(shown.impression))?];
        for ranked in &shown.ranked {
            let grade = data.qrels().grade(id.as_str(), ranked.id().as_str());
            let kind = EventKind::Grade {
                job: id.clone(),
                candidate: ranked.id().clone(),
                grade: grade.unwrap_or(0).max(0),
            };
            events.push(event(&format!("{id} {}", ranked.id()), kind)?);
        }
        pollster::block_on(ranker.record(events))?;
        progress.reach(done + 1);
    }
    progress.finish();
    Ok(())
}

fn event(id: &str, kind: EventKind) -> Outcome<Event> {
    Ok(Event::new(
        EventId::new(id)?,
        Timestamp::from_millis(0),
        kind,
    ))
}
