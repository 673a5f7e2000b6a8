//! Many rows at once: `COPY` into a stage, then one statement into the table.

use std::pin::pin;

use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::pool::fault;
use super::sql::Sql;
use crate::adapter::condition::tags;
use crate::adapter::engine::Entry;
use crate::adapter::fault::Fault;
use crate::record;

const STAGE: &str = "CREATE TEMP TABLE stage (
  id text, title text, text text, form text, headline text, searched text, facts text, tags text[], embedding real[]
) ON COMMIT DROP";

/// As much of a text as is searched, in bytes: a `tsvector` holds a mebibyte at most.
const SEARCHED: usize = 256 << 10;

/// Inserts or replaces profiles, all or none.
pub(super) async fn upsert(
    client: &mut Client,
    sql: &Sql,
    entries: &[&Entry],
) -> Result<(), Fault> {
    let told = |error: tokio_postgres::Error| fault(&error);
    let transaction = client.transaction().await.map_err(told)?;
    transaction.batch_execute(STAGE).await.map_err(told)?;
    let sink = transaction
        .copy_in("COPY stage FROM STDIN BINARY")
        .await
        .map_err(told)?;
    let kinds = [
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT,
        Type::TEXT_ARRAY,
        Type::FLOAT4_ARRAY,
    ];
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &kinds));
    for (profile, embedding) in entries {
        let id = profile.id().as_str();
        let facts = record::facts(profile.facts()).to_string();
        let tags = tags(profile.facts());
        let (title, text) = (profile.title(), profile.text());
        let (headline, searched) = (profile.plain_title(), start(profile.plain_text()));
        let (form, vector) = (profile.reading().form(), embedding.as_slice());
        let row: [&(dyn ToSql + Sync); 9] = [
            &id, &title, &text, &form, &headline, &searched, &facts, &tags, &vector,
        ];
        writer.as_mut().write(&row).await.map_err(told)?;
    }
    writer.finish().await.map_err(told)?;
    transaction
        .batch_execute(&sql.merge())
        .await
        .map_err(told)?;
    transaction.commit().await.map_err(told)
}

/// The start of a text, of whole characters.
fn start(text: &str) -> &str {
    &text[..text.floor_char_boundary(SEARCHED)]
}
