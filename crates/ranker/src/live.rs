//! What is measured while people look: two models in one list, and what scores mean.

use std::sync::Arc;

use ranker_core::{CandidateId, JobDescription, Ranked, Ranking, Scorer, compute};
use ranker_rlhf::RankingId;
use ranker_rlhf::calibrate::{Calibration, Calibrator, Method};
use ranker_rlhf::interleave::{Interleaved, TeamDraft};
use ranker_score::Model;

use crate::error::Error;
use crate::pool::Whom;
use crate::ranker::Ranker;

/// One list of two models, with the model that each place is from.
#[derive(Debug, Clone)]
pub struct InterleavedRanking {
    /// The candidates in the order to show.
    pub ranked: Vec<Ranked>,
    /// Which model each is from; give its [`credit`](Interleaved::credit) for what was earned to a
    /// [`Tally`](ranker_rlhf::interleave::Tally).
    pub draft: Interleaved,
}

impl Ranker {
    /// Ranks a job by the served model and by `rival`, which is not served, and drafts one list of both
    /// (team-draft interleaving, [`TeamDraft`]). The same ranking id gives the same list.
    ///
    /// Team A is the served model, team B the rival. Each place can be explained by its model.
    ///
    /// # Errors
    ///
    /// As [`Ranker::rank`], and [`Error::Models`] for a rival of other features.
    pub async fn interleave(
        &self,
        job: &JobDescription,
        rival: Arc<dyn Scorer>,
        id: &RankingId,
    ) -> Result<InterleavedRanking, Error> {
        let stages = self.stages();
        let kept = stages.models.keep(Model::of(Arc::clone(&rival)));
        kept.map_err(Error::Models)?;
        let found = self.candidates(job, Whom::Best).await?;
        let served = found.scored_by(self.scorer()).await?;
        let rival = found.scored_by(rival).await?;
        let ids = [&served, &rival].map(|ranking| {
            let ids = ranking.iter().map(|ranked| ranked.id().clone());
            ids.collect::<Vec<CandidateId>>()
        });
        let draft = TeamDraft::new(0);
        let draft = draft.draft(id.as_str(), [&ids[0], &ids[1]], stages.top_k);
        let ranked = draft.order.iter().zip(&draft.teams);
        let ranked = ranked.map(|(id, team)| {
            use ranker_rlhf::interleave::Team;
            let from = if *team == Some(Team::B) {
                &rival
            } else {
                &served
            };
            place(from, id).clone()
        });
        let ranked = ranked.collect();
        Ok(InterleavedRanking { ranked, draft })
    }

    /// What the served model's scores mean, over all jobs of the log: the probability that a candidate
    /// with a score is a good one, by the people's grades and decisions. Serve
    /// [`Calibrated`](ranker_rlhf::calibrate::Calibrated) to rank by it.
    ///
    /// # Errors
    ///
    /// [`Error::NoLog`], [`Error::TrainingData`] and [`Error::Calibrate`].
    pub async fn calibrate(&self, method: Method) -> Result<Calibration, Error> {
        let (data, scorer) = (self.training_data().await?, self.scorer());
        compute(move || {
            let judged = data.judged_scores(&*scorer).map_err(Error::Calibrate)?;
            Calibrator::new(method)
                .fit(&judged)
                .map_err(Error::Calibrate)
        })
        .await
    }
}

fn place<'r>(ranking: &'r Ranking, id: &CandidateId) -> &'r Ranked {
    let found = ranking.iter().find(|ranked| ranked.id() == id);
    found.expect("both rankings hold all candidates")
}
