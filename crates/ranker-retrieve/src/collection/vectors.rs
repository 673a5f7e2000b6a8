//! The vector leg: a quantized index, saved now and then.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ranker_core::{BoxError, Embedding, Profile};
use rayon::prelude::*;

use super::error::CollectionError;
use super::options::CollectionOptions;
use super::rows::Rows;
use super::stamp::{Stamp, Standing};
use super::store::{Changes, Truth};
use crate::error::{FileError, IndexError};
use crate::file;
use crate::quantized::QuantizedIndex;

/// The file that says which of the others counts.
const MANIFEST: &str = "vectors.stamp";
/// What the names of the others begin with.
const PREFIX: &str = "vectors-";
/// Bytes at the head of an index file, in which the checksums of the rest lie.
const HEAD: usize = 256;
/// Rows that are read at a time when the index is built anew.
const BATCH: u64 = 4096;

/// Writes the index of a moment, whole or not at all, and removes the one before.
pub(super) fn save(
    index: &QuantizedIndex,
    directory: &Path,
    stamp: Stamp,
) -> Result<(), CollectionError> {
    let fail = |error: FileError| match error {
        FileError::Io { path, source, .. } => CollectionError::io(&path, "written", source),
        other => CollectionError::Io {
            path: directory.to_owned(),
            action: "written",
            source: other.into(),
        },
    };
    let path = path_of(directory, stamp.version);
    index.save(&path).map_err(fail)?;
    let head = head(&path).map_err(|error| CollectionError::io(&path, "read", error))?;
    let said = format!("{stamp} {:08x}", crc32fast::hash(&head));
    file::write(&directory.join(MANIFEST), said.as_bytes()).map_err(fail)?;
    sweep(directory, &path);
    Ok(())
}

fn path_of(directory: &Path, version: u64) -> PathBuf {
    directory.join(format!("{PREFIX}{version}"))
}

fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut head = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Removes all saved indexes but one, those too that a crash left unfinished.
fn sweep(directory: &Path, kept: &Path) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        let named = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if named && entry.path() != kept {
            // What stays behind costs room, and is swept the next time.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A saved index and its moment; or why there is none.
pub(super) fn load(directory: &Path) -> Result<(QuantizedIndex, Stamp), BoxError> {
    let said = file::read(&directory.join(MANIFEST))?;
    let said = String::from_utf8(said)?;
    let (stamp, sum) = said.rsplit_once(' ').ok_or("its stamp was cut")?;
    let stamp = Stamp::parse(stamp).ok_or("its stamp does not fit its checksum")?;
    let path = path_of(directory, stamp.version);
    if format!("{:08x}", crc32fast::hash(&head(&path)?)) != sum {
        return Err("its stamp is another file's".into());
    }
    Ok((QuantizedIndex::load(&path)?, stamp))
}

/// The index of now from a saved one; or why that cannot be.
pub(super) fn follow(
    (index, from): (QuantizedIndex, Stamp),
    (truth, rows): (&Truth, &Rows),
) -> Result<Result<QuantizedIndex, BoxError>, CollectionError> {
    match from.standing(&truth.state) {
        Standing::Followed => {}
        Standing::Ahead => return Err(truth.damaged(AHEAD)),
        Standing::Stale(why) => return Ok(Err(why.into())),
    }
    let removed = truth.removed_since(from.version)?;
    let removed = removed.iter().filter(|(row, _)| *row < from.next_row);
    let removed = removed.map(|(_, id)| id);
    if let Err(error) = index.change(removed, std::iter::empty()) {
        return Ok(Err(error.into()));
    }
    let held = index.hold_profiles(rows.iter().cloned());
    let index = match held {
        Ok(index) => index,
        Err(error) => return Ok(Err(error.into())),
    };
    for start in (from.next_row..truth.state.next_row).step_by(BATCH as usize) {
        let added = read(truth, rows, start)?.into_iter();
        if let Err(error) = index.change(std::iter::empty(), added.map(Into::into)) {
            return Ok(Err(error.into()));
        }
    }
    let whole = index.len() as u64 == truth.state.count;
    Ok(whole.then_some(index).ok_or("it has not everyone".into()))
}

/// What is wrong with a store that has lost what its derived files have seen.
pub(super) const AHEAD: &str = "it is older than the files derived from it: transactions are lost; \
    where it was put back on purpose, remove those files";

/// The index of now, from the store alone.
pub(super) fn build(
    (truth, rows): (&Truth, &Rows),
    options: CollectionOptions,
) -> Result<QuantizedIndex, CollectionError> {
    let mut failure = None;
    let starts = (0..truth.state.next_row).step_by(BATCH as usize);
    let batches = starts.map_while(|start| match read(truth, rows, start) {
        Ok(batch) => Some(batch),
        Err(error) => {
            failure = Some(error);
            None
        }
    });
    let index = QuantizedIndex::with_profiles(batches.flatten(), options.quantized);
    match failure {
        Some(error) => Err(error),
        None => Ok(index?),
    }
}

/// The entries of a batch of rows.
fn read(
    truth: &Truth,
    rows: &Rows,
    start: u64,
) -> Result<Vec<(Arc<Profile>, Embedding)>, CollectionError> {
    let batch = (start..start + BATCH).into_par_iter();
    let batch = batch.filter_map(|row| Some((row, rows.get(row)?)));
    let batch = batch.map(|(row, stub)| Ok((Arc::clone(stub), truth.vector(row)?)));
    batch.collect()
}

/// Follows one transaction.
pub(super) fn apply(
    index: &QuantizedIndex,
    changes: &Changes,
    rows: &Rows,
) -> Result<(), IndexError> {
    let removed = changes.removed.iter().map(|(_, id)| id);
    let added = changes.added.iter().filter_map(|added| {
        let stub = rows.get(added.row)?;
        Some((Arc::clone(stub), added.embedding.clone()).into())
    });
    index.change(removed, added)
}
