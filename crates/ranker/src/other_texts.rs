//! What a candidate's score would be with another text.

use std::sync::Arc;

use ranker_core::legs::BM25;
use ranker_core::{Candidate, Profile, Ranked, Reading, Score, ValueError, compute};

use crate::copied::{distinct, failed, kept_words, reread, rescored};
use crate::error::Error;
use crate::ranker::Ranker;

impl Ranker {
    /// The scores that a candidate of a ranking would have with each of these texts in place of what is read of theirs
    /// ([`Profile::plain_text`]); headline and facts stay. For measuring what an account is worth
    /// ([`faithfulness`](ranker_xai::faithfulness)), or showing what a passage adds.
    ///
    /// Each text is encoded, measured and scored anew by the model of the ranking. Keyword scores only an index can tell: they
    /// keep the share of the job's words that the text still has of those it had, as where words do not count for being
    /// copied from the job.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] for a blank text, and those of [`Self::rank`] and [`Self::explain`].
    pub async fn scores_of_texts(
        &self,
        ranked: &Ranked,
        texts: &[String],
    ) -> Result<Vec<Score>, Error> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let stages = Arc::clone(self.stages());
        let scorer = stages.scorer_of(&ranked.model)?;
        let changed = texts.iter().map(|text| with_text(ranked, text));
        let changed = changed
            .collect::<Result<Vec<_>, _>>()
            .map_err(Error::Text)?;
        let (query, candidate) = (Arc::clone(&ranked.query), ranked.candidate.clone());
        compute(move || {
            let changed: Vec<_> = changed.into_iter().map(|profile| (0, profile)).collect();
            let read = reread(
                &*stages.embedder,
                std::slice::from_ref(&candidate),
                &changed,
            )?;
            let job_words = distinct(query.job().full_text());
            let candidates = read.into_iter().zip(changed).map(|(read, (_, profile))| {
                let kept = kept_words(&job_words, candidate.profile(), &profile);
                let hit = rescored(candidate.hit(), kept);
                let hit = read.apply(hit.map_err(|error| failed(BM25, error))?, &query)?;
                Ok(Candidate::new(hit, profile))
            });
            let candidates = candidates.collect::<Result<Vec<_>, Error>>()?;
            let rows = stages.features.extract(&query, &candidates);
            scorer
                .score(&rows.map_err(Error::Features)?)
                .map_err(Error::Score)
        })
        .await
    }
}

/// The candidate's profile with another text, all of which is read: it is part of what was read.
fn with_text(ranked: &Ranked, text: &str) -> Result<Arc<Profile>, ValueError> {
    let profile = ranked.candidate.profile();
    let changed = Profile::new(profile.id().as_str(), text)?.read_as(Reading::Whole);
    let changed = changed.with_title(profile.plain_title());
    Ok(Arc::new(changed.with_facts(profile.facts().clone())))
}
