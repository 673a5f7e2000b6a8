//! Asking one leg.

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

/// What a leg says of each of some candidates.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) said: Vec<Option<LegScore>>,
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

    /// What this leg, which found `hits`, says of everyone whom any leg found.
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
        let said = self.said(scores, best);
        let ranks = match fusion {
            Fusion::Weighted => Vec::new(),
            Fusion::ReciprocalRank { .. } if filter.is_all() => settled(hits, *depth, ids, &said),
            Fusion::ReciprocalRank { .. } => {
                let everyone = self.retrieve(query, &Request::top(*depth)).await?;
                settled(&everyone, *depth, ids, &said)
            }
        };
        Ok(Column { said, ranks })
    }

    /// What this leg, asked for its `depth` best, says of given candidates. Ranks behind `depth`
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
            said: self.said(scores, best),
            ranks: ranks(&hits, depth, ids),
        })
    }

    /// The score of each candidate: from its hit, or asked for.
    async fn scores(
        &self,
        query: &Query,
        ids: &[CandidateId],
        hits: &[Hit],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let known: HashMap<_, _> = hits.iter().map(|hit| (hit.id(), hit.score())).collect();
        let missing = ids.iter().filter(|id| !known.contains_key(id)).cloned();
        let missing: Vec<CandidateId> = missing.collect();
        let mut asked = match missing.as_slice() {
            [] => Vec::new(),
            missing => self.retriever.score(query, missing).await?,
        }
        .into_iter();
        let score = |id| match known.get(id) {
            Some(score) => Some(*score),
            None => asked.next().flatten(),
        };
        Ok(ids.iter().map(score).collect())
    }

    /// The best score of anyone for this query, as far as its hits tell.
    ///
    /// Without regard to the filter: shares of the best of those who pass would put the same
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

    fn said(&self, scores: Vec<Option<Score>>, best: Score) -> Vec<Option<LegScore>> {
        let said = |score| LegScore {
            leg: Arc::clone(&self.name),
            score,
            best,
        };
        scores.into_iter().map(|score| score.map(said)).collect()
    }
}

fn settled(
    hits: &[Hit],
    depth: usize,
    ids: &[CandidateId],
    said: &[Option<LegScore>],
) -> Vec<Rank> {
    let mut ranks = ranks(hits, depth, ids);
    settle(&mut ranks, depth, ids, said);
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
