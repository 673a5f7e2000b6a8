//! Whole rankings over the collection: expansion, encoder, both legs, late interaction, model, and the
//! explanation of ten places.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ranker::core::{JobDescription, Note, Query, Request, Retriever, ValueError};
use ranker::expand::TaxonomyExpander;
use ranker::retrieve::Collection;
use ranker::score::OccupationTable;
use ranker::{Ranker, Ranking};
use ranker_examples::{Outcome, Times};

use crate::people::People;
use crate::stand_in::StandIn;

/// Places that are explained.
const EXPLAINED: usize = 10;

/// Times by stage, in the order of the stages.
#[derive(Debug, Default)]
struct Stages(Vec<(&'static str, Vec<Duration>)>);

impl Stages {
    fn push(&mut self, stage: &'static str, took: Duration) {
        match self.0.iter_mut().find(|(name, _)| *name == stage) {
            Some((_, times)) => times.push(took),
            None => self.0.push((stage, vec![took])),
        }
    }
}

/// As many groups of occupations as the table of the bundled encoder has.
const OCCUPATIONS: u64 = 426;

/// A ranker over the collection, with an expander and a table of as many groups as are bundled, made of people, and the
/// defaults otherwise.
pub(crate) fn ranker(
    collection: &Arc<Collection>,
    encoder: &Arc<StandIn>,
    people: People,
) -> Outcome<Ranker> {
    let group = |number: u64| {
        Ok((
            number.to_string(),
            vec![people.profile(number)?.full_text()],
        ))
    };
    let groups: Vec<_> = (0..OCCUPATIONS)
        .map(group)
        .collect::<Result<_, ValueError>>()?;
    let table = OccupationTable::embedded(&**encoder, &groups)?;
    let builder = Ranker::builder(Arc::clone(encoder), Arc::clone(collection));
    let builder = builder.expander(TaxonomyExpander::default());
    Ok(builder.occupations(table).build()?)
}

/// Ranks jobs one after the other, and explains ten places of each; the times of each stage, of all of
/// `rank` and of `explain`.
pub(crate) fn quiet(
    ranker: &Ranker,
    jobs: &[JobDescription],
) -> Outcome<Vec<(&'static str, Times)>> {
    let mut stages = Stages::default();
    for job in jobs {
        let start = Instant::now();
        let ranking = ranked(ranker, job)?;
        let took = start.elapsed();
        let explained = pollster::block_on(ranker.explain_all(&ranking, EXPLAINED))?;
        let both = start.elapsed();
        if explained.len() != EXPLAINED {
            return Err(format!("{} places were explained", explained.len()).into());
        }
        for stage in ranking.times() {
            stages.push(stage.stage, stage.took);
        }
        stages.push("rank", took);
        stages.push("explain", both - took);
        stages.push("rank_and_explain", both);
    }
    let stages = stages.0.into_iter();
    Ok(stages
        .map(|(name, times)| (name, Times::of(times)))
        .collect())
}

/// Ranks jobs at a pace until it is over.
pub(crate) fn paced(
    ranker: &Ranker,
    jobs: &[JobDescription],
    a_second: u32,
    over: impl Fn(Duration) -> bool,
) -> Outcome<Times> {
    let (mut times, begun) = (Vec::new(), Instant::now());
    for (job, due) in jobs.iter().cycle().zip(0_u32..) {
        if over(begun.elapsed()) {
            break;
        }
        let due = Duration::from_secs(1) * due / a_second;
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        let start = Instant::now();
        ranked(ranker, job)?;
        times.push(start.elapsed());
    }
    Ok(Times::of(times))
}

fn ranked(ranker: &Ranker, job: &JobDescription) -> Outcome<Ranking> {
    let ranking = pollster::block_on(ranker.rank(job))?;
    let mut notes = ranking.notes().iter();
    match notes.find(|note| matches!(note, Note::TokensEncoded { .. })) {
        Some(note) => Err(note.to_string().into()),
        None => Ok(ranking),
    }
}

/// Bytes of the token codes of a profile, on average over those that a query finds.
pub(crate) fn token_bytes(collection: &Collection, query: &Query) -> Outcome<f64> {
    let request = Request::top(1000).with_tokens();
    let hits = pollster::block_on(collection.retrieve(query, &request))?;
    let codes = hits.iter().filter_map(|hit| hit.tokens());
    let bytes: Vec<usize> = codes.map(|codes| codes.bytes().len()).collect();
    Ok(bytes.iter().sum::<usize>() as f64 / bytes.len().max(1) as f64)
}
