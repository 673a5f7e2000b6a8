//! One leg's answers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ranker_core::{
    CandidateId, Filter, Hit, LegScore, Query, Request, RetrieveError, Retriever, Score,
};

use super::fusion::{Fusion, Rank, ranks, settle};
use crate::DENSE;

/// A retriever, and how much it counts.
#[derive(Clone)]
pub(super) struct Leg {
    pub(super) retriever: Arc<dyn Retriever>,
    pub(super) weight: f64,
    pub(super) name: Arc<str>,
}

/// A leg's scores and ranks of some candidates.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) scores: Vec<Option<LegScore>>,
    /// Empty where only scores are fused.
    pub(super) ranks: Vec<Rank>,
    /// The hits of candidates that the leg did not find itself, as far as it has them; of given candidates, those of all.
    pub(super) completed: HashMap<CandidateId, Hit>,
}

/// The hits of a leg, and the request for them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'f> {
    pub(super) hits: &'f [Hit],
    pub(super) request: &'f Request,
}

/// The candidates that any leg found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pooled<'p> {
    pub(super) ids: &'p [CandidateId],
    /// Those whose profile this leg is to add.
    pub(super) lacking: &'p [CandidateId],
}

impl Leg {
    pub(super) async fn retrieve(
        &self,
        query: &Query,
        request: &Request,
    ) -> Result<Vec<Hit>, RetrieveError> {
        self.retriever.retrieve(query, request).await
    }

    /// The column of this leg for the candidates that any leg found.
    pub(super) async fn column(
        &self,
        query: &Query,
        pooled: Pooled<'_>,
        found: Found<'_>,
        fusion: Fusion,
    ) -> Result<Column, RetrieveError> {
        let Found { hits, request } = found;
        let (depth, filter) = (request.k, &request.filter);
        let completed = self.completed(query, pooled, hits).await?;
        let shown = completed.values().find_map(|hit| hit.leg(&self.name));
        let best = match self.best_of(hits, filter) {
            Some(best) => best,
            None => match shown {
                Some(leg) => leg.best,
                None => self.best(query).await?,
            },
        };
        let scores = self.labelled(query, scores(pooled.ids, hits, &completed), best);
        let ids = pooled.ids;
        let ranks = match fusion {
            Fusion::Weighted => Vec::new(),
            Fusion::ReciprocalRank { .. } if filter.is_all() => settled(hits, depth, ids, &scores),
            Fusion::ReciprocalRank { .. } => {
                let everyone = self.retrieve(query, &Request::top(depth)).await?;
                settled(&everyone, depth, ids, &scores)
            }
        };
        Ok(Column {
            scores,
            ranks,
            completed,
        })
    }

    /// The column of given candidates from a search for the `depth` best. Ranks behind `depth`
    /// stay unknown.
    pub(super) async fn column_of(
        &self,
        query: &Query,
        ids: &[CandidateId],
        depth: usize,
    ) -> Result<Column, RetrieveError> {
        let hits = self.retrieve(query, &Request::top(depth)).await?;
        let pooled = Pooled { ids, lacking: &[] };
        let mut completed = self.completed(query, pooled, &hits).await?;
        let best = self.best_of(&hits, &Filter::All).unwrap_or_default();
        let scores = self.labelled(query, scores(ids, &hits, &completed), best);
        let ranks = ranks(&hits, depth, ids);
        let wanted: HashSet<&CandidateId> = ids.iter().collect();
        let found = hits.into_iter().filter(|hit| wanted.contains(hit.id()));
        completed.extend(found.map(|hit| (hit.id().clone(), hit)));
        Ok(Column {
            scores,
            ranks,
            completed,
        })
    }

    /// Hits of the candidates that the leg did not find, and in the same call of those whose profile is
    /// lacking; without a call where it found all.
    async fn completed(
        &self,
        query: &Query,
        Pooled { ids, lacking }: Pooled<'_>,
        hits: &[Hit],
    ) -> Result<HashMap<CandidateId, Hit>, RetrieveError> {
        let own: HashSet<&CandidateId> = hits.iter().map(Hit::id).collect();
        if ids.iter().all(|id| own.contains(id)) {
            return Ok(HashMap::new());
        }
        let lacking: HashSet<&CandidateId> = lacking.iter().collect();
        let wanted = |id: &&CandidateId| !own.contains(id) || lacking.contains(id);
        let wanted: Vec<CandidateId> = ids.iter().filter(wanted).cloned().collect();
        let completed = self.retriever.complete(query, &wanted).await?;
        let known = wanted.into_iter().zip(completed);
        Ok(known.filter_map(|(id, hit)| Some((id, hit?))).collect())
    }

    /// The best score of any candidate for this query, if its hits show it.
    ///
    /// Without regard to the filter: shares of the best that passes would put the same
    /// candidates in another order for another filter.
    fn best_of(&self, hits: &[Hit], filter: &Filter) -> Option<Score> {
        let first = hits.first()?;
        let own = first.leg(&self.name).map(|leg| leg.best);
        own.or_else(|| filter.is_all().then(|| first.score()))
    }

    async fn best(&self, query: &Query) -> Result<Score, RetrieveError> {
        let first = self.retrieve(query, &Request::top(1)).await?;
        Ok(self.best_of(&first, &Filter::All).unwrap_or_default())
    }

    /// Cosines count from what the query's encoder gives texts that have nothing in common.
    fn labelled(
        &self,
        query: &Query,
        scores: Vec<Option<Score>>,
        best: Score,
    ) -> Vec<Option<LegScore>> {
        let baseline = f64::from(query.baseline().embeddings());
        let floor = match *self.name == *DENSE {
            true => Score::new(baseline).unwrap_or_default(),
            false => Score::default(),
        };
        let label = |score| LegScore::new(Arc::clone(&self.name), score, best).above(floor);
        scores.into_iter().map(|score| score.map(label)).collect()
    }
}

/// The score of each candidate: from the leg's own hit, or from the completed one.
fn scores(
    ids: &[CandidateId],
    hits: &[Hit],
    completed: &HashMap<CandidateId, Hit>,
) -> Vec<Option<Score>> {
    let own: HashMap<_, _> = hits.iter().map(|hit| (hit.id(), hit.score())).collect();
    let score = |id| match own.get(id) {
        Some(score) => Some(*score),
        None => completed.get(id).map(Hit::score),
    };
    ids.iter().map(score).collect()
}

fn settled(
    hits: &[Hit],
    depth: usize,
    ids: &[CandidateId],
    scores: &[Option<LegScore>],
) -> Vec<Rank> {
    let mut ranks = ranks(hits, depth, ids);
    settle(&mut ranks, depth, ids, scores);
    ranks
}

impl std::fmt::Debug for Leg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leg")
            .field("name", &self.name)
            .field("weight", &self.weight)
            .finish_non_exhaustive()
    }
}
