//! Candidates as they count: without what they copied from the job.

use std::collections::HashSet;
use std::sync::Arc;

use ranker_core::legs::{BM25, DENSE};
use ranker_core::{
    BoxError, Candidate, EmbedError, Embedder, Hit, LegScore, Note, Profile, Query, Ranking, Role,
    Score, Uncounted, WordKind, words,
};

use crate::error::Error;

/// Takes the runs of words that a profile shares with the job out of what is scored.
///
/// An index knows nothing of the job when it is made, so its scores hold what was copied: the vector's
/// is formed anew from the rest of the text, and of the keywords' score the share stays that the words
/// of the job have which stand in the rest. Everything after reads the profile that is returned.
pub(crate) fn without_copied(
    embedder: &dyn Embedder,
    query: &Query,
    mut candidates: Vec<Candidate>,
) -> Result<Vec<Candidate>, Error> {
    let runs = query.job().runs();
    let mut reduced: Vec<(usize, Arc<Profile>)> = Vec::new();
    for (at, candidate) in candidates.iter().enumerate() {
        if let Some(profile) = candidate.profile().without_copied(&runs) {
            reduced.push((at, Arc::new(profile)));
        }
    }
    if reduced.is_empty() {
        return Ok(candidates);
    }
    let cosines = cosines(embedder, query, &reduced).map_err(Error::Embed)?;
    let job_words = distinct(query.job().full_text());
    for ((at, profile), cosine) in reduced.into_iter().zip(cosines) {
        let before = &candidates[at];
        let kept = kept_words(&job_words, before.profile(), &profile);
        let hit = rescored(before.hit(), Rest { cosine, kept })?;
        candidates[at] = Candidate::new(hit, profile);
    }
    Ok(candidates)
}

/// What the rest of a text is worth to the legs of retrieval.
struct Rest {
    /// The cosine of the rest and the job, where the job is embedded.
    cosine: Option<f32>,
    /// The share of the found words of the job that the rest has.
    kept: f64,
}

fn cosines(
    embedder: &dyn Embedder,
    query: &Query,
    reduced: &[(usize, Arc<Profile>)],
) -> Result<Vec<Option<f32>>, EmbedError> {
    let Some(job) = query.embedding() else {
        return Ok(vec![None; reduced.len()]);
    };
    let texts: Vec<String> = reduced.iter().map(|(_, p)| p.full_text()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let embedded = embedder.embed(&texts, Role::Document)?;
    let cosine = |(index, rest): (usize, ranker_core::Embedded)| {
        let cosine = job.cosine(&rest.embedding);
        cosine
            .map(Some)
            .map_err(|source| EmbedError::Output { index, source })
    };
    embedded.into_iter().enumerate().map(cosine).collect()
}

fn rescored(hit: &Hit, rest: Rest) -> Result<Hit, Error> {
    let leg = |leg: &LegScore, value: f64| {
        let score = Score::new(value).map_err(|error| Error::Features(failed(error)))?;
        Ok::<_, Error>(LegScore::new(Arc::clone(&leg.leg), score, leg.best))
    };
    let mut hit = hit.clone();
    if let (Some(dense), Some(cosine)) = (hit.leg(DENSE).cloned(), rest.cosine) {
        hit = hit.with_leg(leg(&dense, f64::from(cosine))?);
    }
    if let Some(bm25) = hit.leg(BM25).cloned() {
        hit = hit.with_leg(leg(&bm25, bm25.score.get() * rest.kept)?);
    }
    Ok(hit)
}

fn failed(source: impl Into<BoxError>) -> ranker_core::FeatureError {
    ranker_core::FeatureError::Failed {
        feature: DENSE.to_owned(),
        source: source.into(),
    }
}

/// Of the job's words that a profile has, the share that it still has in the rest.
fn kept_words(job: &HashSet<String>, whole: &Profile, rest: &Profile) -> f64 {
    let found = |profile: &Profile| distinct(profile.full_text()).intersection(job).count();
    match found(whole) {
        0 => 1.0,
        all => found(rest) as f64 / all as f64,
    }
}

fn distinct(text: String) -> HashSet<String> {
    let counted = words(&text).filter(|word| word.kind != WordKind::Sign);
    counted.map(|word| word.text.to_lowercase()).collect()
}

/// What the reader should know of the texts of those who are shown.
pub(crate) fn notes(ranking: &Ranking) -> Vec<Note> {
    const LEAST: f32 = 0.005;
    let of_one = |ranked: &ranker_core::Ranked| {
        let profile = Arc::clone(ranked.candidate.profile());
        let id = ranked.id().clone();
        let reasons = [Uncounted::Copied, Uncounted::Repeated];
        reasons.into_iter().filter_map(move |why| {
            let share = profile.uncounted_share(why);
            (share >= LEAST).then(|| Note::NotCounted {
                id: id.clone(),
                why,
                percent: (share * 100.0).round() as u8,
            })
        })
    };
    ranking.iter().flat_map(of_one).collect()
}
