//! From what an engine's legs said to hits: the rule of the embedded store.

use std::sync::Arc;

#[cfg(any(
    feature = "chroma",
    feature = "milvus",
    feature = "pinecone",
    feature = "redis"
))]
use ranker_core::Embedding;
use ranker_core::{CandidateId, CosineBaseline, Hit, LegScore, Profile, Score, legs};

use crate::Weights;
#[cfg(any(
    feature = "chroma",
    feature = "milvus",
    feature = "pinecone",
    feature = "redis"
))]
use crate::adapter::engine::Entry;
use crate::adapter::fault::Fault;

/// The least depth to which a leg is searched.
#[cfg(any(
    feature = "elastic",
    feature = "pgvector",
    feature = "qdrant",
    feature = "redis"
))]
const LEAST_DEPTH: usize = 100;

/// How many hits a leg is asked for where `k` are wanted.
#[cfg(any(
    feature = "elastic",
    feature = "pgvector",
    feature = "qdrant",
    feature = "redis"
))]
pub(crate) fn depth(k: usize) -> usize {
    k.saturating_mul(3).max(LEAST_DEPTH)
}

/// One candidate's raw scores.
#[derive(Debug, Clone)]
pub(crate) struct Scored {
    pub(crate) id: CandidateId,
    /// Cosine similarity.
    pub(crate) dense: f64,
    /// The score of the words, of an engine that searches words; 0 for one that has none of them.
    pub(crate) words: Option<f64>,
    pub(crate) profile: Option<Arc<Profile>>,
}

#[cfg(any(
    feature = "chroma",
    feature = "milvus",
    feature = "pinecone",
    feature = "redis"
))]
impl Scored {
    /// A profile that an engine without words scores.
    pub(crate) fn near(profile: Profile, dense: f64) -> Self {
        Self {
            id: profile.id().clone(),
            dense,
            words: None,
            profile: Some(Arc::new(profile)),
        }
    }

    /// A profile whose own embedding is compared with a query's.
    pub(crate) fn compared((profile, own): Entry, query: &Embedding) -> Result<Self, Fault> {
        let dense = own.cosine(query)?.into();
        Ok(Self::near(profile, dense))
    }
}

/// The best scores that the legs give anyone, whatever the filter.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Best {
    pub(crate) dense: f64,
    pub(crate) words: f64,
}

impl Best {
    /// The best of some candidates.
    #[cfg(any(
        feature = "chroma",
        feature = "elastic",
        feature = "milvus",
        feature = "qdrant",
        feature = "redis"
    ))]
    pub(crate) fn of<'s>(scored: impl IntoIterator<Item = &'s Scored>) -> Self {
        let least = Self {
            dense: f64::MIN,
            words: f64::MIN,
        };
        scored.into_iter().fold(least, |best, one| Self {
            dense: best.dense.max(one.dense),
            words: best.words.max(one.words.unwrap_or(f64::MIN)),
        })
    }
}

/// How scores become hits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) weights: Weights,
    /// The name of the leg of words.
    pub(crate) words: &'static str,
    /// What counts as no similarity by the query's encoder.
    pub(crate) baseline: CosineBaseline,
}

impl Rule {
    /// That of an engine without words: of one leg, the share is the score.
    #[cfg(any(
        feature = "chroma",
        feature = "milvus",
        feature = "pinecone",
        feature = "redis"
    ))]
    pub(crate) fn of_vectors() -> Self {
        Self {
            weights: Weights::default(),
            words: legs::BM25,
            baseline: CosineBaseline::NONE,
        }
    }

    /// The candidates' hits, in their order.
    pub(crate) fn hits(self, scored: Vec<Scored>, best: Best) -> Result<Vec<Hit>, Fault> {
        scored.into_iter().map(|one| self.hit(one, best)).collect()
    }

    /// The `k` best, best first.
    pub(crate) fn best(self, scored: Vec<Scored>, best: Best, k: usize) -> Result<Vec<Hit>, Fault> {
        let mut hits = self.hits(scored, best)?;
        Hit::sort(&mut hits);
        hits.truncate(k);
        Ok(hits)
    }

    fn hit(self, one: Scored, best: Best) -> Result<Hit, Fault> {
        let (own, greatest) = (Score::new(one.dense)?, one.dense.max(best.dense));
        let dense = LegScore::new(legs::DENSE, own, Score::new(greatest)?);
        let floor = Score::new(self.baseline.embeddings().into())?;
        let mut said = vec![dense.above(floor)];
        if let Some(words) = one.words {
            let best = best.words.max(words);
            said.push(LegScore::new(
                self.words,
                Score::new(words)?,
                Score::new(best)?,
            ));
        }
        let score = Score::new(self.weights.fuse(&said))?;
        let hit = said
            .into_iter()
            .fold(Hit::new(one.id, score), Hit::with_leg);
        Ok(match one.profile {
            Some(profile) => hit.with_profile(profile),
            None => hit,
        })
    }
}
