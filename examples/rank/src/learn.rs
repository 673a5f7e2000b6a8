//! Learns from preferences before ranking: they are recorded, learned from, and serve through the gate alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::time::SystemTime;

use pollster::block_on;
use ranker::core::CandidateId;
use ranker::files::read_jobs;
use ranker::rlhf::gate::{Gate, Reason, Verdict};
use ranker::rlhf::{
    Event, EventId, EventKind, FeedbackLog, JobId, Outcome as Choice, Preference as Said,
};
use ranker::{Error, JobDescription, Ranker, RankerBuilder};
use ranker_examples::{Outcome, Progress, bundled, causes, say};

use crate::Args;
use crate::preferences::Preference;

/// The file of the log, as `axum_server` names it too.
const LOG: &str = "feedback.sqlite";

/// The ranker, after it learned from preferences where there are any; and what became of that, in words.
pub(crate) fn ranker(
    builder: RankerBuilder,
    folder: &Path,
    (args, preferences): (&Args, Option<Vec<Preference>>),
) -> Outcome<(Ranker, Option<String>)> {
    let Some(preferences) = preferences else {
        return Ok((builder.build()?, None));
    };
    let log = folder.join(LOG);
    let builder = builder.feedback(FeedbackLog::open(&log)?);
    let ranker = builder.gate(Gate::by_judgments()).build()?;
    let jobs = args.jobs.clone();
    let jobs = jobs.unwrap_or_else(|| bundled::data("jobs.jsonl"));
    let learned = learn(&ranker, &FeedbackLog::open(&log)?, &jobs, &preferences)?;
    Ok((ranker, Some(learned)))
}

/// Records the preferences, learns from all that the log holds, and serves the result if the gate lets it
/// pass. What became of it, in words.
fn learn(
    ranker: &Ranker,
    log: &FeedbackLog,
    jobs: &Path,
    preferences: &[Preference],
) -> Outcome<String> {
    let stored = record(ranker, log, jobs, preferences)?;
    let path = log.path().display();
    say(&format!(
        "recorded {stored} preferences that are new, in {path}"
    ));
    let learned = match block_on(ranker.learn(|_| {})) {
        Ok(learned) => learned,
        Err(error @ Error::Learn(_)) => return Ok(format!("{}; the prior ranks", causes(&error))),
        Err(error) => return Err(error.into()),
    };
    let data = learned.data();
    let jobs: BTreeSet<&str> = data.comparisons.iter().map(|one| one.job()).collect();
    let (count, jobs) = (data.comparisons.len(), jobs.len());
    let verdict = block_on(ranker.promote(learned))?;
    Ok(format!(
        "learned from {count} preferences on {jobs} jobs: {}",
        in_words(&verdict)
    ))
}

/// The verdict for whoever gave the preferences.
fn in_words(verdict: &Verdict) -> String {
    if let (true, Some((gain, least))) = (verdict.promoted, verdict.numbers.ndcg) {
        return format!(
            "the learned model passed the gate and ranks; on jobs that it has not seen it orders better than \
             the one before, nDCG {gain:+.3}, and by {least:+.3} at least (95 % confidence)"
        );
    }
    let reasons: Vec<String> = verdict.reasons.iter().map(plain).collect();
    format!(
        "the gate refused the learned model, and the one before it ranks: {}",
        reasons.join("; ")
    )
}

fn plain(reason: &Reason) -> String {
    match reason {
        Reason::NoHeldOut { lists, least } => format!(
            "one job in five is held out to judge it by, which leaves {lists} of those given, and {least} are \
             needed: give preferences on some {} jobs",
            5 * least
        ),
        Reason::NdcgFalls {
            difference, low, ..
        } => format!(
            "on jobs that it has not seen nDCG changes by {difference:+.3}, with a lower bound of {low:+.3}: it \
             may order them no better"
        ),
        other => other.to_string(),
    }
}

/// Records what is not in the log yet, job by job; how many preferences that were.
fn record(
    ranker: &Ranker,
    log: &FeedbackLog,
    jobs: &Path,
    preferences: &[Preference],
) -> Outcome<usize> {
    let known = read_jobs(jobs)?.into_iter().map(|job| (job.id, job.job));
    let known: HashMap<String, JobDescription> = known.collect();
    let mut by_job: BTreeMap<&str, Vec<&Preference>> = BTreeMap::new();
    for preference in preferences {
        by_job.entry(&preference.job).or_default().push(preference);
    }
    let mut progress = Progress::new("measuring who was compared", by_job.len());
    let mut stored = 0;
    for (done, (id, preferences)) in (1..).zip(by_job) {
        let job = known.get(id);
        let job = job.ok_or_else(|| format!("{} has no job {id:?}", jobs.display()))?;
        let said = said(job, &preferences)?;
        let measured = measured(ranker, job, &said)
            .map_err(|error| format!("preferences on job {id:?}: {}", causes(&error)))?;
        let mut new = Vec::new();
        for (event, kind) in std::iter::once(measured).chain(said.into_iter().map(event)) {
            if log.event_by_id(&event)?.is_none() {
                stored += usize::from(matches!(kind, EventKind::Preference(_)));
                new.push(Event::new(event, SystemTime::now().into(), kind));
            }
        }
        block_on(ranker.record(new))?;
        progress.reach(done);
    }
    progress.finish();
    Ok(stored)
}

/// The preferences of one job, each once.
fn said(job: &JobDescription, preferences: &[&Preference]) -> Outcome<Vec<Said>> {
    let mut said: Vec<Said> = Vec::new();
    for preference in preferences {
        let (better, worse) = (&preference.preferred, &preference.other);
        let (better, worse) = (CandidateId::new(better)?, CandidateId::new(worse)?);
        let one = Said::new(JobId::of(job), better, worse, Choice::Preferred)?;
        if !said.contains(&one) {
            said.push(one);
        }
    }
    Ok(said)
}

/// The features of those whom the preferences compare.
fn measured(
    ranker: &Ranker,
    job: &JobDescription,
    said: &[Said],
) -> Result<(EventId, EventKind), Error> {
    let compared = said.iter().flat_map(|said| [said.better(), said.worse()]);
    let compared: BTreeSet<CandidateId> = compared.cloned().collect();
    let compared: Vec<CandidateId> = compared.into_iter().collect();
    let impression = block_on(ranker.measure(JobId::of(job), job, &compared))?;
    let id = EventId::new(impression.ranking().as_str()).map_err(Error::Event)?;
    Ok((id, EventKind::Impression(impression)))
}

/// A preference under an id of its own, so that it is recorded once however often its file is given. It has
/// no source: a file that the user names is the owner's own word.
fn event(said: Said) -> (EventId, EventKind) {
    let mut hash = blake3::Hasher::new();
    for part in [
        said.job().as_str(),
        said.better().as_str(),
        said.worse().as_str(),
    ] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let hash = hash.finalize().to_hex();
    let id =
        EventId::new(format!("preferred-{}", &hash[..32])).expect("an id of letters and digits");
    (id, EventKind::Preference(said))
}
