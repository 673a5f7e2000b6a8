//! Connections: a few, used again, driven by one thread.

use std::collections::HashMap;
use std::error::Error as _;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use futures_timer::Delay;
use futures_util::future::{Either, select};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
#[cfg(not(feature = "pgvector-tls"))]
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Row, Statement};

use super::PostgresOptions;
#[cfg(feature = "pgvector-tls")]
use super::tls::Tls;
use crate::Secret;
use crate::adapter::fault::Fault;

/// How long a connection may lie unused before it is tried: it may have been cut.
const FRESH: Duration = Duration::from_secs(1);
/// The most prepared statements of a connection; there is one a form of filter.
const PREPARED: usize = 256;

/// Connections to one database.
pub(super) struct Pool {
    config: Config,
    #[cfg(feature = "pgvector-tls")]
    tls: Tls,
    setup: String,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
    limit: Duration,
    runtime: Handle,
    /// Dropped with the pool, which ends the thread.
    _running: oneshot::Sender<()>,
}

struct Connection {
    client: Client,
    prepared: HashMap<String, Statement>,
    used: Instant,
}

/// A connection that is used. One that is dropped before it is [`Self::done`] is closed, since it may be in
/// the middle of something.
pub(super) struct Session<'p> {
    pool: &'p Pool,
    connection: Option<Connection>,
    _permit: SemaphorePermit<'p>,
}

impl Pool {
    pub(super) fn new(url: &Secret, options: &PostgresOptions) -> Result<Self, Fault> {
        // The parser's own message repeats parts of the URL.
        let parsed = url.expose().parse::<Config>();
        let mut config =
            parsed.map_err(|_| Fault::rejected("the database's URL cannot be read"))?;
        if config.get_ssl_mode() == SslMode::Require && cfg!(not(feature = "pgvector-tls")) {
            return Err(Fault::rejected(
                "sslmode=require needs the feature pgvector-tls",
            ));
        }
        config
            .application_name("ranker")
            .connect_timeout(options.limit);
        let setup = format!(
            "SET statement_timeout = {limit}; SET jit = off; SET plan_cache_mode = force_custom_plan; \
             SET hnsw.ef_search = {effort}; SET hnsw.iterative_scan = strict_order",
            limit = options.limit.as_millis(),
            effort = options.effort,
        );
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Fault::Unavailable(error.into()))?;
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name("ranker-postgres".to_owned());
        let spawned = thread.spawn(move || {
            // Ends when the sender is dropped.
            let _ = runtime.block_on(ended);
            runtime.shutdown_background();
        });
        spawned.map_err(|error| Fault::Unavailable(error.into()))?;
        Ok(Self {
            config,
            #[cfg(feature = "pgvector-tls")]
            tls: Tls::new(options.roots.as_deref())?,
            setup,
            idle: Mutex::default(),
            permits: Semaphore::new(options.connections),
            limit: options.limit,
            runtime: handle,
            _running: running,
        })
    }

    /// A connection of one's own, once there is one.
    pub(super) async fn session(&self) -> Result<Session<'_>, Fault> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|error| Fault::Unavailable(error.into()))?;
        while let Some(connection) = self.take() {
            let sound = connection.used.elapsed() < FRESH
                || connection.client.check_connection().await.is_ok();
            if sound && !connection.client.is_closed() {
                return Ok(self.lent(connection, permit));
            }
        }
        let connection = self.connect().await?;
        Ok(self.lent(connection, permit))
    }

    fn lent<'p>(&'p self, connection: Connection, permit: SemaphorePermit<'p>) -> Session<'p> {
        Session {
            pool: self,
            connection: Some(connection),
            _permit: permit,
        }
    }

    async fn connect(&self) -> Result<Connection, Fault> {
        let (config, setup) = (self.config.clone(), self.setup.clone());
        #[cfg(feature = "pgvector-tls")]
        let tls = self.tls.clone();
        #[cfg(not(feature = "pgvector-tls"))]
        let tls = NoTls;
        let connecting = self.runtime.spawn(async move {
            let (client, connection) = config.connect(tls).await?;
            tokio::spawn(async move {
                // Its end is seen by whoever waits for an answer.
                let _ = connection.await;
            });
            client.batch_execute(&setup).await?;
            Ok(client)
        });
        let client = connecting
            .await
            .map_err(|error| Fault::Unavailable(error.into()))?;
        Ok(Connection {
            client: client.map_err(|error| fault(&error))?,
            prepared: HashMap::new(),
            used: Instant::now(),
        })
    }

    /// A call's answer, or that it did not come in time.
    pub(super) async fn timed<T>(
        &self,
        call: impl Future<Output = Result<T, Fault>> + Send,
    ) -> Result<T, Fault> {
        match select(std::pin::pin!(call), Delay::new(self.limit)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => {
                let told = format!("no answer within {:.1?}", self.limit);
                Err(Fault::Unavailable(told.into()))
            }
        }
    }

    fn take(&self) -> Option<Connection> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }
}

impl Session<'_> {
    pub(super) fn client(&mut self) -> &mut Client {
        &mut self.connection().client
    }

    fn connection(&mut self) -> &mut Connection {
        self.connection
            .as_mut()
            .expect("it is there until it is done")
    }

    /// The rows of a statement, prepared where this connection does not know it yet.
    pub(super) async fn query(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Fault> {
        let connection = self.connection();
        let statement = match connection.prepared.get(sql) {
            Some(statement) => statement.clone(),
            None => {
                let prepared = connection.client.prepare(sql).await;
                let statement = prepared.map_err(|error| fault(&error))?;
                if connection.prepared.len() >= PREPARED {
                    connection.prepared.clear();
                }
                connection
                    .prepared
                    .insert(sql.to_owned(), statement.clone());
                statement
            }
        };
        let rows = connection.client.query(&statement, params).await;
        rows.map_err(|error| fault(&error))
    }

    /// Gives the connection back for others.
    pub(super) fn done(mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.used = Instant::now();
            let mut idle = self
                .pool
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            idle.push(connection);
        }
    }
}

/// What the database said, and whether trying again may help.
pub(super) fn fault(error: &tokio_postgres::Error) -> Fault {
    let Some(said) = error.as_db_error() else {
        let cause = error
            .source()
            .map(|source| format!(": {source}"))
            .unwrap_or_default();
        let told = format!("{error}{cause}");
        // A value that the statement does not take, or an address that is none.
        let own = [
            "error serializing",
            "invalid configuration",
            "TLS handshake",
        ];
        let own = own.iter().any(|kind| told.contains(kind));
        return if own {
            Fault::rejected(told)
        } else {
            Fault::Unavailable(told.into())
        };
    };
    let code = said.code().code();
    let hint = said
        .hint()
        .or(said.detail())
        .map(|hint| format!(" ({hint})"))
        .unwrap_or_default();
    let told = format!("{code}: {}{hint}", said.message());
    // Connections, conflicts between transactions, resources, shutdown and time limits.
    let passing = ["08", "40", "53", "57"]
        .iter()
        .any(|class| code.starts_with(class));
    if passing {
        Fault::Unavailable(told.into())
    } else {
        Fault::rejected(told)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
