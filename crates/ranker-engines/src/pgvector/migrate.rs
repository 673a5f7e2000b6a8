//! What a table is, and how an older one becomes it.

use ranker_core::Reading;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use super::filter::number;
use super::options::{PostgresOptions, Precision};
use super::pool::fault;
use crate::Space;
use crate::adapter::engine::{same_dimension, same_encoder};
use crate::adapter::fault::Fault;

/// What each version adds to the one before. A version that was released is never changed: the next one
/// changes what it made.
const MIGRATIONS: [fn(&Space) -> String; 3] = [table, words, form];

/// The server's lock for whoever makes tables, and with a table's name for whoever makes its indexes: a number of our own.
const LOCK: i32 = 7_236_461;

/// The table of profiles.
fn table(space: &Space) -> String {
    let Space {
        name, dimension, ..
    } = space;
    format!(
        "CREATE TABLE {name} (
  id text COLLATE \"C\" PRIMARY KEY,
  title text NOT NULL,
  text text NOT NULL,
  facts jsonb NOT NULL,
  tags text[] NOT NULL,
  embedding vector({dimension}) NOT NULL,
  words tsvector NOT NULL
)"
    )
}

/// In how many profiles each word is. A view is refreshed without the search path of the session, so the
/// table is named with its schema.
fn words(space: &Space) -> String {
    let name = &space.name;
    format!(
        "DO $do$ BEGIN EXECUTE format(
  'CREATE MATERIALIZED VIEW {name}_words AS SELECT word, ndoc FROM ts_stat(%L)',
  format('SELECT words FROM %I.{name}', current_schema())
); END $do$;
CREATE UNIQUE INDEX {name}_words_word ON {name}_words (word)"
    )
}

/// How each text is read: those of earlier versions whole.
fn form(space: &Space) -> String {
    let (name, whole) = (&space.name, Reading::Whole.form());
    format!("ALTER TABLE {name} ADD COLUMN form text NOT NULL DEFAULT '{whole}'")
}

/// Brings the table to this version, in one transaction, one process at a time.
pub(super) async fn migrate(
    client: &mut Client,
    space: &Space,
    options: &PostgresOptions,
) -> Result<(), Fault> {
    let told = |error: tokio_postgres::Error| fault(&error);
    check_language(client, &options.language).await?;
    let transaction = client.transaction().await.map_err(told)?;
    transaction
        .batch_execute(&format!("SELECT pg_advisory_xact_lock({LOCK})"))
        .await
        .map_err(told)?;
    let extension = "SELECT 1 FROM pg_extension WHERE extname = 'vector'";
    if transaction
        .query_opt(extension, &[])
        .await
        .map_err(told)?
        .is_none()
    {
        let made = transaction.batch_execute("CREATE EXTENSION vector").await;
        made.map_err(|error| {
            let said = error
                .as_db_error()
                .map_or_else(|| error.to_string(), |e| e.message().to_owned());
            Fault::rejected(format!(
                "the extension pgvector must be there and allowed: {said}"
            ))
        })?;
    }
    let stores = "CREATE TABLE IF NOT EXISTS ranker_stores (
  name text PRIMARY KEY, version int NOT NULL, encoder text NOT NULL, dimension int NOT NULL
)";
    transaction.batch_execute(stores).await.map_err(told)?;
    let known = "SELECT version, encoder, dimension FROM ranker_stores WHERE name = $1";
    let known = transaction
        .query_opt(known, &[&space.name])
        .await
        .map_err(told)?;
    let version = match known {
        None => 0,
        Some(row) => {
            let (stored, dimension): (String, i32) = (row.get(1), row.get(2));
            let dimension = usize::try_from(dimension).unwrap_or(0);
            same_encoder(space, &stored)?;
            same_dimension(space, dimension)?;
            usize::try_from(row.get::<_, i32>(0)).unwrap_or(usize::MAX)
        }
    };
    let Some(steps) = MIGRATIONS.get(version..) else {
        return Err(Fault::rejected(format!(
            "its version is {version}: use a later ranker-engines"
        )));
    };
    for step in steps {
        transaction
            .batch_execute(&step(space))
            .await
            .map_err(told)?;
    }
    let noted = "INSERT INTO ranker_stores VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET version = excluded.version";
    let version = MIGRATIONS.len() as i32;
    let dimension = space.dimension as i32;
    let values: [&(dyn ToSql + Sync); 4] = [&space.name, &version, &space.encoder, &dimension];
    transaction.execute(noted, &values).await.map_err(told)?;
    transaction.commit().await.map_err(told)
}

/// A configuration that the server has; statements name it as a literal.
async fn check_language(client: &Client, language: &str) -> Result<(), Fault> {
    let known = "SELECT 1 FROM pg_ts_config WHERE cfgname = $1";
    match client.query_opt(known, &[&language]).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Fault::rejected(format!(
            "the server has no text search configuration {language:?}"
        ))),
        Err(error) => Err(fault(&error)),
    }
}

/// The statements that make the indexes which are not there.
pub(super) fn indexes(space: &Space, options: &PostgresOptions) -> Vec<String> {
    let Space {
        name, dimension, ..
    } = space;
    let kind = match options.precision {
        Precision::Half => "halfvec",
        Precision::Single => "vector",
    };
    let mut statements = vec![
        // Of two that make an index of one name at once, the server refuses one: the other waits instead. A connection that
        // ends before gives the lock back.
        format!(
            "SET statement_timeout = 0; SET maintenance_work_mem = '512MB'; SELECT pg_advisory_lock({LOCK}, hashtext('{name}'))"
        ),
        format!(
            "CREATE INDEX IF NOT EXISTS {name}_{kind} ON {name} \
             USING hnsw ((embedding::{kind}({dimension})) {kind}_ip_ops)"
        ),
        format!("CREATE INDEX IF NOT EXISTS {name}_tags ON {name} USING gin (tags)"),
        format!("CREATE INDEX IF NOT EXISTS {name}_lexemes ON {name} USING gin (words)"),
    ];
    for fact in &options.numbers {
        let expression = number(fact).replace("p.facts", "facts");
        let index = format!("{name}_{:016x}", fnv(fact));
        statements.push(format!(
            "CREATE INDEX IF NOT EXISTS {index} ON {name} (({expression}))"
        ));
    }
    let limit = options.limit.as_millis();
    statements.push(format!(
        "SELECT pg_advisory_unlock({LOCK}, hashtext('{name}')); RESET maintenance_work_mem; SET statement_timeout = {limit}"
    ));
    statements
}

/// FNV-1a, 64 bits: a name for an index of a fact, whatever characters the fact's has.
fn fnv(text: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// The statements that take counts of words and what the planner must know.
pub(super) fn refresh(space: &Space) -> Vec<String> {
    let name = &space.name;
    vec![
        "SET statement_timeout = 0".to_owned(),
        format!("ANALYZE {name}"),
        format!("REFRESH MATERIALIZED VIEW CONCURRENTLY {name}_words"),
        "RESET statement_timeout".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::filter::literal;
    use super::*;

    #[test]
    fn indexes_are_named_by_table_kind_and_fact() {
        let space = Space::new("people", 3, "m").unwrap();
        let options = PostgresOptions::new().with_number_index("it's");
        let statements = indexes(&space, &options);
        assert!(statements[1].contains("people_halfvec ON people USING hnsw"));
        let name = format!("people_{:016x} ON people (((", fnv("it's"));
        assert!(statements[4].contains(&name), "{}", statements[4]);
        assert_eq!(fnv("a"), 0xaf63_dc4c_8601_ec8c, "the published value");
        assert!(statements[4].contains(&literal("it's")));
    }
}
