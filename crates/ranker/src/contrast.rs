//! Why one candidate of a ranking stands above another.

use std::sync::Arc;

use ranker_core::{CandidateId, Ranked, Ranking, compute};
use ranker_xai::Contrast;

use crate::error::Error;
use crate::ranker::{Ranker, explain};
use crate::stages::Stages;

impl Ranker {
    /// Why one candidate of a ranking stands above another, whichever is named first: the differences of the parts
    /// sum to the difference of the scores. Requirements and passages come with it as in [`Self::explain`].
    ///
    /// # Errors
    ///
    /// [`Error::NotRanked`], [`Error::Contrast`], and those of [`Self::explain`].
    pub async fn contrast(
        &self,
        ranking: &Ranking,
        one: &CandidateId,
        other: &CandidateId,
    ) -> Result<Contrast, Error> {
        let of = |id: &CandidateId| {
            ranked(ranking, id)
                .cloned()
                .ok_or_else(|| Error::NotRanked {
                    id: id.clone(),
                    places: ranking.len(),
                })
        };
        let both = [of(one)?, of(other)?];
        let stages = Arc::clone(self.stages());
        compute(move || contrast(&stages, &both)).await
    }
}

/// The place of a candidate.
pub(crate) fn ranked<'r>(ranking: &'r Ranking, id: &CandidateId) -> Option<&'r Ranked> {
    ranking.iter().find(|ranked| ranked.id() == id)
}

/// Two candidates that one model ranked for one job.
pub(crate) fn contrast(stages: &Stages, both: &[Ranked; 2]) -> Result<Contrast, Error> {
    let explained = explain(stages, both, Vec::new())?;
    let [one, other] = explained.as_slice() else {
        unreachable!("one account a candidate");
    };
    ranker_xai::contrast(one, other).map_err(Error::Contrast)
}
