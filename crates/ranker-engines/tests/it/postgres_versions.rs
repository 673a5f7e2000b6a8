//! Tables of PostgreSQL that an earlier version made: nothing is lost, whatever comes in between.

use std::thread;
use std::time::Duration;

use ranker_core::{
    CandidateId, Embedding, JobDescription, Profile, Query, Reading, Request, Retriever,
};
use ranker_engines::conformance::people;
use ranker_engines::pgvector::{Postgres, PostgresOptions};
use ranker_engines::{Secret, Space, Store, WriteError};
use tokio_postgres::{Client, NoTls};

use crate::live;

/// What the first version made of a store, as it was released.
const FIRST: &str = "CREATE TABLE {name} (
  id text COLLATE \"C\" PRIMARY KEY,
  title text NOT NULL,
  text text NOT NULL,
  facts jsonb NOT NULL,
  tags text[] NOT NULL,
  embedding vector(16) NOT NULL,
  words tsvector NOT NULL
)";
/// What the second added.
const SECOND: &str = "DO $do$ BEGIN EXECUTE format(
  'CREATE MATERIALIZED VIEW {name}_words AS SELECT word, ndoc FROM ts_stat(%L)',
  format('SELECT words FROM %I.{name}', current_schema())
); END $do$;
CREATE UNIQUE INDEX {name}_words_word ON {name}_words (word)";
/// The version of today.
const LAST: i32 = 3;

/// A connection that is driven for as long as it is held.
struct Session {
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Session {
    fn new(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (client, connection) = runtime
            .block_on(tokio_postgres::connect(url, NoTls))
            .unwrap();
        runtime.spawn(connection);
        Self { runtime, client }
    }

    fn run(&self, statements: &str) {
        self.runtime
            .block_on(self.client.batch_execute(statements))
            .unwrap();
    }

    fn number(&self, question: &str) -> i64 {
        let row = self.runtime.block_on(self.client.query_one(question, &[]));
        row.unwrap().get(0)
    }

    /// A store's version, whether it has the view of words, and whether it has the column of forms.
    fn state(&self, name: &str) -> (i64, bool, bool) {
        let version = format!("SELECT version::bigint FROM ranker_stores WHERE name = '{name}'");
        let view = format!("SELECT count(*) FROM pg_matviews WHERE matviewname = '{name}_words'");
        let column = format!(
            "SELECT count(*) FROM information_schema.columns
WHERE table_name = '{name}' AND column_name = 'form'"
        );
        let is = |question: &str| self.number(question) == 1;
        (self.number(&version), is(&view), is(&column))
    }
}

fn opened(url: &str, name: &str) -> Result<Postgres, WriteError> {
    opened_within(url, name, Duration::from_secs(10))
}

fn opened_within(url: &str, name: &str, limit: Duration) -> Result<Postgres, WriteError> {
    let space = Space::new(name, 16, "m").unwrap();
    let options = PostgresOptions::new().with_time_limit(limit);
    pollster::block_on(Postgres::open(&Secret::new(url), space, options))
}

/// Texts were read whole before there were forms.
fn whole() -> Vec<(Profile, Embedding)> {
    let people = people(300).into_iter();
    people
        .map(|(profile, embedding)| (profile.read_as(Reading::Whole), embedding))
        .collect()
}

/// A store of a version, with these profiles as it wrote them.
fn old(session: &Session, url: &str, name: &str, version: usize) {
    let today = opened(url, &format!("{name}_now")).unwrap();
    pollster::block_on(today.upsert(&whole())).unwrap();
    for step in &[FIRST, SECOND][..version] {
        session.run(&step.replace("{name}", name));
    }
    session.run(&format!(
        "INSERT INTO {name} SELECT id, title, text, facts, tags, embedding, words FROM {name}_now;
INSERT INTO ranker_stores VALUES ('{name}', {version}, 'm', 16)"
    ));
}

fn holds_everyone(store: &Postgres) {
    let people = whole();
    let ids: Vec<CandidateId> = people
        .iter()
        .map(|(profile, _)| profile.id().clone())
        .collect();
    let held = pollster::block_on(store.entries(&ids)).unwrap();
    for ((profile, embedding), held) in people.iter().zip(held) {
        let (own, vector) = held.unwrap();
        assert_eq!(own, *profile);
        assert!(own.reading() == Reading::Whole && vector == *embedding);
    }
    assert_eq!(pollster::block_on(store.count()).unwrap(), 300);
}

fn comes_to_today(version: usize) {
    let Some(url) = live::given("RANKER_POSTGRES") else {
        return;
    };
    let session = Session::new(&url);
    let name = format!("version_{version}_{}", std::process::id());
    old(&session, &url, &name, version);
    let before = (version as i64, version > 1, false);
    assert_eq!(session.state(&name), before);

    // A reader in between: the steps up to the last are done, which waits, until the time is over.
    let reader = Session::new(&url);
    reader.run(&format!("BEGIN; LOCK TABLE {name} IN ACCESS SHARE MODE"));
    let error = opened_within(&url, &name, Duration::from_secs(1)).unwrap_err();
    assert!(matches!(error, WriteError::Unavailable { .. }), "{error:?}");
    assert_eq!(session.state(&name), before, "half a migration is none");
    reader.run("COMMIT");

    // Of two at once, one does it.
    let both = [(); 2].map(|()| {
        let (url, name) = (url.clone(), name.clone());
        thread::spawn(move || opened(&url, &name))
    });
    for store in both {
        holds_everyone(&store.join().unwrap().unwrap());
    }
    assert_eq!(session.state(&name), (LAST.into(), true, true));
    let store = opened(&url, &name).unwrap();
    holds_everyone(&store);
    assert_eq!(session.state(&name), (LAST.into(), true, true));

    pollster::block_on(store.refresh()).unwrap();
    let (_, embedding) = people(1).remove(0);
    let job = JobDescription::new("A nurse, reference n31").unwrap();
    let query = Query::new(job).with_embedding(embedding);
    let hits = pollster::block_on(store.retrieve(&query, &Request::top(300))).unwrap();
    assert_eq!(hits.len(), 300);
    let found = hits.iter().find(|hit| hit.id().as_str() == "p00031");
    assert_eq!(found.unwrap().leg("full text").unwrap().share(), 1.0);
}

#[test]
fn a_table_of_the_first_version_comes_to_today() {
    comes_to_today(1);
}

#[test]
fn a_table_of_the_second_version_comes_to_today() {
    comes_to_today(2);
}

/// A step that fails leaves what was there, and says why.
#[test]
fn a_step_that_fails_changes_nothing() {
    let Some(url) = live::given("RANKER_POSTGRES") else {
        return;
    };
    let session = Session::new(&url);
    let name = format!("version_odd_{}", std::process::id());
    old(&session, &url, &name, 1);
    // Somebody's own column has the name of the last step's.
    session.run(&format!("ALTER TABLE {name} ADD COLUMN form text"));
    let error = opened(&url, &name).unwrap_err();
    assert!(matches!(error, WriteError::Rejected { .. }), "{error:?}");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("form"), "{cause}");
    assert_eq!(session.state(&name), (1, false, true));
    session.run(&format!("ALTER TABLE {name} DROP COLUMN form"));
    holds_everyone(&opened(&url, &name).unwrap());
}

#[test]
fn a_table_of_a_later_version_is_left_alone() {
    let Some(url) = live::given("RANKER_POSTGRES") else {
        return;
    };
    let session = Session::new(&url);
    let name = format!("version_later_{}", std::process::id());
    old(&session, &url, &name, 2);
    session.run(&format!(
        "UPDATE ranker_stores SET version = {} WHERE name = '{name}'",
        LAST + 1
    ));
    let error = opened(&url, &name).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("use a later ranker-engines"), "{cause}");
    assert_eq!(session.state(&name), (i64::from(LAST) + 1, true, false));
}
