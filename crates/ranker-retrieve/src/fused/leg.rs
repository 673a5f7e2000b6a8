//! One leg's answers.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{
    CandidateId, Filter, Hit, LegScore, Query, Request, RetrieveError, Retriever, Score,
};

use super::fusion::{Fusion, Rank, ranks, settle};

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
}

impl Leg {
    pub(super) async fn retrieve(
        &self,
        query: &Query,
        request: &Request,
    ) -> Result<Vec<Hit>, RetrieveError> {
        self.retriever.retrieve(query, request).await
    }

    /// The column of this leg, which found `hits`, for the candidates that any leg found.
    pub(super) async fn column(
        &self,
        query: &Query,
        ids: &[CandidateId],
        found: (&[Hit], &Request),
        fusion: Fusion,
    ) -> Result<Column, RetrieveError> {
        let (hits, Request { k: depth, filter, .. }) = found;
        let scores = self.scores(query, ids, hits).await?;
        let best = match self.best_of(hits, filter) {
            Some(best) => best,
            None => self.best(query).await?,
        };
        let scores = self.labelled(scores, best);
        let ranks = match fusion {
            Fusion::Weighted => Vec::new(),
            Fusion::ReciprocalRank { .. } if filter.is_all() => settled(hits, *depth, ids, &scores),
            Fusion::ReciprocalRank { .. } => {
                let everyone = self.retrieve(query, &Request::top(*depth)).await?;
                settled(&everyone, *depth, ids, &scores)
            }
        };
        Ok(Column { scores, ranks })
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
        let scores = self.scores(query, ids, &hits).await?;
        let best = self.best_of(&hits, &Filter::All).unwrap_or_default();
        Ok(Column {
            scores: self.labelled(scores, best),
            ranks: ranks(&hits, depth, ids),
        })
    }

    /// The score of each candidate: from its hit, or from [`Retriever::score`].
    async fn scores(
        &self,
        query: &Query,
        ids: &[CandidateId],
        hits: &[Hit],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let known: HashMap<_, _> = hits.iter().map(|hit| (hit.id(), hit.score())).collect();
        let missing = ids.iter().filter(|id| !known.contains_key(id)).cloned();
        let missing: Vec<CandidateId> = missing.collect();
        let mut others = match missing.as_slice() {
            [] => Vec::new(),
            missing => self.retriever.score(query, missing).await?,
        }
        .into_iter();
        let score = |id| match known.get(id) {
            Some(score) => Some(*score),
            None => others.next().flatten(),
        };
        Ok(ids.iter().map(score).collect())
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

    fn labelled(&self, scores: Vec<Option<Score>>, best: Score) -> Vec<Option<LegScore>> {
        let label = |score| LegScore {
            leg: Arc::clone(&self.name),
            score,
            best,
        };
        scores.into_iter().map(|score| score.map(label)).collect()
    }
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
