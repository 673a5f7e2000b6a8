//! The rankings that people saw, as an audit reads them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ranker_core::{CandidateId, waiting};
use ranker_rlhf::{EventKind, Impression, RankingId};
use ranker_xai::audit::Served;

use crate::error::Error;
use crate::feedback::recalled_rows;
use crate::ranker::Ranker;
use crate::stages::Stages;

/// A candidate at a position, with the score where it is known.
type Place = (u32, CandidateId, Option<f64>);

impl Ranker {
    /// Every ranking that the log records, in the order in which it was shown, for
    /// [`Audit::of`](ranker_xai::audit::Audit::of). The pages of one ranking are one; who is on two of them
    /// counts once.
    ///
    /// Scores are computed again from the recorded features by the model that made the ranking; a ranking
    /// whose model or features are no longer known has none.
    ///
    /// # Errors
    ///
    /// [`Error::NoLog`] and [`Error::Log`].
    pub async fn served(&self) -> Result<Vec<Served>, Error> {
        let (log, stages) = (self.log()?, Arc::clone(self.stages()));
        waiting(move || {
            let mut rankings: BTreeMap<RankingId, Vec<Place>> = BTreeMap::new();
            for logged in log.events() {
                let logged = logged.map_err(Error::Log)?;
                if let EventKind::Impression(impression) = logged.event.kind {
                    let places = rankings.entry(impression.ranking().clone()).or_default();
                    places.extend(places_of(&stages, &impression));
                }
            }
            Ok(rankings.into_values().map(in_order).collect())
        })
        .await
    }
}

fn places_of(stages: &Stages, impression: &Impression) -> Vec<Place> {
    let scored = stages.models.get(impression.model()).and_then(|scorer| {
        let rows = recalled_rows(impression, scorer.schema())?;
        scorer.score(&rows).ok()
    });
    let place = |(at, shown): (usize, &ranker_rlhf::Shown)| {
        let score = scored.as_ref().map(|scores| scores[at].get());
        (shown.position, shown.candidate.clone(), score)
    };
    impression.shown().iter().enumerate().map(place).collect()
}

fn in_order(mut places: Vec<Place>) -> Served {
    places.sort_by_key(|place| place.0);
    let mut seen = HashSet::new();
    places.retain(|place| seen.insert(place.1.clone()));
    let scores: Option<Vec<f64>> = places.iter().map(|place| place.2).collect();
    let served = Served::new(places.into_iter().map(|place| place.1).collect());
    match scores {
        Some(scores) => served
            .with_scores(scores)
            .expect("a finite score for each candidate"),
        None => served,
    }
}
