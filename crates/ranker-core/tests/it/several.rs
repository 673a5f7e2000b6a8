//! The contract of a store that keeps several vectors a profile.

use std::sync::Arc;

use ranker_core::conformance::{Entry, RetrieverSuite, Violation};
use ranker_core::{
    CandidateId, Embedding, Filter, Hit, Pushdown, Query, Request, RetrieveError, Retriever, Score,
    async_trait,
};

/// How the store below breaks its promises.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Only the first vector counts.
    FirstAlone,
    /// Who has several is found several times.
    Twice,
    /// The best `k` vectors, however few have them.
    TooFew,
    /// Given candidates are scored by their first vector.
    OtherScores,
}

struct Several(Vec<(Entry, Vec<Embedding>)>, Fault);

impl Several {
    fn scores(&self, query: &Query, at: usize) -> Result<Vec<Score>, RetrieveError> {
        let expected = 8;
        let Some(query) = query.embedding() else {
            let retriever = "several".to_owned();
            return Err(RetrieveError::NoEmbedding { retriever });
        };
        if query.dimension() != expected {
            let actual = query.dimension();
            return Err(RetrieveError::Dimension { expected, actual });
        }
        let (entry, further) = &self.0[at];
        let vectors = std::iter::once(&entry.embedding).chain(further);
        let score = |vector| Score::new(query.cosine(vector).unwrap().into()).unwrap();
        Ok(vectors.map(score).collect())
    }
}

#[async_trait]
impl Retriever for Several {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let mut hits = Vec::new();
        for (at, (entry, _)) in self.0.iter().enumerate() {
            let scores = self.scores(query, at)?;
            if !request.filter.matches(entry.profile.facts()) {
                continue;
            }
            let taken = if self.1 == Fault::FirstAlone {
                1
            } else {
                scores.len()
            };
            let profile = Arc::new(entry.profile.clone());
            hits.extend(scores[..taken].iter().map(|score| {
                Hit::new(entry.profile.id().clone(), *score).with_profile(Arc::clone(&profile))
            }));
        }
        Hit::sort(&mut hits);
        if self.1 == Fault::TooFew {
            hits.truncate(request.k);
        }
        if self.1 != Fault::Twice {
            let mut seen = std::collections::HashSet::new();
            hits.retain(|hit| seen.insert(hit.id().clone()));
        }
        hits.truncate(request.k);
        Ok(hits)
    }

    fn name(&self) -> &str {
        "several"
    }

    fn pushdown(&self, _: &Filter) -> Pushdown {
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
        let score = |id: &CandidateId| {
            let at = self
                .0
                .iter()
                .position(|(entry, _)| entry.profile.id() == id);
            let scores = at.map(|at| self.scores(query, at)).transpose()?;
            Ok(scores.and_then(|scores| match self.1 {
                Fault::OtherScores => scores.first().copied(),
                _ => scores.into_iter().max(),
            }))
        };
        ids.iter().map(score).collect()
    }
}

fn checked(fault: Fault) -> Result<(), Violation> {
    let build = |all| {
        let built: Arc<dyn Retriever> = Arc::new(Several(all, fault));
        std::future::ready(Ok(built))
    };
    pollster::block_on(RetrieverSuite::new().run_several(build))
}

#[test]
fn the_best_of_several_vectors_passes() {
    checked(Fault::None).unwrap();
}

#[test]
fn faults_with_several_vectors_are_found_and_named() {
    for (fault, contract) in [
        (
            Fault::FirstAlone,
            "a profile scores as the best of its vectors does",
        ),
        (
            Fault::Twice,
            "at most k hits, best first, ties by id, no id twice",
        ),
        (Fault::TooFew, "k hits where there are as many"),
        (
            Fault::OtherScores,
            "score gives one answer an id, and a hit's own score where it knows one",
        ),
    ] {
        let violation = checked(fault).unwrap_err();
        assert_eq!(violation.contract(), contract, "{violation}");
    }
}
