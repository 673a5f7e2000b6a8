//! Learns from preferences before ranking.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use ranker::core::{Candidate, Embedder, Hit, Query, Request, Retriever, Role};
use ranker::files::read_jobs;
use ranker::rlhf::{BradleyTerry, Comparison, Outcome as Choice};
use ranker::score::LinearScorer;
use ranker::{JobDescription, Ranker};
use ranker_examples::{Outcome, Progress, say};

use crate::pool::Pool;
use crate::preferences::Preference;

/// Learns a scorer and serves it, unless it does worse than what was served on jobs it has not seen.
pub(crate) fn learn(
    ranker: &Ranker,
    pool: &Pool,
    jobs: &Path,
    preferences: &[Preference],
) -> Outcome {
    let comparisons = comparisons(ranker, pool, jobs, preferences)?;
    let prior = LinearScorer::prior(ranker.features().schema());
    let fit = BradleyTerry::new().fit(&comparisons, &prior)?;
    say(&format!(
        "learned from {} preferences on {} jobs",
        fit.comparisons, fit.jobs
    ));
    if let Some(result) = &fit.held_out {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        let (learned, before) = (percent(result.accuracy), percent(result.prior_accuracy));
        say(&format!(
            "right on held-out jobs: {learned} of the preferences, {before} before learning"
        ));
        if result.accuracy < result.prior_accuracy {
            say("the learned model is worse, so it is not used");
            return Ok(());
        }
    }
    Ok(ranker.serve(fit.scorer)?)
}

/// The preferences as feature rows, measured job by job.
fn comparisons(
    ranker: &Ranker,
    pool: &Pool,
    jobs: &Path,
    preferences: &[Preference],
) -> Outcome<Vec<Comparison>> {
    let known = read_jobs(jobs)?.into_iter().map(|job| (job.id, job.job));
    let known: HashMap<String, JobDescription> = known.collect();
    let mut by_job: BTreeMap<&str, Vec<&Preference>> = BTreeMap::new();
    for preference in preferences {
        by_job.entry(&preference.job).or_default().push(preference);
    }
    let mut progress = Progress::new("comparing candidates", by_job.len());
    let mut comparisons = Vec::with_capacity(preferences.len());
    for (done, (id, preferences)) in (1..).zip(by_job) {
        let job = known.get(id);
        let job = job.ok_or_else(|| format!("{} has no job {id:?}", jobs.display()))?;
        let measured = Measured::new(ranker, pool, job, &preferences)?;
        for Preference {
            preferred, other, ..
        } in preferences
        {
            let (better, worse) = (measured.row(preferred)?, measured.row(other)?);
            comparisons.push(Comparison::new(id, Choice::Preferred, better, worse)?);
        }
        progress.reach(done);
    }
    progress.finish();
    Ok(comparisons)
}

/// The features of the candidates that were compared for one job.
struct Measured(HashMap<String, Vec<f32>>);

impl Measured {
    fn new(
        ranker: &Ranker,
        pool: &Pool,
        job: &JobDescription,
        preferences: &[&Preference],
    ) -> Outcome<Self> {
        let embedded = pool.embedder.embed(&[&job.full_text()], Role::Query)?;
        let embedding = embedded
            .into_iter()
            .next()
            .ok_or("the encoder gave no embedding")?
            .embedding;
        let query = Query::new(job.clone()).with_embedding(embedding);
        // Everyone is retrieved, which is cheap; only those who were compared are measured.
        let everyone =
            pollster::block_on(pool.index.retrieve(&query, &Request::top(pool.profiles)))?;
        let compared = |hit: &Hit| {
            let id = hit.id().as_str();
            preferences
                .iter()
                .any(|said| said.preferred == id || said.other == id)
        };
        let candidates = everyone.into_iter().filter(compared).filter_map(|hit| {
            let profile = Arc::clone(hit.profile()?);
            Some(Candidate::new(hit, profile))
        });
        let candidates: Vec<Candidate> = candidates.collect();
        let features = ranker.features().extract(&query, &candidates)?;
        let ids = candidates
            .iter()
            .map(|candidate| candidate.id().to_string());
        Ok(Self(
            ids.zip(features.rows().map(<[f32]>::to_vec)).collect(),
        ))
    }

    fn row(&self, id: &str) -> Outcome<Vec<f32>> {
        let row = self.0.get(id).cloned();
        Ok(row
            .ok_or_else(|| format!("a preference names {id:?}, which is no profile of the pool"))?)
    }
}
