//! The vector leg of a retriever, as a leg of a fusion.

use std::sync::Arc;

use ranker_core::{
    CandidateId, Filter, Hit, Pushdown, Query, Request, RetrieveError, Retriever, Score,
    async_trait,
};

use crate::DENSE;

/// A retriever that reports a leg [`DENSE`], under that name: its hits score their cosine similarity, whatever
/// name and scale the retriever's own scores have.
pub(super) struct Dense(pub(super) Arc<dyn Retriever>);

/// The hit as its vector leg alone says it; `None` without that leg.
fn own(hit: Hit) -> Option<Hit> {
    let leg = hit.leg(DENSE)?.clone();
    let mut own = Hit::new(hit.id().clone(), leg.score).with_leg(leg);
    if let Some(profile) = hit.profile() {
        own = own.with_profile(Arc::clone(profile));
    }
    Some(match hit.tokens() {
        Some(tokens) => own.with_tokens(tokens.clone()),
        None => own,
    })
}

#[async_trait]
impl Retriever for Dense {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let hits = self.0.retrieve(query, request).await?;
        let own: Option<Vec<Hit>> = hits.into_iter().map(own).collect();
        let mut own = own.ok_or_else(|| RetrieveError::Rejected {
            backend: self.0.name().to_owned(),
            source: format!("a hit has no leg {DENSE:?}: fuse it with `Fused::new`").into(),
        })?;
        Hit::sort(&mut own);
        Ok(own)
    }

    fn name(&self) -> &str {
        DENSE
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        self.0.pushdown(filter)
    }

    fn holds_profiles(&self) -> bool {
        self.0.holds_profiles()
    }

    fn encoder(&self) -> Option<&str> {
        self.0.encoder()
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let hits = self.complete(query, ids).await?.into_iter();
        Ok(hits.map(|hit| Some(hit?.score())).collect())
    }

    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        let hits = self.0.complete(query, ids).await?.into_iter();
        Ok(hits.map(|hit| own(hit?)).collect())
    }
}
