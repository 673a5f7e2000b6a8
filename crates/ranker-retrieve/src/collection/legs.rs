//! The two legs of a search in one moment of a collection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use ranker_core::{
    CandidateId, Filter, Hit, Pushdown, Query, Request, RetrieveError, Retriever, Score,
    async_trait, compute,
};

use super::snapshot::{Published, rejected};
use super::words::SearchableRows;
use crate::fused::Fused;
use crate::keyword::parts::DocumentScores;
use crate::lock::lock;
use crate::quantized::Bitmap;
use crate::scored::{Scored, hits};
use crate::top_k::TopK;
use crate::vector::embedding;
use crate::{BM25, DENSE};

/// What the legs share: one moment, the rows that pass the filter of the request, and what a leg has found
/// out for the one query that both are asked.
pub(super) struct Legs {
    published: Arc<Published>,
    passing: Option<Bitmap>,
    /// Rows of the candidates that a leg has returned: the store need not be asked for them.
    rows: Mutex<HashMap<CandidateId, u64>>,
    /// What all documents score, from which those are taken that the vectors found.
    documents: OnceLock<DocumentScores>,
}

impl Legs {
    pub(super) fn new(published: Arc<Published>, passing: Option<Bitmap>) -> Self {
        Self {
            published,
            passing,
            rows: Mutex::default(),
            documents: OnceLock::new(),
        }
    }

    /// Both as one retriever.
    pub(super) fn fused(self: &Arc<Self>) -> Result<Fused, RetrieveError> {
        let options = self.published.options;
        let (dense, bm25) = options.weights;
        let legs: [(Arc<dyn Retriever>, f64); 2] = [
            (Arc::new(VectorLeg(Arc::clone(self))), dense),
            (Arc::new(WordLeg(Arc::clone(self))), bm25),
        ];
        let fused = Fused::new(legs, options.fusion).map_err(rejected)?;
        Ok(fused.without_profiles())
    }

    /// The row of each candidate.
    pub(super) async fn rows(
        &self,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<u64>>, RetrieveError> {
        let mut rows: Vec<Option<u64>> = {
            let known = lock(&self.rows);
            ids.iter().map(|id| known.get(id).copied()).collect()
        };
        let unknown = ids.iter().zip(&rows).filter(|(_, row)| row.is_none());
        let unknown: Vec<CandidateId> = unknown.map(|(id, _)| id.clone()).collect();
        if unknown.is_empty() {
            return Ok(rows);
        }
        let find = |published: &Published, id| published.find(&id);
        let found = self.published.read_each(unknown, find).await;
        let unknown = rows.iter_mut().filter(|row| row.is_none());
        unknown
            .zip(found.map_err(rejected)?)
            .for_each(|(row, found)| *row = found);
        Ok(rows)
    }

    /// The rows that may be found: legs are also searched without a filter, for the best score of all.
    fn among(&self, request: &Request) -> Option<&Bitmap> {
        self.passing.as_ref().filter(|_| !request.filter.is_all())
    }

    /// What a leg found, as its hits.
    fn hits(
        &self,
        (best, top): (f32, TopK<Scored<'_>>),
        leg: &'static str,
    ) -> Result<Vec<Hit>, RetrieveError> {
        let rows = top.items();
        let rows = rows.filter_map(|found| Some((found.id.clone(), found.number?)));
        lock(&self.rows).extend(rows);
        hits(top, best, &leg.into())
    }

    fn documents(&self, query: &Query) -> Result<&DocumentScores, RetrieveError> {
        if let Some(known) = self.documents.get() {
            return Ok(known);
        }
        let scores = self.published.words.document_scores(query)?;
        Ok(self.documents.get_or_init(|| scores))
    }
}

/// Vector search in one moment's rows.
struct VectorLeg(Arc<Legs>);

#[async_trait]
impl Retriever for VectorLeg {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let vector = embedding(query, &DENSE.into())?;
        let (legs, query, request) = (Arc::clone(&self.0), vector.clone(), request.clone());
        let small = legs.published.vectors.is_small();
        let work = move || {
            let vectors = &legs.published.vectors;
            let found = vectors.best(&query, request.k, legs.among(&request));
            legs.hits(found?, DENSE)
        };
        if small { work() } else { compute(work).await }
    }

    fn name(&self) -> &str {
        DENSE
    }

    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Exact
    }

    fn holds_profiles(&self) -> bool {
        true
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let (legs, query) = (&self.0, embedding(query, &DENSE.into())?.clone());
        let (published, rows) = (Arc::clone(&legs.published), legs.rows(ids).await?);
        let small = published.vectors.is_small();
        let work = move || published.vectors.scores(&query, &rows);
        if small { work() } else { compute(work).await }
    }
}

/// Keyword search in one moment's documents.
struct WordLeg(Arc<Legs>);

#[async_trait]
impl Retriever for WordLeg {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let (legs, query, request) = (Arc::clone(&self.0), query.clone(), request.clone());
        let small = legs.published.words.is_small();
        let work = move || {
            let rows = SearchableRows {
                rows: &legs.published.rows,
                among: legs.among(&request),
            };
            let scores = legs.documents(&query)?;
            let found = legs.published.words.best(rows, scores, request.k);
            legs.hits(found?, BM25)
        };
        if small { work() } else { compute(work).await }
    }

    fn name(&self) -> &str {
        BM25
    }

    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Exact
    }

    fn holds_profiles(&self) -> bool {
        true
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let (legs, query, rows) = (Arc::clone(&self.0), query.clone(), self.0.rows(ids).await?);
        let small = legs.published.words.is_small();
        let work = move || {
            let scores = legs.documents(&query)?;
            legs.published.words.scores(scores, &rows)
        };
        if small { work() } else { compute(work).await }
    }
}
