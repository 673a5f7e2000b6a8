//! What the servers of engines answer: any lines in place of it. Opening, searching, reading and changing a store
//! give an error or a value.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use ranker_core::{CandidateId, Embedding, Filter, JobDescription, Profile, Query, Request};
use ranker_engines::chroma::{Chroma, ChromaOptions};
use ranker_engines::elastic::{Dialect, Elastic, ElasticOptions};
use ranker_engines::http::Endpoint;
use ranker_engines::pinecone::{Pinecone, PineconeOptions, create_index};
use ranker_engines::qdrant::{Qdrant, QdrantOptions};
use ranker_engines::redis::{Redis, RedisOptions, RedisSearch, RedisSearchOptions};
use ranker_engines::{Secret, Space, Store};
use ranker_fuzz::{Answer, Server};

static HTTP: LazyLock<Server> = LazyLock::new(Server::http);
static RAW: LazyLock<Server> = LazyLock::new(Server::raw);

const PATIENCE: Duration = Duration::from_secs(20);

fn endpoint() -> Endpoint {
    let endpoint = Endpoint::new(format!("http://{}", HTTP.address())).unwrap();
    endpoint
        .with_tries(1)
        .with_rest(Duration::ZERO)
        .with_time_limit(PATIENCE)
}

fn space() -> Space {
    Space::new("people", 3, "m").unwrap()
}

/// One store after the other; none where it is not opened.
async fn opened(which: u8) -> Option<Box<dyn Store>> {
    let url = Secret::new(format!("redis://{}", RAW.address()));
    Some(match which % 8 {
        0 => Box::new(
            Chroma::open(endpoint(), space(), ChromaOptions::new())
                .await
                .ok()?,
        ),
        1 => {
            let dialect = Dialect::OpenSearch;
            let elastic = Elastic::open(endpoint(), dialect, space(), ElasticOptions::new());
            Box::new(elastic.await.ok()?)
        }
        2 => {
            let dialect = Dialect::Elasticsearch;
            let elastic = Elastic::open(endpoint(), dialect, space(), ElasticOptions::new());
            Box::new(elastic.await.ok()?)
        }
        3 => Box::new(
            Qdrant::open(endpoint(), space(), QdrantOptions::new())
                .await
                .ok()?,
        ),
        4 => {
            let options = PineconeOptions::new().with_patience(Duration::ZERO);
            Box::new(Pinecone::open(endpoint(), space(), options).await.ok()?)
        }
        5 => {
            let options = RedisOptions::new().with_time_limit(PATIENCE);
            Box::new(Redis::open(&url, space(), options).await.ok()?)
        }
        6 => {
            let options = RedisSearchOptions::new().with_time_limit(PATIENCE);
            Box::new(RedisSearch::open(&url, space(), options).await.ok()?)
        }
        _ => {
            let _ = create_index(endpoint(), &space(), ("aws", "us-east-1")).await;
            return None;
        }
    })
}

/// One thing that is done with a store.
async fn done(store: &dyn Store, what: u8) {
    let embedding = Embedding::normalized(vec![1.0, 0.5, 0.0]).unwrap();
    let query =
        Query::new(JobDescription::new("Rust engineer").unwrap()).with_embedding(embedding.clone());
    let ids = ["a", "b"].map(|id| CandidateId::new(id).unwrap());
    match what % 6 {
        0 => {
            let filter = match what & 64 {
                0 => Filter::All,
                _ => Filter::at_least("years", 3.0),
            };
            let found = store
                .retrieve(&query, &Request::top(2).with_filter(filter))
                .await;
            assert!(found.map_or(0, |found| found.len()) <= 2);
        }
        1 => {
            if let Ok(found) = store.complete(&query, &ids).await {
                assert_eq!(found.len(), ids.len());
            }
            let _ = store.terms(&query, &ids).await;
        }
        2 => {
            if let Ok(found) = store.entries(&ids).await {
                assert_eq!(found.len(), ids.len());
            }
        }
        3 => {
            if let Ok(found) = store.profiles(&ids).await {
                assert_eq!(found.len(), ids.len());
            }
        }
        4 => {
            let profile = Profile::new("a", "Builds search engines").unwrap();
            let _ = store.upsert(&[(profile, embedding)]).await;
            let _ = store.delete(&ids).await;
        }
        _ => {
            let _ = store.count().await;
            let _ = store.settle().await;
        }
    }
}

// The first byte says which engine, the second what is done first and the third what next.
fuzz_target!(|data: &[u8]| {
    let [which, first, next, answers @ ..] = data else {
        return;
    };
    match which % 8 {
        // Redis frames its replies by lengths, not by lines.
        5 | 6 => RAW.say(vec![Answer {
            status: 200,
            body: answers.to_vec(),
        }]),
        _ => HTTP.say(Answer::lines(answers)),
    }
    pollster::block_on(async {
        if let Some(store) = opened(*which).await {
            done(&*store, *first).await;
            done(&*store, *next).await;
        }
    });
});
