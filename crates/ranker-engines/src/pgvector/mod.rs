//! PostgreSQL (14 and later) with the extension pgvector (0.8 and later).
//!
//! - A profile is one row: text, `facts` as `jsonb`, tags for filters, a vector and its words.
//! - A search is one statement: both legs, the scores of everyone whom either found, and the fusion.
//! - The index of vectors (HNSW) keeps halves of the precision by default; scores are those of whole
//!   vectors. Scans go on until enough rows pass the filter, and where the index gives up, everyone who
//!   passes is scored.
//! - Words are PostgreSQL's full text search, which has no BM25: the leg is called [`FULL_TEXT`] and not
//!   `bm25`. It searches the job's rarest words, by counts that [`Postgres::refresh`] takes.
//! - Connections are driven by a thread of their own, so that any executor can await the answers. They are
//!   pooled, and statements are prepared once a connection.
//! - Text with the character U+0000 is refused: PostgreSQL does not hold it.

mod copy;
mod filter;
mod migrate;
mod options;
mod pool;
mod sql;
#[cfg(feature = "pgvector-tls")]
mod tls;

use std::sync::Arc;

use ranker_core::{CandidateId, Embedding, Hit, Profile, Query, Request, async_trait};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::adapter::condition::Condition;
use crate::adapter::engine::{Engine, Entry, hits_in_order, in_order, seams};
use crate::adapter::fault::Fault;
use crate::adapter::fuse::{Best, Rule, Scored, depth};
use crate::{Secret, Space, WriteError, record};
pub use options::{Indexing, PostgresOptions, Precision};
use pool::{Pool, Session};
use sql::Sql;

pub use ranker_core::legs::FULL_TEXT;

/// A table of profiles in PostgreSQL.
#[derive(Debug, Clone)]
pub struct Postgres {
    pool: Arc<Pool>,
    sql: Arc<Sql>,
    space: Arc<Space>,
    options: PostgresOptions,
    backend: String,
}

impl Postgres {
    /// Connects to a database by its URL (`postgresql://user:password@host/database`), opens the table of
    /// that name, and makes it or brings it to this version where that is needed.
    ///
    /// # Errors
    ///
    /// [`WriteError::Encoder`] for a table of another encoder; [`WriteError::Rejected`] for one of another
    /// dimension, and where pgvector is not there; [`WriteError::Unavailable`].
    pub async fn open(
        url: &Secret,
        space: Space,
        options: PostgresOptions,
    ) -> Result<Self, WriteError> {
        let backend = format!("postgresql table {}", space.name);
        let told = |fault: Fault| fault.write(&backend);
        let pool = Arc::new(Pool::new(url, &options).map_err(told)?);
        let sql = Arc::new(Sql::new(&space, &options));
        let postgres = Self {
            pool,
            sql,
            space: Arc::new(space),
            options,
            backend: backend.clone(),
        };
        let mut session = postgres.pool.session().await.map_err(told)?;
        let (space, options) = (&postgres.space, &postgres.options);
        let migrated = postgres
            .pool
            .timed(migrate::migrate(session.client(), space, options));
        migrated.await.map_err(told)?;
        session.done();
        if postgres.options.indexing == Indexing::AtOnce {
            postgres.index().await?;
        }
        Ok(postgres)
    }

    /// Makes the indexes that are not there yet: of vectors, of tags, of words and of the numbers that
    /// [`PostgresOptions::with_number_index`] names. Takes minutes for a million profiles.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub async fn index(&self) -> Result<(), WriteError> {
        let statements = migrate::indexes(&self.space, &self.options);
        self.maintain(&statements).await
    }

    /// Counts anew in how many profiles each word is, and what the planner must know. Worth it when the
    /// profiles have become many more, or other ones.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub async fn refresh(&self) -> Result<(), WriteError> {
        self.maintain(&migrate::refresh(&self.space)).await
    }

    /// Statements that may take long.
    async fn maintain(&self, statements: &[String]) -> Result<(), WriteError> {
        let told = |fault: Fault| fault.write(&self.backend);
        let mut session = self.pool.session().await.map_err(told)?;
        for statement in statements {
            let told = |error| told(pool::fault(&error));
            session
                .client()
                .batch_execute(statement)
                .await
                .map_err(told)?;
        }
        session.done();
        Ok(())
    }

    fn rule(&self, query: &Query) -> Rule {
        Rule {
            weights: self.options.weights,
            words: FULL_TEXT,
            baseline: query.baseline(),
        }
    }

    /// The rows of a prepared statement, within the time limit.
    async fn rows(
        &self,
        statement: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Fault> {
        self.pool
            .timed(async {
                let mut session: Session<'_> = self.pool.session().await?;
                let rows = session.query(statement, params).await?;
                session.done();
                Ok(rows)
            })
            .await
    }
}

#[async_trait]
impl Engine for Postgres {
    fn backend(&self) -> &str {
        &self.backend
    }

    fn space(&self) -> &Space {
        &self.space
    }

    async fn search(
        &self,
        query: &Query,
        embedding: &Embedding,
        request: &Request,
    ) -> Result<Vec<Hit>, Fault> {
        let condition = Condition::of(&request.filter);
        let (filter, values) = filter::sql(&condition, sql::SEARCH_PARAMS);
        let asked = sql::Asked::new(query, embedding, &self.options);
        let depth = i64::try_from(depth(request.k)).unwrap_or(i64::MAX);
        let k = i64::try_from(request.k).unwrap_or(i64::MAX);
        let mut params = asked.params();
        let baseline = f64::from(query.baseline().embeddings());
        params.extend([&depth as &(dyn ToSql + Sync), &k, &baseline]);
        params.extend(values.iter().map(|value| &**value as &(dyn ToSql + Sync)));
        let everyone = condition == Condition::Everyone;
        let statement = self.sql.search(&filter, everyone, sql::Nearest::Indexed);
        let mut rows = self.rows(&statement, &params).await?;
        let near: i64 = rows.first().map_or(0, |row| row.get("near"));
        if near < depth {
            // The index gave up before enough passed, or there are no more: score all who pass.
            let statement = self.sql.search(&filter, everyone, sql::Nearest::Exact);
            rows = self.rows(&statement, &params).await?;
        }
        self.hits(query, &rows, request.k)
    }

    async fn scored(
        &self,
        query: &Query,
        embedding: &Embedding,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, Fault> {
        let asked = sql::Asked::new(query, embedding, &self.options);
        let wanted: Vec<&str> = ids.iter().map(CandidateId::as_str).collect();
        let mut params = asked.params();
        params.push(&wanted);
        let rows = self.rows(&self.sql.scored(), &params).await?;
        Ok(hits_in_order(ids, self.hits(query, &rows, usize::MAX)?))
    }

    async fn read(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, Fault> {
        let wanted: Vec<&str> = ids.iter().map(CandidateId::as_str).collect();
        let rows = self.rows(&self.sql.profiles(), &[&wanted]).await?;
        let profiles = rows.iter().map(|row| {
            let profile = profile(row)?;
            Ok((profile.id().clone(), Arc::new(profile)))
        });
        Ok(in_order(ids, profiles.collect::<Result<Vec<_>, Fault>>()?))
    }

    async fn read_whole(&self, ids: &[CandidateId]) -> Result<Vec<Option<Entry>>, Fault> {
        let wanted: Vec<&str> = ids.iter().map(CandidateId::as_str).collect();
        let rows = self.rows(&self.sql.entries(), &[&wanted]).await?;
        let entries = rows.iter().map(|row| {
            let profile = profile(row)?;
            let embedding = Embedding::unit(row.get("embedding"))?;
            Ok((profile.id().clone(), (profile, embedding)))
        });
        Ok(in_order(ids, entries.collect::<Result<Vec<_>, Fault>>()?))
    }

    async fn write(&self, entries: &[&Entry]) -> Result<(), Fault> {
        self.pool
            .timed(async {
                let mut session = self.pool.session().await?;
                copy::upsert(session.client(), &self.sql, entries).await?;
                session.done();
                Ok(())
            })
            .await
    }

    async fn erase(&self, ids: &[CandidateId]) -> Result<(), Fault> {
        let wanted: Vec<&str> = ids.iter().map(CandidateId::as_str).collect();
        self.rows(&self.sql.delete(), &[&wanted]).await.map(drop)
    }

    async fn counted(&self) -> Result<u64, Fault> {
        let rows = self.rows(&self.sql.count(), &[]).await?;
        let count: i64 = rows.first().map_or(0, |row| row.get(0));
        Ok(count.unsigned_abs())
    }
}

impl Postgres {
    /// The hits of rows with raw scores, the best of each leg and the profile.
    fn hits(&self, query: &Query, rows: &[Row], k: usize) -> Result<Vec<Hit>, Fault> {
        let best = rows.first().map_or(Best::default(), |row| Best {
            dense: row.get("best_dense"),
            words: row.get("best_words"),
        });
        let scored = rows.iter().map(|row| {
            let profile = profile(row)?;
            Ok(Scored {
                id: profile.id().clone(),
                dense: row.get("dense"),
                words: Some(row.get("words")),
                profile: Some(Arc::new(profile)),
            })
        });
        let scored = scored.collect::<Result<Vec<_>, Fault>>()?;
        self.rule(query).best(scored, best, k)
    }
}

fn profile(row: &Row) -> Result<Profile, Fault> {
    let (id, text): (&str, &str) = (row.get("id"), row.get("text"));
    let facts: &str = row.get("facts");
    let facts = serde_json::from_str(facts).map_err(|error| Fault::Rejected(error.into()))?;
    let facts = record::facts_of(&facts).map_err(Fault::rejected)?;
    let reading = record::reading(Some(row.get("form"))).map_err(Fault::rejected)?;
    let profile = Profile::new(id, text)?.read_as(reading);
    let profile = profile.with_title(row.get::<_, &str>("title"));
    Ok(profile.with_facts(facts))
}

seams!(Postgres);
