//! Candidates as they count: without what they copied from the job.

use std::collections::HashSet;
use std::sync::Arc;

use ranker_core::legs::{BM25, DENSE, MAXSIM, SPARSE};
use ranker_core::{
    BoxError, Candidate, Embedded, EmbeddedTokens, Embedder, FeatureError, Hit, LegScore, Profile,
    Query, Role, Score, TokenCodec, TokenCodes, ValueError, WordKind, words,
};
use rayon::prelude::*;

use crate::error::Error;

/// Takes the runs of words that a profile shares with the job out of what is scored.
///
/// An index knows nothing of the job when it is made, so its scores hold what was copied: the vector's
/// is formed anew from the rest of the text, and of the scores of keywords and of weighed words the share stays that the
/// words of the job have which stand in the rest. Everything after reads the profile that is returned.
pub(crate) fn without_copied(
    embedder: &dyn Embedder,
    query: &Query,
    mut candidates: Vec<Candidate>,
) -> Result<Vec<Candidate>, Error> {
    let runs = query.job().runs();
    let rest = candidates.par_iter().enumerate();
    let rest = rest.filter_map(|(at, candidate)| {
        let rest = candidate.profile().without_copied(&runs)?;
        Some((at, Arc::new(rest)))
    });
    let reduced: Vec<(usize, Arc<Profile>)> = rest.collect();
    if reduced.is_empty() {
        return Ok(candidates);
    }
    let reread = reread(embedder, &candidates, &reduced)?;
    let job_words = distinct(query.job().full_text());
    for ((at, profile), reread) in reduced.into_iter().zip(reread) {
        let before = &candidates[at];
        let kept = kept_words(&job_words, before.profile(), &profile);
        let hit = rescored(before.hit(), kept).map_err(|error| failed(BM25, error))?;
        let hit = reread.apply(hit, query)?;
        candidates[at] = Candidate::new(hit, profile);
    }
    Ok(candidates)
}

/// What the encoder makes of a text that is not the stored one.
pub(crate) struct Reread {
    embedded: Embedded,
    /// Its token vectors, where those of the whole text are kept.
    tokens: Option<TokenCodes>,
}

impl Reread {
    /// The hit as one of that text.
    pub(crate) fn apply(self, hit: Hit, query: &Query) -> Result<Hit, Error> {
        let mut hit = match self.tokens {
            Some(tokens) => hit.with_tokens(tokens),
            None => hit,
        };
        if let (Some(dense), Some(job)) = (hit.leg(DENSE).cloned(), query.embedding()) {
            let cosine = self.embedded.cosine(job);
            let cosine = cosine.map_err(|error| failed(DENSE, error))?;
            let score = Score::new(f64::from(cosine)).map_err(|error| failed(DENSE, error))?;
            hit = hit.with_leg(LegScore::new(dense.leg, score, dense.best).above(dense.floor));
        }
        Ok(hit)
    }
}

/// Encodes the text of each of these profiles, which stand for the candidates at those places: once for its
/// embedding and its token vectors.
pub(crate) fn reread(
    embedder: &dyn Embedder,
    candidates: &[Candidate],
    reduced: &[(usize, Arc<Profile>)],
) -> Result<Vec<Reread>, Error> {
    let texts: Vec<String> = reduced.iter().map(|(_, p)| p.full_text()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let codes = |at: usize| candidates[at].hit().tokens();
    if reduced.iter().all(|(at, _)| codes(*at).is_none()) {
        let embedded = embedder.embed(&texts, Role::Document);
        let embedded = embedded.map_err(Error::Embed)?.into_iter();
        let alone = embedded.map(|embedded| Reread {
            embedded,
            tokens: None,
        });
        return Ok(alone.collect());
    }
    let encoder: Arc<str> = embedder.model_id().into();
    let both = embedder.embed_with_tokens(&texts, Role::Document);
    let both = both.map_err(Error::Embed)?.into_iter().zip(reduced);
    let reread = |(both, (at, _)): (EmbeddedTokens, &(usize, Arc<Profile>))| {
        let codec = codes(*at).map(|codes| Arc::clone(codes.codec()));
        let compress = |codec: Arc<dyn TokenCodec>| {
            let bytes = codec.encode(&both.tokens);
            let bytes = bytes.map_err(|error| failed(MAXSIM, error))?;
            Ok::<_, Error>(TokenCodes::new(codec, Arc::clone(&encoder), bytes))
        };
        Ok(Reread {
            tokens: codec.map(compress).transpose()?,
            embedded: both.embedded,
        })
    };
    both.map(reread).collect()
}

/// Leaves of the scores of keywords and of weighed words the share of the found words of the job that the rest has.
pub(crate) fn rescored(hit: &Hit, kept: f64) -> Result<Hit, ValueError> {
    let of_words = [hit.words(), hit.leg(SPARSE)];
    of_words
        .into_iter()
        .flatten()
        .try_fold(hit.clone(), |hit, words| {
            let score = Score::new(words.score.get() * kept)?;
            Ok(hit.with_leg(LegScore::new(Arc::clone(&words.leg), score, words.best)))
        })
}

pub(crate) fn failed(feature: &str, source: impl Into<BoxError>) -> Error {
    Error::Features(FeatureError::Failed {
        feature: feature.to_owned(),
        source: source.into(),
    })
}

/// Of the job's words that a profile has, the share that it still has in the rest.
pub(crate) fn kept_words(job: &HashSet<String>, whole: &Profile, rest: &Profile) -> f64 {
    let found = |profile: &Profile| distinct(profile.full_text()).intersection(job).count();
    match found(whole) {
        0 => 1.0,
        all => found(rest) as f64 / all as f64,
    }
}

pub(crate) fn distinct(text: String) -> HashSet<String> {
    let counted = words(&text).filter(|word| word.kind != WordKind::Sign);
    counted.map(|word| word.text.to_lowercase()).collect()
}
