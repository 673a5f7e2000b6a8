//! Several stores searched as one.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_timer::Delay;
use ranker_core::{
    CandidateId, Filter, Hit, JobDescription, Pushdown, Query, Request, RetrieveError, Retriever,
    Score, async_trait, conformance,
};
use ranker_engines::conformance::{Place, people};
use ranker_engines::{ScatterError, ScatterGather, Weights};

use crate::memory::{Flaw, Memories};

/// Answers late, or never.
struct Late {
    inner: Arc<dyn Retriever>,
    by: Duration,
    dead: bool,
}

#[async_trait]
impl Retriever for Late {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        Delay::new(self.by).await;
        if self.dead {
            let backend = "late".to_owned();
            return Err(RetrieveError::Unavailable {
                backend,
                source: "it is dead".into(),
            });
        }
        self.inner.retrieve(query, request).await
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        self.inner.pushdown(filter)
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        self.inner.score(query, ids).await
    }
}

fn late(inner: Arc<dyn Retriever>, by: u64, dead: bool) -> Arc<dyn Retriever> {
    let by = Duration::from_millis(by);
    Arc::new(Late { inner, by, dead })
}

/// People dealt out over shards, and all of them in one.
fn shards(count: usize) -> (Vec<Arc<dyn Retriever>>, Arc<dyn Retriever>) {
    let memories = Memories::default();
    let people = people(400);
    let open = |name: &str| {
        memories
            .open(&Place::new(name, 16, "m"), Flaw::Nothing)
            .unwrap()
    };
    let whole = open("whole");
    pollster::block_on(whole.upsert(&people)).unwrap();
    let shards = (0..count).map(|shard| {
        let store = open(&format!("shard{shard}"));
        let own: Vec<_> = people.iter().skip(shard).step_by(count).cloned().collect();
        pollster::block_on(store.upsert(&own)).unwrap();
        store as Arc<dyn Retriever>
    });
    (shards.collect(), whole)
}

fn query() -> Query {
    let (profile, embedding) = people(7).remove(6);
    Query::new(JobDescription::new(profile.text()).unwrap()).with_embedding(embedding)
}

fn ids(hits: &[Hit]) -> Vec<&CandidateId> {
    hits.iter().map(Hit::id).collect()
}

#[test]
fn shards_give_what_one_store_gives() {
    let (shards, whole) = shards(4);
    let scattered = ScatterGather::new(shards.into_iter().map(|shard| vec![shard]).collect());
    let scattered = scattered
        .unwrap()
        .with_weights(Weights::new(1.0, 0.0).unwrap());
    for (k, filter) in [(25, Filter::All), (5, Filter::at_most("rank", 100.0))] {
        let request = Request::top(k).with_filter(filter);
        let merged = pollster::block_on(scattered.retrieve(&query(), &request)).unwrap();
        let alone = pollster::block_on(whole.retrieve(&query(), &request)).unwrap();
        assert_eq!(ids(&merged), ids(&alone));
    }
}

#[test]
fn it_is_a_retriever() {
    let checked = conformance::retriever(|entries| async move {
        let memories = Memories::default();
        let mut shards = Vec::new();
        for shard in 0..3 {
            let store = memories.open(
                &Place::new(format!("s{shard}"), 8, "conformance"),
                Flaw::Nothing,
            )?;
            let own = entries.iter().skip(shard).step_by(3);
            let own: Vec<_> = own
                .map(|e| (e.profile.clone(), e.embedding.clone()))
                .collect();
            store.upsert(&own).await?;
            shards.push(vec![store as Arc<dyn Retriever>]);
        }
        Ok(Arc::new(ScatterGather::new(shards)?) as Arc<dyn Retriever>)
    });
    pollster::block_on(checked).unwrap();
}

#[test]
fn a_dead_or_slow_shard_is_an_error_or_a_note() {
    let (mut shards, _) = shards(3);
    shards[1] = late(Arc::clone(&shards[1]), 0, true);
    shards[2] = late(Arc::clone(&shards[2]), 60_000, false);
    let scattered = ScatterGather::new(shards.into_iter().map(|shard| vec![shard]).collect());
    let scattered = scattered.unwrap().with_limit(Duration::from_millis(200));
    let request = Request::top(10);
    let error = pollster::block_on(scattered.retrieve(&query(), &request)).unwrap_err();
    assert!(matches!(error, RetrieveError::Unavailable { .. }));
    let absent = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&absent);
    let lenient = scattered.without_absent(move |absent| told.lock().unwrap().push(absent.clone()));
    let hits = pollster::block_on(lenient.retrieve(&query(), &request)).unwrap();
    assert_eq!(hits.len(), 10, "of the one that is left");
    let absent = absent.lock().unwrap();
    let told: Vec<(usize, &str)> = absent
        .iter()
        .map(|a| (a.shard, a.reason.as_str()))
        .collect();
    assert_eq!(told[0], (1, "late is unavailable; try again: it is dead"));
    assert!(
        told[1].0 == 2 && told[1].1.contains("no answer within"),
        "{told:?}"
    );
}

#[test]
fn a_replica_is_asked_when_a_shard_is_slow() {
    let (shards, whole) = shards(1);
    let slow = late(Arc::clone(&shards[0]), 60_000, false);
    let replicas = vec![vec![slow, Arc::clone(&shards[0])]];
    let scattered = ScatterGather::new(replicas)
        .unwrap()
        .with_hedge(Duration::from_millis(50));
    let begun = Instant::now();
    let hits = pollster::block_on(scattered.retrieve(&query(), &Request::top(5))).unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    let alone = pollster::block_on(whole.retrieve(&query(), &Request::top(5))).unwrap();
    assert_eq!(ids(&hits), ids(&alone));
}

#[test]
fn shards_of_two_encoders_are_none() {
    let memories = Memories::default();
    let open = |name: &str, encoder: &str| {
        vec![
            memories
                .open(&Place::new(name, 16, encoder), Flaw::Nothing)
                .unwrap() as Arc<dyn Retriever>,
        ]
    };
    let mixed = ScatterGather::new(vec![open("a", "one"), open("b", "two")]);
    assert!(matches!(mixed, Err(ScatterError::Encoders { .. })));
    assert!(matches!(
        ScatterGather::new(Vec::new()),
        Err(ScatterError::Empty)
    ));
}
