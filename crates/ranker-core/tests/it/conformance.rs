use std::sync::Arc;

use ranker_core::conformance::{self, Entry};
use ranker_core::{
    BoxError, CandidateId, Filter, Hit, Pushdown, Query, Request, RetrieveError, Retriever, Score,
    async_trait,
};

/// How the naive retriever below breaks its promises.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    WorstFirst,
    IgnoresFilter,
    FiltersTooLate,
    IgnoresK,
    OtherScores,
}

struct Naive {
    entries: Vec<Entry>,
    fault: Fault,
}

impl Naive {
    fn similarity(&self, query: &Query, entry: &Entry) -> Result<Score, RetrieveError> {
        let embedding = query
            .embedding()
            .ok_or_else(|| RetrieveError::NoEmbedding {
                retriever: "naive".to_owned(),
            })?;
        let expected = entry.embedding.dimension();
        let cosine = embedding
            .cosine(&entry.embedding)
            .map_err(|_| RetrieveError::Dimension {
                expected,
                actual: embedding.dimension(),
            })?;
        Ok(Score::new(cosine.into()).expect("a cosine is finite"))
    }
}

#[async_trait]
impl Retriever for Naive {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let passes = |entry: &&Entry| request.filter.matches(entry.profile.facts());
        let mut hits = Vec::new();
        for entry in &self.entries {
            let score = self.similarity(query, entry)?;
            if self.fault == Fault::IgnoresFilter
                || self.fault == Fault::FiltersTooLate
                || passes(&entry)
            {
                hits.push(Hit::new(entry.profile.id().clone(), score));
            }
        }
        Hit::sort(&mut hits);
        if self.fault == Fault::WorstFirst {
            hits.reverse();
        }
        if self.fault != Fault::IgnoresK {
            hits.truncate(request.k);
        }
        if self.fault == Fault::FiltersTooLate {
            let entry = |hit: &Hit| self.entries.iter().find(|e| e.profile.id() == hit.id());
            hits.retain(|hit| entry(hit).as_ref().is_some_and(passes));
        }
        Ok(hits)
    }

    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Exact
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let shift = if self.fault == Fault::OtherScores {
            0.1
        } else {
            0.0
        };
        ids.iter()
            .map(|id| {
                let entry = self.entries.iter().find(|entry| entry.profile.id() == id);
                let score = entry
                    .map(|entry| self.similarity(query, entry))
                    .transpose()?;
                Ok(score.map(|score| Score::new(score.get() + shift).expect("finite")))
            })
            .collect()
    }
}

fn run(fault: Fault) -> Result<(), conformance::Violation> {
    pollster::block_on(conformance::retriever(|entries| async move {
        Ok::<_, BoxError>(Arc::new(Naive { entries, fault }) as Arc<dyn Retriever>)
    }))
}

#[test]
fn a_sound_retriever_passes() {
    run(Fault::None).unwrap();
}

#[test]
fn every_fault_is_found() {
    for (fault, contract) in [
        (
            Fault::WorstFirst,
            "at most k hits, best first, ties by id, no id twice",
        ),
        (
            Fault::IgnoresK,
            "at most k hits, best first, ties by id, no id twice",
        ),
        (
            Fault::IgnoresFilter,
            "an exact filter returns those that pass, and no fewer than it could",
        ),
        (
            Fault::FiltersTooLate,
            "an exact filter returns those that pass, and no fewer than it could",
        ),
        (
            Fault::OtherScores,
            "score gives one answer an id, and a hit's own score where it knows one",
        ),
    ] {
        let violation = run(fault).unwrap_err();
        assert_eq!(violation.contract(), contract, "{fault:?}: {violation}");
    }
}
