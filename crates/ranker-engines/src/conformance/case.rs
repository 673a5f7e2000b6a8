//! Calls of a store, each of which must end in time.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures_timer::Delay;
use futures_util::future::{Either, select};
use ranker_core::conformance::Violation;
use ranker_core::{CandidateId, Embedding, Hit, Profile, Query, Request, RetrieveError, Score};

use crate::{Store, WriteError};

/// A store, and what it should hold.
pub(super) struct Case {
    pub(super) store: Arc<dyn Store>,
    pub(super) people: BTreeMap<CandidateId, (Profile, Embedding)>,
    pub(super) limit: Duration,
}

const ENDS: &str = "a call ends in time";
const STORES: &str = "a store takes profiles";

impl Case {
    pub(super) fn new(store: Arc<dyn Store>, limit: Duration) -> Self {
        Self {
            store,
            people: BTreeMap::new(),
            limit,
        }
    }

    pub(super) async fn fill(
        &mut self,
        people: Vec<(Profile, Embedding)>,
    ) -> Result<(), Violation> {
        for batch in people.chunks(200) {
            self.write(batch).await?;
        }
        self.settle().await?;
        let by_id = people
            .into_iter()
            .map(|entry| (entry.0.id().clone(), entry));
        self.people = by_id.collect();
        Ok(())
    }

    pub(super) async fn write(&self, entries: &[(Profile, Embedding)]) -> Result<(), Violation> {
        let written: Result<(), WriteError> = self.timed(self.store.upsert(entries)).await?;
        written.map_err(|error| failed(STORES, &error))
    }

    pub(super) async fn delete(&self, ids: &[CandidateId]) -> Result<(), Violation> {
        let gone = self.timed(self.store.delete(ids)).await?;
        gone.map_err(|error| failed("a store removes profiles", &error))
    }

    /// Waits longer than for other calls: some stores show changes late.
    pub(super) async fn settle(&self) -> Result<(), Violation> {
        let settled = in_time(self.limit * 12, self.store.settle()).await?;
        settled.map_err(|error| failed("changes are seen in the end", &error))
    }

    pub(super) async fn count(&self) -> Result<u64, Violation> {
        let counted = self.timed(self.store.count()).await?;
        counted.map_err(|error| failed("a store counts its profiles", &error))
    }

    pub(super) async fn entries(
        &self,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<(Profile, Embedding)>>, Violation> {
        let found = self.timed(self.store.entries(ids)).await?;
        found.map_err(|error| failed("a store gives back what it holds", &error))
    }

    pub(super) async fn hits(
        &self,
        query: &Query,
        request: &Request,
    ) -> Result<Vec<Hit>, Violation> {
        let found = self.answer(query, request).await?;
        found.map_err(|error| failed("a search succeeds", &error))
    }

    pub(super) async fn answer(
        &self,
        query: &Query,
        request: &Request,
    ) -> Result<Result<Vec<Hit>, RetrieveError>, Violation> {
        self.timed(self.store.retrieve(query, request)).await
    }

    pub(super) async fn scores(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, Violation> {
        let scores = self.timed(self.store.score(query, ids)).await?;
        scores.map_err(|error| failed("a store scores given candidates", &error))
    }

    pub(super) async fn timed<T>(
        &self,
        call: impl Future<Output = T> + Send,
    ) -> Result<T, Violation> {
        in_time(self.limit, call).await
    }
}

async fn in_time<T>(limit: Duration, call: impl Future<Output = T> + Send) -> Result<T, Violation> {
    match select(std::pin::pin!(call), Delay::new(limit)).await {
        Either::Left((answer, _)) => Ok(answer),
        Either::Right(_) => Err(Violation::new(
            ENDS,
            format!("one took more than {limit:.1?}"),
        )),
    }
}

/// A call failed that should not have.
pub(super) fn failed(contract: &'static str, error: &(dyn Error + 'static)) -> Violation {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        told = format!("{told}: {cause}");
        source = cause.source();
    }
    Violation::new(contract, told)
}
