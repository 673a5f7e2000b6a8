//! Judgements of people whom no ranking showed.

use std::collections::HashSet;

use ranker_core::{CandidateId, JobDescription};
use ranker_rlhf::{Impression, JobId};

use crate::error::Error;
use crate::pool::Whom;
use crate::ranker::Ranker;

impl Ranker {
    /// Measures candidates for a job, whether or not a ranking would show them or the job's filter passes
    /// them: what was said of them elsewhere, in a file of preferences or an interview, is learned from once
    /// this impression is [recorded](Ranker::record) with it.
    ///
    /// It holds their features and was shown to nobody ([`Impression::measured`]); its ranking id follows from
    /// its content.
    ///
    /// # Errors
    ///
    /// As [`Ranker::rank`]; [`Error::NotRetrieved`], which names those whom the retriever does not find.
    pub async fn measure(
        &self,
        id: JobId,
        job: &JobDescription,
        candidates: &[CandidateId],
    ) -> Result<Impression, Error> {
        let wanted: HashSet<&CandidateId> = candidates.iter().collect();
        let measured = self.candidates(job, Whom::Only(&wanted)).await?;
        let ranking = measured.scored_by(self.scorer()).await?;
        let found: HashSet<&CandidateId> = ranking.iter().map(|ranked| ranked.id()).collect();
        if found.len() < wanted.len() {
            let mut ids: Vec<CandidateId> =
                wanted.difference(&found).map(|&id| id.clone()).collect();
            ids.sort_unstable();
            return Err(Error::NotRetrieved { ids });
        }
        let made_with = &*self.stages().made_with;
        Impression::measured(id, &ranking, made_with).map_err(Error::Event)
    }
}
