//! Getting what was erased out of the log's file.

use std::time::Duration;

use ranker_core::BoxError;
use rusqlite::Connection;

/// Whether anybody was ever erased.
pub(super) fn has_erasures(connection: &Connection) -> rusqlite::Result<bool> {
    let query = "SELECT EXISTS (SELECT 1 FROM erasures)";
    connection.query_row(query, [], |row| row.get(0))
}

/// Goes on where a process died after it erased someone. Does not wait: if others use the log, it is
/// left for another time. The caller sets the patience again.
pub(super) fn finish(connection: &Connection) -> rusqlite::Result<()> {
    if !is_unclean(connection)? {
        return Ok(());
    }
    connection.busy_timeout(Duration::ZERO)?;
    // What fails here fails again, and is told, when someone is erased.
    let _ = scrub(connection);
    Ok(())
}

fn is_unclean(connection: &Connection) -> rusqlite::Result<bool> {
    let query = "SELECT EXISTS (SELECT 1 FROM erasures WHERE scrubbed = 0)";
    connection.query_row(query, [], |row| row.get(0))
}

/// Gets the bytes of what was erased out of the file and its journal.
///
/// Overwriting (`secure_delete`) leaves what the tree copied when it moved rows between pages:
/// therefore all pages are written anew. The old ones stay in the journal until it is emptied.
pub(super) fn scrub(connection: &Connection) -> Result<(), BoxError> {
    if !is_unclean(connection)? {
        return Ok(());
    }
    connection.execute_batch("VACUUM")?;
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    let is_busy: bool = connection.query_row(checkpoint, [], |row| row.get(0))?;
    if is_busy {
        return Err("another process is reading it".into());
    }
    connection.execute("UPDATE erasures SET scrubbed = 1 WHERE scrubbed = 0", [])?;
    Ok(())
}
