use std::sync::Arc;
use std::time::Duration;

use ranker_core::conformance::{self, Entry, RetrieverSuite, Violation};
use ranker_core::{
    BoxError, CandidateId, Embedding, Fact, Filter, Hit, Profile, ProfileStore, Pushdown, Query,
    Request, RetrieveError, Retriever, Score, StoreError, async_trait,
};

/// How the naive retriever below breaks its promises.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    WorstFirst,
    TiesReversed,
    SameHitTwice,
    IgnoresFilter,
    FiltersTooLate,
    DropsWithoutFact,
    IgnoresK,
    OtherScores,
    ScoresInOtherOrder,
    NoScores,
    OthersProfile,
    OtherEncoder,
    NoLegs,
    Slow,
    Blocking,
    Down,
    AnyDimension,
    InventsEmbedding,
}

struct Naive {
    entries: Vec<Entry>,
    fault: Fault,
}

fn down() -> RetrieveError {
    RetrieveError::Unavailable {
        backend: "naive".to_owned(),
        source: "connection refused".into(),
    }
}

impl Naive {
    /// The query's embedding, or what a careless retriever takes for it.
    fn embedding(&self, query: &Query) -> Result<Embedding, RetrieveError> {
        let expected = 8;
        match query.embedding() {
            Some(embedding) if embedding.dimension() == expected => Ok(embedding.clone()),
            Some(_) if self.fault == Fault::AnyDimension => Ok(self.entries[0].embedding.clone()),
            Some(embedding) => Err(RetrieveError::Dimension {
                expected,
                actual: embedding.dimension(),
            }),
            None if self.fault == Fault::InventsEmbedding => Ok(self.entries[0].embedding.clone()),
            None => Err(RetrieveError::NoEmbedding {
                retriever: "naive".to_owned(),
            }),
        }
    }

    fn similarity(&self, query: &Query, entry: &Entry) -> Result<Score, RetrieveError> {
        let cosine = self.embedding(query)?.cosine(&entry.embedding).unwrap();
        Ok(Score::new(cosine.into()).unwrap())
    }

    fn passes(&self, filter: &Filter, entry: &Entry) -> bool {
        let facts = entry.profile.facts();
        match (self.fault, filter) {
            (Fault::IgnoresFilter | Fault::FiltersTooLate, _) => true,
            // As `NOT (permit = true)` does in SQL where the column is null.
            (Fault::DropsWithoutFact, Filter::Not(condition)) => match &**condition {
                Filter::Flag { fact, .. } => facts.get(fact).is_some() && !condition.matches(facts),
                _ => filter.matches(facts),
            },
            _ => filter.matches(facts),
        }
    }

    fn hit(&self, entry: &Entry, score: Score) -> Hit {
        let profile = match self.fault {
            Fault::OthersProfile => &self.entries[self.entries.len() - 1].profile,
            _ => &entry.profile,
        };
        Hit::new(entry.profile.id().clone(), score).with_profile(Arc::new(profile.clone()))
    }
}

#[async_trait]
impl Retriever for Naive {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        match self.fault {
            Fault::Down => return Err(down()),
            Fault::Slow => std::future::pending::<()>().await,
            Fault::Blocking => std::thread::sleep(Duration::from_millis(300)),
            _ => {}
        }
        let mut hits = Vec::new();
        for entry in &self.entries {
            let score = self.similarity(query, entry)?;
            if self.passes(&request.filter, entry) {
                hits.push(self.hit(entry, score));
            }
        }
        Hit::sort(&mut hits);
        match self.fault {
            Fault::WorstFirst => hits.reverse(),
            Fault::TiesReversed => hits.sort_by(|a, b| {
                let order = b.score().cmp(&a.score());
                order.then_with(|| b.id().cmp(a.id()))
            }),
            Fault::SameHitTwice if hits.len() > 1 => hits[1] = hits[0].clone(),
            _ => {}
        }
        if self.fault != Fault::IgnoresK {
            hits.truncate(request.k);
        }
        if self.fault == Fault::FiltersTooLate {
            let entry = |hit: &Hit| self.entries.iter().find(|e| e.profile.id() == hit.id());
            let passes = |entry: &Entry| request.filter.matches(entry.profile.facts());
            hits.retain(|hit| entry(hit).is_some_and(passes));
        }
        Ok(hits)
    }

    fn name(&self) -> &str {
        match self.fault {
            Fault::NoLegs => "custom",
            _ => "naive",
        }
    }

    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Exact
    }

    fn holds_profiles(&self) -> bool {
        true
    }

    fn encoder(&self) -> Option<&str> {
        match self.fault {
            Fault::OtherEncoder => Some("another-encoder"),
            _ => Some(conformance::ENCODER),
        }
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let score = |id: &CandidateId| {
            let entry = self.entries.iter().find(|entry| entry.profile.id() == id);
            let score = entry.map(|entry| self.similarity(query, entry));
            let score = score.transpose()?.map(Score::get);
            Ok(match self.fault {
                Fault::NoScores => None,
                Fault::OtherScores => score.map(|score| Score::new(score + 0.1).unwrap()),
                _ => score.map(|score| Score::new(score).unwrap()),
            })
        };
        let scores: Result<Vec<_>, RetrieveError> = ids.iter().map(score).collect();
        let mut scores = scores?;
        if self.fault == Fault::ScoresInOtherOrder && scores.len() > 2 {
            scores.swap(0, 2);
        }
        Ok(scores)
    }
}

async fn check(suite: RetrieverSuite, fault: Fault) -> Result<(), Violation> {
    let build = |entries| async move {
        Ok::<_, BoxError>(Arc::new(Naive { entries, fault }) as Arc<dyn Retriever>)
    };
    suite.run(build).await
}

fn run(fault: Fault) -> Result<(), Violation> {
    let suite = RetrieverSuite::new().with_limit(Duration::from_millis(200));
    pollster::block_on(check(suite, fault))
}

#[test]
fn a_sound_retriever_passes() {
    run(Fault::None).unwrap();
}

#[test]
fn every_fault_is_found_and_named() {
    let order = "at most k hits, best first, ties by id, no id twice";
    let filter = "an exact filter returns those that pass, and no fewer than it could";
    let score = "score gives one answer an id, and a hit's own score where it knows one";
    let odd = "a query that cannot be answered is an error, never a panic or a made-up hit";
    for (fault, contract, cause) in [
        (Fault::WorstFirst, order, "comes before"),
        (Fault::TiesReversed, order, "t5 and t4 have the same score"),
        (Fault::SameHitTwice, order, "an id comes twice"),
        (Fault::IgnoresK, order, "46 hits for k = 0"),
        (Fault::IgnoresFilter, filter, "instead of"),
        (Fault::FiltersTooLate, filter, "instead of"),
        (
            Fault::DropsWithoutFact,
            "a candidate that lacks a fact passes the negation of a condition on it",
            "t1",
        ),
        (Fault::OtherScores, score, "was retrieved with"),
        (Fault::ScoresInOtherOrder, score, "was retrieved with"),
        (
            Fault::NoScores,
            "score knows the candidates that were retrieved",
            "implement Retriever::score",
        ),
        (
            Fault::OthersProfile,
            "a hit carries its own candidate's profile, unchanged",
            "c00 carries the profile of t2",
        ),
        (
            Fault::OtherEncoder,
            "encoder names the encoder of the embeddings given, or none",
            "another-encoder",
        ),
        (
            Fault::NoLegs,
            "a hit's score reaches the ranking, by its legs or under the retriever's name",
            "return a name of your own",
        ),
        (Fault::Slow, "a call ends in time", "retrieve took"),
        (Fault::Blocking, "a call ends in time", "retrieve took"),
        (Fault::Down, "the store can be reached", "unavailable"),
        (Fault::AnyDimension, odd, "return RetrieveError::Dimension"),
        (
            Fault::InventsEmbedding,
            odd,
            "return RetrieveError::NoEmbedding",
        ),
    ] {
        let violation = run(fault).unwrap_err();
        assert_eq!(violation.contract(), contract, "{fault:?}: {violation}");
        let message = violation.to_string();
        assert!(message.contains(cause), "{fault:?}: {message}");
    }
}

#[test]
fn an_error_does_not_repeat_its_source() {
    let violation = run(Fault::Down).unwrap_err();
    let source = std::error::Error::source(&violation).unwrap().to_string();
    assert_eq!(source, "naive is unavailable; try again");
    assert!(!violation.to_string().contains(&source), "{violation}");
}

#[test]
fn exceptions_are_the_callers_to_make() {
    let suite = RetrieverSuite::new();
    pollster::block_on(check(suite.clone().without_scores(), Fault::NoScores)).unwrap();
    let named = suite.with_encoder("another-encoder");
    pollster::block_on(check(named, Fault::OtherEncoder)).unwrap();
}

/// Waits by tokio's timer before each answer, as clients of databases do.
struct Timed(Naive);

#[async_trait]
impl Retriever for Timed {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.0.retrieve(query, request).await
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn holds_profiles(&self) -> bool {
        true
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.0.score(query, ids).await
    }
}

#[tokio::test]
async fn runs_under_tokio_whose_timers_work() {
    let fault = Fault::None;
    let build = |entries| async move {
        Ok::<_, BoxError>(Arc::new(Timed(Naive { entries, fault })) as Arc<dyn Retriever>)
    };
    conformance::retriever(build).await.unwrap();
    let suite = RetrieverSuite::new().with_limit(Duration::from_millis(200));
    let violation = check(suite, Fault::Slow).await.unwrap_err();
    assert_eq!(violation.contract(), "a call ends in time");
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum StoreFault {
    None,
    OthersProfile,
    OtherFacts,
    LeavesOutUnknown,
    Down,
}

struct Shelf {
    profiles: Vec<Arc<Profile>>,
    fault: StoreFault,
}

#[async_trait]
impl ProfileStore for Shelf {
    async fn profiles(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, StoreError> {
        let find = |id| {
            let found = self.profiles.iter().find(|profile| profile.id() == id)?;
            Some(match self.fault {
                StoreFault::OthersProfile => self.profiles[7].clone(),
                StoreFault::OtherFacts => {
                    let profile = (**found).clone().with_fact("years", Fact::integer(70));
                    Arc::new(profile.unwrap())
                }
                _ => found.clone(),
            })
        };
        let found = ids.iter().map(find);
        match self.fault {
            StoreFault::Down => Err(StoreError::Unavailable {
                backend: "shelf".to_owned(),
                source: "no route".into(),
            }),
            StoreFault::LeavesOutUnknown => Ok(found.filter(Option::is_some).collect()),
            _ => Ok(found.collect()),
        }
    }
}

#[test]
fn faults_of_stores_are_found_and_named() {
    let run = |fault| {
        let build = |profiles: Vec<Profile>| async move {
            let profiles = profiles.into_iter().map(Arc::new).collect();
            Ok::<_, BoxError>(Arc::new(Shelf { profiles, fault }) as Arc<dyn ProfileStore>)
        };
        pollster::block_on(conformance::profile_store(build))
    };
    run(StoreFault::None).unwrap();
    for (fault, cause) in [
        (StoreFault::OthersProfile, "gave the profile of"),
        (StoreFault::OtherFacts, "instead of"),
        (StoreFault::LeavesOutUnknown, "3 answers for 4 ids"),
        (StoreFault::Down, "unavailable"),
    ] {
        let message = run(fault).unwrap_err().to_string();
        assert!(message.contains(cause), "{fault:?}: {message}");
    }
}
